"""Proofs of age: how a check begins, who may attest it, what it leaves, and how all of it is taken back.

What a check leaves is AgeFacts: a threshold and a yes or no. The check itself is deleted when it closes. The audit
line of an attestation names the officer and not the member, for the exact time of a proof is nobody's business.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from community import audit
from community.age.provider import Level, Outcome, Verdict
from community.errors import (
    CodeUnknown,
    InvitationForAdults,
    NotAllowed,
    NotAnAgeOfficer,
    OtherAssociation,
    OwnAgeCheck,
    QuotaReached,
    ReasonRequired,
    SecondPersonRequired,
)
from community.keyed import keyed_hash, same
from community.models import (
    AgeCheck,
    AgeFact,
    AgeOfficer,
    Association,
    AuditEvent,
    GuardianConsent,
    Member,
    Restriction,
    UsedProof,
)
from community.policies import MINOR_BANDS, AgeBand, Ask, band_of, meets
from community.roles import AGE_OFFICER, has_role, may

from .access import access_of, bump_access, start_of_day
from .anomalies import place_of, watch_attestation
from .consents import record_guardian_proof
from .limits import subscriber, take
from .mail import queue_mail
from .progress import check_changed
from .settings import get_community
from .signs import notice_banned_proof, notice_shared_proof, proof_owner

logger = logging.getLogger(__name__)

CHECK_MINUTES = 10
INVITATION_DAYS = 7
# A minor grows up: facts attested in person last a year, or less where the officer saw that a band's edge is near,
# for without a birth date nothing else tells.
DAYS_OF_MONTHS: Mapping[int, int] = {12: 365, 6: 182, 3: 91}
ADULT_DAYS = 730
IN_PERSON = frozenset({"in_person", "demo"})
LEVEL_IN_PERSON = "enhanced"
HOUR = 3600

# What a person of each band is known to be after somebody saw their document.
FACTS_OF_BAND: Mapping[AgeBand, Mapping[int, bool]] = {
    AgeBand.TEEN_13_14: {13: True, 15: False},
    AgeBand.TEEN_15_17: {15: True, 18: False},
    AgeBand.ADULT: {18: True},
}

_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"  # no vowels, so no words; nothing that reads as something else
_CODE_LENGTH = 8


class Attested(StrEnum):
    """How an attestation ended."""

    DONE = "done"  # the facts are written
    SECOND_NEEDED = "second_needed"  # a minor's band: a second person of the association must see the document
    DISAGREED = "disagreed"  # the two did not see the same band: nothing is written
    NOT_SHOWN = "not_shown"  # the officer could not tell: nothing is written
    CONTRADICTED = "contradicted"  # it contradicts what was proved before: nothing is written, an officer looks


# -- beginning -------------------------------------------------------------------------------------------------------


def begin_check(
    *, actor: Member, provider: str, ask: Ask | None = None, address: str = "", on_paper: bool = False
) -> AgeCheck:
    """Begin a check that lives ten minutes; a member has one at a time. `address` is the client's, for the limits.

    `on_paper` makes an invitation to print that is good for a week and for adults alone: a sheet of paper that lies
    about must not tell anybody that a teenager comes here. Raises NotAllowed for a member who is suspended, banned,
    or proved a minor and asks for paper, TooManyAttempts, TryLater.
    """
    access = access_of(actor)
    if access.shut_out or (on_paper and (access.band in MINOR_BANDS or provider != "in_person")):
        raise NotAllowed
    take("age-begin", actor.pk, most=12, seconds=HOUR)
    if address:
        take("age-begin-from", subscriber(address), most=60, seconds=HOUR)
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=actor.pk)  # two beginnings at once leave one check
        AgeCheck.objects.filter(member=actor).delete()
        check_changed(actor)
        return new_check(
            member=actor, provider=provider, ask=ask, on_paper=on_paper, place="" if on_paper else place_of(address)
        )


def new_check(
    *,
    provider: str,
    member: Member | None = None,
    consent: GuardianConsent | None = None,
    ask: Ask | None = None,
    on_paper: bool = False,
    place: str = "",
) -> AgeCheck:
    """Write the row of a check of a member or of a guardian, in the caller's transaction."""
    now = timezone.now()
    check = AgeCheck(
        member=member,
        consent=consent,
        provider=provider,
        ask={"at_least": list(ask.at_least), "under": list(ask.under)} if ask else {"at_least": [], "under": []},
        expires_at=now + (dt.timedelta(days=INVITATION_DAYS) if on_paper else dt.timedelta(minutes=CHECK_MINUTES)),
        created_at=now,
        on_paper=on_paper,
        place=place,
    )
    check.code_hash = _hash_of(code_of(check))
    check.save()
    return check


def current_check(member: Member, provider: str) -> AgeCheck | None:
    """The member's running check with this provider."""
    return AgeCheck.objects.filter(member=member, provider=provider, expires_at__gt=timezone.now()).first()


def running_check(*, public_id: str, provider: str) -> AgeCheck | None:
    """The running check of a guardian's browser, by what its session remembers."""
    if not public_id:
        return None
    return (
        AgeCheck.objects.select_related("consent")
        .filter(public_id=public_id, provider=provider, consent__isnull=False, expires_at__gt=timezone.now())
        .first()
    )


def cancel_check(*, actor: Member) -> None:
    """The member ends their own check; nothing of it stays."""
    AgeCheck.objects.filter(member=actor).delete()
    check_changed(actor)


def code_of(check: AgeCheck) -> str:
    """The code the member shows. It is worked out anew from the server's key each time and stored nowhere."""
    digest = hmac.digest(settings.HASH_KEY, f"age code:{check.public_id}".encode(), hashlib.sha256)
    number = int.from_bytes(digest[:16], "big")
    letters = []
    for _ in range(_CODE_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return "".join(letters)


def _hash_of(code: str) -> str:
    bare = "".join(c for c in code.upper() if c.isalnum())
    return keyed_hash("age code hash", bare)


# -- attesting -------------------------------------------------------------------------------------------------------


def attest_check(
    *, actor: Member, code: str, band: AgeBand, months: int = 12, on_file: bool = False, address: str = ""
) -> Attested:
    """An age officer states the band seen on the document of the person who shows `code`; AgeBand.NONE: none seen.

    A minor's facts last `months`: 12, or 6 or 3 where the birthday that ends the band is near; of two officers the
    shorter holds. `on_file` is for a guardian's code: this adult is the guardian whom the association has on file.

    An adult's facts are written at once. A minor's wait for a second officer of the same association who types the
    same code and states the band on their own, without seeing what the first one said: `attest_check` again.
    Of many attestations of one code at once exactly one counts.

    Raises NotAnAgeOfficer, CodeUnknown, OwnAgeCheck, SecondPersonRequired, OtherAssociation, QuotaReached,
    TooManyAttempts, TryLater.
    """
    officer = active_officer(actor)
    if address:
        take("age-attest-from", subscriber(address), most=120, seconds=HOUR)
    take("age-attest", officer.pk, most=60, seconds=HOUR)
    try:
        seen = _Seen(AgeBand(band), DAYS_OF_MONTHS[months], on_file, place_of(address))
        return _attest(officer, code, seen)
    except CodeUnknown:
        # Guessing costs more than working: ten unknown codes an hour.
        take("age-guess", officer.pk, most=10, seconds=HOUR)
        raise


@dataclass(frozen=True, slots=True)
class _Seen:
    """What an officer states, and from where."""

    band: AgeBand
    days: int
    on_file: bool
    place: str


def _attest(officer: AgeOfficer, code: str, seen: _Seen) -> Attested:
    now = timezone.now()
    with transaction.atomic():
        # The association's row orders its officers' attestations, so that quotas hold under any concurrency.
        association = Association.objects.select_for_update().get(pk=officer.association_id)
        officer = active_officer(officer.member)
        check = (
            AgeCheck.objects.select_for_update(of=("self",))
            .select_related("member", "consent", "attested_by")
            .filter(code_hash=_hash_of(code), provider="in_person", expires_at__gt=now)
            .first()
        )
        if check is None:
            raise CodeUnknown
        if check.member_id == officer.member_id:
            raise OwnAgeCheck
        first = check.attested_by
        if first is not None:
            if first.pk == officer.pk:
                raise SecondPersonRequired
            if first.association_id != officer.association_id:
                raise OtherAssociation
        _require_quota(officer, association, now, second=first is not None)
        if check.on_paper and seen.band in MINOR_BANDS:
            raise InvitationForAdults
        ended = _judge_guardian(check, officer, seen) if check.consent else _judge(check, officer, seen, first)
        watch_attestation(officer=officer, check=check, place=seen.place)
        return ended


def _judge_guardian(check: AgeCheck, officer: AgeOfficer, seen: _Seen) -> Attested:
    """A guardian was seen: an adult, or the guardian on file. One officer is enough, as for any adult."""
    if seen.band is not AgeBand.ADULT:
        _close(check)
        audit.record(actor=officer.member, action="age.not_shown", subject=officer)
        return Attested.NOT_SHOWN
    outcome = Outcome(
        verdict=Verdict.MET,
        facts=FACTS_OF_BAND[AgeBand.ADULT],
        method="association_file" if seen.on_file else "in_person",
        level=Level.ENHANCED,
        issuer_ref=officer.association.name[:80],
    )
    record_outcome(check=check, outcome=outcome, attested_by=officer)
    audit.record(actor=officer.member, action="age.attested", subject=officer)
    return Attested.DONE


def _judge(check: AgeCheck, officer: AgeOfficer, seen: _Seen, first: AgeOfficer | None) -> Attested:
    """Carry out a permitted attestation, in the caller's transaction."""
    band, days = seen.band, seen.days
    if band is AgeBand.NONE or (first is not None and band != check.band_seen):
        ended = Attested.NOT_SHOWN if band is AgeBand.NONE else Attested.DISAGREED
        _close(check)
        audit.record(actor=officer.member, action=f"age.{ended.value}", subject=officer)
        return ended
    if first is None and band in MINOR_BANDS:
        moved = AgeCheck.objects.filter(pk=check.pk, state=AgeCheck.State.PENDING).update(
            state=AgeCheck.State.AWAITING_SECOND,
            band_seen=band,
            days_seen=days,
            attested_by=officer,
            expires_at=timezone.now() + dt.timedelta(minutes=CHECK_MINUTES),  # the second person must be fetched
        )
        if not moved:
            raise CodeUnknown
        check_changed(check.member)
        audit.record(actor=officer.member, action="age.attested", subject=officer)
        return Attested.SECOND_NEEDED
    outcome = Outcome(
        verdict=Verdict.MET,
        facts=FACTS_OF_BAND[band],
        method="in_person",
        issuer_ref=officer.association.name[:80],
        not_after=timezone.localdate() + dt.timedelta(days=min(days, check.days_seen or days))
        if band in MINOR_BANDS
        else None,
    )
    verdict = record_outcome(
        check=check, outcome=outcome, attested_by=first or officer, confirmed_by=officer if first else None
    )
    audit.record(
        actor=officer.member, action="age.confirmed" if first else "age.attested", subject=officer,
    )  # fmt: skip
    return Attested.DONE if verdict is Verdict.MET else Attested.CONTRADICTED


def active_officer(member: Member) -> AgeOfficer:
    """The member as an age officer; NotAnAgeOfficer unless they, their role and their association are active."""
    officer = AgeOfficer.objects.select_related("association", "member").filter(member=member, active=True).first()
    if officer is None or not officer.association.active or not has_role(member, AGE_OFFICER):
        raise NotAnAgeOfficer
    if access_of(member).shut_out:
        raise NotAnAgeOfficer
    return officer


def _require_quota(officer: AgeOfficer, association: Association, now: dt.datetime, *, second: bool) -> None:
    since = start_of_day(timezone.localdate(now))
    today = AuditEvent.objects.filter(subject_type=AgeOfficer._meta.label_lower, at__gte=since)
    own = today.filter(subject_id=str(officer.pk), action__in=["age.attested", "age.confirmed"]).count()
    if own >= officer.daily_quota:
        raise QuotaReached
    if second:  # counted for the association when the first attested
        return
    officers = [str(pk) for pk in association.officers.values_list("pk", flat=True)]
    if today.filter(subject_id__in=officers, action="age.attested").count() >= association.daily_quota:
        raise QuotaReached


# -- what a check leaves ---------------------------------------------------------------------------------------------


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
    member = check.member
    with transaction.atomic():
        _close(check)
        if outcome.verdict is not Verdict.MET:
            return outcome.verdict
        ask = Ask(at_least=tuple(check.ask["at_least"]), under=tuple(check.ask["under"]))
        if not meets(outcome.facts, ask) or band_of(outcome.facts) is AgeBand.NONE:
            return Verdict.NOT_MET
        if check.consent is not None:
            record_guardian_proof(consent=check.consent, outcome=outcome, attested_by=attested_by)
            return Verdict.MET
        assert member is not None  # agecheck_of_a_member_or_a_guardian
        Member.objects.select_for_update().get(pk=member.pk)
        if _contradicts(member, outcome.facts):
            audit.record(actor=None, component="age", action="age.contradicted", subject=member)
            return Verdict.INCONCLUSIVE
        if outcome.replay_tag and not _first_use(member, outcome.replay_tag, outcome.replay_until or outcome.not_after):
            logger.info("an age proof was not accepted: replayed")
            return Verdict.INCONCLUSIVE
        _write_facts(member, outcome, attested_by, confirmed_by)
    return Verdict.MET


def _close(check: AgeCheck) -> None:
    """Delete the row if it still stands as it was read: of many closings one wins."""
    deleted, _by_model = AgeCheck.objects.filter(pk=check.pk, state=check.state, expires_at__gt=timezone.now()).delete()
    if not deleted:
        raise CodeUnknown
    check_changed(check.member)


def _contradicts(member: Member, facts: Mapping[int, bool]) -> bool:
    """Whether the member was ever proved over a threshold that the new facts say they are under. Superseded and
    expired facts count: people grow older. Revoked ones do not: they were never true."""
    under = [threshold for threshold, is_over in facts.items() if not is_over]
    proved = AgeFact.objects.filter(member=member, is_over=True, revoked_at__isnull=True)
    return bool(under) and proved.filter(threshold__gte=min(under)).exists()


def _first_use(member: Member, tag: str, last_day: dt.date | None) -> bool:
    """Whether no other account was opened with this proof, nor is it that of somebody banned; signs are told."""
    if notice_banned_proof(member=member, tag=tag):
        return False
    until = start_of_day(last_day) if last_day else timezone.now() + dt.timedelta(days=ADULT_DAYS)
    owner = proof_owner(tag, member.pk)
    proof, first = UsedProof.objects.get_or_create(tag=tag, defaults={"expires_at": until, "owner": owner})
    if first or same(proof.owner, owner):  # the same person proves the same again
        return True
    notice_shared_proof(member=member, proof=proof)
    return False


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


# -- taking back -----------------------------------------------------------------------------------------------------


def revoke_facts(
    *,
    actor: Member,
    reason: str,
    officer: AgeOfficer | None = None,
    association: Association | None = None,
    member: Member | None = None,
) -> int:
    """Revoke every fact that an officer or an association attested or confirmed, or that a member has; end the
    checks they began. Returns how many facts were revoked; the members' sockets learn it after commit, and a neutral
    mail leads them to a page that names every other way, at once.

    Exactly one of the three must be given. Raises NotAllowed unless the actor may oversee age officers.
    """
    if not may(actor, "oversee_age_officers"):
        raise NotAllowed
    if not reason.strip():
        raise ReasonRequired
    facts = AgeFact.objects.filter(revoked_at__isnull=True)
    checks = AgeCheck.objects.all()
    subject: AgeOfficer | Association | Member
    match officer, association, member:
        case AgeOfficer() as one, None, None:
            facts = facts.filter(attested_by=one) | facts.filter(confirmed_by=one)
            checks, subject = checks.filter(attested_by=one), one
        case None, Association() as group, None:
            facts = facts.filter(attested_by__association=group) | facts.filter(confirmed_by__association=group)
            checks, subject = checks.filter(attested_by__association=group), group
        case None, None, Member() as person:
            facts, checks, subject = facts.filter(member=person), checks.filter(member=person), person
        case _:
            raise TypeError("name an officer, an association or a member")
    with transaction.atomic():
        checks.delete()
        concerned = sorted(set(facts.values_list("member_id", flat=True)))
        revoked = AgeFact.objects.filter(pk__in=list(facts.values_list("pk", flat=True)), revoked_at__isnull=True)
        count = revoked.update(revoked_at=timezone.now())
        bump_access(*concerned)
        for person in Member.objects.open().filter(pk__in=concerned):
            queue_mail(template="waiting", member=person)
        audit.record(
            actor=actor,
            action="age.revoked",
            subject=subject,
            data={"facts": count, "members": len(concerned), "reason": reason.strip()[:500]},
        )
    return count


def ended_proof(member: Member) -> AgeFact | None:
    """The last proof of a member who has none any more, to tell them what became of it: it ended, or was withdrawn."""
    return AgeFact.objects.filter(member=member, superseded_at__isnull=True).order_by("-pk").first()


def expire_checks() -> int:
    """Delete the checks whose time is over; return how many."""
    deleted, _by_model = AgeCheck.objects.filter(expires_at__lte=timezone.now()).delete()
    return deleted


def purge_proofs() -> int:
    """Forget used proofs that could not be used again anyway; return how many."""
    deleted, _by_model = UsedProof.objects.filter(expires_at__lte=timezone.now()).delete()
    return deleted
