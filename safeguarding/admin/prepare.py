"""Preparing a dossier: what is known, what is missing, how it will look page by page, and then asking for it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from community.errors import Refused
from community.models import Member
from community.roles import OFFICER_LEAD
from community.services.settings import get_community, update_community
from safeguarding.dossier.frozen import FrozenCase
from safeguarding.dossier.missing import Missing, missing_pieces
from safeguarding.dossier.pdf import report_pages
from safeguarding.dossier.redact import PROFILES
from safeguarding.errors import Conflict
from safeguarding.models import Case, CaseParty, IncidentExport
from safeguarding.services import casework, exports
from safeguarding.services.briefing import brief_case, briefing_of

from .access import may, reader, roles
from .prepare_forms import BriefingForm, ExportForm, SenderForm


@dataclass(frozen=True, slots=True)
class Preview:
    """One page of the report as it would be handed over, as a picture, and how many there are.

    `unredacted` says what is shown, `wished` what will be sent.
    """

    number: int
    of: int
    picture: str  # a data: URL
    unredacted: bool
    wished: bool

    @property
    def before(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.number < self.of else None


@dataclass(frozen=True, slots=True)
class Learns:
    """What a recipient is told by name."""

    recipient: str
    named: str
    rooms: bool
    connections: bool


def what_each_learns() -> Iterator[Learns]:
    """The redaction profiles in words, in the order of the recipients."""
    roles = {role.value: str(role.label) for role in CaseParty.Role}
    for recipient in IncidentExport.Recipient:
        profile = PROFILES[recipient.value]
        named = [words for role, words in roles.items() if role not in profile.masked]
        yield Learns(str(recipient.label), ", ".join(named), not profile.rooms, profile.connections)


def preview_of(
    request: HttpRequest, case: Case, tell: Callable[[Member], FrozenCase], *, wished: bool
) -> tuple[Preview, list[Missing]]:
    """The page that was asked for of what `tell` tells its reader, and what is missing. `wished`: whether an unredacted
    copy is. Whoever may not read the case yet reads it now, and it is logged."""
    actor = reader(request)
    if not casework.may_read(actor=actor, case=case):
        casework.look_at_case(actor=actor, case=case, reason=_("preparing a dossier"))
    frozen = tell(actor)
    pages = report_pages(frozen)
    asked = request.POST.get("page", "1")
    number = int(asked) if asked.isdecimal() and len(asked) < 6 else 1
    number = min(max(1, number), len(pages))
    picture = "data:image/png;base64," + base64.b64encode(pages[number - 1]).decode()
    missing = missing_pieces(frozen, frozen.handover.recipient, get_language() or "fr")
    return Preview(number, len(pages), picture, frozen.handover.unredacted, wished), missing


class DossierPage:
    """The page of a case where a dossier is prepared (mixed into the case's admin)."""

    find: Callable[[HttpRequest, str], Any]
    admin_site: Any

    def dossier_view(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """GET shows the form; a POST writes down what is known, then does what its button says. Nothing is lost."""
        case: Case = self.find(request, key)
        if not may(request, "export_cases"):
            raise Http404
        briefing = briefing_of(case)
        posted = request.POST if request.method == "POST" else None
        form = ExportForm(posted, case=case, initial={"language": (get_language() or "fr")[:2]})
        facts = BriefingForm(posted, briefing=briefing)
        lead = OFFICER_LEAD in roles(request)
        sender = SenderForm(posted, community=get_community()) if lead else None
        extra: dict[str, Any] = {}
        if posted is not None and facts.is_valid() and not (sender and sender.wrong):
            try:
                if sender and (changed := sender.said()):
                    update_community(actor=reader(request), **changed)
                answer = self._do(request, case, form, facts, extra)
            except Conflict as conflict:
                raise Http404 from conflict
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                if answer is not None:
                    return answer
        request.current_app = self.admin_site.name  # what Django’s admin sets for {% url %}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Prepare a dossier"),
            "record": case,
            "form": form,
            "facts": facts,
            "sender": sender,
            "no_sender": not (get_community().contact_email and get_community().address),
            "may_brief": case.state != Case.State.CLOSED,
            "second": exports.names_minor(case),
            "learns": list(what_each_learns()),
            **extra,
        }
        wrong = bool(posted is not None and posted.get("do") != "brief" and form.errors)
        wrong = wrong or bool(facts.errors) or bool(sender and sender.wrong)
        return TemplateResponse(request, "admin/havre/prepare.html", context, status=422 if wrong else 200)

    def _do(
        self, request: HttpRequest, case: Case, form: ExportForm, facts: BriefingForm, extra: dict[str, Any]
    ) -> HttpResponseBase | None:
        said = facts.said()
        if said and case.state != Case.State.CLOSED:
            brief_case(actor=reader(request), case=case, **said)
        does = request.POST.get("do", "preview")
        if does == "brief":
            messages.success(request, _("Written down with the case."))
            return None
        if not form.is_valid():
            return None
        wishes = form.cleaned_data
        extra["preview"], extra["missing"] = preview_of(
            request,
            case,
            lambda actor: exports.preview_case(actor=actor, case=case, **wishes),
            wished=wishes["unredacted"],
        )
        extra["checked"] = True
        if does != "ask":
            return None
        if any(one.blocking for one in extra["missing"]):
            messages.error(request, _("Not asked for yet: first mend what stands in the way, below."))
            return None
        export = exports.request_export(actor=reader(request), case=case, **wishes)
        if export.state == IncidentExport.State.AWAITING_SECOND:
            messages.success(request, _("Asked for. A second officer must approve it."))
        else:
            messages.success(request, _("The export is being built."))
        return redirect("admin:safeguarding_incidentexport_page", export.public_id)
