from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.env import Env
from config.processes import beat_command, web_command, worker_command


class Command(BaseCommand):
    help = (
        "Become one process of an installation, for containers and service managers: web (HOST, PORT, WEB_PROCESSES), "
        "worker (WORKER_PROCESSES) or beat (one in an installation)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=["web", "worker", "beat"])

    def handle(self, *, name: str, **options: Any) -> None:
        env = Env(os.environ)
        match name:
            case "web":
                command = web_command(
                    host=env.text("HOST", "127.0.0.1"),
                    port=env.number("PORT", 8000, least=1, most=65535),
                    processes=env.number("WEB_PROCESSES", 1, least=1, most=64),
                )
            case "worker":
                command = worker_command(processes=env.number("WORKER_PROCESSES", 2, least=1, most=64), beat=False)
            case _:
                command = beat_command()
        os.execv(command[0], command)  # noqa: S606  no shell is wanted: signals must reach the process itself
