"""The chain of custody of a case: its links of the audit chain, the bare commitments of those between them, and who
read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.db.models import Max, Min, Q

from community import audit
from community.models import AuditEvent, AuditSeal, Member
from community.roles import STAFF_ROLES
from community.services.sealing import GENESIS
from safeguarding.dossier.frozen import Access, CustodyEntry, Officer
from safeguarding.models import Case


def events_of(case: Case) -> Q:
    """Condition on AuditEvent: what was done to the case, its evidence, decisions, appeals and exports."""
    condition = Q(subject_type="safeguarding.case", subject_id=str(case.pk))
    for relation, label in (
        ("decisions", "safeguarding.decision"),
        ("exports", "safeguarding.incidentexport"),
        ("evidence", "safeguarding.evidence"),
    ):
        pks = [str(pk) for pk in getattr(case, relation).values_list("pk", flat=True)]
        condition |= Q(subject_type=label, subject_id__in=pks)
    appeals = [str(pk) for pk in case.decisions.exclude(appeal=None).values_list("appeal__pk", flat=True)]
    return condition | Q(subject_type="safeguarding.appeal", subject_id__in=appeals)


_READ = ("case.read", "case.claimed", "export.downloaded")


def accesses_of(case: Case, *, officer: Callable[[Member], Officer]) -> tuple[Access, ...]:
    """Who of the staff read the case or took a copy of a dossier, oldest first, as the log has it."""
    events = AuditEvent.objects.filter(events_of(case), action__in=_READ, actor__isnull=False)
    return tuple(
        Access(
            at=event.at,
            by=officer(event.actor),
            action=event.action,
            reason=str(payload.data.get("reason", "")) if (payload := getattr(event, "payload", None)) else "",
        )
        for event in events.select_related("actor", "payload").order_by("pk")
        if event.actor is not None
    )


def custody_of(case: Case) -> tuple[CustodyEntry, ...]:
    """The segment of the chain from the case's first seal to its last, then its events that are not sealed yet.

    Events are told in full when the machine or a member of staff acted; where a member acted (a report, an appeal)
    the commitment alone passes, for the event would name them. Links of other cases pass with their commitment.
    """
    staff = set(Member.objects.filter(groups__name__in=STAFF_ROLES).values_list("pk", flat=True))
    mine = set(AuditEvent.objects.filter(events_of(case)).values_list("pk", flat=True))
    first, last = AuditSeal.objects.filter(event__in=mine).aggregate(first=Min("seq"), last=Max("seq")).values()
    entries = []
    if first is not None:
        before = AuditSeal.objects.filter(seq=first - 1).values_list("digest", flat=True).first()
        previous = before or GENESIS
        for seal in (
            AuditSeal.objects.filter(seq__gte=first, seq__lte=last)
            .select_related("event__actor", "event__payload")
            .order_by("seq")
        ):
            tells = seal.event.pk in mine and (seal.event.actor_id is None or seal.event.actor_id in staff)
            entries.append(_entry(seal.event, tells=tells, seal=seal, previous=previous))
            previous = seal.digest
    loose = AuditEvent.objects.filter(pk__in=mine, seal=None).select_related("actor", "payload").order_by("pk")
    for event in loose:
        entries.append(_entry(event, tells=event.actor_id is None or event.actor_id in staff))
    return tuple(entries)


def _entry(event: AuditEvent, *, tells: bool, seal: AuditSeal | None = None, previous: str = "") -> CustodyEntry:
    link = CustodyEntry(
        commitment=event.commitment,
        seq=seal.seq if seal else None,
        previous=previous,
        digest=seal.digest if seal else "",
    )
    payload = getattr(event, "payload", None)
    if not tells or payload is None:
        return link
    return replace(
        link,
        at=event.at,
        action=event.action,
        actor=event.actor.pseudonym if event.actor else event.component,
        salt=payload.salt,
        event=audit.canonical(
            actor_id=event.actor_id,
            component=event.component,
            action=event.action,
            subject=(event.subject_type, event.subject_id),
            at=event.at.isoformat(),
            data=payload.data,
        ),
    )
