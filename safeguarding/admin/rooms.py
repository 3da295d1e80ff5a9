"""Rooms: those that members propose (two people open one for minors), and how those that stand are entered."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import Room, RoomProposal
from chat.services.rooms import approve_proposal, close_room, refuse_proposal, set_entry_rules
from chat.services.youth import appoint_youth_worker, end_youth_worker, name_youth_worker
from community.hours import format_hours, parse_hours
from community.models import YouthWorker
from community.policies import Level

from .access import is_officer, reader
from .people import member_named
from .records import RecordAdmin
from .site import console


@admin.register(RoomProposal, site=console)
class ProposalAdmin(RecordAdmin):
    """What waits for approval; one's own proposals are judged by others."""

    permission = "review_rooms"
    page_template = "admin/havre/proposal.html"
    change_list_template = "admin/havre/proposals.html"
    list_filter = ("state",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoomProposal]:
        return (
            RoomProposal.objects.exclude(proposer=reader(request))
            .select_related("proposer", "room", "first_approver", "decided_by")
            .order_by("decided_at", "created_at")
        )

    def page_context(self, request: HttpRequest, record: RoomProposal) -> dict[str, Any]:
        state = RoomProposal.State
        return {
            "title": record.name,
            "waits": record.state in (state.PENDING, state.APPROVED_ONCE),
            "own_approval": record.first_approver_id == reader(request).pk,
            "two": record.under is not None,
        }

    def approve(self, request: HttpRequest, proposal: RoomProposal) -> str:
        approve_proposal(actor=reader(request), proposal=proposal)
        proposal.refresh_from_db()
        if proposal.state == RoomProposal.State.APPROVED_ONCE:
            return _("Approved once. Minors may enter this room: a second person must approve it too.")
        return _("Approved. The room is open.")

    def refuse(self, request: HttpRequest, proposal: RoomProposal) -> str:
        refuse_proposal(actor=reader(request), proposal=proposal, reason=request.POST.get("reason", "")[:500])
        return _("Refused. The person who proposed it can read why.")

    verbs = {"approve": approve, "refuse": refuse}  # noqa: RUF012  a table of the methods above


@admin.register(Room, site=console)
class RoomDesk(RecordAdmin):
    """How a room is entered: hours, strength of proof, youth workers. Nothing that is said in it is here."""

    permission = "review_rooms"
    page_template = "admin/havre/room.html"
    change_list_template = "admin/havre/rooms.html"
    list_filter = ("state",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return Room.objects.order_by("state", "name")

    def page_context(self, request: HttpRequest, record: Room) -> dict[str, Any]:
        workers = YouthWorker.objects.filter(room_ref=record.public_id, ended_at__isnull=True)
        return {
            "title": record.name,
            "hours": format_hours(record.opening_hours),
            "levels": Level.choices,
            "needs": Level(record.needs_level).label,
            "may_change": is_officer(request) or not record.admits_minors,
            "workers": workers.select_related("member", "named_by", "appointed_by").order_by("pk"),
            "reader": reader(request),
            "today": timezone.localdate().isoformat(),
        }

    def entry(self, request: HttpRequest, room: Room) -> str:
        set_entry_rules(
            actor=reader(request),
            room=room,
            min_level=request.POST.get("min_level", ""),
            opening_hours=parse_hours(request.POST.get("hours", "")[:1000]),
        )
        return _("Saved. Whoever no longer fits is shown out at once.")

    def close(self, request: HttpRequest, room: Room) -> str:
        close_room(actor=reader(request), room=room, reason=request.POST.get("reason", "")[:500])
        return _("The room is closed.")

    def name_worker(self, request: HttpRequest, room: Room) -> str:
        member = member_named(request.POST.get("pseudonym", ""))
        try:
            vetted_on = dt.date.fromisoformat(request.POST.get("vetted_on", ""))
        except ValueError:
            vetted_on = dt.date.min
        name_youth_worker(actor=reader(request), member=member, room=room, vetted_on=vetted_on)
        return _("Named. A second officer must appoint them before the room opens to them.")

    def appoint_worker(self, request: HttpRequest, room: Room) -> str:
        appoint_youth_worker(actor=reader(request), worker=self._worker(request, room))
        return _("Appointed. They are labelled wherever they write in this room.")

    def end_worker(self, request: HttpRequest, room: Room) -> str:
        worker = self._worker(request, room)
        end_youth_worker(actor=reader(request), worker=worker, reason=request.POST.get("reason", "")[:500])
        return _("Ended. The room is closed to them.")

    def _worker(self, request: HttpRequest, room: Room) -> YouthWorker:
        worker = YouthWorker.objects.filter(
            room_ref=room.public_id, public_id=request.POST.get("worker", "")[:16], ended_at__isnull=True
        ).first()
        if worker is None:
            raise Http404
        return worker

    verbs = {  # noqa: RUF012  a table of the methods above
        "entry": entry,
        "close": close,
        "name-worker": name_worker,
        "appoint-worker": appoint_worker,
        "end-worker": end_worker,
    }
