"""Starts Havre's processes, relays what they say, restarts what dies and stops all of it in order.

One thread, one `selectors` loop: no thread may hold a lock while a child is forked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import IO

from config.processes import die_with_parent

COLOURS = (36, 35, 33, 32)
STOP_SECONDS = 10.0
LONGEST_PAUSE = 30.0


@dataclasses.dataclass(eq=False)
class Child:
    """One process: its command line, and when it may be started again."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause: float = 1.0
    unfinished: bytes = b""

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs children in one process group of their own, so that Ctrl-C reaches this process alone, which then stops
    them in the reverse order of their start: the web and the worker before the Redis they talk to."""

    def __init__(self, environ: Mapping[str, str], out: IO[str] = sys.stdout) -> None:
        self._environ = dict(environ)
        self._out = out
        self._children: list[Child] = []
        self._group = 0
        self._selector = selectors.DefaultSelector()
        self._colour = out.isatty() and "NO_COLOR" not in environ
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_write.setblocking(False)
        self._wake_read.setblocking(False)
        self._stopping = False

    def say(self, line: str, name: str = "havre") -> None:
        """One line of log with its origin before it."""
        prefix = f"{name:<7}│ "
        if self._colour:
            known = [child.name for child in self._children]
            colour = COLOURS[known.index(name) % len(COLOURS)] if name in known else 1
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        self._out.write(f"{prefix}{line}\n")
        self._out.flush()

    def start(self, name: str, command: list[str]) -> None:
        """Start a child and keep it running from now on."""
        child = Child(name, command)
        self._children.append(child)
        self._spawn(child)

    def run(self, ready: Callable[[], bool], on_ready: Callable[[], None]) -> bool:
        """Relay, watch and restart until SIGINT, SIGTERM or SIGHUP; call `on_ready` once when `ready()` first holds.

        Returns when every child is gone: True, or False when one ended before it was ready, which is no accident to
        start again after but a configuration to mend.
        """
        previous = {
            number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        signal.set_wakeup_fd(self._wake_write.fileno())
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        was_ready = False
        try:
            while not self._stopping:
                self._relay(0.2 if was_ready else 0.05)
                if was_ready:
                    self._restart_the_dead()
                elif not all(child.alive for child in self._children):
                    break
                elif ready():
                    was_ready = True
                    on_ready()
            return was_ready or self._stopping
        finally:
            self.stop()
            signal.set_wakeup_fd(-1)
            for number, handler in previous.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """End the children one after the other, the last started first; after ten seconds each, without asking."""
        self._stopping = True
        for child in reversed(self._children):
            if child.process is None or not child.alive:
                continue
            child.process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            while child.alive and time.monotonic() < deadline:
                self._relay(0.05)
            if child.alive:
                self.say("did not stop in time: killed", child.name)
                child.process.kill()
                child.process.wait()
        if self._group:
            with contextlib.suppress(ProcessLookupError):
                # What a child left behind, such as the pool of a worker that was killed.
                os.killpg(self._group, signal.SIGKILL)

    def _stop(self, number: int, frame: object) -> None:
        self._stopping = True

    def _spawn(self, child: Child) -> None:
        # An emptied group cannot be joined: the next child then founds a new one.
        if self._group and not any(other.alive for other in self._children):
            self._group = 0
        child.process = subprocess.Popen(  # noqa: S603  command lines are ours (config.processes)
            child.command,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=self._group,
            preexec_fn=die_with_parent,  # safe: this process has one thread
        )
        self._group = self._group or child.process.pid
        child.started_at = time.monotonic()
        child.restart_at = 0.0
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _relay(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                self._wake_read.recv(4096)
                continue
            child: Child = key.data
            chunk = os.read(key.fd, 65536)
            *lines, child.unfinished = (child.unfinished + chunk).split(b"\n")
            if not chunk:
                self._selector.unregister(key.fileobj)
                lines = [child.unfinished] if child.unfinished else []
                child.unfinished = b""
            for line in lines:
                self.say(line.decode("utf-8", "replace").rstrip(), child.name)

    def _restart_the_dead(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.alive or child.process is None or self._stopping:
                continue
            if not child.restart_at:
                # A process that lived a minute had started well: it is back at once, another waits longer each time.
                child.pause = 0.2 if now - child.started_at > 60 else min(child.pause * 2, LONGEST_PAUSE)
                child.restart_at = now + child.pause
                self.say(
                    f"ended with status {child.process.returncode}, starts again in {child.pause:.0f} s", child.name
                )
            elif now >= child.restart_at:
                self._spawn(child)
