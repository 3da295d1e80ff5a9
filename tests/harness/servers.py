"""Real servers of our own for the tests: Redis and PostgreSQL, each on a private unix socket, on no port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from config.processes import die_with_parent, redis_command, redis_url


def wait_until(holds: Callable[[], object], *, seconds: float = 10.0, what: str) -> None:
    """Poll until `holds()` is true; fail with `what` when it is not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)


class RedisServer:
    """The server `make run` uses. It can be frozen, as a hung host is, or stopped and started again empty."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.url = redis_url(socket)
        self.client = redis.Redis.from_url(self.url)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            redis_command(self.socket), stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        wait_until(self._answers, what="Redis answers")

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        if self._process is not None:
            self.thaw()
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

    def freeze(self) -> None:
        """Connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


class PostgresServer:
    """A cluster of our own in a temporary folder; as root it belongs to and runs as an unprivileged user."""

    def __init__(self) -> None:
        self._user = (
            next((name for name in ("postgres", "nobody") if _exists(name)), None) if os.getuid() == 0 else None
        )
        self._folder = Path(tempfile.mkdtemp(prefix="havre-pg-"))
        if self._user:
            shutil.chown(self._folder, self._user)
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def binary(name: str) -> Path | None:
        """initdb or postgres: on the PATH, else the newest that Debian keeps beside it."""
        found = shutil.which(name)
        if found:
            return Path(found)
        installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
        return installed[-1] if installed else None

    def start(self) -> None:
        initdb, postgres = self.binary("initdb"), self.binary("postgres")
        assert initdb and postgres
        data = self._folder / "data"
        subprocess.run(
            [initdb, "--pgdata", data, "--username", "havre", "--auth", "trust", "--encoding", "UTF8", "--locale", "C",
             "--no-sync"],
            check=True, capture_output=True, **self._as_user(),
        )  # fmt: skip
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "max_connections": "100",
        }
        self._log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen(
            [postgres, "-D", data, *(word for item in options.items() for word in ("-c", "=".join(item)))],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, preexec_fn=die_with_parent, **self._as_user(),
        )  # fmt: skip
        wait_until(self._answers, seconds=30, what="PostgreSQL answers")

    def _as_user(self) -> dict[str, object]:
        return {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid, "extra_groups": []} if self._user else {}

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> None:
        """Run one statement on the maintenance database, outside any transaction."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # statements are written here, not received

    def dsn(self, name: str) -> str:
        return f"host={self._folder} user=havre dbname={name}"

    def url(self, name: str) -> str:
        """The DATABASE_URL of one of its databases."""
        return f"postgresql://havre@/{name}?host={self._folder}"

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown: open sessions are ended
            self._process.wait(timeout=20)
            self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
