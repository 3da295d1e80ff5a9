"""Reading conversation files, and playing them against the real server and worker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from chat.models import Message
from config.replay import BadConversation, percentile, read_conversations
from safeguarding.models import Case
from tests.conftest import shared_path

LINE = {
    "id": "x",
    "lang": "fr",
    "room": {"kind": "room", "name": "Le préau", "band": "teen_15_17"},
    "participants": {
        "a": {"band": "teen_15_17", "account_age_days": 90},
        "b": {"band": "teen_15_17", "account_age_days": 90},
    },
    "messages": [
        {"at": "2024-05-01T14:00:05Z", "from": "b", "to": ["a"], "text": "Oui, et toi ?"},
        {"at": "2024-05-01T14:00:00Z", "from": "a", "to": None, "text": "Salut, ça va ?"},
        {"at": "2024-05-01T14:00:09Z", "from": "a", "to": None, "text": "Appelle-moi au 06 39 98 12 34"},
    ],
    "expect": {"codes": []},
}


def written(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "conversations.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def test_messages_are_read_in_the_order_of_their_times(tmp_path):
    [conversation] = read_conversations(written(tmp_path, LINE))
    assert [line.author for line in conversation.lines] == ["a", "b", "a"]
    assert conversation.lines[1].to == ("a",)


def test_several_conversations_of_a_line_share_their_people(tmp_path):
    part = {key: LINE[key] for key in ("room", "participants", "messages")}
    two = list(read_conversations(written(tmp_path, {"lang": "fr", "conversations": [part, part]}, LINE)))
    assert [conversation.cast for conversation in two] == ["1", "1", "2"]


@pytest.mark.parametrize(
    "bad", ["not json", "[]", "{}", json.dumps({**LINE, "messages": [{"at": "noon", "from": "a", "text": "x"}]})]
)
def test_bad_line_is_named_by_its_number(tmp_path, bad):
    with pytest.raises(BadConversation, match="line 2"):
        list(read_conversations(written(tmp_path, LINE, bad)))


def test_percentile_is_a_value_that_was_measured():
    assert percentile([], 50) is None
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile(list(range(1, 101)), 99) == 99
    assert percentile([7.0], 99) == 7.0


@pytest.mark.django_db
def test_replay_invents_people_in_the_demo_only(tmp_path, settings):
    settings.HAVRE_DEMO = False
    with pytest.raises(CommandError, match="HAVRE_DEMO"):
        call_command("replay_conversations", str(written(tmp_path, LINE)))


@pytest.mark.live
def test_replay_goes_the_real_way_and_leaves_nothing_pending(live_havre, tmp_path, capsys, settings):
    settings.HAVRE_DEMO = True
    settings.AGE_PROVIDERS = [*settings.AGE_PROVIDERS, "community.age.demo.DemoProvider"]
    settings.REDIS_URL = live_havre.redis.url
    call_command("seed_demo")
    before = Message.objects.count()
    call_command("replay_conversations", str(written(tmp_path, LINE)), "--url", f"http://localhost:{live_havre.port}")
    said = capsys.readouterr().out
    assert Message.objects.count() == before + 3
    assert not Message.objects.filter(check_state="pending").exists()
    assert [line.split()[1] for line in said.splitlines() if line.startswith(("sent:", "checked:", "pending:"))] == [
        "3",
        "3",
        "0",
    ]
    # The telephone number was refused in a minors' room and reached nobody.
    refused = Message.objects.order_by("-pk").first()
    assert (refused.visibility, refused.events.count()) == ("refused", 0)
    assert Case.objects.filter(automated=True, code="M1").count() == 0


@pytest.mark.live
def test_replay_of_the_whole_file_ends_with_nothing_pending(cyberagression, live_havre, capsys, settings):
    settings.HAVRE_DEMO = True
    settings.AGE_PROVIDERS = [*settings.AGE_PROVIDERS, "community.age.demo.DemoProvider"]
    settings.REDIS_URL = live_havre.redis.url
    call_command("seed_demo")
    call_command("replay_conversations", str(cyberagression), "--url", f"http://localhost:{live_havre.port}")
    lines = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines() if ":" in line)
    assert lines["pending"].strip() == "0"
    assert lines["checked"].strip() == lines["stored"].strip()
    assert lines["cases"].strip() != "none"


@pytest.fixture
def cyberagression() -> Path:
    return shared_path("data", "cyberagression", "dev.jsonl")
