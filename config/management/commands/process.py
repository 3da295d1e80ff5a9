from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.processes import beat_command, web_command, worker_command


class Command(BaseCommand):
    help = (
        "Become one process of an installation, for containers and service managers: web (HOST, PORT, WEB_PROCESSES), "
        "worker (WORKER_PROCESSES) or beat (one in an installation)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=["web", "worker", "beat"])

    def handle(self, *, name: str, **options: Any) -> None:
        match name:
            case "web":
                command = web_command(
                    host=settings.LISTEN_HOST, port=settings.LISTEN_PORT, processes=settings.WEB_PROCESSES
                )
            case "worker":
                command = worker_command(processes=settings.WORKER_PROCESSES, beat=False)
            case _:
                command = beat_command()
        os.execv(command[0], command)  # noqa: S606  no shell is wanted: signals must reach the process itself
