"""Youth workers: the only adults in a minors' room. One officer names them, another appoints them, for a year at most.

Whoever moderates or decides here is never one: they read a minors' room through a case, where it is logged. A youth
worker is labelled beside everything they write, and `may_contact` allows them no mention of a minor, nor of them.
"""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.errors import YouthWorkerMoved, YouthWorkerUnfit
from chat.models import Membership, Room
from community import audit
from community.errors import CannotJudgeYourself, NotAllowed, ReasonRequired, TwoOfficersRequired
from community.models import Member, YouthWorker
from community.policies import AgeBand, reaches
from community.roles import is_moderator, is_officer
from community.services.access import access_of, bump_access

LASTS = dt.timedelta(days=365)
VETTING_GOOD_FOR = dt.timedelta(days=183)  # a certificate of honourability is asked for anew every six months


@transaction.atomic
def name_youth_worker(*, actor: Member, member: Member, room: Room, vetted_on: dt.date) -> YouthWorker:
    """Name an adult for a minors' room, having seen their certificate on `vetted_on`. Nothing opens yet.

    Raises NotAllowed unless a safeguarding officer asks, CannotJudgeYourself, YouthWorkerUnfit for anybody whose
    proof of being adult is weaker than the room wants, who moderates here, or whose certificate is older than half a
    year; YouthWorkerMoved where they are named already.
    """
    _require_officer(actor)
    if member.pk == actor.pk:
        raise CannotJudgeYourself
    today = timezone.localdate()
    if not room.admits_minors or not today - VETTING_GOOD_FOR <= vetted_on <= today:
        raise YouthWorkerUnfit
    _require_fit(member, room)
    try:
        with transaction.atomic():
            worker = YouthWorker.objects.create(
                member=member, room_ref=room.public_id, vetted_on=vetted_on, named_by=actor, ends_on=today + LASTS
            )
    except IntegrityError as error:
        raise YouthWorkerMoved from error
    audit.record(actor=actor, action="youth_worker.named", subject=worker, data=_about(worker))
    return worker


@transaction.atomic
def appoint_youth_worker(*, actor: Member, worker: YouthWorker) -> YouthWorker:
    """The second officer agrees: from now on the room is open to them. Raises TwoOfficersRequired for the officer who
    named them, CannotJudgeYourself, YouthWorkerMoved, YouthWorkerUnfit."""
    _require_officer(actor)
    worker = YouthWorker.objects.select_for_update(of=("self",)).select_related("member").get(pk=worker.pk)
    if worker.appointed_at is not None or worker.ended_at is not None:
        raise YouthWorkerMoved
    if actor.pk == worker.named_by_id:
        raise TwoOfficersRequired
    if actor.pk == worker.member_id:
        raise CannotJudgeYourself
    _require_fit(worker.member, Room.objects.get(public_id=worker.room_ref))
    worker.appointed_by, worker.appointed_at = actor, timezone.now()
    worker.save(update_fields=["appointed_by", "appointed_at"])
    bump_access(worker.member)
    audit.record(actor=actor, action="youth_worker.appointed", subject=worker, data=_about(worker))
    return worker


@transaction.atomic
def end_youth_worker(*, actor: Member, worker: YouthWorker, reason: str) -> None:
    """End an appointment, or a nomination; one officer is enough, and open sockets close at once."""
    _require_officer(actor)
    if not reason.strip():
        raise ReasonRequired
    if not YouthWorker.objects.filter(pk=worker.pk, ended_at__isnull=True).update(ended_at=timezone.now()):
        raise YouthWorkerMoved
    Membership.objects.current().filter(member=worker.member_id, room__public_id=worker.room_ref).update(
        left_at=timezone.now()
    )
    bump_access(worker.member_id)
    audit.record(
        actor=actor,
        action="youth_worker.ended",
        subject=worker,
        data={**_about(worker), "reason": reason.strip()[:500]},
    )


def _require_officer(actor: Member) -> None:
    if not is_officer(actor):
        raise NotAllowed


def _require_fit(member: Member, room: Room) -> None:
    access = access_of(member)
    adult = access.band == AgeBand.ADULT and reaches(access.level, room.needs_level)
    if not adult or access.shut_out or access.held or is_moderator(member) or is_officer(member):
        raise YouthWorkerUnfit


def _about(worker: YouthWorker) -> dict[str, str]:
    return {"member": worker.member.public_id, "room": worker.room_ref}
