"""A candidate tried on what was said: both rule sets read the same messages, in the order they came, and are compared.

Nothing is written: memory starts empty for both and is thrown away. The same messages, people, decisions and versions
give the same answer, byte for byte: there is no clock in it. Ages are those known today; how long somebody had been
here is as it was then.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.db.models import Exists, OuterRef

from chat.models import Message, MessageRevision
from community.models import Member
from safeguarding.detection import engine
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Band, Person, RoomInfo, Utterance, Verdict
from safeguarding.incidents import INCIDENTS
from safeguarding.models import Case, CaseParty, Evidence, Rule, RulePack, Stage
from safeguarding.rule_figures import UNJUDGED, with_outcome
from safeguarding.rules import compose
from safeguarding.statistics import Share

from .alerts import asked_by_rules
from .checks import addressed, room_info
from .people import bands_of

MOST_MESSAGES = 500_000
TICK = 500  # messages between two signs of life
# Minutes of a person's work for a case, where too few have been worked here to know; a held message by itself.
USUAL_MINUTES: Mapping[str, float] = {"P0": 30, "P1": 20, "P2": 10, "P3": 5}
HELD_MINUTES = 2.0
KNOWN_FROM = 10  # worked cases of a severity from which their median counts
LONGEST_MINUTES = 240.0
MOST_LINKS = 50


@dataclass(slots=True)
class Run:
    """What one rule set made of the messages so far."""

    ruleset: Ruleset
    ledgers: dict[str, dict[str, Any]] = field(default_factory=dict)
    alerts: dict[str, tuple[str, str]] = field(default_factory=dict)  # "family|subject or room" -> code, severity
    withheld: dict[str, str] = field(default_factory=dict)  # message -> verdict
    cases: set[str] = field(default_factory=set)  # public ids of decided cases that it would have led to

    @property
    def severities(self) -> dict[str, str]:
        return {about: severity for about, (_code, severity) in self.alerts.items()}


def replay(
    *, candidate: Rule | RulePack, since: dt.datetime, until: dt.datetime, alive: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Compare the LIVE rules with those that would be LIVE with `candidate` (without it, if it is LIVE already).

    Return plain JSON: alerts and withheld messages that would be new, lost and kept, and of the kept how many would be
    graver or milder; decided cases found and missed,
    with precision and its 95 % interval before and after; minutes of people's work. Content is in none of it. `alive`
    is called now and then. Raises RulesetError for a candidate that cannot be used.
    """
    before, after = Run(compose(Stage.LIVE)), Run(compose(Stage.LIVE, candidate=candidate))
    known = _decided_cases(since, until)
    read = 0
    for utterance, room, people in _messages(since, until):
        read += 1
        for run in (before, after):
            _take(run, utterance, room, people, known)
        if read % TICK == 0:
            alive()
        if read >= MOST_MESSAGES:
            break
    minutes = _minutes_by_severity()
    return {
        "candidate": named(candidate),
        "rulesets": {"before": before.ruleset.digest, "after": after.ruleset.digest},
        "messages": read,
        "complete": read < MOST_MESSAGES,
        "alerts": _compared(before.severities, after.severities),
        "withheld": _compared(before.withheld, after.withheld),
        "decided": _judged(before, after, known),
        "minutes": _cost(before, after, minutes),
    }


def named(candidate: Rule | RulePack) -> str:
    """How a candidate is called in answers and on the command line."""
    return f"{candidate.key}@{candidate.version}" if isinstance(candidate, Rule) else candidate.digest


# -- what was said ---------------------------------------------------------------------------------------------------


def _messages(since: dt.datetime, until: dt.datetime) -> Iterator[tuple[Utterance, RoomInfo, dict[str, Person]]]:
    """Every version of every message of the time, in the order they were written, with those it may concern."""
    written = (
        MessageRevision.objects.filter(created_at__gte=since, created_at__lt=until)
        .select_related("message__room", "message__author", "message__reply_to__author")
        .order_by("created_at", "pk")
    )
    members: dict[str, tuple[Member, Band]] = {}
    spoke: dict[int, list[str]] = defaultdict(list)  # room -> who spoke lately, newest first
    for revision in written.iterator(chunk_size=TICK):
        message = revision.message
        author = message.author.public_id
        to = addressed(message)
        near = spoke[message.room_id]
        wanted = {author, *to, *near}
        _learn(members, wanted)
        people = {
            key: Person(
                key, members[key][1], max(0, (revision.created_at - members[key][0].joined_at).days),
                members[key][0].pseudonym,
            )
            for key in sorted(wanted & members.keys())
        }  # fmt: skip
        info = room_info(message.room)
        yield (
            Utterance(message.public_id, author, revision.created_at, revision.body, to, info.lang),
            info, people,
        )  # fmt: skip
        spoke[message.room_id] = [author, *(key for key in near if key != author)][:8]


def _learn(members: dict[str, tuple[Member, Band]], wanted: Iterable[str]) -> None:
    absent = [key for key in wanted if key not in members]
    if not absent:
        return
    rows = list(Member.objects.filter(public_id__in=absent))
    bands = bands_of(row.pk for row in rows)
    members.update((row.public_id, (row, cast(Band, bands[row.pk].value))) for row in rows)


def _take(run: Run, utterance: Utterance, room: RoomInfo, people: Mapping[str, Person], known: _Known) -> None:
    keys = engine.needs(utterance, room=room, room_ledger=run.ledgers.get(engine.room_key(room), {}), people=people)
    ledgers = {key: run.ledgers[key] for key in keys if key in run.ledgers}
    made = engine.assess(utterance, room=room, people=people, ledgers=ledgers, ruleset=run.ruleset)
    run.ledgers.update(made.ledgers)
    if made.verdict is not Verdict.ALLOW:
        run.withheld[utterance.ref] = made.verdict.value
    for alert in made.alerts:
        _tell(run, alert.code, alert.severity, alert.subject or room.key)
        run.cases.update(known.found_by(alert.code, alert.subject, alert.evidence))
    withheld = made.verdict is not Verdict.ALLOW
    if not made.alerts and (asked := asked_by_rules(made.findings, withheld=withheld)):
        if not withheld:  # what is withheld is counted as that
            _tell(run, *asked, utterance.author)
        run.cases.update(known.found_by(asked[0], utterance.author, (utterance.ref,)))


def _tell(run: Run, code: str, severity: str, about: str) -> None:
    key = f"{INCIDENTS[code].family}|{about}"
    held = run.alerts.get(key)
    if held is None or severity < held[1]:
        run.alerts[key] = (code, severity)


# -- what people decided ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """The decided cases of the time: which messages they hold, about whom, and what came of them."""

    by_message: Mapping[str, tuple[str, ...]]  # message -> cases
    about: Mapping[str, tuple[str, frozenset[str]]]  # case -> family, subjects
    confirmed: Mapping[str, bool]

    def found_by(self, code: str, subject: str | None, evidence: Iterable[str]) -> Iterator[str]:
        for ref in evidence:
            for case in self.by_message.get(ref, ()):
                family, subjects = self.about[case]
                if family == INCIDENTS[code].family and (not subjects or subject in subjects):
                    yield case


def _decided_cases(since: dt.datetime, until: dt.datetime) -> _Known:
    said = Message.objects.filter(public_id=OuterRef("source_ref"), created_at__gte=since, created_at__lt=until)
    cases = {
        case.pk: case
        for case in with_outcome(Case.objects.exclude(code__in=UNJUDGED))
        .filter(is_decided=True)
        .only("pk", "public_id", "code")
    }
    by_message: dict[str, list[str]] = defaultdict(list)
    held = Evidence.objects.filter(Exists(said), case__in=cases, kind=Evidence.Kind.MESSAGE)
    for case, ref in held.values_list("case", "source_ref").distinct().order_by("case", "source_ref"):
        by_message[ref].append(cases[case].public_id)
    subjects: dict[int, set[str]] = defaultdict(set)
    roles = CaseParty.objects.filter(case__in=cases, role=CaseParty.Role.SUBJECT)
    for case, member in roles.values_list("case", "member__public_id"):
        subjects[case].add(member)
    return _Known(
        {ref: tuple(found) for ref, found in by_message.items()},
        {case.public_id: (INCIDENTS[case.code].family, frozenset(subjects[pk])) for pk, case in cases.items()},
        {case.public_id: bool(case.is_confirmed) for case in cases.values()},
    )


def _minutes_by_severity() -> dict[str, float]:
    """The median minutes from the first look at a case to its first decision, by severity; the usual where few."""
    spent: dict[str, list[float]] = defaultdict(list)
    worked = Case.objects.filter(first_look_at__isnull=False, decisions__isnull=False).values_list(
        "pk", "severity", "first_look_at", "decisions__created_at"
    )
    first: dict[int, tuple[str, dt.datetime, dt.datetime]] = {}
    for pk, severity, looked, decided in worked:
        if looked is not None and (pk not in first or decided < first[pk][2]):
            first[pk] = (severity, looked, decided)
    for severity, looked, decided in first.values():
        spent[severity].append(min(LONGEST_MINUTES, max(1.0, (decided - looked).total_seconds() / 60)))
    return {
        severity: round(statistics.median(spent[severity]), 1) if len(spent[severity]) >= KNOWN_FROM else usual
        for severity, usual in USUAL_MINUTES.items()
    }


# -- the comparison --------------------------------------------------------------------------------------------------


_GRAVEST_FIRST = (*Case.Severity.values, Verdict.REFUSE.value, Verdict.HOLD.value)


def _compared(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, int]:
    """`before` and `after`: what it is about -> how grave, a severity or a verdict."""
    kept = after.keys() & before.keys()
    moved = [_GRAVEST_FIRST.index(after[key]) - _GRAVEST_FIRST.index(before[key]) for key in kept]
    return {
        "new": len(after.keys() - before.keys()),
        "lost": len(before.keys() - after.keys()),
        "kept": len(kept),
        "graver": sum(by < 0 for by in moved),
        "milder": sum(by > 0 for by in moved),
    }


def _judged(before: Run, after: Run, known: _Known) -> dict[str, Any]:
    def of(cases: set[str]) -> dict[str, Any]:
        share = Share(sum(known.confirmed[case] for case in cases), len(cases))
        low, high = share.interval
        return {
            "confirmed": share.hits,
            "unfounded": share.total - share.hits,
            "precision": None if share.value is None else round(share.value, 4),
            "interval": [round(low, 4), round(high, 4)],
        }

    return {
        "before": of(before.cases),
        "after": of(after.cases),
        "found": _links(after.cases - before.cases, known),
        "missed": _links(before.cases - after.cases, known),
    }


def _links(cases: set[str], known: _Known) -> list[dict[str, Any]]:
    return [{"case": case, "confirmed": known.confirmed[case]} for case in sorted(cases)[:MOST_LINKS]]


def _cost(before: Run, after: Run, minutes: Mapping[str, float]) -> dict[str, float]:
    def of(run: Run) -> float:
        alerts = sum(minutes[severity] for _code, severity in run.alerts.values())
        return round(alerts + HELD_MINUTES * sum(verdict == "hold" for verdict in run.withheld.values()), 1)

    return {"before": of(before), "after": of(after), "difference": round(of(after) - of(before), 1)}
