"""What a person writes down of a case that no row tells, for the first page of a dossier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from community import audit
from community.errors import Refused
from community.models import Member
from community.names import check_readable
from safeguarding.dossier.parts import CircumstanceKey
from safeguarding.errors import CaseMoved
from safeguarding.models import Briefing, Case

from . import casework

CIRCUMSTANCES: tuple[str, ...] = get_args(CircumstanceKey)
ANSWERS = ("danger_now", "family_knows", "family_may_know")
TEXTS = {"danger_why": 500, "summary": 2000, "family_note": 500, "opinion": 2000}  # characters, as the columns hold
DETAIL = 300  # characters of the detail of a circumstance


class BadBriefing(Refused):
    code = "bad_briefing"
    message = _("One of the answers is none of those offered, or a text is too long.")


def briefing_of(case: Case) -> Briefing | None:
    """What was last written of the case."""
    return case.briefings.order_by("-pk").first()


@transaction.atomic
def brief_case(
    *, actor: Member, case: Case, circumstances: Mapping[str, Mapping[str, str]] | None = None, **said: str
) -> Briefing:
    """Write down danger, family, what is suspected and the facts it turns on; what is not given stays as it was.

    `said` are fields of Briefing; `circumstances` is {key: {"answer": "yes"|"no"|"unknown", "detail": text}}. Whoever
    may work the case may brief it. Raises NotAllowed, Conflict, OfficersOnly, CaseMoved for a closed case, BadBriefing.
    """
    case = casework.locked(case)
    casework.require_worker(actor=actor, case=case)
    if case.state == Case.State.CLOSED:
        raise CaseMoved
    before = briefing_of(case)
    values: dict[str, Any] = {name: getattr(before, name) for name in (*ANSWERS, *TEXTS) if before}
    if unknown := said.keys() - {*ANSWERS, *TEXTS}:
        raise TypeError(f"no field of a briefing: {', '.join(sorted(unknown))}")
    values.update({name: text.strip() for name, text in said.items()})
    facts = dict(before.circumstances) if before else {}
    facts.update(_checked(circumstances or {}))
    briefing = Briefing(case=case, written_by=actor, circumstances=facts, **values)
    for name in TEXTS:
        text = getattr(briefing, name)
        check_readable(text)
        if len(text) > TEXTS[name]:
            raise BadBriefing
    try:
        briefing.clean_fields(exclude={"circumstances"})  # judged above; none at all is no fault
    except ValidationError as error:
        raise BadBriefing from error
    briefing.save()
    audit.record(
        actor=actor,
        action="case.briefed",
        subject=case,
        data={"fields": sorted({*said, *(f"circumstances.{key}" for key in circumstances or ())})},
    )
    return briefing


def _checked(circumstances: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    checked = {}
    for key, one in circumstances.items():
        detail = str(one.get("detail", "")).strip()
        check_readable(detail)
        if key not in CIRCUMSTANCES or one.get("answer") not in Briefing.Answer.values or len(detail) > DETAIL:
            raise BadBriefing
        checked[key] = {"answer": str(one["answer"]), "detail": detail}
    return checked
