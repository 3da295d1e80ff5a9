"""A held message is in somebody's queue, whatever was or was not found in it, and is freed by a person alone."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import reverse

from chat.models import Message, RoomEvent
from safeguarding.models import Case
from safeguarding.services.alerts import keep_in_view
from safeguarding.services.casework import claim_case
from safeguarding.services.evidence import freeze_relationship


@pytest.fixture
def held(bob, eve, make_room, say):
    """Held by a detector that failed: nothing was found."""
    message = say(bob, make_room("garden", bob, eve), "See you at the flower market.", held=True)
    with transaction.atomic():
        case = keep_in_view(message=message, findings=[], held=True, case=None)
        assert case is not None
        freeze_relationship(actor=None, case=case, anchors=[message], component="test")
    return message


def test_a_message_held_with_nothing_found_is_in_the_queue(mo, visit, held):
    queue = visit(mo).get(reverse("admin:safeguarding_case_changelist")).content.decode()
    assert Case.objects.get().public_id in queue


def test_a_person_releases_it_from_its_place_in_the_conversation(mo, visit, held):
    case = claim_case(actor=mo, case=Case.objects.get())
    visit(mo).post(
        reverse("admin:safeguarding_case_verb", args=[case.public_id, "decide"]),
        {"version": case.version, "action": "release_message", "message": held.public_id, "close": "on"},
    )
    held.refresh_from_db()
    case.refresh_from_db()
    assert held.visibility == Message.Visibility.VISIBLE
    assert RoomEvent.objects.filter(message=held).count() == 1
    assert case.state == Case.State.CLOSED


def test_until_then_nobody_else_sees_it(mo, visit, eve, held):
    claim_case(actor=mo, case=Case.objects.get())
    assert not RoomEvent.objects.filter(message=held).exists()
    page = reverse("safeguarding:report_message", args=[held.public_id])
    assert visit(eve, second_factor=False).get(page).status_code == 404
