"""What the community tells everybody of its moderation: figures in which nobody is to be found."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from .models import Decision, Report
from .services.seals import signer
from .services.transparency import commitments
from .services.transparency import page as figures_page

WITHIN = {
    "15_minutes": _("within 15 minutes"),
    "1_hour": _("within an hour"),
    "4_hours": _("within 4 hours"),
    "24_hours": _("within 24 hours"),
    "later": _("later than that"),
}


@login_not_required
@cache_control(max_age=300, public=True)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The figures of the last twelve months and of the one that runs."""
    told = figures_page()
    categories = dict(Report.Category.choices)
    actions = dict(Decision.Action.choices)
    look = told["first_look"]
    return render(
        request,
        "safeguarding/transparency.html",
        {
            "told": told,
            "reports": [(categories[key], n) for key, n in told["reports"]["by_category"].items()],
            "decisions": [(actions[key], n) for key, n in told["decisions"]["by_action"].items()],
            "looks": [(WITHIN[key], n) for key, n in look["within"].items()],
            "median": WITHIN.get(look["median_within"] or ""),
            "months": commitments(),
            "fingerprint": signer().fingerprint,
        },
    )


@login_not_required
@cache_control(max_age=300, public=True)
@require_safe
def as_json(request: HttpRequest) -> JsonResponse:
    """The same, for machines, with the digests of the signed months."""
    return JsonResponse(
        {
            **figures_page(),
            "months": [{"month": month, "sha256": sha256} for month, sha256 in commitments()],
            "key": signer().public_key.hex(),
        }
    )
