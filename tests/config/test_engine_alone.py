"""The commands that run the engine alone need nothing: no secret, no database, no Redis, no environment at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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
        env={"PATH": os.environ["PATH"]},
        input=json.dumps(line).encode(),
        capture_output=True,
        timeout=180,
    )
    assert answer.returncode == 0, answer.stderr.decode()
    assert key in json.loads(answer.stdout)


def _alone(command: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", command],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def test_each_line_is_answered_before_the_next_one_comes() -> None:
    with _alone("assess_texts", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        for name in ("one", "two"):
            process.stdin.write(json.dumps({"id": name, "text": "Bonsoir"}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == name  # would wait for ever if it were kept back
        process.stdin.write(b"nonsense \xff\n")
        process.stdin.close()
        assert process.stdout.read() == b""
        assert b"3" in process.stderr.read()
    assert process.returncode == 2


def test_standard_input_that_is_closed_is_told_in_one_line() -> None:
    with _alone("assess_texts", preexec_fn=lambda: os.close(0)) as process:
        said = process.communicate(timeout=180)[1].decode()
    assert process.returncode == 1
    assert len(said.splitlines()) == 1


def test_a_reader_who_leaves_ends_it_without_a_traceback() -> None:
    with _alone("assess_texts", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdout.close()
        process.stdin.write(b'{"id": 1, "text": "a"}\n')
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
