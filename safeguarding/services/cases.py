"""One live case a relationship and code family: opening it, adding to it, raising it.

Lock order of this floor, for whoever takes several: lease, ledgers, case, then members and rooms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.models import Room
from community import audit
from community.models import Member
from safeguarding.incidents import INCIDENTS, SEVERITIES
from safeguarding.models import Case, CaseParty

from .duties import open_transmissions
from .paging import ring_officers
from .people import bands_of


def open_key_of(*, code: str, subject: Member | None, protects: Sequence[Member], room: Room | None) -> str:
    """What a case not closed is unique by: the person it is about (else the one person to protect, else the room)
    and the family of its code. Raises ValueError when there is none of these."""
    family = INCIDENTS[code].family
    person = subject or (protects[0] if len(protects) == 1 else None)
    if person:
        return f"member:{person.public_id}:{family}"
    if room:
        return f"room:{room.public_id}:{family}"
    raise ValueError("a case is about a person or a room")


def clock_of(severity: str, since: dt.datetime) -> dt.datetime:
    """When a person must have looked at a case of this severity."""
    return since + dt.timedelta(minutes=SEVERITIES[severity].clock_minutes)


@transaction.atomic
def open_or_extend_case(
    *,
    actor: Member | None,
    code: str,
    severity: str,
    subject: Member | None,
    protects: Sequence[Member] = (),
    others: Sequence[Member] = (),
    witnesses: Sequence[Member] = (),
    room: Room | None,
    automated: bool,
    component: str = "",
) -> Case:
    """Return the live case of this relationship, opened or extended, locked until the caller's transaction ends.

    `others` acted with the subject and become subjects of the case too; it stays the case of `subject`.
    Parties are added, never taken away; severity is raised, never lowered; two callers at once get the same case.
    With `actor=None` a `component` says which part of the machine speaks. A case of a severity that pages has a
    ringing Page when this returns.
    """
    key = open_key_of(code=code, subject=subject, protects=protects, room=room)
    case, opened = _get_or_open(key=key, code=code, severity=severity, room=room, automated=automated)
    if opened:
        audit.record(
            actor=actor,
            component=component,
            action="case.opened",
            subject=case,
            data={"code": code, "severity": severity, "automated": automated},
        )
        if SEVERITIES[severity].pages:
            ring_officers(case=case)
    else:
        raise_severity(actor=actor, case=case, code=code, severity=severity, component=component)
    roles = CaseParty.Role
    wanted = [(subject, roles.SUBJECT)] if subject else []
    wanted += [(member, roles.SUBJECT) for member in others]
    wanted += [(member, roles.TO_PROTECT) for member in protects]
    wanted += [(member, roles.WITNESS) for member in witnesses]
    add_parties(actor=actor, case=case, parties=wanted, component=component)
    return case


def _get_or_open(*, key: str, code: str, severity: str, room: Room | None, automated: bool) -> tuple[Case, bool]:
    while True:
        # no_key: rows that point to the case (evidence, alerts) may be written meanwhile, its state may not change.
        case = Case.objects.select_for_update(no_key=True).filter(open_key=key).first()
        if case:
            return case, False
        now = timezone.now()
        try:
            with transaction.atomic():
                return Case.objects.create(
                    code=code,
                    severity=severity,
                    open_key=key,
                    room=room,
                    automated=automated,
                    opened_at=now,
                    due_at=clock_of(severity, now),
                ), True
        except IntegrityError:
            continue  # somebody opened it in between: theirs is the one


@transaction.atomic
def raise_severity(*, actor: Member | None, case: Case, code: str, severity: str, component: str = "") -> bool:
    """Make a live case as grave as `severity` under `code`, if it is not yet; return whether it was raised.

    The clock starts anew, never later than it stood, and officers are called (again) when the new severity pages.
    """
    if severity >= case.severity:  # "P0" is the gravest
        return False
    before = {"code": case.code, "severity": case.severity}
    case.code, case.severity = code, severity
    case.due_at = min(case.due_at, clock_of(severity, timezone.now()))
    case.version += 1
    case.save(update_fields=["code", "severity", "due_at", "version"])
    audit.record(
        actor=actor,
        component=component,
        action="case.severity_raised",
        subject=case,
        data={"from": before, "to": {"code": code, "severity": severity}},
    )
    if case.first_look_at is not None:  # else whoever looks first opens them
        open_transmissions(actor=actor, case=case, component=component)
    if SEVERITIES[severity].pages:
        ring_officers(case=case)
    return True


@transaction.atomic
def add_parties(
    *,
    actor: Member | None,
    case: Case,
    parties: Iterable[tuple[Member, CaseParty.Role]],
    component: str = "",
    reason: str = "",
) -> list[CaseParty]:
    """Add people in their roles, with the band they have now; who is there already stays as they were met. A
    person who adds them says the `reason`.
    """
    known = set(CaseParty.objects.filter(case=case).values_list("member_id", "role"))
    fresh = {(member.pk, role): member for member, role in parties if (member.pk, str(role)) not in known}
    if not fresh:
        return []
    bands = bands_of(pk for pk, _role in fresh)
    added = CaseParty.objects.bulk_create(
        CaseParty(case=case, member=member, role=role, band_then=bands[pk]) for (pk, role), member in fresh.items()
    )
    if known:  # joining a case that somebody may be reading: their page is no longer the whole of it
        case.version += 1
        case.save(update_fields=["version"])
    audit.record(
        actor=actor,
        component=component,
        action="case.party_added",
        subject=case,
        data={
            "parties": [{"member": party.member.public_id, "role": party.role} for party in added],
            **({"reason": reason} if reason else {}),
        },
    )
    return added
