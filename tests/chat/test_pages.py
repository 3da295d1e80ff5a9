"""The rooms as pages, without any script."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat.adapter import PersonalData
from chat.models import Membership, Message, RoomProposal
from chat.services.messages import edit_message
from chat.services.rooms import appoint_steward
from community.services.members import block_member
from community.services.restrictions import restrict_member
from tests.chat.careful import check

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    """A browser in which somebody is logged in."""

    def at(member) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(member)
        return client

    return at


def page_of(room) -> str:
    return reverse("chat:room", args=[room.public_id])


def text(response, status: int = 200) -> str:
    assert response.status_code == status, response
    return response.content.decode()


def test_list_shows_the_rooms_of_ones_age_and_no_others(at, alice, bob, pub, club, make_room):
    make_room("Chess")
    for member, seen, hidden in (
        (bob, ["The pub", "Chess"], ["The club"]),
        (alice, ["The club"], ["The pub", "Chess"]),
    ):
        page = text(at(member).get(reverse("chat:rooms")))
        assert all(name in page for name in seen) and not any(name in page for name in hidden)


@pytest.fixture
def settings_stay_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation's row is kept for five seconds; a slow machine would read it again in the middle."""
    monkeypatch.setattr("community.services.settings.KEEP_SECONDS", 3600.0)


@pytest.mark.usefixtures("settings_stay_known")
@pytest.mark.django_db(transaction=True)
def test_list_costs_the_same_for_one_room_and_for_thirty(at, bob, pub, make_room, django_assert_num_queries):
    client = at(bob)
    client.get(reverse("chat:rooms"))
    with django_assert_num_queries(7) as captured:
        client.get(reverse("chat:rooms"))
    for n in range(30):
        make_room(f"Room number {n}", bob)
    with django_assert_num_queries(len(captured)):
        client.get(reverse("chat:rooms"))


@pytest.mark.usefixtures("settings_stay_known")
@pytest.mark.django_db(transaction=True)
def test_room_costs_the_same_for_one_message_and_for_fifty(at, bob, bea, pub, say, django_assert_num_queries):
    first = say(bea, pub, "line").message
    check(pub)
    say(bob, pub, "answer", reply_to=first.public_id)
    check(pub)
    client = at(bob)
    client.get(page_of(pub))
    with django_assert_num_queries(13) as captured:
        client.get(page_of(pub))
    for n in range(50):
        say(bea if n % 2 else bob, pub, f"line {n}", reply_to=first.public_id)
    check(pub)
    with django_assert_num_queries(len(captured)):
        client.get(page_of(pub))


def test_logged_out_visitor_sees_no_room(pub):
    response = Client().get(page_of(pub))
    assert response.status_code == 302 and "login" in response["Location"]


def test_member_without_a_proved_age_is_sent_to_prove_it(at, charlie, pub):
    assert at(charlie).get(page_of(pub))["Location"] == reverse("community:age")


def test_room_of_another_age_tells_nothing_of_itself(at, alice, bob, pub, club, say):
    say(bob, pub, "among adults")
    for member, room in ((alice, pub), (bob, club)):
        for url in (page_of(room), reverse("chat:people", args=[room.public_id])):
            page = text(at(member).get(url), 403)
            assert room.name not in page and "among adults" not in page
        assert at(member).post(reverse("chat:join", args=[room.public_id])).status_code == 403


def test_unknown_room_is_not_found(at, bob):
    assert at(bob).get(reverse("chat:room", args=["2" * 16])).status_code == 404


def test_room_says_who_may_enter_how_it_is_checked_and_who_is_watching(at, alice, make_member, club, pub):
    page = text(at(alice).get(page_of(club)))
    assert "under 18" in page and "checked before others see it" in page
    assert reverse("community:help") in page
    dora = make_member("dora")
    assert "checked just after" in text(at(dora).get(page_of(pub)))


def test_who_has_not_joined_reads_nothing_and_joins_with_one_button(at, make_member, bob, pub, say):
    say(bob, pub, "a secret of the pub")
    client = at(make_member("dora"))
    assert "a secret" not in text(client.get(page_of(pub)))
    client.post(reverse("chat:join", args=[pub.public_id]))
    assert "a secret" in text(client.get(page_of(pub)))
    client.post(reverse("chat:leave", args=[pub.public_id]))
    assert "a secret" not in text(client.get(page_of(pub)))


def test_form_posts_through_the_same_service_and_twice_is_once(at, bob, bea, pub):
    client = at(bob)
    client_id = re.search(r'name="client_id" value="(\w+)"', text(client.get(page_of(pub))))[1]
    for _ in range(2):
        response = client.post(page_of(pub), {"client_id": client_id, "body": "hello <b>"})
        assert response["Location"] == page_of(pub) + "#latest"
    assert Message.objects.count() == 1
    page = text(at(bea).get(page_of(pub)))
    assert "hello &lt;b&gt;" in page
    message = Message.objects.get()
    assert reverse("safeguarding:report_message", args=[message.public_id]) in page
    assert reverse("community:block", args=[bob.public_id]) in page


@pytest.mark.parametrize(("body", "told"), [("", "Write something"), ("x" * 2001, "2,000"), ("REFUSE it", "not sent")])
def test_what_is_refused_is_told_and_not_lost(at, bob, pub, body, told):
    page = text(at(bob).post(page_of(pub), {"client_id": "c1", "body": body}), 422)
    assert told in page and body in page


@pytest.mark.parametrize("field", ["client_id", "reply_to", "body"])
def test_text_that_no_database_takes_is_told_and_stored_nowhere(at, bob, pub, field):
    data = {"client_id": "c1", "body": "hello", "reply_to": ""} | {field: "a\x00b"}
    assert at(bob).post(page_of(pub), data).status_code == 422
    assert at(bob).get(page_of(pub), {"reply_to": "a\x00b", "before": "9" * 30}).status_code == 200
    assert not Message.objects.exists()


def test_held_message_is_on_its_authors_page_alone(at, bob, bea, pub, say):
    say(bob, pub, "HOLD this thought")
    assert "this thought" in text(at(bob).get(page_of(pub)))
    assert "waits for a person" in text(at(bob).get(page_of(pub)))
    assert "this thought" not in text(at(bea).get(page_of(pub)))


def test_answer_quotes_what_can_be_seen(at, bob, bea, pub, say):
    message = say(bea, pub, "who plays chess?").message
    page = text(at(bob).get(page_of(pub), {"reply_to": message.public_id}))
    assert f'name="reply_to" value="{message.public_id}"' in page
    block_member(actor=bea, member=bob)
    assert "who plays chess" not in text(at(bob).get(page_of(pub), {"reply_to": message.public_id}))


def test_old_pages_lead_back_to_the_first_message(at, bob, pub, say):
    for n in range(60):
        say(bob, pub, f"line {n}.")
    client = at(bob)
    page = text(client.get(page_of(pub)))
    assert "line 59." in page and "line 9." not in page
    older = text(client.get(page_of(pub) + re.search(r'href="(\?before=\d+)"', page)[1]))
    assert "line 9." in older and "line 0." in older and "line 10." not in older


def test_own_message_is_edited_and_deleted_by_pages_anothers_is_not_found(at, bob, bea, pub, say):
    message = say(bob, pub, "helo").message
    edit, delete = (reverse(f"chat:{name}", args=[message.public_id]) for name in ("edit", "delete"))
    for url in (edit, delete):
        assert at(bea).get(url).status_code == at(bea).post(url, {"body": "mine now"}).status_code == 404
    client = at(bob)
    assert "helo" in text(client.get(edit))
    client.post(edit, {"body": "hello"})
    assert "hello" in text(at(bea).get(page_of(pub)))
    assert client.get(delete).status_code == 200 and Message.objects.get().visibility == "visible"
    client.post(delete)
    assert "hello" not in text(at(bea).get(page_of(pub)))


def test_people_are_seen_by_those_in_the_room_without_those_they_blocked(at, bob, bea, make_member, pub):
    url = reverse("chat:people", args=[pub.public_id])
    assert "Bea" in text(at(bob).get(url))
    assert at(make_member("dora")).get(url).status_code == 302
    block_member(actor=bob, member=bea)
    assert "Bea" not in text(at(bob).get(url))
    assert "Bob" not in text(at(bea).get(url))


def test_suspended_member_leaves_the_rooms_at_once(at, bob, mo, pub):
    client = at(bob)
    text(client.get(page_of(pub)))
    restrict_member(actor=mo, member=bob, kind="suspension", reason="a test")
    assert client.get(page_of(pub)).status_code == 302
    assert client.post(page_of(pub), {"client_id": "c", "body": "hi"}).status_code == 302
    assert not Message.objects.exists()


def test_room_is_proposed_by_page_for_ones_own_age_alone(at, bob, alice):
    url = reverse("chat:propose")
    client = at(bob)
    page = text(client.get(url))
    assert "adults" in page and "15 to 17" not in page
    data = {"name": "Chess", "topic": "", "rules": "", "language": "en"}
    assert client.post(url, data | {"ages": "15-18"}).status_code == 422
    assert client.post(url, data | {"ages": "18-"}).status_code == 302
    assert "Chess" in text(client.get(url))
    assert "not this name" in text(client.post(url, data | {"ages": "18-", "name": "REFUSE"}), 422)
    assert RoomProposal.objects.get().proposer == bob


def test_steward_proposes_another_name_by_page_and_others_do_not(at, bob, bea, mo, pub):
    url = reverse("chat:change", args=[pub.public_id])
    data = {"name": "The tavern", "topic": "", "rules": ""}
    assert at(bea).post(url, data).status_code == 302 and not RoomProposal.objects.exists()
    appoint_steward(actor=mo, room=pub, member=bob)
    assert at(bob).post(url, data).status_code == 302
    assert RoomProposal.objects.get().room == pub


def test_pages_change_nothing_when_they_are_only_read(at, make_member, bob, pub, say):
    say(bob, pub, "hello")
    client = at(make_member("dora"))
    for name in ("join", "leave", "read"):
        assert client.get(reverse(f"chat:{name}", args=[pub.public_id])).status_code == 405
    assert Membership.objects.count() == 2


def test_own_data_holds_ones_words_and_nobody_elses(bob, bea, pub, say):
    message = say(bob, pub, "mine").message
    edit_message(actor=bob, message=message, body="mine, better")
    say(bea, pub, "from Bea")
    say(bob, pub, "HOLD mine too")
    data = PersonalData().export(bob)
    assert [one["body"] for one in data["messages"]] == ["mine", "mine, better", "HOLD mine too"]
    assert [one["seen_by_others"] for one in data["messages"]] == [False, True, False]
    assert "Bea" not in str(data) and "H1" not in str(data)


def test_closing_an_account_leaves_every_room_and_destroys_no_word(bob, pub, say):
    say(bob, pub, "still evidence")
    PersonalData().close(bob)
    assert not Membership.objects.current().filter(member=bob).exists()
    assert Message.objects.count() == 1


def test_whoever_may_not_write_or_enter_is_led_to_the_reasons(at, bob, mo, pub):
    client, reasons = at(bob), f'href="{reverse("safeguarding:my_decisions")}"'
    assert f'id="why" hidden><a {reasons}' in text(client.get(page_of(pub)))
    ends_at = timezone.now() + dt.timedelta(days=1)
    restrict_member(actor=mo, member=bob, kind="mute", reason="x", ends_at=ends_at)
    page = text(client.post(page_of(pub), {"client_id": "c1", "body": "a careful text"}), 422)
    assert f'id="why"><a {reasons}' in page
    assert "a careful text" in page
    restrict_member(actor=mo, member=bob, kind="room_ban", reason="x", ends_at=ends_at, room_ref=pub.public_id)
    page = text(client.get(page_of(pub)), 403)
    assert reasons in page and "“Decisions about me”" in page
