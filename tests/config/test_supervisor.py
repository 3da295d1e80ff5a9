"""One supervisor: it relays, restarts and stops its children, and none of them outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.servers import wait_until

PROJECT = Path(__file__).resolve().parent.parent.parent
# Starts two children that say their name and wait; `ready` at once.
PROGRAM = """
import os, sys
from config.supervisor import Supervisor
code = "import os, sys, time; print(sys.argv[1], os.getpid(), os.getpgrp()); time.sleep(60)"
child = [sys.executable, "-u", "-c", code]
supervisor = Supervisor(os.environ, sys.stdout)
supervisor.start("first", [*child, "one"])
supervisor.start("second", [*child, "two"])
supervisor.run(lambda: True, lambda: supervisor.say("ready"))
supervisor.say("stopped")
"""


class Run:
    """The program above, and what it has printed."""

    def __init__(self, log: Path) -> None:
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=PROJECT, stdout=file, stderr=file)

    @property
    def printed(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines()

    def lines(self, word: str) -> list[list[str]]:
        """The words after the prefix of each line that begins with `word`."""
        after = [line.partition("│ ")[2].split() for line in self.printed]
        return [words for words in after if words and words[0] == word]

    def child(self, word: str) -> int:
        wait_until(lambda: self.lines(word), what=f"the child {word} speaks: {self.printed}")
        return int(self.lines(word)[-1][1])


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path / "log")
    yield run
    run.process.kill()
    run.process.wait()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_each_line_carries_the_name_of_the_process_that_said_it(run: Run) -> None:
    run.child("one")
    run.child("two")
    assert any(line.startswith("first  │ one ") for line in run.printed)
    assert any(line.startswith("second │ two ") for line in run.printed)


def test_the_children_share_one_process_group_which_is_not_the_terminals(run: Run) -> None:
    run.child("one")
    run.child("two")
    groups = {run.lines(word)[0][2] for word in ("one", "two")}
    assert len(groups) == 1
    assert groups != {str(os.getpgid(run.process.pid))}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_the_exit_is_clean(run: Run, number: signal.Signals) -> None:
    children = [run.child("one"), run.child("two")]
    wait_until(lambda: run.lines("ready"), what="it is ready")
    run.process.send_signal(number)
    assert run.process.wait(timeout=10) == 0
    assert run.printed[-1].endswith("stopped")
    assert not any(is_alive(pid) for pid in children)


def test_a_child_that_dies_is_started_again(run: Run) -> None:
    first = run.child("two")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(run.lines("two")) == 2, what="the child is back")
    assert run.child("two") != first
    assert any("ended with status -9" in line for line in run.printed)
    assert len(run.lines("one")) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_no_child_outlives_a_supervisor_that_is_killed(run: Run) -> None:
    children = [run.child("one"), run.child("two")]
    run.process.kill()
    run.process.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in children), what="the children are gone")


def test_a_child_that_ends_before_it_was_ready_stops_the_rest(tmp_path: Path) -> None:
    program = PROGRAM.replace("lambda: True", "lambda: False").replace("time.sleep(60)", "sys.exit(3)", 1)
    program = program.replace("supervisor.run(", "sound = supervisor.run(") + "sys.exit(0 if sound else 4)\n"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, timeout=30, check=False)
    assert done.returncode == 4
