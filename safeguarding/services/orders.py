"""The order desk: what an authority asks, by when, whether its paper is real, and what was answered.

What is asked about is preserved the moment the order is written down (Regulation (EU) 2023/1543, art. 10(1) and 11),
before anybody knows whether it is well founded; nothing is handed over before its authenticity was checked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone

from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.models import Member
from community.roles import is_officer
from safeguarding.errors import AuthenticityFirst, CaseMoved, EndRequired, NotInTheFuture
from safeguarding.models import AuthorityOrder, Case, IncidentExport

from . import holds
from .duties import first_reminder

Kind = AuthorityOrder.Kind
# From receipt (Regulation (EU) 2023/1543, art. 10(3), 10(4), 11(1)); a requisition names its own day.
WITHIN: Mapping[str, dt.timedelta] = MappingProxyType(
    {
        Kind.PRODUCTION: dt.timedelta(days=10),
        Kind.EMERGENCY: dt.timedelta(hours=8),
        Kind.PRESERVATION: dt.timedelta(days=60),
    }
)
EXTENSION = dt.timedelta(days=30)  # art. 11(1): once


def _require_officer(*, actor: Member, case: Case | None, member: Member | None) -> None:
    if not is_officer(actor):
        raise NotAllowed
    holds.require_free(actor=actor, case=case, member=member)


@transaction.atomic
def record_order(
    *,
    actor: Member,
    kind: str,
    authority: str,
    file_number: str,
    about: str,
    contact: str = "",
    categories: Sequence[str] = (),
    period_from: dt.date | None = None,
    period_to: dt.date | None = None,
    may_inform: bool = False,
    received_at: dt.datetime | None = None,
    due_at: dt.datetime | None = None,
    case: Case | None = None,
    member: Member | None = None,
) -> AuthorityOrder:
    """Write down an order as it came in; its clock runs from `received_at`, and what it is about is held at once.

    `due_at` is for a requisition alone. Raises EndRequired for one without its day, NotInTheFuture, ReasonRequired for
    an order that names no authority, file or subject, NotAllowed, Conflict.
    """
    _require_officer(actor=actor, case=case, member=member)
    now = timezone.now()
    received_at = received_at or now
    if received_at > now:
        raise NotInTheFuture
    if not (authority.strip() and file_number.strip() and about.strip()):
        raise ReasonRequired
    within = WITHIN.get(Kind(kind))
    due = received_at + within if within else due_at
    if due is None or due <= received_at:
        raise EndRequired
    order = AuthorityOrder.objects.create(
        kind=Kind(kind),
        authority=authority.strip(),
        file_number=file_number.strip(),
        contact=contact.strip(),
        categories=[AuthorityOrder.Data(category).value for category in categories],
        about=about.strip(),
        period_from=period_from,
        period_to=period_to,
        may_inform=may_inform,
        case=case,
        member=member,
        received_at=received_at,
        received_by=actor,
        due_at=due,
        remind_at=first_reminder(since=received_at, due_at=due),
    )
    audit.record(actor=actor, action="order.recorded", subject=order, data={"kind": order.kind, "due": due.isoformat()})
    reason = str(order)
    if case is not None:
        holds.place_hold(actor=actor, case=case, reason=reason, order=order)
    if member is not None:
        holds.place_hold(actor=actor, member=member, reason=reason, order=order)
    return order


def _locked(*, actor: Member, order: AuthorityOrder) -> AuthorityOrder:
    order = AuthorityOrder.objects.select_for_update(of=("self",)).select_related("case", "member").get(pk=order.pk)
    _require_officer(actor=actor, case=order.case, member=order.member)
    if order.answered_at is not None:
        raise CaseMoved
    return order


@transaction.atomic
def confirm_authentic(*, actor: Member, order: AuthorityOrder, how: str) -> AuthorityOrder:
    """Say how the paper was found to be real: by a call back to a number of a directory, a signature, the e-CODEX
    channel. Raises ReasonRequired, CaseMoved when that was said already."""
    order = _locked(actor=actor, order=order)
    if not how.strip():
        raise ReasonRequired
    if order.state != AuthorityOrder.State.RECEIVED:
        raise CaseMoved
    order.state = AuthorityOrder.State.AUTHENTIC
    order.authentic_by, order.authentic_at, order.authentic_how = actor, timezone.now(), how.strip()[:300]
    order.save(update_fields=["state", "authentic_by", "authentic_at", "authentic_how"])
    audit.record(actor=actor, action="order.authentic", subject=order, data={"how": order.authentic_how})
    return order


@transaction.atomic
def extend_preservation(*, actor: Member, order: AuthorityOrder, reason: str) -> AuthorityOrder:
    """Thirty days more, once, when the authority asks for them (art. 11(1)). Raises CaseMoved for any other order, or
    a second time; ReasonRequired."""
    order = _locked(actor=actor, order=order)
    if order.kind != Kind.PRESERVATION or order.extended_at is not None:
        raise CaseMoved
    if not reason.strip():
        raise ReasonRequired
    now = timezone.now()
    order.extended_at, order.due_at = now, order.due_at + EXTENSION
    order.remind_at = first_reminder(since=now, due_at=order.due_at)
    order.save(update_fields=["extended_at", "due_at", "remind_at"])
    audit.record(actor=actor, action="order.extended", subject=order, data={"reason": reason.strip()[:500]})
    return order


@transaction.atomic
def answer_order(
    *, actor: Member, order: AuthorityOrder, answer: str, export: IncidentExport | None = None
) -> AuthorityOrder:
    """Write down what was handed over, and with which dossier. Raises AuthenticityFirst, ReasonRequired, CaseMoved for
    a dossier of another case or not built."""
    order = _locked(actor=actor, order=order)
    if order.state != AuthorityOrder.State.AUTHENTIC:
        raise AuthenticityFirst
    if export is not None and (export.case_id != order.case_id or export.state != IncidentExport.State.READY):
        raise CaseMoved
    return _settle(order, actor=actor, state=AuthorityOrder.State.ANSWERED, answer=answer, export=export)


@transaction.atomic
def refuse_order(*, actor: Member, order: AuthorityOrder, grounds: str) -> AuthorityOrder:
    """Write down why it is not executed: the grounds given to the authority. Raises ReasonRequired, CaseMoved."""
    order = _locked(actor=actor, order=order)
    return _settle(order, actor=actor, state=AuthorityOrder.State.REFUSED, answer=grounds)


def _settle(
    order: AuthorityOrder, *, actor: Member, state: str, answer: str, export: IncidentExport | None = None
) -> AuthorityOrder:
    if not answer.strip():
        raise ReasonRequired
    order.state, order.answer, order.export = state, answer.strip(), export
    order.answered_by, order.answered_at, order.remind_at = actor, timezone.now(), None
    order.save(update_fields=["state", "answer", "export", "answered_by", "answered_at", "remind_at"])
    audit.record(
        actor=actor,
        action=f"order.{state}",
        subject=order,
        data={"export": export.public_id if export else "", "sha256": export.sha256 if export else ""},
    )
    return order
