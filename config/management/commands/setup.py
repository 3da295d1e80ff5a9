from __future__ import annotations

import smtplib
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import IntegrityError

from community.errors import Refused
from community.hours import BadHours, parse_hours
from community.models import Member
from community.roles import OFFICER_DEPUTY, OFFICER_LEAD
from community.services.age_settings import require_sound
from community.services.settings import get_community, update_community
from community.services.staff import open_staff_account
from config.first_run import add_environment_options, environment_file

T = TypeVar("T")


class Command(BaseCommand):
    help = (
        "Set an installation up: secrets and domain, mail with a test message, the community's name, the age of "
        "digital majority, the hours of cover and the first two safeguarding officers. It asks for what the options "
        "do not say, and may be run again: what is there is kept."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_environment_options(parser)
        parser.add_argument("--environment-only", action="store_true", help="write the environment file and stop")
        parser.add_argument("--name", help="the community's name")
        parser.add_argument("--contact", type=address, help="an address people may write to")
        parser.add_argument("--operator", help="who runs it, as letters to authorities name the sender")
        parser.add_argument("--address", help="its postal address: a letter to a prosecutor has one")
        parser.add_argument("--phone", help="where an officer on duty may be called back")
        parser.add_argument("--country", type=country, help="where it is established, two letters (FR)")
        parser.add_argument(
            "--public-body", action="store_true", default=None,
            help="a town, a school, a hospital: it reports to prosecutors under article 40",
        )  # fmt: skip
        parser.add_argument("--digital-majority", type=age, help="below it a guardian consents (France: 15)")
        parser.add_argument("--floor-age", type=age, help="nobody younger is admitted (15)")
        parser.add_argument(
            "--cover", type=cover, metavar="'mon-fri 18:00-22:00, sat 14:00-23:00'", help="who watches when"
        )
        parser.add_argument(
            "--officer", action="append", type=officer, default=[], metavar="ADDRESS:PSEUDONYM",
            help="a safeguarding officer: the first is the lead, the second the deputy",
        )  # fmt: skip
        parser.add_argument("--test-mail", type=address, metavar="ADDRESS", help="send a test message there")

    def handle(self, **options: Any) -> None:
        self.asks = not options["no_input"] and sys.stdin.isatty()
        if not settings.LOCAL:
            self.stdout.write(f"secrets and domain: {environment_file()} (copy it to another place, now)")
        if options["environment_only"]:
            return
        call_command("migrate", interactive=False, verbosity=0)
        self.describe(options)
        self.appoint(options["officer"])
        self.test_mail(options["test_mail"])
        call_command("check", deploy=not settings.LOCAL, databases=["default"])

    def describe(self, options: dict[str, Any]) -> None:
        """The one row of settings."""
        now = get_community()
        answers = {
            "name": options["name"] or self.ask("The community's name", str, now.name),
            "contact_email": options["contact"]
            or self.ask("An address people may write to", address, now.contact_email),
            "operator": options["operator"] or self.ask("Who runs it (for letters to authorities)", str, now.operator),
            "address": options["address"] or self.ask("Its postal address", str, now.address),
            "contact_phone": options["phone"] or self.ask("A telephone to be called back on", str, now.contact_phone),
            "country": options["country"] or now.country,
            "public_body": now.public_body if options["public_body"] is None else options["public_body"],
            "floor_age": options["floor_age"] or self.ask("Nobody younger is admitted", age, now.floor_age),
            "digital_majority": options["digital_majority"]
            or self.ask("Below this age a guardian consents", age, now.digital_majority),
            "cover_hours": options["cover"]
            or self.ask("Hours of cover, such as mon-fri 18:00-22:00, sat 14:00-23:00", cover, now.cover_hours),
        }
        try:
            require_sound(floor_age=answers["floor_age"], digital_majority=answers["digital_majority"])
            community = update_community(actor=None, component="setup", **answers)
        except (Refused, ValidationError) as error:
            raise CommandError(str(error)) from error
        if not community.cover_hours:
            self.stderr.write("no hours of cover: every page will say that nobody may be watching")

    def appoint(self, named: list[tuple[str, str]]) -> None:
        """The first two officers; severe cases, exports of minors and a minors' room need two."""
        members = Member.objects.open()
        missing = [role for role in (OFFICER_LEAD, OFFICER_DEPUTY) if not members.filter(groups__name=role).exists()]
        for index, role in enumerate(missing):
            person = named[index] if index < len(named) else self.ask(f"ADDRESS:PSEUDONYM of the {role}", officer, None)
            if person is None:
                self.stderr.write(f"no {role} yet: run setup again with --officer")
                continue
            email, pseudonym = person
            try:
                open_staff_account(
                    actor=None,
                    component="setup",
                    email=email,
                    pseudonym=pseudonym,
                    role=role,
                    language=settings.LANGUAGE_CODE,
                )
            except Refused as error:
                raise CommandError(f"{pseudonym}: {error}") from error
            except IntegrityError as error:
                raise CommandError(f"{email} has an account already.") from error
            self.stdout.write(f"{role}: {email} gets a link to choose a password when the worker runs")

    def test_mail(self, to: str | None) -> None:
        to = to or self.ask("Send a test message to (empty: none)", address, None)
        if to is None:
            return
        try:
            send_mail("Havre", "Mail from this installation arrives.\n", None, [to])
        except (OSError, smtplib.SMTPException) as error:
            raise CommandError(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} did not take the mail: {error}") from error
        self.stdout.write(f"a test message went to {to}")

    def ask(self, question: str, read: Callable[[str], T], default: T) -> T:
        """One question at a terminal, again until the answer is sound; the default where nobody can be asked."""
        while self.asks:
            answer = input(f"{question} [{default}]: " if default else f"{question}: ").strip()
            if not answer:
                break
            try:
                return read(answer)
            except ValueError as error:
                self.stderr.write(str(error))
        return default


def address(text: str) -> str:
    """An e-mail address, or ValueError."""
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError(f"{text!r} is not an e-mail address") from error
    return text


def country(text: str) -> str:
    """Two letters (ISO 3166-1), or ValueError."""
    if len(text) != 2 or not text.isascii() or not text.isalpha():
        raise ValueError(f"{text!r} is no country of two letters")
    return text.upper()


def age(text: str) -> int:
    """An age in years, 13 to 18, or ValueError."""
    if text not in {str(years) for years in range(13, 19)}:
        raise ValueError(f"{text!r} is not an age from 13 to 18")
    return int(text)


def officer(text: str) -> tuple[str, str]:
    """`ADDRESS:PSEUDONYM`, or ValueError."""
    email, separator, pseudonym = text.partition(":")
    if not separator or not pseudonym.strip():
        raise ValueError(f"{text!r} is not ADDRESS:PSEUDONYM")
    return address(email.strip()), pseudonym.strip()


def cover(text: str) -> list[list[str]]:
    """`mon-fri 18:00-22:00, sat 14:00-23:00` as the rows that Community keeps, or ValueError."""
    try:
        if not text.strip():
            raise BadHours
        return parse_hours(text)
    except BadHours as error:
        raise ValueError(f"{text!r} is not like mon-fri 18:00-22:00, sat 14:00-23:00") from error
