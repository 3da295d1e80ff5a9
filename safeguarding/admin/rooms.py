"""Rooms that members propose. Two people open a room that minors may enter."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from chat.models import RoomProposal
from chat.services.rooms import approve_proposal, refuse_proposal

from .access import reader
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
