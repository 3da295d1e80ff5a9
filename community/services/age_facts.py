"""What a check leaves: AgeFacts, each a threshold and a yes or no, and nothing else."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from community import audit
from community.age.provider import Outcome, Verdict
from community.keyed import same
from community.models import (
    AgeCheck,
    AgeFact,
    AgeOfficer,
    BanMark,
    Member,
    Restriction,
    UsedProof,
)
from community.policies import AgeBand, Ask, band_of, meets

from .access import bump_access, start_of_day
from .age_checks import close_check, lock_person
from .consents import record_guardian_proof
from .settings import get_community
from .signs import notice_banned_guardian, notice_banned_proof, notice_shared_proof, proof_owner

logger = logging.getLogger(__name__)

# A minor grows up: facts attested in person last a year, or less where the officer saw that a band's edge is near,
# for without a birth date nothing else tells.
DAYS_OF_MONTHS: Mapping[int, int] = {12: 365, 6: 182, 3: 91}
ADULT_DAYS = 730
IN_PERSON = frozenset({"in_person", "demo"})
LEVEL_IN_PERSON = "enhanced"


def record_outcome(
    *,
    check: AgeCheck,
    outcome: Outcome,
    attested_by: AgeOfficer | None = None,
    confirmed_by: AgeOfficer | None = None,
) -> Verdict:
    """Close a check and, where it is met, write its facts in place of the former ones. Returns the final verdict.

    A proof that does not answer the check's ask is NOT_MET. One that contradicts what was proved before (nobody
    gets younger) or that has opened another account is INCONCLUSIVE, and the first is on record for the officers.
    Of several outcomes of one check the first counts: the others raise CodeUnknown.
    """
    ask = Ask(at_least=tuple(check.ask["at_least"]), under=tuple(check.ask["under"]))
    met = outcome.verdict is Verdict.MET and meets(outcome.facts, ask) and band_of(outcome.facts) is not AgeBand.NONE
    with transaction.atomic():
        # Signs first: who is told of one locks cases, and cases are locked before people.
        mark, own = _signs(check, outcome) if met else (None, True)
        lock_person(member=check.member, consent=check.consent)
        close_check(check)
        if not met:
            return Verdict.NOT_MET if outcome.verdict is Verdict.MET else outcome.verdict
        if check.consent is not None:
            known = record_guardian_proof(consent=check.consent, outcome=outcome, mark=mark, attested_by=attested_by)
            return Verdict.MET if known else Verdict.INCONCLUSIVE
        member = check.member
        assert member is not None  # agecheck_of_a_member_or_a_guardian
        if mark is not None or not own:
            logger.info("an age proof was not accepted: replayed")
            return Verdict.INCONCLUSIVE
        if _contradicts(member, outcome.facts):
            audit.record(actor=None, component="age", action="age.contradicted", subject=member)
            if outcome.replay_tag:  # it opened nothing: it is nobody's
                UsedProof.objects.filter(tag=outcome.replay_tag).delete()
            return Verdict.INCONCLUSIVE
        _write_facts(member, outcome, attested_by, confirmed_by)
    return Verdict.MET


def _signs(check: AgeCheck, outcome: Outcome) -> tuple[BanMark | None, bool]:
    """The mark of somebody banned that a proof carries, and whether it is this account's own; what is wrong is told to
    the officers. A method without a replay tag tells neither."""
    tag = outcome.replay_tag
    if not tag:
        return None, True
    if check.consent is not None:
        return notice_banned_guardian(consent=check.consent, kind=BanMark.Kind.PROOF, tag=tag), True
    member = check.member
    assert member is not None  # agecheck_of_a_member_or_a_guardian
    if mark := notice_banned_proof(member=member, tag=tag):
        return mark, False
    last_day = outcome.replay_until or outcome.not_after
    until = start_of_day(last_day) if last_day else timezone.now() + dt.timedelta(days=ADULT_DAYS)
    owner = proof_owner(tag, member.pk)
    proof, first = UsedProof.objects.get_or_create(tag=tag, defaults={"expires_at": until, "owner": owner})
    if first or same(proof.owner, owner):  # the same person proves the same again
        return None, True
    notice_shared_proof(member=member, proof=proof)
    return None, False


def _contradicts(member: Member, facts: Mapping[int, bool]) -> bool:
    """Whether the member was ever proved over a threshold that the new facts say they are under. Superseded and
    expired facts count: people grow older. Revoked ones do not: they were never true."""
    under = [threshold for threshold, is_over in facts.items() if not is_over]
    proved = AgeFact.objects.filter(member=member, is_over=True, revoked_at__isnull=True)
    return bool(under) and proved.filter(threshold__gte=min(under)).exists()


def _write_facts(
    member: Member, outcome: Outcome, attested_by: AgeOfficer | None, confirmed_by: AgeOfficer | None
) -> None:
    now = timezone.now()
    today = timezone.localdate(now)
    minor = not all(outcome.facts.values())
    longest = today + dt.timedelta(days=longest_days(method=outcome.method, minor=minor))
    AgeFact.objects.filter(member=member, revoked_at__isnull=True, superseded_at__isnull=True).update(
        superseded_at=start_of_day(today)  # the day, not the moment
    )
    AgeFact.objects.bulk_create(
        AgeFact(
            member=member,
            threshold=threshold,
            is_over=is_over,
            method=outcome.method,
            level=LEVEL_IN_PERSON if attested_by else outcome.level.value,
            issuer_ref=outcome.issuer_ref,
            attested_by=attested_by,
            confirmed_by=confirmed_by,
            verified_on=today,
            expires_on=min(outcome.not_after or longest, longest),
        )
        for threshold, is_over in sorted(outcome.facts.items())
    )
    answered = Restriction.objects.filter(member=member, kind=Restriction.Kind.FRESH_AGE_PROOF).in_force(now)
    for restriction in answered:
        audit.record(actor=None, component="age", action="restriction.lifted", subject=restriction)
    for restriction in answered:
        # The day, not the moment, as far as that is possible.
        restriction.lifted_at = max(start_of_day(today), restriction.starts_at)
        restriction.save(update_fields=["lifted_at"])
    if attested_by is None:
        # The line is about the community: that somebody proved an age, at this time and in this way, and not who.
        audit.record(actor=None, component=f"age.{outcome.method}"[:40], action="age.proved", subject=get_community())
    bump_access(member)


def longest_days(*, method: str, minor: bool) -> int:
    """How many days a proof by this method opens rooms at most: what the operator set."""
    community = get_community()
    if method in IN_PERSON:
        return DAYS_OF_MONTHS[12] if minor else community.in_person_days
    return community.proof_days_minors if minor else community.proof_days_adults


def ended_proof(member: Member) -> AgeFact | None:
    """The last proof of a member who has none any more, to tell them what became of it: it ended, or was withdrawn."""
    return AgeFact.objects.filter(member=member, superseded_at__isnull=True).order_by("-pk").first()


def purge_proofs() -> int:
    """Forget used proofs that could not be used again anyway; return how many."""
    deleted, _by_model = UsedProof.objects.filter(expires_at__lte=timezone.now()).delete()
    return deleted
