"""`live_havre`: the real server and the real worker as processes, against a real database and Redis of their own."""

from __future__ import annotations

import contextlib
import dataclasses
import email
import email.policy
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from config.processes import die_with_parent, web_command, worker_command
from tests.harness.databases import TestDatabase, connect_to
from tests.harness.servers import RedisServer, wait_until

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclasses.dataclass
class LiveHavre:
    """One installation, as `make run` starts it. The test's own ORM sees the same database."""

    port: int
    var: Path
    environ: dict[str, str]
    redis: RedisServer
    core: set[int] | None = None  # the processor cores its processes keep to
    processes: dict[str, subprocess.Popen[bytes]] = dataclasses.field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def websocket_url(self) -> str:
        return f"ws://localhost:{self.port}"

    def start_web(self, *, wait: bool = True) -> None:
        """Start the web process; ready when its port answers."""
        self._start("web", web_command(host="127.0.0.1", port=self.port))
        if wait:
            wait_until(self._listens, seconds=60, what=f"the web process listens\n{self.log('web')}")

    def start_worker(self, *, processes: int = 1, beat: bool = True) -> None:
        """Start the worker; ready when it has told Redis that it waits for work (its `ready` line)."""
        self._start("worker", worker_command(processes=processes, beat=beat))
        wait_until(lambda: " ready." in self.log("worker"), seconds=120, what="the worker is ready")

    def kill(self, name: str) -> None:
        """SIGKILL to a process and all it started: nothing of it runs one more line."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):  # it had ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)

    def stop(self, name: str) -> None:
        """SIGTERM and wait: the orderly way."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise

    def log(self, name: str) -> str:
        """What a process has printed so far."""
        path = self.var / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def mails(self, to: str) -> list[EmailMessage]:
        """Mails sent to an address, oldest first."""
        mails = []
        for path in sorted((self.var / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime_ns):
            # Django's file backend ends each mail with a line of 79 dashes.
            for part in path.read_text(encoding="utf-8").split("-" * 79 + "\n"):
                if part.strip():
                    mails.append(email.message_from_string(part.lstrip("\n"), policy=email.policy.default))
        return [mail for mail in mails if to in str(mail["To"])]

    def _start(self, name: str, command: list[str]) -> None:
        with (self.var / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=PROJECT, env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                process_group=0, preexec_fn=die_with_parent,
            )  # fmt: skip
        if self.core:
            os.sched_setaffinity(self.processes[name].pid, self.core)

    def _listens(self) -> bool:
        if self.processes["web"].poll() is not None:
            raise AssertionError(f"the web process ended\n{self.log('web')}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self) -> None:
        for name in reversed(list(self.processes)):
            self.kill(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def live_environment(*, url: str, redis: RedisServer, var: Path, port: int) -> dict[str, str]:
    """The environment of a demo installation on this database, with the secrets of the process that asks for it."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("HAVRE_", "DJANGO_"))},
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "HAVRE_DEMO": "1",
        "HAVRE_VAR": str(var),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "SITE_URL": f"http://localhost:{port}",
        "DATABASE_URL": url,
        "REDIS_URL": redis.url,
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }
    # The same secrets as the test's own process, which seals and signs beside the server.
    for secret in (Path(os.environ["HAVRE_VAR"]) / "secrets.env").read_text(encoding="utf-8").splitlines():
        name, _, value = secret.partition("=")
        environ[name] = value
    return environ


@pytest.fixture
def live_havre(
    database: TestDatabase,
    django_db_setup: None,
    django_db_blocker,
    redis_server: RedisServer,
    tmp_path: Path,
) -> Iterator[LiveHavre]:
    """A demo installation, web and worker running. Do not combine it with `django_db`: what the test writes is real."""
    url = database.clone()
    port = free_port()
    environ = live_environment(url=url, redis=redis_server, var=tmp_path, port=port)
    havre = LiveHavre(port=port, var=tmp_path, environ=environ, redis=redis_server)
    with django_db_blocker.unblock():
        connect_to(url)
        try:
            havre.start_web()
            havre.start_worker()
            yield havre
        finally:
            havre.close()
            database.connect()
