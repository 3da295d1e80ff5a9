"""The rooms under the safeguard that really stands above them."""

from __future__ import annotations

import pytest

from chat.errors import NameRefused
from chat.services.messages import edit_message
from chat.services.rooms import propose_room

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def safeguard(settings) -> None:
    """Overrides the small one of the other tests."""
    settings.CHAT_SAFEGUARD = "safeguarding.adapter.ChatSafeguard"


@pytest.mark.parametrize(
    "body",
    [
        "appelle moi au 06 12 34 56 78",
        "my snap is @alice.dupont08",
        "ecris moi a alice@example.org",
        "http://example.org/x",
    ],
)
def test_contact_data_is_refused_in_a_minors_room(say, alice, club, body):
    posted = say(alice, club, body)
    assert posted.message.visibility == "refused" and posted.told


@pytest.mark.parametrize("pieces", [["06 12", "34 56", "78"], ["zero six douze", "trente quatre", "cinquante six 78"]])
def test_a_number_in_pieces_is_refused_before_it_is_whole(say, alice, club, pieces):
    assert [say(alice, club, body).message.visibility for body in pieces][-1] == "refused"


def test_a_number_sent_figure_by_figure_is_never_whole(say, alice, club):
    seen = [say(alice, club, figure).message.visibility for figure in "0612345678"]
    assert seen == ["pending"] * 7 + ["refused"] * 3


def test_a_number_completed_by_an_edit_is_refused(say, alice, club):
    say(alice, club, "06 12 34")
    second = say(alice, club, "see you").message
    assert edit_message(actor=alice, message=second, body="56 78").message.visibility == "refused"


def test_after_a_refusal_one_can_go_on_talking(say, alice, club):
    say(alice, club, "06 12 34 56 78")
    assert say(alice, club, "ok, see you at school then").message.visibility == "pending"


def test_adults_may_give_a_number(say, bob, pub):
    assert say(bob, pub, "call me: 06 12 34 56 78").message.visibility == "visible"


@pytest.mark.parametrize(
    ("name", "topic"),
    [("06 12 34 56 78", ""), ("Club lecture", "ecris-moi a alice@example.org"), ("Club", "my snap is @alice.dupont08")],
)
def test_contact_data_is_refused_in_the_name_and_topic_of_a_minors_room(alice, name, topic):
    with pytest.raises(NameRefused):
        propose_room(actor=alice, name=name, topic=topic, at_least=15, under=18)


def test_a_plain_name_is_put_before_the_moderators(alice):
    assert propose_room(actor=alice, name="Club lecture", topic="Un livre par mois", at_least=15, under=18).pk


def test_a_room_of_adults_may_name_where_to_reach_it(bob):
    assert propose_room(actor=bob, name="Chorale", topic="chorale@example.org", at_least=18, under=None).pk
