"""Proposing a room, or another name for one, and reading what became of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community.errors import Refused
from community.services.access import access_of

from . import selectors
from .forms import ChangeForm, ProposalForm
from .models import Membership
from .services.rooms import entry_of, propose_room
from .views import door, member_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Put a new room before the moderators; below the form, one's earlier proposals with their answers."""
    member = member_of(request)
    form = ProposalForm(request.POST or None, facts=access_of(member).facts, initial={"language": member.language})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        at_least, under = data["ages"]
        try:
            propose_room(
                actor=member,
                name=data["name"],
                topic=data["topic"],
                rules=data["rules"],
                language=data["language"],
                at_least=at_least,
                under=under,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Thank you. A moderator decides about your room; the answer comes here."))
            return redirect("chat:propose")
    context = {"form": form, "proposals": selectors.proposals_of(member), "section": "rooms"}
    return render(request, "chat/propose.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, public_id: str) -> HttpResponse:
    """A steward proposes another name, topic or rules; a moderator decides, for a room lives on its name too."""
    member = member_of(request)
    try:
        entry = entry_of(member=member, room_id=public_id)
    except Refused as refusal:
        return door(request, refusal)
    room = entry.room
    if entry.role != Membership.Role.STEWARD:
        return redirect("chat:room", public_id=public_id)
    form = ChangeForm(request.POST or None, initial={"name": room.name, "topic": room.topic, "rules": room.rules})
    if request.method == "POST" and form.is_valid():
        try:
            propose_room(actor=member, room=room, at_least=room.at_least, under=room.under, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Thank you. A moderator decides about the change."))
            return redirect("chat:room", public_id=public_id)
    context = {"form": form, "room": room, "section": "rooms"}
    return render(request, "chat/change.html", context, status=422 if form.errors else 200)
