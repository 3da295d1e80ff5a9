"""Erasure at a member's request (GDPR art. 17): everything but what the law or a case still needs, and an answer.

What a case needs is restricted (art. 18): nobody but those who work the case sees it, and it goes when the case lets
go of it. The answer says which kinds are kept and why, in the same words for everybody: that a case or a hold exists
is told to nobody through it (art. 23), or whoever prepares something would learn of it by asking to be forgotten.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat.models import Message, MessageRevision
from chat.services.erasure import erase_words, withdraw_message
from community import audit
from community.models import Member
from community.queue import nudge
from community.services.members import close_account
from safeguarding.models import ErasureRequest

from .holds import held_members
from .retention import needed_by_a_case

COMPONENT = "erasure"
AT_ONCE = 500  # messages a request goes through at a time
_LETTERS = "23456789bcdfghjkmnpqrstvwxz"  # as community.models.base: read aloud without mistakes


def _hash(code: str) -> str:
    bare = "".join(sign for sign in code.lower() if sign.isalnum())
    return hmac.new(settings.HASH_KEY, f"erasure code:{bare}".encode(), hashlib.sha256).hexdigest()


def request_erasure(*, actor: Member) -> tuple[ErasureRequest, str]:
    """Close the account and erase what may be erased; return the request and the code that opens its answer (told
    once, stored nowhere). What was said is withdrawn from every room at once. Raises what close_account raises."""
    code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    with transaction.atomic():
        close_account(actor=actor, member=actor)
        request = ErasureRequest.objects.create(member=actor, code_hash=_hash(code))
        audit.record(actor=actor, action="erasure.requested", subject=request)
        nudge("safeguarding.tasks.erase")
    return request, code


def answer_of(code: str) -> ErasureRequest | None:
    """The request a code belongs to."""
    return ErasureRequest.objects.filter(code_hash=_hash(code)).first()


def erase_requested() -> int:
    """Go on with every request not done yet; return how many messages were erased. Safe to run twice at once."""
    open_requests = ErasureRequest.objects.exclude(state=ErasureRequest.State.DONE).select_related("member")
    return sum(_erase(request) for request in open_requests.order_by("pk"))


def _with_words(member: Member) -> list[int]:
    said = MessageRevision.objects.filter(message__author=member).exclude(body="")
    return list(said.values_list("message", flat=True).distinct())


def _erase(request: ErasureRequest) -> int:
    member = request.member
    erased = 0
    for message in Message.objects.filter(author=member, visibility__in=["visible", "pending"]).order_by("pk")[
        :AT_ONCE
    ]:
        withdraw_message(actor=member, message=message)
    held = Member.objects.filter(held_members(), pk=member.pk).exists()
    if not held:
        free = Message.objects.filter(pk__in=_with_words(member)).exclude(needed_by_a_case())
        erased = sum(erase_words(message=message) for message in free.order_by("pk")[:AT_ONCE])
    left = _with_words(member)
    needed = len(left) if held else Message.objects.filter(needed_by_a_case(), pk__in=left).count()
    state = ErasureRequest.State
    settled = state.DONE if not left else state.RESTRICTED if needed == len(left) else state.WORKING
    with transaction.atomic():
        locked = ErasureRequest.objects.select_for_update().get(pk=request.pk)
        changed = erased or locked.state != settled or locked.restricted != needed
        locked.erased += erased
        locked.restricted, locked.state = needed, settled
        if settled != state.WORKING and locked.answered_at is None:
            locked.answered_at = timezone.now()
        locked.save(update_fields=["erased", "restricted", "state", "answered_at"])
        if changed:
            audit.record(
                actor=None,
                component=COMPONENT,
                action="erasure.carried_out",
                subject=locked,
                data={"erased": erased, "restricted": needed, "state": settled},
            )
    if settled == state.WORKING and erased:
        nudge("safeguarding.tasks.erase")
    return erased
