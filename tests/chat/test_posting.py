"""Posting: who may, what is stored, what others see, and how little it costs."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Membership, Message, MessageRevision, RoomEvent
from chat.selectors import own_waiting, room_history
from chat.services import posting
from chat.services.messages import remove_message
from chat.services.posting import Post, Posted, post_messages
from community.errors import Refused
from community.models import Restriction
from community.policies import AgeBand
from community.services.access import access_of
from community.services.members import block_member, unblock_member
from community.services.restrictions import lift_restriction, restrict_member
from tests.chat.careful import check

pytestmark = pytest.mark.django_db


def seen(room, reader) -> list[str]:
    return [message["body"] for message in room_history(room=room, access=access_of(reader))]


@pytest.mark.invariant(1)
def test_message_is_born_pending_whatever_the_screen_says(say, bob, pub):
    for body in ("hello", "HOLD this", "REFUSE this"):
        assert say(bob, pub, body).message.check_state == "pending"
    assert list(MessageRevision.objects.order_by("pk").values_list("verdict", flat=True)) == ["allow", "hold", "refuse"]


def test_in_a_check_after_room_others_see_an_allowed_message_at_once(say, bob, bea, pub):
    posted = say(bob, pub, "hello")
    assert (posted.seq, posted.message.visibility) == (1, "visible")
    assert seen(pub, bea) == ["hello"]


def test_in_a_check_first_room_others_see_it_when_its_check_has_passed(say, alice, amina, club):
    assert say(alice, club, "hello").seq is None
    assert seen(club, amina) == []
    check(club)
    assert seen(club, amina) == ["hello"]


@pytest.mark.invariant(2)
@pytest.mark.parametrize(("body", "state"), [("HOLD this", "held"), ("REFUSE this", "refused")])
def test_held_and_refused_messages_are_stored_and_reach_nobody_but_their_author(say, bob, bea, pub, body, state):
    posted = say(bob, pub, body)
    assert posted.message.visibility == state
    assert posted.told
    check(pub)
    assert seen(pub, bea) == seen(pub, bob) == []
    assert [(one["body"], one["state"]) for one in own_waiting(member=bob, room=pub)] == [(body, state)]
    assert own_waiting(member=bea, room=pub) == []
    assert not RoomEvent.objects.exists()


def test_held_and_refused_messages_leave_no_gap(say, bob, pub):
    seqs = [say(bob, pub, body).seq for body in ("one", "HOLD", "two", "REFUSE", "three")]
    assert seqs == [1, None, 2, None, 3]


def test_same_client_id_gets_the_same_answer_and_is_stored_once(say, bob, pub):
    first = say(bob, pub, "hello", client_id="x1")
    again = say(bob, pub, "hello", client_id="x1")
    assert (again.message.pk, again.seq, again.duplicate) == (first.message.pk, first.seq, True)
    assert Message.objects.count() == RoomEvent.objects.count() == 1
    pub.refresh_from_db()
    assert pub.last_seq == 1


def test_same_client_id_of_another_person_or_room_is_another_message(say, bob, bea, pub, make_room):
    other = make_room("Elsewhere", bob)
    pks = {say(who, where, "hi", client_id="x1").message.pk for who, where in ((bob, pub), (bea, pub), (bob, other))}
    assert len(pks) == 3


def test_duplicates_inside_one_batch_are_stored_once(bob, pub):
    post = Post(bob, pub, "x1", "hello")
    first, second, other = post_messages([post, post, Post(bob, pub, "x2", "bye")])
    assert first.message.pk == second.message.pk != other.message.pk
    assert Message.objects.count() == 2


def test_one_refused_post_of_a_batch_leaves_the_others_alone(bob, bea, charlie, pub):
    answers = post_messages([Post(bob, pub, "a", "one"), Post(charlie, pub, "a", "no"), Post(bea, pub, "a", "two")])
    assert [type(one) for one in answers[::2]] == [Posted, Posted]
    assert isinstance(answers[1], Refused) and answers[1].code == "age_check_required"
    assert [answers[0].seq, answers[2].seq] == [1, 2]


def test_a_batch_for_several_rooms_numbers_each_room_by_itself(bob, pub, make_room):
    other = make_room("Elsewhere", bob)
    posts = [Post(bob, room, f"c{n}", f"line {n}") for n, room in enumerate([pub, other, pub, other, pub])]
    assert [one.seq for one in post_messages(posts)] == [1, 1, 2, 2, 3]


def test_adult_cannot_post_in_a_minors_room_nor_a_minor_among_adults(refused, alice, bob, pub, club):
    assert refused(bob, club, "hi") == "age_does_not_fit"
    assert refused(alice, pub, "hi") == "age_does_not_fit"


def test_membership_alone_does_not_open_a_room_of_another_age(refused, bob, alice, club, pub):
    Membership.objects.create(room=club, member=bob)
    Membership.objects.create(room=pub, member=alice)
    assert refused(bob, club, "hi") == "age_does_not_fit"
    assert refused(alice, pub, "hi") == "age_does_not_fit"


def test_13_and_14_year_olds_wait_for_consent(refused, make_member, make_room):
    young = make_member("young", AgeBand.TEEN_13_14)
    room = make_room("Young", young, minors=True)
    assert refused(young, room, "hi") == "consent_required"


def test_who_has_not_joined_does_not_post(refused, make_member, pub):
    assert refused(make_member("dora"), pub, "hi") == "not_a_member"


def test_who_left_does_not_post(refused, bob, pub):
    Membership.objects.filter(member=bob).update(left_at=timezone.now())
    assert refused(bob, pub, "hi") == "not_a_member"


def test_expired_proof_of_age_closes_the_room(refused, make_member, make_room):
    late = make_member("late", days=0)
    assert refused(late, make_room("Late", late), "hi") == "age_check_required"


@pytest.mark.parametrize(
    ("kind", "code"),
    [("mute", "muted"), ("suspension", "shut_out"), ("ban", "shut_out"), ("fresh_age_proof", "fresh_proof_required")],
)
def test_restricted_member_does_not_post_until_it_is_lifted(say, refused, mo, bob, pub, kind, code):
    restriction = restrict_member(actor=mo, member=bob, kind=kind, reason="a test")
    assert refused(bob, pub, "hi") == code
    lift_restriction(actor=mo, restriction=restriction, reason="a test")
    assert say(bob, pub, "hi").seq == 1


def test_room_ban_closes_one_room_alone(say, refused, mo, bob, pub, make_room):
    other = make_room("Elsewhere", bob)
    restrict_member(actor=mo, member=bob, kind="room_ban", room_ref=pub.public_id, reason="a test")
    assert refused(bob, pub, "hi") == "room_ban"
    assert say(bob, other, "hi").seq == 1


def test_closed_room_takes_no_message(refused, bob, pub):
    pub.state = "closed"
    pub.save()
    assert refused(bob, pub, "hi") == "room_closed"


def test_slow_mode_lets_each_person_wait_alone(say, refused, bob, bea, make_room):
    slow = make_room("Slow", bob, bea, slow_mode_seconds=30)
    posted = say(bob, slow, "one")
    assert refused(bob, slow, "two") == "slow_mode"
    assert say(bea, slow, "mine").seq == 2
    Message.objects.filter(pk=posted.message.pk).update(created_at=timezone.now() - dt.timedelta(seconds=31))
    assert say(bob, slow, "two").seq == 3


def test_slow_mode_holds_inside_one_batch(bob, make_room):
    slow = make_room("Slow", bob, slow_mode_seconds=30)
    answers = post_messages([Post(bob, slow, f"c{n}", "hi") for n in range(3)])
    assert [getattr(one, "code", "stored") for one in answers] == ["stored", "slow_mode", "slow_mode"]


@pytest.mark.invariant(14)
@pytest.mark.parametrize(
    ("body", "code"),
    [("", "message_empty"), (" \n\t ", "message_empty"), ("x" * 2001, "message_too_long"), ("a\x00b", "bad_text"),
     ("a\ud800b", "bad_text")],
)  # fmt: skip
def test_unreadable_text_is_refused_and_nothing_is_stored(refused, bob, pub, body, code):
    assert refused(bob, pub, body) == code
    assert not Message.objects.exists()


def test_two_thousand_characters_pass(say, bob, pub):
    assert say(bob, pub, "é" * 2000).seq == 1


@pytest.mark.parametrize("client_id", ["", "x" * 37, "a b", "é", "a\x00"])
def test_client_ids_of_another_shape_are_refused(refused, bob, pub, client_id):
    assert refused(bob, pub, "hi", client_id=client_id) == "client_id_invalid"


@pytest.mark.parametrize("target", ["a\x00", "\ud800", "x" * 300, "1 OR 1=1"])
def test_ids_of_another_shape_are_refused_before_any_database_sees_them(refused, bob, pub, target):
    assert refused(bob, pub, "hi", reply_to=target) == "message_unknown"
    assert refused(bob, pub, "hi", mentions=(target,)) == "contact_paused"


# -- people addressed ------------------------------------------------------------------------------------------------


def test_answer_to_what_cannot_be_seen_is_refused(say, refused, bob, bea, mo, pub, make_room):
    held = say(bea, pub, "HOLD").message
    removed = say(bea, pub, "gone").message
    remove_message(actor=mo, message=removed)
    elsewhere = say(bea, make_room("Elsewhere", bea), "far").message
    for target in (held.public_id, removed.public_id, elsewhere.public_id, "2" * 16):
        assert refused(bob, pub, "hi", reply_to=target) == "message_unknown"


def test_blocked_people_do_not_reach_each_other_in_either_direction(say, refused, bob, bea, pub):
    ours, theirs = say(bob, pub, "mine").message, say(bea, pub, "theirs").message
    block_member(actor=bea, member=bob)
    assert refused(bob, pub, "hi", reply_to=theirs.public_id) == "message_unknown"
    assert refused(bea, pub, "hi", reply_to=ours.public_id) == "message_unknown"
    assert refused(bob, pub, "hi", mentions=(bea.public_id,)) == "contact_paused"
    assert refused(bea, pub, "hi", mentions=(bob.public_id,)) == "contact_paused"
    unblock_member(actor=bea, member=bob)
    assert say(bob, pub, "hi", reply_to=theirs.public_id)


def test_paused_contact_binds_both_sides_and_says_the_same_as_a_block(say, refused, bob, bea, mo, pub):
    theirs = say(bea, pub, "theirs").message
    restrict_member(
        actor=mo, member=bob, kind=Restriction.Kind.CONTACT_PAUSE, counterpart=bea, reason="a test",
        ends_at=timezone.now() + dt.timedelta(hours=1),
    )  # fmt: skip
    assert refused(bob, pub, "hi", reply_to=theirs.public_id) == "contact_paused"
    assert refused(bob, pub, "hi", mentions=(bea.public_id,)) == "contact_paused"
    assert refused(bea, pub, "hi", mentions=(bob.public_id,)) == "contact_paused"
    assert say(bob, pub, "to everybody").seq == 2


def test_nobody_outside_the_room_can_be_mentioned(refused, bob, make_member, pub):
    assert refused(bob, pub, "hi", mentions=(make_member("dora").public_id,)) == "contact_paused"


def test_first_contact_in_a_check_after_room_waits_for_its_check(say, bob, bea, pub):
    theirs = say(bea, pub, "hello all").message
    first = say(bob, pub, "hello you", reply_to=theirs.public_id)
    assert (first.seq, first.message.visibility) == (None, "pending")
    check(pub)
    assert say(bob, pub, "again", reply_to=theirs.public_id).seq == 3


def test_first_mention_waits_and_a_later_one_does_not(say, bob, bea, pub):
    assert say(bob, pub, "hello @Bea", mentions=(bea.public_id,)).seq is None
    check(pub)
    assert say(bob, pub, "hello again @Bea", mentions=(bea.public_id,)).seq == 2


# -- contact data ----------------------------------------------------------------------------------------------------


def test_a_number_split_over_messages_is_refused_in_a_minors_room(say, alice, club):
    assert say(alice, club, "06 12 34").message.visibility == "pending"
    assert say(alice, club, "56 7").message.visibility == "pending"
    assert say(alice, club, "8 9").message.visibility == "refused"


def test_pieces_inside_one_batch_are_put_together_too(alice, club):
    answers = post_messages([Post(alice, club, f"c{n}", body) for n, body in enumerate(["061234", "567", "89"])])
    assert [one.message.visibility for one in answers] == ["pending", "pending", "refused"]


def test_other_people_and_rooms_do_not_add_to_the_pieces(say, alice, amina, club, make_room):
    say(alice, club, "061234")
    assert say(amina, club, "56789").message.visibility == "pending"
    other = make_room("Games", alice, minors=True)
    assert say(alice, other, "56789").message.visibility == "pending"


# -- failing, racing, costing ----------------------------------------------------------------------------------------


def test_when_it_cannot_be_queued_for_its_check_nothing_is_stored(bob, pub, safeguard):
    safeguard.broken = True
    with pytest.raises(RuntimeError):
        post_messages([Post(bob, pub, "x", "hello")])
    assert not Message.objects.exists()
    pub.refresh_from_db()
    assert pub.last_seq == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_post_twice_at_once_is_stored_once(bob, pub):
    def post(_):
        try:
            return post_messages([Post(bob, pub, "same", "hello")])[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(post, range(8)))
    assert len({one.message.pk for one in answers}) == 1
    assert list(RoomEvent.objects.values_list("seq", flat=True)) == [1]


@pytest.mark.django_db(transaction=True)
def test_numbers_stay_gapless_when_many_post_at_once(bob, bea, pub):
    def post(number):
        try:
            return post_messages([Post(bob if number % 2 else bea, pub, f"c{number}", f"line {number}")])[0].seq
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        seqs = list(pool.map(post, range(40)))
    assert sorted(seqs) == list(range(1, 41))
    pub.refresh_from_db()
    assert pub.last_seq == 40


def statements(function) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        function()
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return [query["sql"] for query in captured if not query["sql"].startswith(control)]


def test_a_transaction_has_at_most_four_statements_however_many_posts_it_carries(bob, pub, monkeypatch):
    inside = []
    store = posting._store

    def counted(ready, now):
        answers = []
        inside.append(statements(lambda: answers.append(store(ready, now))))
        return answers[0]

    monkeypatch.setattr(posting, "_store", counted)
    post_messages([Post(bob, pub, "one", "hello")])
    post_messages([Post(bob, pub, f"many{n}", f"line {n}") for n in range(50)])
    assert [len(batch) for batch in inside] == [4, 4]


@pytest.mark.django_db(transaction=True)
def test_a_lone_post_is_decided_in_two_reads_and_told_without_any(say, bob, pub):
    say(bob, pub, "warm the cache")
    all_of_it = statements(lambda: say(bob, pub, "hello"))
    reads = [sql for sql in all_of_it if sql.startswith("SELECT")]
    assert len(reads) == 2 and len(all_of_it) == 6, "\n".join(all_of_it)
