"""What beat starts exists, and what is nudged is a task that some worker knows."""

from __future__ import annotations

import ast

import pytest
from django.conf import settings

from config.celery import app
from tests.test_architecture import at, calls, python_files


@pytest.fixture(scope="module")
def tasks() -> set[str]:
    app.loader.import_default_modules()
    return set(app.tasks)


def test_everything_beat_starts_is_a_task(tasks: set[str]) -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled
    assert not scheduled - tasks


def test_every_task_is_started_by_the_clock_or_by_a_nudge(tasks: set[str]) -> None:
    ours = {name for name in tasks if name.split(".")[0] in {"community", "chat", "safeguarding", "config"}}
    text = "".join(path.read_text(encoding="utf-8") for path in python_files("community/", "chat/", "safeguarding/"))
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {name for name in ours - scheduled if f'"{name}"' not in text} == set()


def test_every_nudge_names_a_task(tasks: set[str]) -> None:
    """A nudge that names nothing is work that only ever waits for a sweep."""
    wrong = []
    for path in python_files("community/", "chat/", "safeguarding/"):
        for line, name, node in calls(path):
            literal = name in {"nudge", "nudge_once"} and node.args and isinstance(node.args[0], ast.Constant)
            if literal and node.args[0].value not in tasks:
                wrong.append(at(path, line, f"nudges {node.args[0].value}"))
    assert not wrong, "\n".join(wrong)


def test_a_late_task_is_dropped_and_not_piled_up() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["options"]["expires"] == entry["schedule"]


def test_a_worker_that_dies_gives_its_task_back() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
