"""What a member may do now, in one value: facts, restrictions and blocks, kept by each process under their version.

Everything that changes any of it calls `bump_access` in its own transaction. Whoever decides asks here, on every
request and every frame, with the version that the database holds then: a value kept under an older one is never
looked at again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from community import bus
from community.models import AgeFact, Block, GuardianConsent, Member, Restriction, YouthWorker
from community.policies import MINOR_BANDS, AgeBand, Level, band_of, needs_consent

from .settings import read_community

KEPT = 10_000  # members whose rights a process keeps at most: some ten megabytes


@dataclass(frozen=True, slots=True)
class Access:
    """One member's rights at one moment. `deadline` is when the first current age fact ends; `changes_at` is the
    first moment at which anything here ends or begins by the clock, facts and restrictions alike."""

    member_id: int
    version: int
    band: AgeBand = AgeBand.NONE
    facts: Mapping[int, bool] = field(default_factory=dict)
    level: str = Level.ENHANCED  # of the weakest current fact; without facts it means nothing
    consent_missing: bool = False  # a guardian has to agree first
    youth_rooms: frozenset[str] = frozenset()  # minors' rooms (public ids) where this adult is a youth worker
    deadline: dt.datetime | None = None
    changes_at: dt.datetime | None = None
    closed: bool = False
    suspended: bool = False
    banned: bool = False
    held: bool = False
    muted: bool = False
    fresh_proof_asked: bool = False
    room_bans: frozenset[str] = frozenset()
    paused_with: frozenset[int] = frozenset()
    blocked_pks: frozenset[int] = frozenset()

    @property
    def shut_out(self) -> bool:
        """Whether nothing but help, reports, decisions and data is open: suspended, banned or closed."""
        return self.suspended or self.banned or self.closed


def access_of(member: Member, *, now: dt.datetime | None = None) -> Access:
    """The member's rights at `now`. One query when this process knows them, at most seven otherwise."""
    return accesses_of([member], now=now)[member.pk]


def accesses_of(members: Iterable[Member], *, now: dt.datetime | None = None) -> dict[int, Access]:
    """The rights of several members by primary key, in as many queries as for one."""
    at = now or timezone.now()
    pks = {member.pk for member in members}
    if not pks:
        return {}
    # The version is read here, not taken from the instance: a socket may have held its Member for hours.
    versions = dict(Member.objects.filter(pk__in=pks).values_list("pk", "access_version"))
    return accesses_under(versions, at, keep=now is None)


def accesses_under(versions: Mapping[int, int], at: dt.datetime, *, keep: bool = True) -> dict[int, Access]:
    """The rights at `at` of members whose `access_version` the caller has just read. No query where they are known.

    With `keep=False` the answer is not kept: what held at another moment is nobody else's answer.
    """
    found: dict[int, Access] = {}
    for pk, version in versions.items():
        access = _kept.get((pk, version))
        if access and (access.changes_at is None or at < access.changes_at):
            found[pk] = access
    missing = {pk: version for pk, version in versions.items() if pk not in found}
    if missing:
        fresh = _compute(missing, at)
        found.update(fresh)
        if keep:
            _keep(fresh.values())
    return found


def bump_access(*members: Member | int) -> None:
    """Invalidate what is kept about these members, in the caller's transaction; tell their sockets after commit.

    The channel `member:<public_id>` carries {"type": "access"}: sockets authorise themselves again.
    """
    transaction.get_connection().validate_no_broken_transaction()
    pks = sorted({member if isinstance(member, int) else member.pk for member in members})
    for pk in pks:  # one by one and in order: two services that bump the same two members never deadlock
        Member.objects.filter(pk=pk).update(access_version=F("access_version") + 1)
    public_ids = list(Member.objects.filter(pk__in=pks).values_list("public_id", flat=True))

    def tell() -> None:
        for public_id in public_ids:
            bus.publish(f"member:{public_id}", json.dumps({"type": "access"}).encode())

    transaction.on_commit(tell, robust=True)


def start_of_day(day: dt.date) -> dt.datetime:
    """The moment `day` begins in the community's zone."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _compute(versions: Mapping[int, int], at: dt.datetime) -> dict[int, Access]:
    pks = list(versions)
    today = timezone.localdate(at)
    facts: dict[int, dict[int, bool]] = defaultdict(dict)
    levels: dict[int, list[str]] = defaultdict(list)
    deadlines: dict[int, list[dt.datetime]] = defaultdict(list)
    changes: dict[int, list[dt.datetime]] = defaultdict(list)
    for fact in AgeFact.objects.filter(member__in=pks).current(today):
        facts[fact.member_id][fact.threshold] = fact.is_over
        levels[fact.member_id].append(fact.level)
        deadlines[fact.member_id].append(start_of_day(fact.expires_on))

    bands = {pk: band_of(facts[pk]) for pk in pks}
    consentless = _needing_consent({pk: facts[pk] for pk, band in bands.items() if band in MINOR_BANDS})
    if consentless:
        for consent in GuardianConsent.objects.filter(child__in=consentless).in_force(today):
            assert consent.expires_on is not None  # consent_granted_by_both
            consentless.discard(consent.child_id)
            changes[consent.child_id].append(start_of_day(consent.expires_on))
    youth_rooms: dict[int, set[str]] = defaultdict(set)
    adults = [pk for pk in pks if bands[pk] == AgeBand.ADULT]
    for worker in YouthWorker.objects.filter(member__in=adults).in_force(today):
        youth_rooms[worker.member_id].add(worker.room_ref)
        changes[worker.member_id].append(start_of_day(worker.ends_on))

    kinds: dict[int, set[str]] = defaultdict(set)
    rooms: dict[int, set[str]] = defaultdict(set)
    paused: dict[int, set[int]] = defaultdict(set)
    # A pause of contact binds both sides, whichever of the two it was written about.
    restrictions = Restriction.objects.filter(
        Q(member__in=pks) | Q(counterpart__in=pks, kind=Restriction.Kind.CONTACT_PAUSE),
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        lifted_at__isnull=True,
    )
    for restriction in restrictions:
        concerned = [pk for pk in (restriction.member_id, restriction.counterpart_id) if pk and pk in versions]
        if restriction.starts_at > at:
            for pk in concerned:
                changes[pk].append(restriction.starts_at)
            continue
        if restriction.ends_at:
            for pk in concerned:
                changes[pk].append(restriction.ends_at)
        if restriction.kind == Restriction.Kind.CONTACT_PAUSE:
            one, other = restriction.member_id, restriction.counterpart_id
            assert other is not None  # restriction_pause_names_counterpart
            paused[one].add(other)
            paused[other].add(one)
        elif restriction.kind == Restriction.Kind.ROOM_BAN:
            rooms[restriction.member_id].add(restriction.room_ref)
        else:
            kinds[restriction.member_id].add(restriction.kind)

    blocked: dict[int, set[int]] = defaultdict(set)
    pairs = Block.objects.filter(Q(blocker__in=pks) | Q(blocked__in=pks)).values_list("blocker_id", "blocked_id")
    for blocker, other in pairs:
        blocked[blocker].add(other)
        blocked[other].add(blocker)

    closed = set(Member.objects.filter(pk__in=pks, closed_at__isnull=False).values_list("pk", flat=True))
    return {
        pk: Access(
            member_id=pk,
            version=version,
            band=AgeBand.NONE if pk in closed else bands[pk],
            facts={} if pk in closed else dict(facts[pk]),
            level=min(levels[pk], key=_strength, default=Level.ASSERTED),
            consent_missing=pk in consentless,
            youth_rooms=frozenset() if pk in closed else frozenset(youth_rooms[pk]),
            deadline=min(deadlines[pk], default=None),
            changes_at=min(deadlines[pk] + changes[pk], default=None),
            closed=pk in closed,
            suspended=Restriction.Kind.SUSPENSION in kinds[pk],
            banned=Restriction.Kind.BAN in kinds[pk],
            held=Restriction.Kind.ACCOUNT_HOLD in kinds[pk],
            muted=Restriction.Kind.MUTE in kinds[pk],
            fresh_proof_asked=Restriction.Kind.FRESH_AGE_PROOF in kinds[pk],
            room_bans=frozenset(rooms[pk]),
            paused_with=frozenset(paused[pk]),
            blocked_pks=frozenset(blocked[pk]),
        )
        for pk, version in versions.items()
    }


def _strength(level: str) -> int:
    return Level.values.index(level) if level in Level.values else -1


def _needing_consent(minors: Mapping[int, Mapping[int, bool]]) -> set[int]:
    """Who of these needs a guardian's agreement."""
    if not minors:
        return set()
    # Asked now: settings a few seconds old would be kept for as long as the version.
    majority = read_community().digital_majority
    return {pk for pk, facts in minors.items() if needs_consent(facts, digital_majority=majority)}


# -- what this process has worked out --------------------------------------------------------------------------------

# By member and version: an answer under an older version is never asked for again, so nothing has to be taken out.
_kept: dict[tuple[int, int], Access] = {}


def forget_accesses() -> None:
    """Work everything out anew, as a process does that has just started."""
    _kept.clear()


def _keep(accesses: Iterable[Access]) -> None:
    fresh = {(access.member_id, access.version): access for access in accesses}

    def keep() -> None:
        if len(_kept) > KEPT:
            _kept.clear()
        _kept.update(fresh)

    # After commit only: what a transaction saw of its own changes must not outlive its rollback.
    transaction.on_commit(keep, robust=True)
