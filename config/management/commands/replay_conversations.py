from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from chat.errors import NameRefused, NameTaken
from chat.models import Message, Room
from chat.services.rooms import approve_proposal, join_room, propose_room, set_slow_mode
from community import terms
from community.age.demo import DemoProvider
from community.client import Client
from community.errors import PseudonymRefused
from community.models import Member
from community.policies import AgeBand
from community.roles import MODERATOR, OFFICER_LEAD, STAFF_ROLES
from community.services.age_checks import begin_check
from community.services.age_facts import record_outcome
from community.services.members import open_account
from config.processes import die_with_parent, redis_command, web_command, worker_command
from config.replay import BadConversation, Book, Conversation, Seat, Stage, percentile, play, read_conversations
from safeguarding.models import Alert, Case

SYLLABLES = ("ba", "ko", "du", "fe", "ga", "no", "pi", "ru", "sa", "ta", "ve", "zo", "mi", "lu")
START_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Play conversation files the real way: invented members with proved ages, sockets, Redis and a worker; then "
        "say what came of it. Only under HAVRE_DEMO=1. The cases stay in the console. It uses the installation that "
        "answers at --url; where none does it starts a web process and a worker of its own for as long as it plays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--speed", default="max", help="max, or how many times the original pace")
        parser.add_argument("--limit", type=int, help="play only the first so many conversations")
        parser.add_argument("--at-once", type=int, default=8, help="conversations side by side (default 8)")
        parser.add_argument("--url", default=f"http://127.0.0.1:{settings.LISTEN_PORT}")

    def handle(self, *, file: Path, speed: str, limit: int | None, at_once: int, url: str, **options: Any) -> None:
        if not settings.HAVRE_DEMO:
            raise CommandError("It invents members: only under HAVRE_DEMO=1.")
        try:
            pace = None if speed == "max" else float(speed)
            conversations = list(itertools.islice(read_conversations(file), limit))
        except (OSError, BadConversation, UnicodeDecodeError) as error:
            raise CommandError(f"{file.name}: {error}") from error
        except ValueError as error:
            raise CommandError("--speed is max or a number.") from error
        if (pace is not None and pace <= 0) or at_once < 1:
            raise CommandError("--speed and --at-once must be more than nothing.")
        with installation(url, self.say) as address:
            book = Book(total=sum(len(conversation.lines) for conversation in conversations))
            self.say(f"{len(conversations)} conversations, {book.total} messages: inviting the people")
            stages, misfits = self.invite(conversations, book)
            last_case = Case.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            last_alert = Alert.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            rooms = [stage.room for stage in stages]
            begun = time.monotonic()
            asyncio.run(
                play(
                    stages,
                    url=address.replace("http", "ws", 1) + "/ws/",
                    origin=address,
                    speed=pace,
                    at_once=at_once,
                    pending=lambda: pending_in(rooms),
                    progress=Bar(self.stderr),
                    book=book,
                )
            )
            self.stderr.write("")
            self.report(book, rooms, time.monotonic() - begun, misfits, last_case, last_alert)

    def say(self, line: str) -> None:
        self.stderr.write(line)

    def invite(self, conversations: Sequence[Conversation], book: Book) -> tuple[list[Stage], int]:
        """Open accounts, prove ages, propose and approve rooms, join them: by the services that people use.

        A room here admits minors or adults, never both, and from 15. Somebody the file puts where the door would have
        kept them out is played as one who holds a false proof, and counted: otherwise nothing could be said at all.
        """
        moderator, officers = staff()

        def hurry(room: str) -> None:
            try:
                set_slow_mode(actor=moderator, room=Room.objects.get(public_id=room), seconds=0)
            finally:
                connection.close()

        seats: dict[tuple[str, str, bool], tuple[Member, Seat]] = {}
        stages, misfits = [], 0
        for conversation in conversations:
            adults = conversation.band == AgeBand.ADULT
            with transaction.atomic():
                room = open_room(conversation, moderator, officers)
                here = {}
                for letter, band in conversation.bands.items():
                    fits = band == (AgeBand.ADULT if adults else AgeBand.TEEN_15_17)
                    misfits += not fits
                    key = (conversation.cast, letter, adults)
                    if key not in seats:
                        member = open_member(AgeBand.ADULT if adults else AgeBand.TEEN_15_17, conversation.language)
                        seats[key] = member, Seat(member.public_id, session_cookie(member), book, hurry)
                    member, here[letter] = seats[key]
                    join_room(actor=member, room=room)
            stages.append(Stage(conversation, room.public_id, here))
        return stages, misfits

    def report(
        self, book: Book, rooms: Sequence[str], seconds: float, misfits: int, last_case: int, last_alert: int
    ) -> None:
        states = Counter(Message.objects.filter(room__public_id__in=rooms).values_list("check_state", "visibility"))

        def count(state: str | None = None, visibility: str | None = None) -> int:
            return sum(n for (s, v), n in states.items() if state in (None, s) and visibility in (None, v))

        reached = [ats for message, ats in book.delivered_at.items() if message in book.sent_at]
        cases = Counter(Case.objects.filter(pk__gt=last_case).values_list("code", "severity"))
        refused = ", ".join(f"{code} {n}" for code, n in book.refused.most_common())
        rows = [
            ("sent", f"{book.sent} in {seconds:.1f} s ({book.sent / max(seconds, 0.001):.0f}/s)"),
            ("stored", f"{count()}"),
            ("delivered", f"{len(reached)}, {sum(map(len, reached))} times"),
            ("held", f"{count(visibility='held')}"),
            ("refused", f"{count(visibility='refused')}" + (f"; not stored: {refused}" if refused else "")),
            ("checked", f"{count('done')}" + (f", failed {count('failed')}" if count("failed") else "")),
            ("pending", f"{count('pending')}"),
            ("alerts", f"{Alert.objects.filter(pk__gt=last_alert).count()}"),
            ("cases", ", ".join(f"{code} {severity}: {n}" for (code, severity), n in sorted(cases.items())) or "none"),
            ("send to delivery", spread(book.delivery_seconds())),
            ("send to checked", spread(book.check_seconds())),
            ("slowed rooms", f"given their pace back {book.hurried} times: the clock runs faster than the file's"),
            ("kept at the door", f"{misfits} people of another age, played with a false proof"),
        ]
        for name, value in rows:
            self.stdout.write(f"{name + ':':<18}{value}")


class Bar:
    """A progress bar on a terminal, and a line every tenth elsewhere."""

    WIDTH = 40

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._tenth = -1
        self._drawn = 0.0

    def __call__(self, book: Book) -> None:
        done = book.answered / max(book.total, 1)
        if self._stream.isatty():
            if time.monotonic() - self._drawn > 0.1 or book.answered == book.total:
                self._drawn = time.monotonic()
                full = int(done * self.WIDTH)
                bar = "█" * full + "░" * (self.WIDTH - full)
                self._stream.write(f"\r{bar} {book.answered}/{book.total}", ending="")
        elif int(done * 10) > self._tenth:
            self._tenth = int(done * 10)
            self._stream.write(f"{book.answered}/{book.total}")


def spread(values: Sequence[float]) -> str:
    """Median and 99th percentile in milliseconds, with how many were measured."""
    p50, p95, p99 = (percentile(values, per_cent) for per_cent in (50, 95, 99))
    if p50 is None or p95 is None or p99 is None:
        return "nothing to measure"
    return f"p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms (of {len(values)})"


def pending_in(rooms: Sequence[str]) -> int:
    """How many messages of these rooms still wait for their check. Called from a thread: it leaves no connection."""
    try:
        return Message.objects.filter(room__public_id__in=rooms, check_state=Message.CheckState.PENDING).count()
    finally:
        connection.close()


def staff() -> tuple[Member, list[Member]]:
    """Somebody who proposes rooms and two others who approve them; an empty installation gets the demo's people."""
    if not Member.objects.exists():
        call_command("seed_demo", verbosity=0)
    working = Member.objects.open().filter(groups__name__in=STAFF_ROLES).distinct()
    moderator = working.filter(groups__name=MODERATOR).first()
    approvers = working.exclude(pk=moderator.pk if moderator else 0).exclude(groups__name="age_officer")
    chosen = sorted(approvers, key=lambda member: not member.groups.filter(name=OFFICER_LEAD).exists())[:2]
    if moderator is None or len(chosen) < 2:
        raise CommandError("A moderator and two others who may approve rooms are needed: run seed_demo or setup first.")
    return moderator, chosen


def open_room(conversation: Conversation, moderator: Member, officers: Sequence[Member]) -> Room:
    """The conversation's room under its own name, or a neutral one where that name is refused here."""
    ages = (18, None) if conversation.band == AgeBand.ADULT else (15, 18)
    for name in (f"{conversation.room_name} {invented()}".strip()[:80], f"salon {invented()}", f"salon {invented()}"):
        try:
            with transaction.atomic():
                proposal = propose_room(
                    actor=moderator, name=name, language=conversation.language, at_least=ages[0], under=ages[1]
                )
        except (NameRefused, NameTaken):
            continue
        for officer in officers:
            room = approve_proposal(actor=officer, proposal=proposal)
            if room is not None:
                return room
    raise CommandError("No room could be opened for a conversation of this file.")


def open_member(band: AgeBand, language: str) -> Member:
    """An invented person with a proved age."""
    while True:
        try:
            with transaction.atomic():
                member = open_account(
                    email=f"{uuid.uuid4().hex}@replay.example",
                    pseudonym=invented().capitalize(),
                    password=secrets.token_urlsafe(16),
                    language=language,
                    terms_version=terms.current().version,
                    client=Client(address="127.0.0.1", port=0),
                )
                break
        except PseudonymRefused:
            continue  # taken, or a word that is no name
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    check = begin_check(actor=member, provider=DemoProvider.slug)
    record_outcome(check=check, outcome=DemoProvider().outcome_of(band))
    return member


def invented() -> str:
    """A word that means nothing."""
    return "".join(secrets.choice(SYLLABLES) for _ in range(5))


def session_cookie(member: Member) -> str:
    """The cookie of a session, as logging in leaves it."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


# -- the installation it plays on ------------------------------------------------------------------------------------


def health(address: str) -> dict[str, Any] | None:
    """What /healthz says, or None where nothing answers."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310  http by construction
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        with contextlib.suppress(ValueError):
            return dict(json.load(error))
        return None
    except (OSError, ValueError):
        return None


def wait_until_alive(address: str, may_come: Callable[[], bool]) -> None:
    """Return once Redis and a worker stand behind the web process: one that has just started is heard in a moment."""
    deadline = time.monotonic() + START_SECONDS
    while (there := health(address)) is None or (there.get("worker"), there.get("redis")) != ("ok", "ok"):
        if time.monotonic() > deadline or not may_come():
            raise CommandError(f"{address} answers, but not all of it is alive: {json.dumps(there)}")
        time.sleep(0.5)


@contextlib.contextmanager
def installation(address: str, say: Any) -> Iterator[str]:
    """The address of a running web process with a worker behind it: the one at `address`, or one of our own."""
    if urlsplit(address).scheme != "http":
        raise CommandError("--url is http://host:port of an installation on this machine.")
    if health(address):
        wait_until_alive(address, lambda: True)
        yield address
        return
    with contextlib.ExitStack() as started:
        say("nothing answers there: starting a web process and a worker")
        parts = urlsplit(settings.REDIS_URL)
        try:
            redis.Redis.from_url(settings.REDIS_URL).ping()
        except redis.RedisError as error:
            if parts.scheme != "unix":
                raise CommandError("Redis does not answer at REDIS_URL.") from error
            started.enter_context(process(redis_command(Path(parts.path))))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        ours = f"http://127.0.0.1:{port}"
        web = started.enter_context(process(web_command(host="127.0.0.1", port=port)))
        worker = started.enter_context(process(worker_command(processes=2, beat=True)))
        wait_until_alive(ours, lambda: web.poll() is None and worker.poll() is None)
        yield ours


@contextlib.contextmanager
def process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A child that ends with us. What it prints goes to our error stream."""
    child = subprocess.Popen(  # noqa: S603  a command line of config.processes
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=die_with_parent,  # this process has one thread here
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
