"""manage.py verify_age_presentation --json FILE: judge one presentation. Needs no database, secret or network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.age.eu_wallet.standalone import BadInput, verify_json


class Command(BaseCommand):
    help = (
        "Judge one presentation of an age attestation, read as JSON, with the verifier that members' proofs go "
        'through: prints {"verdict": "met" | "not_met" | "refused", "facts": {...}, "reason": code or null}. '
        "Changes nothing. docs/age-verification.md describes the input."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", required=True, metavar="FILE", help="the input; - reads it from standard input")

    def handle(self, *, json: str, **options: Any) -> None:
        self.stdout.write(answer(json))


def answer(file: str) -> str:
    """The verdict on what a file holds, as one line of JSON; CommandError where it cannot be read."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return json.dumps(verify_json(json.loads(text)))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CommandError(f"{file} is not JSON: {error}.") from error
    except BadInput as error:
        raise CommandError(f"{file}: {error}.") from error
