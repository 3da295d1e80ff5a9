"""Pages that inform: help lines, terms, privacy. Open to everyone, logged in or not."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from . import terms
from .age.registry import configured
from .helplines import HELP_LINES
from .services.age_facts import longest_days


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this place is, for whoever arrives; a member goes on to the rooms."""
    if request.user.is_authenticated:
        return redirect("chat:rooms")
    return render(request, "community/home.html")


@login_not_required
@require_safe
def help_lines(request: HttpRequest) -> HttpResponse:
    """Whom to call, for what, when."""
    return render(request, "community/help.html", {"lines": HELP_LINES, "section": "help"})


def _terms_of(version: str | None) -> terms.Terms:
    try:
        return terms.terms(version) if version else terms.current()
    except KeyError as error:
        raise Http404 from error


@login_not_required
@require_safe
def terms_page(request: HttpRequest, version: str | None = None) -> HttpResponse:
    """The terms, in the version asked for or the current one."""
    shown = _terms_of(version)
    clauses = [{"id": c.id, "title": c.told("title"), "text": c.told("text")} for c in shown.clauses]
    return render(request, "community/terms.html", {"terms": shown, "clauses": clauses, "versions": terms.versions()})


@login_not_required
@require_safe
def terms_teen(request: HttpRequest) -> HttpResponse:
    """The same terms so that minors understand them (DSA art. 14(3))."""
    shown = terms.current()
    clauses = [{"id": c.id, "title": c.told("title"), "text": c.told("teen")} for c in shown.clauses]
    return render(request, "community/terms.html", {"terms": shown, "clauses": clauses, "teen": True})


@login_not_required
@require_safe
def terms_json(request: HttpRequest, version: str | None = None) -> JsonResponse:
    """The terms in machine-readable form (DSA art. 14(1))."""
    shown = _terms_of(version)
    clauses = [{"id": c.id, "title": dict(c.title), "text": dict(c.text), "teen": dict(c.teen)} for c in shown.clauses]
    return JsonResponse({"version": shown.version, "clauses": clauses}, json_dumps_params={"ensure_ascii": False})


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, why, for how long, and whom to ask."""
    days = {
        "adult_days": max(longest_days(method=way.slug, minor=False) for way in configured()),
        "minor_days": max(longest_days(method=way.slug, minor=True) for way in configured()),
    }
    return render(request, "community/privacy.html", days)
