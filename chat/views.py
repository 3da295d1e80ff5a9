"""The rooms' pages: list, room, people, and what one does to one's own messages."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community.errors import Refused
from community.hours import hours_text
from community.models import Member
from community.policies import Level
from community.services.access import access_of

from . import selectors
from .errors import MessageUnknown, NotAMember, RoomUnknown
from .forms import EditForm, PostForm
from .models import Membership, Message, Room
from .services.messages import delete_message, edit_message, mark_read
from .services.posting import LONGEST, Post, post_message
from .services.rooms import Entry, entry_of, join_room, leave_room


def member_of(request: HttpRequest) -> Member:
    """Who asks. LoginRequiredMiddleware let nobody else in."""
    assert isinstance(request.user, Member)
    return request.user


def script_words() -> dict[str, str]:
    """What room.js says, in the reader's language."""
    return {
        "connecting": _("Connecting…"),
        "live": _("Live."),
        "here": _("Here now: {n}."),
        "offline": _("No connection. What you write is kept and sent when it is back."),
        "closed": _("This room is closed to you for now. Your account page says why."),
        "sending": _("sending…"),
        "queued": _("waits for the connection"),
        "pending": _("being checked"),
        "held": _("waits for a person to read it; only you see it"),
        "refused": _("not sent; only you see it"),
        "again": _("Send again"),
        "rewrite": _("Write it anew"),
        "put_away": _("Put away"),
        "editing": _("You are editing your message."),
        "confirm_delete": _("Delete this message? Nobody in the room will see it any more."),
        "quote_gone": _("in answer to a message that cannot be shown"),
        "something_waits": _("Something waits for you. Reload the page to read it."),
        "colon": pgettext("sign", ":"),
        "youth_worker": _("youth worker"),
        "writing": _("{names}: writing…"),
        "too_long": _("{n} characters: a message holds {most} at most. Shorten it, or send it in two."),
    }


def about(room: Room) -> dict[str, Any]:
    """What everybody may know of a room before they enter it."""
    return {"room": room, "level": Level(room.needs_level).label, "hours": hours_text(room.opening_hours)}


def door(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A room that may not be entered, without a word of what is inside it."""
    status = 404 if isinstance(refusal, RoomUnknown) else 403
    return render(request, "chat/door.html", {"refusal": refusal, "section": "rooms"}, status=status)


@never_cache
@require_safe
def rooms(request: HttpRequest) -> HttpResponse:
    """The rooms whose age the member has proved; one's own first, with what is unread."""
    member = member_of(request)
    found: list[Any] = list(selectors.rooms_for(member=member, access=access_of(member)))  # rooms, annotated
    context = {
        "mine": [room for room in found if room.joined],
        "others": [room for room in found if not room.joined],
        "section": "rooms",
    }
    return render(request, "chat/rooms.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest, public_id: str) -> HttpResponse:
    """The room: what was said, newest last, and a form to say something. Its door to those who have not joined."""
    member = member_of(request)
    try:
        entry = entry_of(member=member, room_id=public_id)
    except Refused as refusal:
        return door(request, refusal)
    if request.method == "POST":
        return _say(request, entry)
    if not entry.role:
        return render(request, "chat/enter.html", {**about(entry.room), "section": "rooms"})
    return _show(request, entry, reply_to=request.GET.get("reply_to", ""))


def _say(request: HttpRequest, entry: Entry) -> HttpResponse:
    form = PostForm(request.POST)
    body, reply_to = str(request.POST.get("body", "")), str(request.POST.get("reply_to", ""))
    if not form.is_valid():
        problem = _("This message could not be read. Please send it again.")
        return _show(request, entry, body=body, reply_to=reply_to, problem=problem)
    post = Post(member_of(request), entry.room, form.cleaned_data["client_id"], body, reply_to)
    try:
        posted = post_message(post)
    except NotAMember:
        return redirect("chat:room", public_id=entry.room.public_id)
    except Refused as refusal:  # nothing typed is lost
        return _show(request, entry, body=body, reply_to=reply_to, problem=str(refusal), problem_code=refusal.code)
    if posted.message.visibility == Message.Visibility.REFUSED:
        return _show(request, entry, body=body, reply_to=reply_to, problem=posted.told)
    if posted.told:
        messages.warning(request, posted.told)
    return redirect(reverse("chat:room", args=[entry.room.public_id]) + "#latest")


def _show(
    request: HttpRequest, entry: Entry, *, body: str = "", reply_to: str = "", problem: str = "", problem_code: str = ""
) -> HttpResponse:
    member, found = member_of(request), entry.room
    before = _number(request.GET.get("before"))
    history = selectors.room_history(room=found, access=entry.access, before=before)
    answered = None
    if reply_to:
        answered = selectors.answerable(room=found, access=entry.access, public_id=reply_to)
    read = selectors.read_seq(room=found, member=member)
    context: dict[str, Any] = {
        **about(found),
        "history": [_dated(one) for one in history],
        "older": history[0]["seq"] if len(history) == selectors.PAGE else None,
        "before": before,
        "waiting": [] if before else [_dated(one) for one in selectors.own_waiting(member=member, room=found)],
        "read": read,
        "unread": found.last_seq > read,
        # Taken before the history was read: whatever came since is told again, and known by its id.
        "seq": found.last_seq,
        "steward": entry.role == Membership.Role.STEWARD,
        "client_id": uuid.uuid4().hex,
        "body": body,
        "answered": answered,
        "problem": problem,
        "problem_code": problem_code,
        "longest": LONGEST,
        "words": script_words(),
        "section": "rooms",
    }
    return render(request, "chat/room.html", context, status=422 if problem else 200)


@require_POST
def join(request: HttpRequest, public_id: str) -> HttpResponse:
    """Join the room and go in."""
    member = member_of(request)
    try:
        join_room(actor=member, room=entry_of(member=member, room_id=public_id).room)
    except Refused as refusal:
        return door(request, refusal)
    return redirect("chat:room", public_id=public_id)


@require_POST
def leave(request: HttpRequest, public_id: str) -> HttpResponse:
    """Leave a room; also one that may no longer be entered."""
    member = member_of(request)
    found = selectors.room_of_member(member=member, public_id=public_id)
    if found is not None:
        leave_room(actor=member, room=found)
        messages.success(request, _("You have left “%(room)s”.") % {"room": found.name})
    return redirect("chat:rooms")


@require_POST
def read(request: HttpRequest, public_id: str) -> HttpResponse:
    """Everything up to a number has been read."""
    member = member_of(request)
    try:
        entry = entry_of(member=member, room_id=public_id)
    except Refused as refusal:
        return door(request, refusal)
    seq = _number(request.POST.get("seq"))
    if entry.role and seq is not None:
        mark_read(actor=member, room=entry.room, seq=seq)
    return redirect("chat:room", public_id=public_id)


@never_cache
@require_safe
def people(request: HttpRequest, public_id: str) -> HttpResponse:
    """Who is in the room: to report, to block. Only those who are in it themselves see it."""
    member = member_of(request)
    try:
        entry = entry_of(member=member, room_id=public_id)
    except Refused as refusal:
        return door(request, refusal)
    if not entry.role:
        return redirect("chat:room", public_id=public_id)
    context = {
        "room": entry.room,
        "people": selectors.people_in(room=entry.room, access=entry.access),
        "section": "rooms",
    }
    return render(request, "chat/people.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Write another version of one's own message."""
    member = member_of(request)
    message, body = _own(member, public_id)
    form = EditForm(request.POST or None, initial={"body": body})
    if request.method == "POST" and form.is_valid():
        try:
            posted = edit_message(actor=member, message=message, body=form.cleaned_data["body"])
        except Refused as refusal:
            form.add_error("body", str(refusal))
        else:
            if posted.told:
                messages.warning(request, posted.told)
            return redirect(_anchor(message))
    context = {"form": form, "room": message.room, "section": "rooms"}
    return render(request, "chat/edit.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Withdraw one's own message, after being asked."""
    member = member_of(request)
    message, body = _own(member, public_id)
    if request.method == "POST":
        try:
            delete_message(actor=member, message=message)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Your message is deleted."))
        return redirect("chat:room", public_id=message.room.public_id)
    return render(request, "chat/delete.html", {"body": body, "room": message.room, "section": "rooms"})


def _own(member: Member, public_id: str) -> tuple[Message, str]:
    try:
        return selectors.own_message(member=member, public_id=public_id)
    except MessageUnknown as refusal:
        raise Http404 from refusal


def _anchor(message: Message) -> str:
    return reverse("chat:room", args=[message.room.public_id]) + f"#m-{message.public_id}"


def _dated(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "at": dt.datetime.fromisoformat(message["created_at"])}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
