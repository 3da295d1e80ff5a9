"""A small safeguard for the tests of the rooms: real answers to simple words, so that chat is tested and not a mock."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction

from chat.models import Message, MessageRevision, Room, RoomProposal
from chat.safeguard import Draft, Safeguard, Screening, Verdict
from chat.services.messages import CheckOutcome, settle_checks


class Careful(Safeguard):
    """Holds what says HOLD, refuses what says REFUSE, and ten digits in a minors' room, in one message or several.

    `left` are the messages it was told of before their author changed them. `broken`: nothing can be queued.
    """

    left: list[tuple[str, str]]
    broken: bool

    def __init__(self) -> None:
        self.left = []
        self.broken = False

    def screen(self, draft: Draft) -> Screening:
        if "HOLD" in draft.body:
            return Screening(Verdict.HOLD, [{"code": "H1", "rule": "test", "version": "1", "span": [0, 4]}], "waits")
        pieces = "".join(re.findall(r"\d", "".join([*draft.recent, draft.body])))
        own = re.search(r"\d", draft.body)
        if "REFUSE" in draft.body or (draft.room.admits_minors and own and len(pieces) >= 10):
            return Screening(
                Verdict.REFUSE, [{"code": "PII", "rule": "test", "version": "1", "span": [0, 6]}], "not sent"
            )
        return Screening(Verdict.ALLOW)

    def messages_stored(self, messages: Sequence[Message]) -> None:
        if self.broken:
            raise RuntimeError("it cannot be checked")

    def message_leaving(self, message: Message) -> None:
        self.left.append((message.public_id, message.visibility))

    def screen_room_name(self, proposal: RoomProposal) -> Screening:
        verdict = Verdict.REFUSE if "REFUSE" in proposal.name else Verdict.ALLOW
        return Screening(verdict, (), "not this name" if verdict is Verdict.REFUSE else "")


def check(room: Room) -> list[int]:
    """The full check of what is pending in a room: DOUBTED and UNFIT in a text are its verdicts."""
    outcomes = []
    for message in Message.objects.filter(room=room, check_state="pending").order_by("pk"):
        revision = MessageRevision.objects.get(message=message, number=message.head_revision)
        later = Verdict.HOLD if "DOUBTED" in revision.body else Verdict.ALLOW
        later = Verdict.REFUSE if "UNFIT" in revision.body else later
        stricter = [Verdict.ALLOW, Verdict.HOLD, Verdict.REFUSE]
        verdict = max(later, Verdict(revision.verdict), key=stricter.index)
        outcomes.append(CheckOutcome(message.pk, message.head_revision, verdict))
    with transaction.atomic():
        return settle_checks(room=room, outcomes=outcomes)
