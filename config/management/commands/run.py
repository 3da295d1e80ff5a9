from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.demo import logins
from config.processes import SOCKET_PATH_BYTES, is_loopback, redis_command, redis_url, web_command, worker_command
from config.supervisor import Supervisor
from config.translations import compile_catalogues


class Command(BaseCommand):
    help = (
        "Everything on one machine under one supervisor: migrate, compile translations, then Redis (unless REDIS_URL "
        "names one), the web, and a worker with beat. HOST and PORT say where; Ctrl-C stops it."
    )

    # The processes it starts check everything, both at once; once more here would double the time of a restart.
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        begun = time.monotonic()
        host, port = settings.LISTEN_HOST, settings.LISTEN_PORT
        if settings.HAVRE_DEMO and not is_loopback(host):
            raise CommandError(
                f"The demo has accounts with known passwords: it listens on this machine only, not on HOST={host}."
            )
        with self.locked(settings.VAR_DIR):
            self.check_port(host, port)
            environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
            redis_socket = self.socket_path(settings.VAR_DIR) if settings.EMBEDDED_REDIS else None
            if redis_socket:
                environ["REDIS_URL"] = redis_url(redis_socket)
            supervisor = Supervisor(environ, sys.stdout)
            self.prepare(supervisor)

            try:
                if redis_socket:
                    supervisor.start("redis", redis_command(redis_socket))
                if settings.HAVRE_DEMO and not get_user_model().objects.exists():
                    supervisor.say("filling the demo")
                    # A process of its own: this one must not have threads while it forks.
                    subprocess.run([sys.executable, "manage.py", "seed_demo"], env=environ, check=True)
                connection.close()
                supervisor.start("web", web_command(host=host, port=port, processes=settings.WEB_PROCESSES))
                supervisor.start("worker", worker_command(processes=settings.WORKER_PROCESSES, beat=True))
                sound = supervisor.run(
                    ready=lambda: listens(host, port),
                    on_ready=lambda: self.announce(supervisor, f"http://{host}:{port}/", time.monotonic() - begun),
                )
            except subprocess.CalledProcessError as error:
                raise CommandError("The demo could not be filled; what it printed is above.") from error
            finally:
                supervisor.stop()
            if not sound:
                raise CommandError("Havre did not start; why is said above.")
            supervisor.say("stopped")

    def locked(self, folder: Path) -> IO[str]:
        """Hold the folder's lock while this runs; two supervisors would take each other's Redis socket away."""
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "run.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"Havre already runs on the data folder {folder.name}/.") from error
        return lock

    def check_port(self, host: str, port: int) -> None:
        """A taken port is told now, in one line, and not by a process that restarts for ever."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(f"Cannot listen on {host}:{port} ({error.strerror}): set PORT or HOST.") from error

    def socket_path(self, folder: Path) -> Path:
        """In the data folder, or in a private temporary one when that path is too long for a socket."""
        path = folder / "redis.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
            return path
        return Path(tempfile.mkdtemp(prefix="havre-")) / "redis.sock"

    def prepare(self, supervisor: Supervisor) -> None:
        """Translations compiled, database migrated, static files named by their content."""
        for path in compile_catalogues(settings.BASE_DIR / "locale"):
            supervisor.say(f"compiled {path.relative_to(settings.BASE_DIR)}")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            supervisor.say("preparing the database")
            call_command("migrate", interactive=False, verbosity=0)
        # What stands in the database must fit too; a warning is told by `manage.py check`.
        call_command("check", tags=["database"], databases=["default"], stdout=StringIO(), stderr=StringIO())
        if not settings.LOCAL:
            call_command("collectstatic", interactive=False, verbosity=0)

    def announce(self, supervisor: Supervisor, address: str, seconds: float) -> None:
        supervisor.say(f"ready in {seconds:.1f} s: {address}")
        if settings.HAVRE_DEMO:
            for line in logins():
                supervisor.say(line)
            supervisor.say(f"mails are written to {settings.EMAIL_FILE_PATH}")


def listens(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.connect_ex((host, port)) == 0
