"""Erasing words for good: what a member asked to be forgotten, and what has outlived its term.

The row stays, so that nothing that points to it breaks; its words and what was found in them go, in every version.
Who may still need them is for the caller to say: this floor does not know of cases.
"""

from __future__ import annotations

import contextlib

from django.db import transaction

from chat.errors import MessageSettled
from chat.models import Message, MessageRevision
from community.models import Member

from .messages import delete_message


def withdraw_message(*, actor: Member, message: Message) -> None:
    """Take one's own message from everybody's sight, unless others have already; its words stay for who must judge."""
    with contextlib.suppress(MessageSettled):  # held, refused or removed: nobody sees it
        delete_message(actor=actor, message=message)


@transaction.atomic
def erase_words(*, message: Message) -> bool:
    """Empty every version of a message that nobody sees; return whether there was anything to empty.

    A message still visible, or on its way through its check, is left alone: nothing escapes its check.
    """
    message = Message.objects.select_for_update(no_key=True).get(pk=message.pk)
    if message.visibility in (Message.Visibility.VISIBLE, Message.Visibility.PENDING):
        return False
    if message.check_state == Message.CheckState.PENDING:
        return False
    return bool(MessageRevision.objects.filter(message=message).exclude(body="").update(body="", findings=[]))
