"""After posting: checked, edited, deleted, held, released, removed, restored, and what others see of each."""

from __future__ import annotations

import pytest

from chat.errors import MessageSettled, MessageUnknown, Muted, NotCheckedYet
from chat.models import Message, MessageRevision, RoomEvent
from chat.safeguard import Verdict
from chat.selectors import answerable, events_since, own_waiting, read_seq, room_history
from chat.services.messages import (
    CheckOutcome,
    delete_message,
    edit_message,
    hold_message,
    mark_read,
    release_message,
    remove_message,
    restore_message,
    settle_checks,
)
from community.errors import NotAllowed
from community.models import AuditEvent
from community.services.access import access_of
from community.services.members import block_member
from community.services.restrictions import restrict_member
from tests.chat.careful import check

pytestmark = pytest.mark.django_db


def seen(room, reader) -> list[str]:
    return [message["body"] for message in room_history(room=room, access=access_of(reader))]


def told(room, reader, after=0) -> list[tuple[int, str]]:
    return [(one["seq"], one["kind"]) for one in events_since(room=room, access=access_of(reader), after=after)]


def outcome(message, verdict=Verdict.ALLOW, revision=1, **fields) -> CheckOutcome:
    return CheckOutcome(message.pk, revision, verdict, **fields)


# -- checks ----------------------------------------------------------------------------------------------------------


def test_checks_settle_in_the_order_messages_were_written(say, alice, amina, club):
    for n in range(5):
        say(alice if n % 2 else amina, club, f"line {n}")
    assert len(check(club)) == 5
    assert seen(club, alice) == [f"line {n}" for n in range(5)]
    assert told(club, alice) == [(n, "posted") for n in range(1, 6)]


def test_nothing_is_settled_twice(say, alice, club):
    message = say(alice, club, "hello").message
    assert settle_checks(room=club, outcomes=[outcome(message)]) == [message.pk]
    assert settle_checks(room=club, outcomes=[outcome(message, Verdict.REFUSE)]) == []
    assert seen(club, alice) == ["hello"]


@pytest.mark.invariant(1)
def test_check_of_an_older_version_settles_nothing(say, alice, club):
    message = say(alice, club, "hello").message
    edit_message(actor=alice, message=message, body="hello there")
    assert settle_checks(room=club, outcomes=[outcome(message, revision=1)]) == []
    assert seen(club, alice) == []
    assert settle_checks(room=club, outcomes=[outcome(message, revision=2)]) == [message.pk]
    assert seen(club, alice) == ["hello there"]


def test_check_never_settles_a_message_of_another_room(say, alice, club, pub):
    message = say(alice, club, "hello").message
    assert settle_checks(room=pub, outcomes=[outcome(message)]) == []


def test_failed_check_holds_and_says_so(say, alice, amina, club):
    message = say(alice, club, "hello").message
    settle_checks(room=club, outcomes=[outcome(message, Verdict.HOLD, failed=True)])
    message.refresh_from_db()
    assert (message.check_state, message.visibility) == ("failed", "held")
    assert seen(club, amina) == []


@pytest.mark.parametrize(("body", "state"), [("DOUBTED", "held"), ("UNFIT", "refused")])
def test_message_seen_at_once_goes_when_its_check_says_so(say, bob, bea, pub, body, state):
    message = say(bob, pub, body).message
    assert seen(pub, bea) == [body]
    check(pub)
    message.refresh_from_db()
    assert message.visibility == state
    assert seen(pub, bea) == []
    assert told(pub, bea) == [(1, "removed"), (2, "removed")]
    assert body not in str(events_since(room=pub, access=access_of(bea), after=0))


def test_check_never_shows_what_the_screen_stopped(say, bob, pub):
    held, refused = say(bob, pub, "HOLD").message, say(bob, pub, "REFUSE").message
    settle_checks(room=pub, outcomes=[outcome(held), outcome(refused)])
    assert list(Message.objects.order_by("pk").values_list("check_state", "visibility")) == [
        ("done", "held"), ("done", "refused"),
    ]  # fmt: skip


# -- edits -----------------------------------------------------------------------------------------------------------


def test_edit_is_seen_at_once_where_messages_are_and_checked_again(say, bob, bea, pub):
    message = say(bob, pub, "helo").message
    check(pub)
    posted = edit_message(actor=bob, message=message, body="hello")
    assert (posted.seq, posted.message.check_state) == (2, "pending")
    (shown,) = room_history(room=pub, access=access_of(bea))
    assert (shown["body"], shown["edited"], shown["seq"]) == ("hello", True, 1)


def test_edit_in_a_check_first_room_keeps_the_old_text_until_it_has_passed(say, alice, amina, club):
    message = say(alice, club, "helo").message
    check(club)
    edit_message(actor=alice, message=message, body="hello")
    assert seen(club, amina) == ["helo"]
    check(club)
    assert seen(club, amina) == ["hello"]
    assert told(club, amina, after=1) == [(2, "edited")]


@pytest.mark.parametrize(("body", "state"), [("HOLD", "held"), ("REFUSE", "refused")])
def test_edit_that_the_screen_stops_withdraws_the_message(say, bob, bea, pub, body, state):
    message = say(bob, pub, "hello").message
    posted = edit_message(actor=bob, message=message, body=body)
    assert (posted.message.visibility, posted.told != "") == (state, True)
    assert seen(pub, bea) == []
    assert told(pub, bea, after=1) == [(2, "removed")]


def test_edit_that_its_check_stops_withdraws_the_message(say, alice, amina, club):
    message = say(alice, club, "hello").message
    check(club)
    edit_message(actor=alice, message=message, body="DOUBTED")
    check(club)
    assert seen(club, amina) == []


def test_every_version_is_kept_and_safety_is_asked_before_the_change(say, bob, pub, safeguard):
    message = say(bob, pub, "one").message
    edit_message(actor=bob, message=message, body="two")
    edit_message(actor=bob, message=message, body="three")
    assert list(MessageRevision.objects.order_by("number").values_list("body", flat=True)) == ["one", "two", "three"]
    assert safeguard.left == [(message.public_id, "visible")] * 2


def test_nobody_edits_or_deletes_anothers_message(say, bob, bea, mo, pub):
    message = say(bob, pub, "mine").message
    for other in (bea, mo):
        with pytest.raises(MessageUnknown):
            edit_message(actor=other, message=message, body="not mine")
        with pytest.raises(MessageUnknown):
            delete_message(actor=other, message=message)
    assert seen(pub, bea) == ["mine"]


def test_muted_member_does_not_write_by_editing(say, bob, mo, pub):
    message = say(bob, pub, "hello").message
    restrict_member(actor=mo, member=bob, kind="mute", reason="a test")
    with pytest.raises(Muted):
        edit_message(actor=bob, message=message, body="something else")


@pytest.mark.parametrize("body", ["HOLD", "REFUSE"])
def test_what_was_stopped_cannot_be_edited_into_sight(say, bob, pub, body):
    message = say(bob, pub, body).message
    with pytest.raises(MessageSettled):
        edit_message(actor=bob, message=message, body="harmless")


def test_removed_message_cannot_be_edited_or_brought_back_by_its_author(say, bob, mo, pub):
    message = say(bob, pub, "hello").message
    remove_message(actor=mo, message=message)
    with pytest.raises(MessageSettled):
        edit_message(actor=bob, message=message, body="again")
    with pytest.raises(NotAllowed):
        restore_message(actor=bob, message=message)


def test_a_number_completed_by_an_edit_is_refused_in_a_minors_room(say, alice, club):
    say(alice, club, "06 12 34")
    second = say(alice, club, "see you").message
    assert edit_message(actor=alice, message=second, body="56 78").message.visibility == "refused"


# -- deletion --------------------------------------------------------------------------------------------------------


def test_deleted_message_goes_from_sight_and_stays_on_record(say, bob, bea, pub, safeguard):
    message = say(bob, pub, "hello").message
    delete_message(actor=bob, message=message)
    delete_message(actor=bob, message=message)
    message.refresh_from_db()
    assert (message.visibility, message.removed_by_author) == ("removed", True)
    assert seen(pub, bea) == seen(pub, bob) == own_waiting(member=bob, room=pub) == []
    assert told(pub, bea, after=1) == [(2, "removed")]
    assert MessageRevision.objects.get().body == "hello"
    assert safeguard.left == [(message.public_id, "visible")]


def test_deleted_message_is_still_checked(say, alice, club):
    message = say(alice, club, "hello").message
    delete_message(actor=alice, message=message)
    assert check(club) == [message.pk]
    assert not RoomEvent.objects.exists()


@pytest.mark.invariant(2)
def test_quotation_dies_with_what_it_quotes(say, bob, bea, pub):
    first = say(bob, pub, "a secret").message
    say(bea, pub, "really?", reply_to=first.public_id)
    check(pub)
    assert room_history(room=pub, access=access_of(bea))[1]["reply_to"]["body"] == "a secret"
    delete_message(actor=bob, message=first)
    everything = [room_history(room=pub, access=access_of(bea)), events_since(room=pub, access=access_of(bea), after=0)]
    assert "a secret" not in str(everything)
    assert answerable(room=pub, access=access_of(bea), public_id=first.public_id) is None


# -- what people decide ----------------------------------------------------------------------------------------------


def test_released_message_takes_the_next_number(say, bob, bea, mo, pub):
    held = say(bob, pub, "HOLD one").message
    say(bob, pub, "two")
    check(pub)
    release_message(actor=mo, message=held)
    assert seen(pub, bea) == ["two", "HOLD one"]
    assert told(pub, bea) == [(1, "posted"), (2, "posted")]


def test_what_a_person_released_is_not_held_again_by_a_check_that_was_on_its_way(say, bob, mo, pub):
    held = say(bob, pub, "HOLD").message
    with pytest.raises(NotCheckedYet):
        release_message(actor=mo, message=held)
    check(pub)
    release_message(actor=mo, message=held)
    assert check(pub) == []
    assert seen(pub, bob) == ["HOLD"]


@pytest.mark.parametrize("service", [hold_message, remove_message, release_message, restore_message])
def test_members_hold_remove_release_and_restore_nothing(say, bob, bea, pub, service):
    message = say(bob, pub, "hello").message
    for actor in (bob, bea):
        with pytest.raises(NotAllowed):
            service(actor=actor, message=message)
    assert seen(pub, bea) == ["hello"]


def test_machine_must_say_which_part_of_it_acts(say, bob, pub):
    message = say(bob, pub, "hello").message
    with pytest.raises(NotAllowed):
        hold_message(actor=None, message=message)
    hold_message(actor=None, message=message, component="protection")
    assert AuditEvent.objects.filter(action="message.held", component="protection", actor=None).count() == 1


def test_hold_release_remove_restore_each_leave_a_line(say, bob, bea, mo, sam, pub):
    message = say(bob, pub, "hello").message
    check(pub)
    hold_message(actor=mo, message=message)
    assert seen(pub, bea) == []
    release_message(actor=mo, message=message)
    remove_message(actor=sam, message=message)
    remove_message(actor=sam, message=message)
    assert seen(pub, bea) == []
    restore_message(actor=mo, message=message)
    assert seen(pub, bea) == ["hello"]
    assert list(AuditEvent.objects.filter(action__startswith="message.").order_by("pk").values_list("action")) == [
        ("message.held",), ("message.released",), ("message.removed",), ("message.restored",),
    ]  # fmt: skip
    assert told(pub, bea)[-1] == (5, "posted")


def test_restored_message_shows_what_was_seen_before_never_a_version_that_did_not_pass(say, alice, amina, mo, club):
    message = say(alice, club, "hello").message
    check(club)
    edit_message(actor=alice, message=message, body="UNFIT")
    remove_message(actor=mo, message=message)
    check(club)
    restore_message(actor=mo, message=message)
    assert seen(club, amina) == ["hello"]


def test_restored_message_that_nobody_ever_saw_waits_for_a_person_again(say, bob, bea, mo, pub):
    message = say(bob, pub, "HOLD").message
    remove_message(actor=mo, message=message)
    restore_message(actor=mo, message=message)
    message.refresh_from_db()
    assert (message.visibility, seen(pub, bea)) == ("held", [])


def test_what_its_author_deleted_is_never_restored(say, bob, mo, pub):
    message = say(bob, pub, "hello").message
    delete_message(actor=bob, message=message)
    with pytest.raises(MessageSettled):
        restore_message(actor=mo, message=message)


def test_refused_message_is_neither_released_nor_removed_into_another_state(say, bob, mo, pub):
    message = say(bob, pub, "REFUSE").message
    check(pub)
    with pytest.raises(MessageSettled):
        release_message(actor=mo, message=message)
    remove_message(actor=mo, message=message)
    message.refresh_from_db()
    assert message.visibility == "refused"


# -- blocks ----------------------------------------------------------------------------------------------------------


def test_block_hides_each_from_the_other_and_keeps_the_numbers(say, bob, bea, make_member, make_room):
    dora = make_member("dora")
    room = make_room("Three", bob, bea, dora)
    first = say(bob, room, "from bob").message
    check(room)
    say(dora, room, "quoting", reply_to=first.public_id)
    check(room)
    say(bea, room, "from bea")
    block_member(actor=bea, member=bob)
    assert seen(room, bea) == ["quoting", "from bea"]
    assert seen(room, bob) == ["from bob", "quoting"]
    assert seen(room, dora) == ["from bob", "quoting", "from bea"]
    assert told(room, bea) == [(1, "skip"), (2, "posted"), (3, "posted")]
    assert "from bob" not in str(events_since(room=room, access=access_of(bea), after=0))
    assert "from bob" not in str(room_history(room=room, access=access_of(bea)))
    assert answerable(room=room, access=access_of(bea), public_id=first.public_id) is None
    assert Message.objects.count() == 3


# -- reading ---------------------------------------------------------------------------------------------------------


def test_read_marker_never_goes_back_nor_past_what_there_is(say, bob, pub):
    for n in range(3):
        say(bob, pub, f"line {n}")
    for seq, kept in ((2, 2), (1, 2), (99, 2), (3, 3)):
        mark_read(actor=bob, room=pub, seq=seq)
        assert read_seq(room=pub, member=bob) == kept


def test_history_pages_back_without_a_hole(say, bob, bea, pub):
    for n in range(7):
        say(bob, pub, f"line {n}")
    delete_message(actor=bob, message=Message.objects.order_by("pk")[3])
    access, pages, before = access_of(bea), [], None
    while page := room_history(room=pub, access=access, before=before, limit=2):
        pages = [one["body"] for one in page] + pages
        before = page[0]["seq"]
    assert pages == ["line 0", "line 1", "line 2", "line 4", "line 5", "line 6"]
