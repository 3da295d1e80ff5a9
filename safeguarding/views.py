"""Members' pages: report in two taps, follow one's reports, read the reasons of a decision, appeal, safety cards.

All of them stay open to whoever is suspended, banned or without a current proof of age.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat.models import Message, Room
from community.errors import Refused
from community.helplines import HELP_LINES
from community.middleware import is_open_to
from community.models import Member

from . import selectors
from .errors import CannotReport, CannotReportYourself
from .forms import AppealForm, ContestForm, ReportForm
from .incidents import INCIDENTS
from .models import Decision, Report
from .services.appeals import lodge_appeal, mark_read
from .services.cards import dismiss_card
from .services.measures import contest_measure
from .services.reports import CODES, file_report


def _member(request: HttpRequest) -> Member:
    assert isinstance(request.user, Member)  # LoginRequiredMiddleware let nobody else in
    return request.user


# -- reporting -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def report_message(request: HttpRequest, public_id: str) -> HttpResponse:
    """First tap: *Report* under a message, which leads here. Second tap: what happens. Done."""
    message = get_object_or_404(selectors.reportable_messages(_member(request)), public_id=public_id)
    return _report(request, subject=message.author, message=message, room=message.room)


@require_http_methods(["GET", "HEAD", "POST"])
def report_member(request: HttpRequest, public_id: str) -> HttpResponse:
    """The same for a person; `?room=` says where. It works when they have blocked, left or closed their account."""
    member = _member(request)
    subject = get_object_or_404(selectors.reportable_members(member), public_id=public_id)
    room = Room.objects.filter(public_id=request.GET.get("room", ""), memberships__member=member).first()
    return _report(request, subject=subject, message=None, room=room)


def _report(request: HttpRequest, *, subject: Member, message: Message | None, room: Room | None) -> HttpResponse:
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            report = file_report(
                actor=_member(request), subject=subject, message=message, room=room, **form.cleaned_data
            )
        except (CannotReport, CannotReportYourself) as refusal:
            raise Http404 from refusal
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("safeguarding:report_done", public_id=report.public_id)
    context = {
        "form": form,
        "subject": subject,
        "reported": message,
        "room": room,
        "categories": Report.Category.choices,
    }
    return render(request, "safeguarding/report.html", context)


@require_safe
def report_done(request: HttpRequest, public_id: str) -> HttpResponse:
    """What happens now, and whom to call meanwhile."""
    report: Any = get_object_or_404(selectors.reports_by(_member(request)), public_id=public_id)  # annotated
    keys = INCIDENTS[CODES[report.category]].help_lines
    lines = [line for line in HELP_LINES if line.key in keys]
    context = {
        "report": report,
        "lines": lines,
        "may_block": not report.blocked and is_open_to(_member(request), "community:block"),
    }
    return render(request, "safeguarding/report_done.html", context)


@require_safe
def my_reports(request: HttpRequest) -> HttpResponse:
    """What one reported, and what became of it, told neutrally."""
    context = {"reports": selectors.reports_by(_member(request)), "section": "account"}
    return render(request, "safeguarding/my_reports.html", context)


# -- decisions -------------------------------------------------------------------------------------------------------


@require_safe
def my_decisions(request: HttpRequest) -> HttpResponse:
    """The decisions about oneself, and the protective measures in force."""
    member = _member(request)
    context = {
        "decisions": selectors.decisions_about(member),
        "measures": selectors.measures_to_tell(member),
        "contest_form": ContestForm(),
        "now": timezone.now(),
        "section": "account",
    }
    return render(request, "safeguarding/my_decisions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, public_id: str) -> HttpResponse:
    """The reasons as they were sent, and the appeal."""
    member = _member(request)
    found: Decision = get_object_or_404(selectors.decisions_about(member), public_id=public_id)
    form = AppealForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            try:
                lodge_appeal(actor=member, decision=found, text=form.cleaned_data["text"])
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(
                    request, _("Your appeal is lodged. Somebody who took no part in the decision judges it.")
                )
                return redirect("safeguarding:decision", public_id=public_id)
    else:
        mark_read(actor=member, statement=found.statement)
    context = {
        "decision": found,
        "statement": found.statement,
        "appeal": getattr(found, "appeal", None),
        "form": form,
        "may_appeal": timezone.now() <= found.statement.appeal_until,
        "now": timezone.now(),
        "section": "account",
    }
    return render(request, "safeguarding/decision.html", context, status=422 if form.errors else 200)


@require_POST
def contest(request: HttpRequest, public_id: str) -> HttpResponse:
    """Contest a protective measure that binds oneself."""
    member = _member(request)
    measure = get_object_or_404(selectors.measures_about(member), public_id=public_id)
    form = ContestForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why this is wrong."))
    else:
        try:
            contest_measure(actor=member, measure=measure, text=form.cleaned_data["text"])
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Received. A person will read it."))
    return redirect("safeguarding:my_decisions")


# -- safety cards ----------------------------------------------------------------------------------------------------


@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """The cards that wait, on a page of their own."""
    return render(request, "safeguarding/cards.html")


@require_POST
def dismiss(request: HttpRequest, kind: str) -> HttpResponse:
    """Put one's card away (one of a kind waits at most) and go back to where one was."""
    member = _member(request)
    card = selectors.cards_of(member).filter(kind=kind).first()
    if card is not None:
        dismiss_card(actor=member, card_pk=card.pk)
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(back)
    return redirect("safeguarding:cards")
