"""A result about somebody's age can be wrong. They say so, prove it another way at once, and a person looks within
thirty days: not the officer who attested it, nor anybody of the same association."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from community import audit
from community.errors import AlreadyContested, AnotherPersonRequired, ContestOver, NotAllowed, ReasonRequired
from community.models import AgeContest, AgeFact, AgeOfficer, Member
from community.roles import may
from community.services.mail import queue_mail

from .limits import take
from .revocations import revoke_facts

ANSWER_WITHIN = dt.timedelta(days=30)


def contest_age(*, actor: Member, text: str) -> AgeContest:
    """Say what is wrong with a result. Raises ReasonRequired, AlreadyContested while one waits, TooManyAttempts."""
    take("age-contest", actor.pk, most=5, seconds=24 * 3600)
    if not text.strip():
        raise ReasonRequired
    now = timezone.now()
    try:
        with transaction.atomic():
            contest = AgeContest.objects.create(
                member=actor, text=text.strip()[:2000], created_at=now, due_at=now + ANSWER_WITHIN
            )
            audit.record(actor=actor, action="age.contested", subject=contest)
    except IntegrityError as error:
        raise AlreadyContested from error
    return contest


def may_judge(*, actor: Member, contest: AgeContest) -> bool:
    """Whether this person may decide: an officer with oversight who neither is the member nor attested for them."""
    if not may(actor, "oversee_age_officers") or actor.pk == contest.member_id:
        return False
    facts = AgeFact.objects.filter(member=contest.member_id)
    associations = {
        association
        for pair in facts.values_list("attested_by__association", "confirmed_by__association")
        for association in pair
        if association is not None
    }
    return not AgeOfficer.objects.filter(member=actor, association__in=associations).exists()


@transaction.atomic
def judge_contest(*, actor: Member, contest: AgeContest, overturn: bool, answer: str) -> AgeContest:
    """Let the result stand, or withdraw it: then all that was proved for this member is revoked and they prove their
    age anew, by any method. The answer is read in the account. Raises NotAllowed, AnotherPersonRequired,
    ContestOver, ReasonRequired."""
    contest = AgeContest.objects.select_for_update(of=("self",)).select_related("member").get(pk=contest.pk)
    if not may(actor, "oversee_age_officers"):
        raise NotAllowed
    if not may_judge(actor=actor, contest=contest):
        raise AnotherPersonRequired
    if contest.state != AgeContest.State.PENDING:
        raise ContestOver
    if not answer.strip():
        raise ReasonRequired
    contest.state = AgeContest.State.OVERTURNED if overturn else AgeContest.State.UPHELD
    contest.judged_by, contest.judged_at, contest.answer = actor, timezone.now(), answer.strip()[:2000]
    contest.save(update_fields=["state", "judged_by", "judged_at", "answer"])
    if overturn:
        revoke_facts(actor=actor, member=contest.member, reason=f"contest {contest.public_id}")
    else:
        queue_mail(template="waiting", member=contest.member)
    audit.record(actor=actor, action=f"age.contest_{contest.state}", subject=contest)
    return contest
