"""Who comes into a room, by one function: hours, strength of proof, youth workers, and nobody by virtue of a role."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from chat import policies
from chat.errors import LevelInvalid, RoomClosed, YouthWorkerMoved, YouthWorkerUnfit
from chat.models import Membership, Room
from chat.selectors import people_in, room_history, rooms_for
from chat.services.posting import Post, post_messages
from chat.services.rooms import appoint_steward, entry_of, join_room, set_entry_rules
from chat.services.youth import appoint_youth_worker, end_youth_worker, name_youth_worker
from community.errors import CannotJudgeYourself, NotAllowed, Refused, TwoOfficersRequired
from community.hours import DAYS, BadHours, end_of, format_hours, is_within, parse_hours
from community.models import AgeFact, AuditEvent, YouthWorker
from community.policies import AgeBand
from community.roles import OFFICER_DEPUTY
from community.services.access import access_of, bump_access
from community.services.restrictions import lift_restriction, restrict_member
from tests.chat.careful import check
from tests.chat.test_sockets import Page, do, run  # noqa: F401  a fixture

EVENINGS = [["mon", "17:00", "20:00"], ["fri", "22:00", "24:00"]]
MONDAY_18 = dt.datetime(2026, 11, 23, 17, 0, tzinfo=dt.UTC)  # Paris is an hour ahead


@pytest.fixture
def dana(make_member):
    """The deputy safeguarding officer."""
    return make_member("dana", AgeBand.ADULT, OFFICER_DEPUTY)


@pytest.fixture
def yann(make_member, sam, dana, club):
    """A youth worker of the club."""
    member = make_member("yann")
    worker = name_youth_worker(actor=sam, member=member, room=club, vetted_on=timezone.localdate())
    appoint_youth_worker(actor=dana, worker=worker)
    return member


# -- one function ----------------------------------------------------------------------------------------------------


def nobody(access, room, now):
    """What may_enter becomes below: whoever asks is refused, so whoever gets in did not ask."""
    refused = __import__("chat.errors", fromlist=["RoomClosed"]).RoomClosed
    return refused("asked the one function")


@pytest.fixture
def door_shut_later(monkeypatch):
    """may_enter itself refuses everybody from now on: every module that imported it runs this body."""
    return lambda: monkeypatch.setattr(policies.may_enter, "__code__", nobody.__code__)


@pytest.mark.django_db
def test_every_page_and_every_post_asks_the_one_function(client: Client, bob, pub, say, door_shut_later):
    message = say(bob, pub, "hello").message
    door_shut_later()
    client.force_login(bob)
    room = [pub.public_id]
    answers = [
        client.get(reverse("chat:room", args=room)),
        client.post(reverse("chat:room", args=room), {"body": "x", "client_id": "c1"}),
        client.post(reverse("chat:join", args=room)),
        client.post(reverse("chat:read", args=room), {"seq": 1}),
        client.get(reverse("chat:people", args=room)),
        client.get(reverse("chat:change", args=room)),
    ]
    assert [answer.status_code for answer in answers] == [403] * 6
    assert all("hello" not in answer.content.decode() for answer in answers)
    edited = client.post(reverse("chat:edit", args=[message.public_id]), {"body": "other"})
    assert edited.status_code == 422
    assert isinstance(post_messages([Post(bob, pub, "c2", "x")])[0], RoomClosed)
    with pytest.raises(RoomClosed):
        entry_of(member=bob, room_id=pub.public_id)
    with pytest.raises(RoomClosed):
        join_room(actor=bob, room=pub)


@pytest.mark.django_db(transaction=True)
def test_the_socket_asks_it_at_join_and_on_every_frame(run, bob, pub, say, door_shut_later):  # noqa: F811
    message = say(bob, pub, "hello").message
    room = pub.public_id
    frames = [
        {"type": "join", "room": room, "after": 0},
        {"type": "resume", "room": room, "after": 0},
        {"type": "post", "room": room, "client_id": "c9", "body": "x"},
        {"type": "edit", "room": room, "message": message.public_id, "body": "y"},
        {"type": "delete", "room": room, "message": message.public_id},
        {"type": "typing", "room": room},
        {"type": "read", "room": room, "seq": 1},
    ]

    async def story(page):
        bobs = await page(bob, pub)
        door_shut_later()
        for frame in frames:
            await bobs.send(**frame)
            refused = await bobs.wait("refused", **{"for": frame["type"]})
            assert refused["text"] == "asked the one function"
        fresh: Page = await page(bob)
        await fresh.send(type="join", room=room, after=0)
        await fresh.wait("refused")

    run(story)
    message.refresh_from_db()
    assert (message.head_revision, message.visibility) == (1, "visible")


def test_nothing_else_in_the_house_decides_entry():
    """No module but the policy compares ages with a room, bar the list that a door stands behind and the form of
    ages one may propose."""
    house = policies.__file__.rsplit("/", 1)[0]
    users = set()
    for name in ("services/rooms", "services/posting", "services/messages", "services/youth", "consumers", "views",
                 "proposal_views", "hub", "reading", "presence", "selectors", "forms"):  # fmt: skip
        with open(f"{house}/{name}.py", encoding="utf-8") as file:
            if "meets(" in file.read():
                users.add(name)
    assert users == {"selectors", "forms"}


# -- sockets ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["revoked", "held", "asked afresh"])
def test_what_is_withdrawn_closes_the_socket_at_once_with_words_on_how_to_renew(run, how, bob, mo, pub):  # noqa: F811
    async def story(page):
        bobs = await page(bob, pub)
        if how == "revoked":
            await do(AgeFact.objects.filter(member=bob).update)(revoked_at=timezone.now())
            await do(transaction.atomic(bump_access))(bob)
        else:
            kind = {"held": "account_hold", "asked afresh": "fresh_age_proof"}[how]
            await do(restrict_member)(actor=mo, member=bob, kind=kind, reason="x")
        closed = await bobs.wait("closed")
        assert "room" not in closed
        if how == "revoked":
            assert "renew" in closed["text"]
        assert await bobs.wait_closed() == 4403

    run(story)


@pytest.mark.django_db(transaction=True)
def test_a_room_that_ends_its_hours_lets_its_sockets_go(run, bob, pub):  # noqa: F811
    now = timezone.localtime()
    day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][now.weekday()]
    Room.objects.filter(pk=pub.pk).update(opening_hours=[[day, "00:00", "24:00"]])

    async def story(page):
        bobs = await page(bob, pub)
        other = next(one for one in ("mon", "tue", "wed") if one != day)
        await do(Room.objects.filter(pk=pub.pk).update)(opening_hours=[[other, "00:00", "00:01"]])
        await do(transaction.atomic(bump_access))(bob)
        closed = await bobs.wait("closed")
        assert (closed["room"], closed["code"]) == (pub.public_id, "room_asleep")
        await bobs.send(type="post", room=pub.public_id, client_id="late", body="x")
        assert (await bobs.wait("refused"))["code"] == "room_asleep"

    run(story)


# -- opening hours ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "open_"), [(-61, False), (-60, True), (0, True), (119, True), (120, False), (24 * 60, False)]
)
def test_a_room_is_open_within_its_hours_in_the_communitys_zone(minutes, open_):
    assert is_within(EVENINGS, MONDAY_18 + dt.timedelta(minutes=minutes)) is open_


def test_the_end_of_hours_is_known_also_at_midnight():
    assert end_of(EVENINGS, MONDAY_18) == dt.datetime(2026, 11, 23, 19, 0, tzinfo=dt.UTC)
    friday = dt.datetime(2026, 11, 27, 22, 30, tzinfo=dt.UTC)
    assert end_of(EVENINGS, friday) == dt.datetime(2026, 11, 27, 23, 0, tzinfo=dt.UTC)
    assert end_of(EVENINGS, friday + dt.timedelta(hours=1)) is None


def test_hours_are_read_as_they_are_written():
    assert parse_hours("mon-wed 17:00-20:00\nsat 10:00-12:00") == [
        ["mon", "17:00", "20:00"], ["tue", "17:00", "20:00"], ["wed", "17:00", "20:00"], ["sat", "10:00", "12:00"],
    ]  # fmt: skip
    assert parse_hours(format_hours(EVENINGS)) == EVENINGS
    assert parse_hours(" ") == []
    for nonsense in ("always", "fri-mon 10:00-12:00", "mon 20:00-17:00", "mon 25:00-26:00", "mon"):
        with pytest.raises(BadHours):
            parse_hours(nonsense)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_hours_are_written_with_the_days_of_the_reader_and_read_back(language: str):
    week = [[day, "08:00", "24:00"] for day in DAYS]
    with translation.override(language):
        assert format_hours(EVENINGS).startswith({"fr": "lun 17:00", "en": "mon 17:00"}[language])
        assert parse_hours(format_hours(EVENINGS)) == EVENINGS
        assert parse_hours({"fr": "lun-dim", "en": "mon-sun"}[language] + " 08:00-24:00") == week
        assert parse_hours("mon-sun 08:00-24:00") == week  # what was once written is never refused
        # The example that helps is one that is taken.
        [example] = re.findall(r"(\w+-\w+ [\d:-]+, \w+ [\d:-]+)\.", str(BadHours.message))
        assert [row[0] for row in parse_hours(example)] == ["mon", "tue", "wed", "thu", "fri", "sat"]


def test_hours_with_the_days_of_another_language_are_refused():
    with translation.override("en"), pytest.raises(BadHours):
        parse_hours("lun-ven 17:00-20:00")


@pytest.mark.django_db
def test_outside_its_hours_the_door_says_when_it_opens(client: Client, bob, pub, sam):
    set_entry_rules(actor=sam, room=pub, min_level="standard", opening_hours=EVENINGS)
    client.force_login(bob)
    bob.language = "en"
    bob.save()
    with time_machine.travel(MONDAY_18, tick=False):
        page = client.get(reverse("chat:room", args=[pub.public_id])).content.decode()
        assert "Opening hours" in page
        assert "Monday" in page
    with time_machine.travel(MONDAY_18 + dt.timedelta(hours=5), tick=False):
        answer = client.get(reverse("chat:room", args=[pub.public_id]))
        assert answer.status_code == 403
        assert "Monday" in answer.content.decode()
        assert post_messages([Post(bob, pub, "c1", "x")])[0].code == "room_asleep"


@pytest.mark.django_db
def test_entry_rules_are_set_by_officers_and_for_adults_by_moderators(bob, mo, sam, pub, club):
    rules = {"min_level": "enhanced", "opening_hours": EVENINGS}
    set_entry_rules(actor=mo, room=pub, **rules)
    for actor, room in ((mo, club), (bob, pub)):
        with pytest.raises(NotAllowed):
            set_entry_rules(actor=actor, room=room, **rules)
    set_entry_rules(actor=sam, room=club, **rules)
    assert AuditEvent.objects.filter(action="room.entry_changed").count() == 2
    with pytest.raises(LevelInvalid):
        set_entry_rules(actor=sam, room=club, min_level="sworn", opening_hours=[])
    with pytest.raises(BadHours):
        set_entry_rules(actor=sam, room=club, min_level="strict", opening_hours=[["mon", "x", "y"]])


# -- strength of proof -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("level", "asked", "opens"),
    [
        ("asserted", "standard", False),
        ("standard", "standard", False),  # among minors "under 18" must have been signed or witnessed
        ("enhanced", "standard", True),
        ("enhanced", "strict", False),
        ("strict", "strict", True),
        ("nonsense", "asserted", False),
    ],
)
def test_a_minors_room_wants_an_under_that_was_signed_or_witnessed(level, asked, opens, make_member, make_room):
    teen = make_member("tina", AgeBand.NONE)
    today = timezone.localdate()
    for threshold, is_over in ((15, True), (18, False)):
        AgeFact.objects.create(
            member=teen, threshold=threshold, is_over=is_over, method="x", level=level, issuer_ref="x",
            verified_on=today, expires_on=today + dt.timedelta(days=9),
        )  # fmt: skip
    bump_access(teen)
    room = make_room("Chess", minors=True, min_level=asked)
    refusal = policies.may_enter(access_of(teen), room, timezone.now())
    assert (refusal is None) is opens
    if refusal:
        assert refusal.code == "proof_too_weak"


@pytest.mark.django_db
@pytest.mark.parametrize("facts", [{18: True}, {15: True}, {18: False}, {15: True, 18: True}])
def test_no_over_alone_and_no_under_alone_opens_a_minors_room(facts, make_member, club):
    member = make_member("nora", AgeBand.NONE)
    today = timezone.localdate()
    for threshold, is_over in facts.items():
        AgeFact.objects.create(
            member=member, threshold=threshold, is_over=is_over, method="eu_wallet", level="strict", issuer_ref="x",
            verified_on=today, expires_on=today + dt.timedelta(days=9),
        )  # fmt: skip
    bump_access(member)
    assert policies.may_enter(access_of(member), club, timezone.now()) is not None


# -- youth workers ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_adult_named_by_one_officer_opens_nothing_until_a_second_appoints_them(bob, sam, dana, club):
    worker = name_youth_worker(actor=sam, member=bob, room=club, vetted_on=timezone.localdate())
    assert policies.may_enter(access_of(bob), club, timezone.now()).code == "age_does_not_fit"
    with pytest.raises(TwoOfficersRequired):
        appoint_youth_worker(actor=sam, worker=worker)
    appoint_youth_worker(actor=dana, worker=worker)
    assert policies.may_enter(access_of(bob), club, timezone.now()) is None
    assert club in rooms_for(member=bob, access=access_of(bob))
    with pytest.raises(YouthWorkerMoved):
        appoint_youth_worker(actor=dana, worker=worker)


@pytest.mark.django_db
def test_the_database_refuses_a_youth_worker_of_one_officer(bob, sam, club):
    with pytest.raises(IntegrityError), transaction.atomic():
        YouthWorker.objects.create(
            member=bob, room_ref=club.public_id, vetted_on=timezone.localdate(), named_by=sam, appointed_by=sam,
            appointed_at=timezone.now(), ends_on=timezone.localdate() + dt.timedelta(days=9),
        )  # fmt: skip


@pytest.mark.django_db
def test_a_youth_worker_is_of_one_room_and_of_no_other(yann, club, make_room, pub):
    other = make_room("Another", minors=True)
    now = timezone.now()
    assert policies.may_enter(access_of(yann), club, now) is None
    assert policies.may_enter(access_of(yann), other, now).code == "age_does_not_fit"
    assert policies.may_enter(access_of(yann), pub, now) is None


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["mo", "bob", "alice"])
def test_who_is_no_safeguarding_officer_appoints_nobody(who, request, bea, club):
    with pytest.raises(NotAllowed):
        name_youth_worker(actor=request.getfixturevalue(who), member=bea, room=club, vetted_on=timezone.localdate())


@pytest.mark.django_db
def test_staff_minors_strangers_and_the_unvetted_are_no_youth_workers(sam, dana, mo, alice, charlie, bob, club, pub):
    today = timezone.localdate()
    for member in (mo, dana, alice, charlie):
        with pytest.raises(YouthWorkerUnfit):
            name_youth_worker(actor=sam, member=member, room=club, vetted_on=today)
    for day in (today - dt.timedelta(days=200), today + dt.timedelta(days=1)):
        with pytest.raises(YouthWorkerUnfit):
            name_youth_worker(actor=sam, member=bob, room=club, vetted_on=day)
    with pytest.raises(YouthWorkerUnfit):
        name_youth_worker(actor=sam, member=bob, room=pub, vetted_on=today)
    with pytest.raises(CannotJudgeYourself):
        name_youth_worker(actor=sam, member=sam, room=club, vetted_on=today)


@pytest.mark.django_db
def test_a_youth_worker_is_labelled_and_has_no_private_contact(yann, alice, club, say, refused):
    join_room(actor=yann, room=club)
    join_room(actor=alice, room=club)
    say(yann, club, "welcome, everybody")
    check(club)
    (message,) = room_history(room=club, access=access_of(alice))
    assert message["author"] == {"id": yann.public_id, "name": "Yann", "role": "youth_worker"}
    with translation.override("en"):
        labels = {row.member.pseudonym: row.get_role_display() for row in people_in(room=club, access=access_of(alice))}
    assert labels["Yann"] == "youth worker"
    assert refused(yann, club, "psst", mentions=[alice.public_id]) == "contact_paused"
    assert refused(alice, club, "psst", mentions=[yann.public_id]) == "contact_paused"


@pytest.mark.django_db
def test_no_youth_worker_becomes_a_steward(yann, mo, club):
    join_room(actor=yann, room=club)
    with pytest.raises(Refused):
        appoint_steward(actor=mo, room=club, member=yann)


@pytest.mark.django_db(transaction=True)
def test_an_appointment_that_ends_shows_the_youth_worker_out_at_once(run, yann, sam, club):  # noqa: F811
    join_room(actor=yann, room=club)

    async def story(page):
        yanns = await page(yann, club)
        worker = await do(YouthWorker.objects.get)()
        await do(end_youth_worker)(actor=sam, worker=worker, reason="moved away")
        closed = await yanns.wait("closed")
        assert closed["room"] == club.public_id

    run(story)
    assert not Membership.objects.current().filter(member=yann).exists()
    with time_machine.travel(timezone.now() + dt.timedelta(days=400)):
        assert not access_of(yann).youth_rooms


@pytest.mark.django_db
def test_an_appointment_ends_by_itself_after_a_year(yann, club):
    with time_machine.travel(timezone.now() + dt.timedelta(days=364)):
        assert access_of(yann).youth_rooms == {club.public_id} or not access_of(yann).facts
    with time_machine.travel(timezone.now() + dt.timedelta(days=366)):
        assert not access_of(yann).youth_rooms


# -- staff -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["mo", "sam", "dana"])
def test_moderators_officers_and_superusers_do_not_walk_into_a_minors_room(
    who, request, client: Client, club, say, alice
):
    say(alice, club, "between us")
    check(club)
    member = request.getfixturevalue(who)
    member.is_superuser = True
    member.save()
    client.force_login(member)
    for name in ("room", "people"):
        answer = client.get(reverse(f"chat:{name}", args=[club.public_id]))
        assert answer.status_code == 403
        assert "between us" not in answer.content.decode()
    with pytest.raises(Refused):
        join_room(actor=member, room=club)
    assert json.dumps("between us") not in client.get(reverse("chat:rooms")).content.decode()


@pytest.mark.django_db
def test_a_hold_keeps_out_of_rooms_until_it_is_lifted(bob, mo, pub):
    restriction = restrict_member(actor=mo, member=bob, kind="account_hold", reason="x")
    assert policies.may_enter(access_of(bob), pub, timezone.now()).code == "account_held"
    lift_restriction(actor=mo, restriction=restriction, reason="y")
    assert policies.may_enter(access_of(bob), pub, timezone.now()) is None
