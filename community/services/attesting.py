"""What an age officer does: looks at a document and states a band; for a minor a second officer does so on their own.

The audit line of an attestation names the officer and not the member, for the exact time of a proof is nobody's
business.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from community import audit
from community.age.provider import Level, Outcome, Verdict
from community.errors import (
    CodeUnknown,
    InvitationForAdults,
    NotAnAgeOfficer,
    OtherAssociation,
    OwnAgeCheck,
    QuotaReached,
    SecondPersonRequired,
)
from community.models import AgeCheck, AgeOfficer, Association, AuditEvent, Member
from community.policies import FACTS_OF_BAND, MINOR_BANDS, AgeBand
from community.roles import AGE_OFFICER, has_role

from .access import access_of, start_of_day
from .age_checks import CHECK_MINUTES, HOUR, close_check, hash_of_code, lock_person
from .age_facts import DAYS_OF_MONTHS, record_outcome
from .anomalies import place_of, watch_attestation
from .limits import subscriber, take
from .progress import check_changed


class Attested(StrEnum):
    """How an attestation ended."""

    DONE = "done"  # the facts are written
    SECOND_NEEDED = "second_needed"  # a minor's band: a second person of the association must see the document
    DISAGREED = "disagreed"  # the two did not see the same band: nothing is written
    NOT_SHOWN = "not_shown"  # the officer could not tell: nothing is written
    CONTRADICTED = "contradicted"  # it contradicts what was proved before: nothing is written, an officer looks


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
        association = Association.objects.select_for_update(no_key=True).get(pk=officer.association_id)
        officer = active_officer(officer.member)
        found = AgeCheck.objects.select_related("member", "consent", "attested_by").filter(
            code_hash=hash_of_code(code), provider="in_person", expires_at__gt=now
        )
        check = found.first()
        if check is None:
            raise CodeUnknown
        lock_person(member=check.member, consent=check.consent)
        check = found.first()  # as it is now that nobody else can end it
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
        close_check(check)
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
        close_check(check)
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
