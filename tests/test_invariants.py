"""What must always hold (design, section 4), attacked across the whole house, with its real screen and detector.

Each floor's own tests attack the same closer to the code: `pytest -m invariant` runs them all, and
test_architecture fails when an invariant has none.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from chat.models import Membership, Message, Room
from chat.services.messages import delete_message, edit_message, hold_message
from chat.services.posting import Post, post_message
from chat.services.rooms import join_room
from community.errors import Refused
from community.models import AuditEvent, MailJob, Member
from community.policies import AgeBand
from community.roles import MODERATOR
from community.services.access import bump_access
from community.services.mail import MAILS, render_mail
from community.services.members import block_member, close_account
from safeguarding.models import Evidence
from safeguarding.services.checks import drain_rooms
from safeguarding.services.reports import file_report
from safeguarding.services.retention import run_retention
from safeguarding.services.vault import open_evidence
from tests.cast import open_member, open_room
from tests.harness.sessions import session_key

pytestmark = pytest.mark.django_db(transaction=True)

PENDING, DONE = Message.CheckState.PENDING, Message.CheckState.DONE
numbers = itertools.count()


@pytest.fixture
def alice() -> Member:
    return open_member("alice", AgeBand.TEEN_15_17)


@pytest.fixture
def bob() -> Member:
    return open_member("bob", AgeBand.ADULT)


@pytest.fixture
def eve() -> Member:
    return open_member("eve", AgeBand.ADULT)


@pytest.fixture
def mo() -> Member:
    return open_member("mo", AgeBand.ADULT, MODERATOR)


@pytest.fixture
def pub(bob: Member, eve: Member) -> Room:
    return open_room("The pub", bob, eve)


def say(author: Member, room: Room, body: str) -> Message:
    return post_message(Post(author, room, f"inv-{next(numbers)}", body)).message


def browser(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def state_of(message: Message) -> str:
    return Message.objects.values_list("check_state", flat=True).get(pk=message.pk)


@pytest.mark.invariant(1)
def test_by_whichever_door_it_came_a_message_waits_for_its_check(bob: Member, pub: Room) -> None:
    page = browser(bob)
    address = f"/rooms/{pub.public_id}/"
    page.post(address, {"body": "by the page", "client_id": "0" * 32, "check_state": "done", "visibility": "visible"})
    by_page = Message.objects.get(client_id="0" * 32)
    by_service = say(bob, pub, "by the service")
    assert {state_of(by_page), state_of(by_service)} == {PENDING}
    drain_rooms()
    assert {state_of(by_page), state_of(by_service)} == {DONE}
    page.post(f"/rooms/messages/{by_page.public_id}/edit/", {"body": "by the page, anew", "check_state": "done"})
    edit_message(actor=bob, message=by_service, body="by the service, anew")
    assert {state_of(by_page), state_of(by_service)} == {PENDING}
    delete_message(actor=bob, message=by_service)  # taking it back is no way around it
    assert state_of(by_service) == PENDING
    drain_rooms()
    assert {state_of(by_page), state_of(by_service)} == {DONE}


@pytest.mark.invariant(2)
@pytest.mark.parametrize("stopped", ["held", "refused"])
def test_what_was_stopped_is_on_no_page_of_anybody_else(
    alice: Member, bob: Member, eve: Member, mo: Member, pub: Room, stopped: str
) -> None:
    if stopped == "held":
        author, reader, room = bob, eve, pub
        message = say(bob, pub, "Zephyrin sings tonight")
        hold_message(actor=mo, message=message)
    else:
        author, reader = alice, open_member("amina", AgeBand.TEEN_15_17)
        room = open_room("The club", alice, reader, minors=True)
        message = say(alice, room, "Zephyrin: 06 12 34 56 78")
    drain_rooms()
    message.refresh_from_db()
    assert message.visibility == stopped
    own, other = browser(author), browser(reader)
    here = f"/rooms/{room.public_id}/"
    assert "Zephyrin" in own.get(here).content.decode()
    for path in (
        "/rooms/", here, f"{here}?reply_to={message.public_id}", f"{here}?before=999999", f"{here}people/",
        "/account/", "/account/data/", "/reports/", "/decisions/", "/cards/",
    ):  # fmt: skip
        assert "Zephyrin" not in other.get(path).content.decode(), path
    assert "Zephyrin" not in other.get(f"/report/message/{message.public_id}/").content.decode()
    assert other.get(f"/rooms/messages/{message.public_id}/edit/").status_code == 404
    answer = {"body": "I saw it", "client_id": "1" * 32, "reply_to": message.public_id}
    assert "Zephyrin" not in other.post(here, answer).content.decode()
    assert not Message.objects.filter(reply_to=message).exists()
    data = other.post("/account/data/").content
    assert b"Zephyrin" not in data
    assert not any("Zephyrin" in str(job.params) for job in MailJob.objects.all())


@pytest.mark.invariant(3)
def test_an_adult_written_into_a_minors_room_by_hand_gets_in_by_no_door(alice: Member, bob: Member) -> None:
    club = open_room("The club", alice, minors=True)
    said = say(alice, club, "Zephyrin sings tonight")
    drain_rooms()
    Membership.objects.create(room=club, member=bob)  # as no service would
    bump_access(bob)
    page, here = browser(bob), f"/rooms/{club.public_id}/"
    for path in (here, f"{here}people/", f"{here}?reply_to={said.public_id}", "/rooms/"):
        answer = page.get(path)
        assert "Zephyrin" not in answer.content.decode()
        assert path == "/rooms/" or answer.status_code == 403
    page.post(here, {"body": "hello", "client_id": "2" * 32})
    for way in (lambda: say(bob, club, "hello"), lambda: join_room(actor=bob, room=club)):
        with pytest.raises(Refused):
            way()
    assert list(Message.objects.filter(room=club)) == [said]
    with pytest.raises(IntegrityError), transaction.atomic():
        Room.objects.filter(pk=club.pk).update(under=None)


@pytest.mark.invariant(5)
def test_nothing_a_person_does_afterwards_takes_evidence_away(bob: Member, eve: Member, pub: Room) -> None:
    insult = say(bob, pub, "Zephyrin is not welcome here")
    drain_rooms()
    report = file_report(actor=eve, subject=bob, message=insult, category="harassment")
    edit_message(actor=bob, message=insult, body="Good evening")
    delete_message(actor=bob, message=insult)
    block_member(actor=bob, member=eve)
    close_account(actor=bob, member=bob)
    with time_machine.travel(timezone.now() + dt.timedelta(days=4000)):
        run_retention(dry_run=False)
    kept = Evidence.objects.filter(case=report.case, kind=Evidence.Kind.MESSAGE, source_ref=insult.public_id)
    bodies = {revision["body"] for piece in kept for revision in open_evidence(piece)["revisions"]}
    assert {"Zephyrin is not welcome here", "Good evening"} <= bodies
    for way in (kept.delete, lambda: kept.update(case=None)):
        with pytest.raises(Exception, match=r"append-only|NOT NULL|not-null|protected"), transaction.atomic():
            way()


@pytest.mark.invariant(9)
def test_no_page_of_the_console_shows_what_was_said_before_somebody_answers_for_reading_it(
    bob: Member, eve: Member, mo: Member, pub: Room
) -> None:
    insult = say(bob, pub, "Zephyrin is not welcome here")
    drain_rooms()
    case = file_report(actor=eve, subject=bob, message=insult, category="hate", text="Zephyrin again").case
    page, here = Client(), f"/console/safeguarding/case/{case.public_id}/"
    page.cookies[settings.SESSION_COOKIE_NAME] = session_key(mo, second_factor=True)
    for path in ("/console/", "/console/safeguarding/case/", here, "/console/safeguarding/appeal/"):
        answer = page.get(path)
        assert answer.status_code == 200
        assert "Zephyrin" not in answer.content.decode(), path
    page.post(f"{here}look/", {"reason": "  "})
    assert "Zephyrin" not in page.get(here).content.decode()
    page.post(f"{here}look/", {"reason": "A second opinion"})
    assert "Zephyrin is not welcome here" in page.get(here).content.decode()
    assert AuditEvent.objects.get(action="case.read").actor == mo


@pytest.mark.invariant(11)
def test_no_column_could_hold_a_birth_date_a_name_a_document_or_an_orientation() -> None:
    forbidden = re.compile(
        r"birth|born|\bdob\b|first_?name|last_?name|surname|full_?name|passport|document|portrait|photo|selfie|face|"
        r"orientation|gender|sexual|religion|ethnic|payload_raw|raw_response|claims"
    )
    ours = [
        model for label in ("community", "chat", "safeguarding") for model in apps.get_app_config(label).get_models()
    ]
    found = [f"{model.__name__}.{field.name}" for model in ours for field in model._meta.concrete_fields
             if forbidden.search(field.name)]  # fmt: skip
    assert len(ours) > 30
    assert found == []
    facts = {field.name for field in apps.get_model("community.AgeFact")._meta.concrete_fields}
    assert not {name for name in facts if "date" in name or name in ("age", "year")}


@pytest.mark.invariant(12)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_mail_can_say_more_than_that_something_waits(
    bob: Member, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {"room": "The pub", "band": "adult", "reason": "insulted Eve", "quote": "Zephyrin", "pseudonym": "Bob"}
    linked = {name: dataclasses.replace(one, link=lambda job: "/here/") for name, one in MAILS.items()}
    monkeypatch.setattr("community.services.mail.MAILS", linked)
    seen = set()
    for template in linked:
        job = MailJob.objects.create(
            template=template, member=bob, to_email=bob.email or "", params=secrets, language=language
        )
        mail = render_mail(job)
        seen.add((mail.from_email, mail.subject))
        told = f"{mail.subject}\n{mail.body}".lower()
        for secret in (*secrets.values(), "15–17", "15-17", "suspen", "report", "signal"):
            assert secret.lower() not in told, (template, secret)
    assert len(seen) == 1  # from outside, one mail looks like another


@pytest.mark.invariant(15)
def test_a_closed_account_stays_under_all_that_points_to_it(bob: Member, eve: Member, pub: Room) -> None:
    insult = say(bob, pub, "Zephyrin is not welcome here")
    drain_rooms()
    case = file_report(actor=eve, subject=bob, message=insult, category="hate").case
    close_account(actor=bob, member=bob)
    close_account(actor=eve, member=eve)
    for member in (bob, eve):
        with pytest.raises(Exception, match=r"protected|PROTECT"):
            member.delete()
    assert {party.member_id for party in case.parties.all()} == {bob.pk, eve.pk}
    assert case.reports.get().reporter_id == eve.pk
    assert insult.author_id == bob.pk
