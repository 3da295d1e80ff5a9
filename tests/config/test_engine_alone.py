"""The commands that run the engine alone need nothing: no secret, no database, no Redis, no environment at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

LINE = {"id": "one", "lang": "fr", "text": "Bonsoir à toutes et tous", "name": "Atelier reliure", "topic": "livres"}
TALK = {
    "id": "one",
    "lang": "fr",
    "room": {"kind": "room", "name": "Atelier", "band": "adult"},
    "participants": {"a": {"band": "adult", "account_age_days": 90}},
    "messages": [{"at": "2026-01-05T19:00:00Z", "from": "a", "to": None, "text": "Bonsoir"}],
}


@pytest.mark.parametrize(
    ("command", "line", "key"),
    [
        ("assess_texts", LINE, "verdict"),
        ("assess_room_names", LINE, "decision"),
        ("assess_conversations", TALK, "alerts"),
    ],
)
def test_the_engine_answers_in_an_empty_environment(command: str, line: object, key: str, tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps(line), encoding="utf-8")
    arguments = [str(file)] if command == "assess_conversations" else []
    answer = subprocess.run(
        [sys.executable, "manage.py", command, *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "RULES_CACHE": str(settings.RULES_CACHE)},
        input=json.dumps(line).encode(),
        capture_output=True,
        timeout=180,
    )
    assert answer.returncode == 0, answer.stderr.decode()
    assert key in json.loads(answer.stdout)
