"""/healthz tells a monitor which part is not well, and nothing else."""

from __future__ import annotations

import datetime
import time

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from chat.models import Message, MessageRevision, Room
from community.models import Member
from config.tasks import HEARTBEAT_KEY, heartbeat
from tests.harness.servers import RedisServer

pytestmark = pytest.mark.django_db


def say(room: Room, author: Member, *, ago: float, state: str = "pending") -> Message:
    message = Message.objects.create(room=room, author=author, client_id=str(ago), check_state=state)
    at = timezone.now() - datetime.timedelta(seconds=ago)
    MessageRevision.objects.create(message=message, number=1, body="bonjour", created_at=at)
    return message


@pytest.fixture
def bob() -> Member:
    return Member.objects.create(email="bob@example.org", pseudonym="bob", pseudonym_key="bob")


@pytest.fixture
def room() -> Room:
    return Room.objects.create(name="Salon", name_key="salon", at_least=18)


def test_all_is_well_when_every_part_answers(client: Client) -> None:
    heartbeat()
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "redis": "ok",
        "worker": "ok",
        "checks": "ok",
        "oldest_unchecked_seconds": None,
    }
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("heard", [None, 60.0])
def test_a_worker_that_has_not_been_heard_is_told(client: Client, heard: float | None) -> None:
    if heard is not None:
        cache.set(HEARTBEAT_KEY, time.time() - heard)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["worker"] == "silent"


def test_a_message_that_waits_too_long_for_its_check_is_told(client: Client, room: Room, bob: Member) -> None:
    heartbeat()
    say(room, bob, ago=3600, state="done")
    say(room, bob, ago=90)
    say(room, bob, ago=2)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == "late"
    assert 89 < answer.json()["oldest_unchecked_seconds"] < 120


def test_an_edit_waits_from_its_own_moment(client: Client, room: Room, bob: Member) -> None:
    heartbeat()
    message = say(room, bob, ago=3600)
    MessageRevision.objects.create(message=message, number=2, body="bonsoir")
    Message.objects.filter(pk=message.pk).update(head_revision=2)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["oldest_unchecked_seconds"] < 30


def test_a_redis_that_hangs_is_told_within_seconds(client: Client, redis_server: RedisServer) -> None:
    heartbeat()
    redis_server.freeze()
    try:
        begun = time.monotonic()
        answer = client.get("/healthz")
        assert time.monotonic() - begun < 5
    finally:
        redis_server.thaw()
    assert answer.status_code == 503
    assert answer.json()["redis"] == "down"


def test_nobody_writes_there(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
