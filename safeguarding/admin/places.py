"""Where one can go in the console, by section and in the order of need; what somebody may not open is not named.

No place asks the database anything: whoever asks has their roles read once a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from safeguarding.services.rule_moves import WATCH
from safeguarding.services.rules import STEER

from .access import is_officer, may, roles


@dataclass(frozen=True, slots=True)
class Place:
    """A list of the console. `permission` is a codename of community.roles.PERMISSIONS, or "officer"."""

    title: str | Promise
    says: str | Promise  # what it is for, on the first page
    icon: str
    model: str  # app_label_model
    permission: str


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str | Promise
    places: tuple[Place, ...]


OFFICER = "officer"
SECTIONS = (
    Section("moderation", _("Moderation"), (
        Place(_("Cases"), _("What a person must look at, the most urgent first"),
              "inbox", "safeguarding_case", "work_cases"),
        Place(_("Life at risk"), _("Sheets to call the emergency services from"),
              "e911_emergency", "safeguarding_urgentsheet", "export_cases"),
        Place(_("Appeals"), _("Decisions that somebody asks another person to judge again"),
              "balance", "safeguarding_appeal", "work_cases"),
        Place(_("Proposed rooms"), _("Names and topics that wait for a yes"),
              "forum", "chat_roomproposal", "review_rooms"),
        Place(_("Rooms"), _("Close one, slow it, appoint a youth worker"),
              "meeting_room", "chat_room", "review_rooms"),
    )),
    Section("people", _("People"), (
        Place(_("Bans by a court"), _("Who may not come back, and until when"),
              "gavel", "community_banmark", "hold_evidence"),
        Place(_("Requests for erasure"), _("What people asked to have erased, and what must wait"),
              "person_remove", "safeguarding_erasurerequest", "hold_evidence"),
    )),
    Section("ages", _("Ages"), (
        Place(_("Contested ages"), _("Results of age checks that people say are wrong"),
              "contact_support", "community_agecontest", "oversee_age_officers"),
        Place(_("Shared consents"), _("Adults who agreed for several children"),
              "family_restroom", "community_guardianconsent", "oversee_age_officers"),
        Place(_("Associations"), _("Who attests ages in person"),
              "diversity_3", "community_association", "oversee_age_officers"),
        Place(_("Settings of ages"), _("Which proofs are taken here"),
              "tune", "community_community", "oversee_age_officers"),
    )),
    Section("evidence", _("Evidence and dossiers"), (
        Place(_("Exports"), _("Dossiers for the authorities"),
              "folder_zip", "safeguarding_incidentexport", "export_cases"),
        Place(_("Register"), _("Who was told of what, and when"),
              "outgoing_mail", "safeguarding_transmission", "export_cases"),
        Place(_("Orders of authorities"), _("What police, prosecutors and courts ask for"),
              "assignment", "safeguarding_authorityorder", "export_cases"),
        Place(_("Legal holds"), _("What may not be erased for now"),
              "lock", "safeguarding_legalhold", "hold_evidence"),
        Place(_("Retention"), _("What was erased when its time had come"),
              "auto_delete", "safeguarding_retentionrun", "hold_evidence"),
    )),
    Section("rules", _("Rules"), (
        Place(_("Rules of detection"), _("What the machine looks for, how often people agree, watched expressions"),
              "rule", "safeguarding_rule", WATCH),
        Place(_("Replays"), _("What a rule would have changed"),
              "replay", "safeguarding_rulereplay", WATCH),
        Place(_("Alarms"), _("Rules that are often wrong, sudden changes, used-up quotas"),
              "notifications", "safeguarding_rulealarm", WATCH),
        Place(_("Imports"), _("Rule files, from draft to in force"),
              "upload_file", "safeguarding_rulepack", STEER),
    )),
    Section("operations", _("Running the house"), (
        Place(_("Figures"), _("For the transparency report"),
              "monitoring", "safeguarding_transparencymonth", "export_cases"),
        Place(_("Audit log"), _("Every change, sealed"),
              "history", "community_auditevent", OFFICER),
    )),
)  # fmt: skip


_PLACES = {place.model: place for section in SECTIONS for place in section.places}


def title_of(model: str) -> str:
    """What the place of a model (app_label_model) is called: its heading is named like the way to it."""
    return str(_PLACES[model].title)


def places_for(request: HttpRequest) -> list[dict[str, Any]]:
    """The sections with the places that whoever asks may open, first that of now; none for a stranger. No query."""
    if not roles(request):
        return []
    now = reverse("admin:index")
    first = {"title": _("Now"), "icon": "dashboard", "link": now, "active": request.path == now}
    shown: list[dict[str, Any]] = [{"key": "", "title": "", "items": [first]}]
    for section in SECTIONS:
        items = [_item(request, place) for place in section.places if _opens(request, place)]
        if items:
            shown.append({"key": section.key, "title": section.title, "items": items})
    return shown


def _opens(request: HttpRequest, place: Place) -> bool:
    return is_officer(request) if place.permission == OFFICER else may(request, place.permission)


def _item(request: HttpRequest, place: Place) -> dict[str, Any]:
    link = reverse(f"admin:{place.model}_changelist")
    return {
        "title": place.title, "says": place.says, "icon": place.icon, "link": link,
        "active": request.path.startswith(link),
    }  # fmt: skip
