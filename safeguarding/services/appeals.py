"""Appeals: a way out of every decision, judged by somebody who took no part in it (DSA art. 20)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.models import Member
from safeguarding import enforcement
from safeguarding.errors import AlreadyAppealed, AnotherPersonRequired, AppealTooLate, CaseMoved
from safeguarding.models import Appeal, Decision, StatementOfReasons

from . import casework, telling
from .clearing import clear_unfounded, hold_ledgers


@transaction.atomic
def mark_read(*, actor: Member, statement: StatementOfReasons) -> None:
    """Note when the recipient first opened the statement."""
    if statement.recipient_id != actor.pk:
        raise NotAllowed
    StatementOfReasons.objects.filter(pk=statement.pk, read_at__isnull=True).update(read_at=timezone.now())


@transaction.atomic
def lodge_appeal(*, actor: Member, decision: Decision, text: str) -> Appeal:
    """Contest a decision about oneself within six months of its statement, once.

    Being suspended, banned or without a current age proof is no obstacle: nothing here asks.
    Raises NotAllowed, AppealTooLate, AlreadyAppealed, ReasonRequired.
    """
    decision = Decision.objects.select_for_update().get(pk=decision.pk)
    statement = StatementOfReasons.objects.filter(decision=decision, recipient=actor).first()
    if statement is None:
        raise NotAllowed
    if timezone.now() > statement.appeal_until:
        raise AppealTooLate
    if Appeal.objects.filter(decision=decision).exists():
        raise AlreadyAppealed
    if not text.strip():
        raise ReasonRequired
    appeal = Appeal.objects.create(
        decision=decision, lodged_by=actor, decided_by_id=decision.decided_by_id, text=text.strip()
    )
    audit.record(actor=actor, action="appeal.lodged", subject=appeal, data={"decision": decision.public_id})
    return appeal


def require_judge(*, actor: Member, appeal: Appeal) -> None:
    """Raise unless `actor` may judge: role, no conflict, and no part in the decision, first or second."""
    casework.require_worker(actor=actor, case=appeal.decision.case)
    if actor.pk in (appeal.decision.decided_by_id, appeal.decision.second_person_id):
        raise AnotherPersonRequired


@transaction.atomic
def judge_appeal(*, actor: Member, appeal: Appeal, overturn: bool, answer: str) -> Appeal:
    """Uphold or overturn; the answer is sent. Overturning takes back what the decision did, and only that:
    what another decision imposed stands. A message its author has deleted since stays deleted.

    Where nothing of a closed case stands any more, it is unfounded for the engine too.
    Raises AnotherPersonRequired, CaseMoved when it is judged already, ReasonRequired without an answer.
    """
    case = appeal.decision.case
    held = hold_ledgers(case) if overturn else {}
    appeal = Appeal.objects.select_for_update().get(pk=appeal.pk)
    require_judge(actor=actor, appeal=appeal)
    if appeal.state != Appeal.State.PENDING:
        raise CaseMoved
    if not answer.strip():
        raise ReasonRequired
    appeal.state = Appeal.State.OVERTURNED if overturn else Appeal.State.UPHELD
    appeal.judged_by = actor
    appeal.judged_at = timezone.now()
    appeal.answer = answer.strip()
    appeal.save(update_fields=["state", "judged_by", "judged_at", "answer"])
    if overturn:
        enforcement.undo(appeal.decision, actor=actor)
        clear_unfounded(actor=actor, case=casework.locked(case), held=held)
    telling.tell_something_waits(appeal.lodged_by)
    audit.record(
        actor=actor,
        action="appeal.overturned" if overturn else "appeal.upheld",
        subject=appeal,
        data={"decision": appeal.decision.public_id},
    )
    return appeal
