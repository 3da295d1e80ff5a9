"""People who steer the rules, rule files small enough to read, and what the real drain makes of a message."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Sequence

import pytest
from django.test import Client
from django.utils import timezone

from chat.models import Message, MessageRevision, Room
from community.models import Member
from community.policies import AgeBand
from community.roles import MODERATOR, OFFICER_DEPUTY, OFFICER_LEAD
from safeguarding import rules
from safeguarding.models import Rule, Stage
from safeguarding.rules import refreshed_rules
from safeguarding.services.checks import drain_rooms
from safeguarding.services.rule_moves import approve_move, move_rule
from safeguarding.services.rules import _install_live, import_rules
from tests.cast import open_member, open_room
from tests.safeguarding.casework.conftest import enter

# A rule about nothing, so that no rule of the house meets what it meets.
HERRING = """
code: {code}
lang: fr
rules:
  - id: t.herring
    action: {action}
    weight: {weight}
    patterns: ["hareng bleu"]
    examples:
      must_fire: ["voici le hareng bleu"]
      must_not_fire: ["voici le hareng rouge"]
"""


# A whole rule set that compiles at once, for tests that need rules and not these rules.
TINY = """
lang: fr
rules:
  - id: t.secret
    code: M1
    tactic: secrecy
    patterns: ["notre secret"]
    examples: {must_fire: ["c'est notre secret"], must_not_fire: ["un secret"]}
  - id: t.place
    code: V1
    tactic: isolated_place
    patterns: ["derrière le hangar"]
    examples: {must_fire: ["viens derrière le hangar"], must_not_fire: ["viens au hangar"]}
  - id: t.scam
    code: X1
    patterns: ["argent facile"]
    examples: {must_fire: ["de l'argent facile"], must_not_fire: ["de l'argent"]}
"""


def herring(code: str = "X1", action: str = "hold", weight: float = 0.5) -> dict[str, str]:
    return {"herring.yaml": HERRING.format(code=code, action=action, weight=weight)}


@pytest.fixture(autouse=True)
def same_rules_afterwards() -> Iterator[None]:
    """What a test puts in force in this process does not outlive it."""
    before = rules._book
    yield
    rules._book, rules._broken = before, None


@pytest.fixture
def tiny(db: None) -> None:
    """The rules in force are three: reading and compiling them takes no time."""
    _install_live({"tiny.yaml": TINY}, fresh=True)
    refreshed_rules()


@pytest.fixture
def alice(db: None) -> Member:
    return open_member("alice", AgeBand.TEEN_15_17)


@pytest.fixture
def bob(db: None) -> Member:
    return open_member("bob", AgeBand.ADULT)


@pytest.fixture
def charlie(db: None) -> Member:
    return open_member("charlie")


@pytest.fixture
def mo(db: None) -> Member:
    return open_member("mo", AgeBand.ADULT, MODERATOR)


@pytest.fixture
def sam(db: None) -> Member:
    return open_member("sam", AgeBand.ADULT, OFFICER_LEAD)


@pytest.fixture
def dana(db: None) -> Member:
    return open_member("dana", AgeBand.ADULT, OFFICER_DEPUTY)


@pytest.fixture
def pub(bob: Member, charlie: Member) -> Room:
    """A room for adults."""
    return open_room("pub", bob, charlie)


@pytest.fixture
def homework(alice: Member, bob: Member) -> Room:
    """A room for minors in which bob, an adult, has found his way."""
    return open_room("homework", alice, bob, minors=True)


@pytest.fixture
def visit() -> Callable[..., Client]:
    """A browser in which somebody has logged in, with a second factor."""
    return lambda member: enter(Client(), member)


@pytest.fixture
def new_rule(sam: Member) -> Callable[..., Rule]:
    """Import a rule about herrings; it is a draft."""

    def make(**fields: object) -> Rule:
        pack = import_rules(actor=sam, files=herring(**fields))  # type: ignore[arg-type]
        return pack.rules.get(key="t.herring")

    return make


@pytest.fixture
def bring(sam: Member, dana: Member) -> Callable[..., Rule]:
    """Take a rule step by step to a stage, with a second person where one is needed."""
    road = [Stage.SHADOW, Stage.CANARY, Stage.LIVE]

    def go(rule: Rule, to: Stage) -> Rule:
        for stage in road[: road.index(to) + 1]:
            move = move_rule(actor=sam, rule=rule, to=stage, reason="tried")
            if move.took_effect_at is None:
                approve_move(actor=dana, move=move)
        rule.refresh_from_db()
        refreshed_rules()
        return rule

    return go


_numbers = itertools.count()


def write(author: Member, room: Room, text: str, *to: Member, later: dt.timedelta = dt.timedelta()) -> Message:
    """Store a message as the posting service would, for the drain to check."""
    mentions = [member.public_id for member in to]
    message = Message.objects.create(room=room, author=author, client_id=f"c{next(_numbers)}", mentions=mentions)
    MessageRevision.objects.create(message=message, number=1, body=text, created_at=timezone.now() + later)
    return message


@pytest.fixture
def say(db: None) -> Callable[..., Message]:
    """Write a message and let the real drain check it."""

    def post(author: Member, room: Room, text: str, to: Sequence[Member] = ()) -> Message:
        message = write(author, room, text, *to)
        drain_rooms()
        message.refresh_from_db()
        return message

    return post


def stages() -> dict[str, str]:
    return dict(Rule.objects.filter(key="t.herring").values_list("version", "stage"))
