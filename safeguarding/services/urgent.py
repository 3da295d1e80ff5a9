"""Life at risk: one officer acts at once, alone, on what the case already holds; a second one reviews it in a day.

No worker, no file and no checklist stands between the officer and the telephone. What it opens is logged like any
reading; what it tells a minor's case by one person alone is why somebody else must look at it afterwards.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.models import Member
from community.queue import nudge
from community.roles import is_officer
from safeguarding.errors import AnotherPersonRequired, CaseMoved
from safeguarding.models import Case, UrgentSheet

from . import casework
from .cases import raise_severity
from .paging import acknowledge_page

REVIEW_WITHIN = dt.timedelta(hours=24)
WORDS = ("who", "where", "when", "target_knows", "called")


def _require_officer(*, actor: Member, case: Case) -> None:
    if not is_officer(actor):
        raise NotAllowed
    casework.require_no_conflict(actor=actor, case=case)


@transaction.atomic
def open_urgent_sheet(*, actor: Member, case: Case) -> UrgentSheet:
    """The sheet to telephone from, at once, by one officer; the case need not be claimed. A second call gives the
    sheet that is open. The case becomes P0, the calls for it stop, what must be told is in the register, the reading
    is logged, and the other officers are told that a review waits. Raises NotAllowed, Conflict.
    """
    case = casework.locked(case)
    _require_officer(actor=actor, case=case)
    casework.look_at_case(actor=actor, case=case, reason=_("life at risk"))
    sheet = UrgentSheet.objects.filter(case=case, reviewed_at__isnull=True).first()
    if sheet:
        return sheet
    now = timezone.now()
    case.refresh_from_db()  # the reading may have been the first
    if case.state != Case.State.CLOSED:
        raise_severity(actor=actor, case=case, code=case.code, severity=Case.Severity.P0)
    acknowledge_page(actor=actor, case=case)
    sheet = UrgentSheet.objects.create(
        case=case, opened_by=actor, opened_at=now, due_at=now + REVIEW_WITHIN, remind_at=now
    )
    audit.record(actor=actor, action="urgent.opened", subject=case, data={"sheet": sheet.public_id})
    nudge("safeguarding.tasks.remind")
    return sheet


def _locked_open(*, actor: Member, sheet: UrgentSheet) -> UrgentSheet:
    sheet = UrgentSheet.objects.select_for_update(of=("self",)).select_related("case").get(pk=sheet.pk)
    _require_officer(actor=actor, case=sheet.case)
    if sheet.reviewed_at is not None:
        raise CaseMoved
    return sheet


@transaction.atomic
def complete_urgent_sheet(*, actor: Member, sheet: UrgentSheet, **words: str) -> UrgentSheet:
    """Write down what becomes known (WORDS), as it becomes known. What each said before stays in the audit log.

    Raises CaseMoved once it is reviewed.
    """
    if unknown := words.keys() - set(WORDS):
        raise TypeError(f"not a field of the sheet: {', '.join(sorted(unknown))}")
    sheet = _locked_open(actor=actor, sheet=sheet)
    changed = {name: text.strip() for name, text in words.items() if text.strip() != getattr(sheet, name)}
    if changed:
        for name, text in changed.items():
            setattr(sheet, name, text)
        sheet.save(update_fields=list(changed))
        audit.record(
            actor=actor,
            action="urgent.completed",
            subject=sheet.case,
            data={"sheet": sheet.public_id, "words": changed},
        )
    return sheet


@transaction.atomic
def review_urgent_sheet(*, actor: Member, sheet: UrgentSheet, agreed: bool, text: str) -> UrgentSheet:
    """A second officer says whether it was right to act alone, and why; the clock stops.

    Raises AnotherPersonRequired for who opened it, ReasonRequired, CaseMoved when it was reviewed already.
    """
    sheet = _locked_open(actor=actor, sheet=sheet)
    if actor.pk == sheet.opened_by_id:
        raise AnotherPersonRequired
    if not text.strip():
        raise ReasonRequired
    sheet.reviewed_by, sheet.reviewed_at = actor, timezone.now()
    sheet.agreed, sheet.review, sheet.remind_at = agreed, text.strip(), None
    sheet.save(update_fields=["reviewed_by", "reviewed_at", "agreed", "review", "remind_at"])
    Case.objects.filter(pk=sheet.case_id).update(version=F("version") + 1)
    audit.record(
        actor=actor, action="urgent.reviewed", subject=sheet.case, data={"sheet": sheet.public_id, "agreed": agreed}
    )
    return sheet
