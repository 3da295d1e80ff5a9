"""The engine over files: JSON in, JSON out, no database. The pure core of the `assess_*` commands.

Conversations are read as they would have come: every message in the order of its time, with no knowledge of later ones.
Nothing is read of a line but its rooms, participants and messages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from .engine import assess, needs, room_key, screen
from .names import assess_room_name as judge_name
from .rulesets import Ruleset
from .tone import RULE as CONTEXT
from .types import Alert, Assessment, Finding, Person, RoomInfo, Utterance, Verdict

ESTABLISHED_DAYS = 365
BANDS = ("none", "teen_13_14", "teen_15_17", "adult")
KINDS = ("room", "direct")
LANGS = ("fr", "en")  # a text in any other language is judged by what the French rules find in it


class BadLine(ValueError):
    """A line of input that is not what the format asks for; the message says what is missing."""


def _finding(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "rule": finding.rule, "span": list(finding.span)}


def _told(findings: Iterable[Finding], ruleset: Ruleset) -> list[dict[str, Any]]:
    """What stands, and rude words that accuse nobody; not the words of another (quoted, reported, reclaimed)."""
    rude = {rule.id for rule in ruleset.rules if not rule.alerting and rule.code == "C1"} | {CONTEXT}
    return [_finding(finding) for finding in findings if finding.alerting or finding.rule in rude]


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise BadLine(f"{what} is not a text")
    if "\0" in value or not _is_unicode(value):
        raise BadLine(f"{what} holds a NUL or a lone surrogate, which no message may")
    return value


def _is_unicode(text: str) -> bool:
    """Whether a text is one: JSON can write half of a character (a lone surrogate), UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _one_of(value: object, known: tuple[str, ...], what: str, default: str) -> str:
    """A key that may be left out; one that is there and says something unknown is a mistake, and never a default."""
    if value is None:
        return default
    if value not in known:
        raise BadLine(f"{what} is none of {', '.join(known)}: {str(value)[:40]!r}")
    return str(value)


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value, "at"))
    except ValueError as error:
        raise BadLine(f"at is not an ISO-8601 time: {value!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def assess_text(line: Mapping[str, Any], ruleset: Ruleset) -> dict[str, Any]:
    """One text as posted by an established adult in an adult room. `hateful`: a standing H1."""
    lang = line.get("lang") if line.get("lang") in LANGS else "fr"
    room = RoomInfo("text", "room", "", "", "adult", str(lang))
    author = Person("author", "adult", ESTABLISHED_DAYS)
    screening = screen(_text(line.get("text"), "text"), room=room, author=author, ruleset=ruleset)
    return {
        "id": line.get("id"),
        "verdict": str(screening.verdict),
        "findings": _told(screening.findings, ruleset),
        "hateful": any(finding.code == "H1" and finding.alerting for finding in screening.findings),
    }


_DECISIONS = {Verdict.ALLOW: "allow", Verdict.HOLD: "review", Verdict.REFUSE: "refuse"}


def assess_room_name(line: Mapping[str, Any], ruleset: Ruleset) -> dict[str, Any]:
    """The name and topic of a room that somebody proposes."""
    lang = str(line.get("lang")) if line.get("lang") in LANGS else "fr"
    name, topic = _text(line.get("name"), "name"), _text(line.get("topic") or "", "topic")
    judged = judge_name(name, topic, lang, ruleset)
    return {
        "id": line.get("id"),
        "decision": _DECISIONS[judged.verdict],
        "findings": [_finding(finding) for finding in judged.findings],
    }


def _room(raw: object, index: int, lang: str) -> RoomInfo:
    if not isinstance(raw, Mapping):
        raise BadLine("room is not an object")
    kind = _one_of(raw.get("kind"), KINDS, "room kind", "room")
    band = _one_of(raw.get("band"), BANDS, "room band", "adult")
    name, topic = (_text(raw.get(key) or "", f"room {key}") for key in ("name", "topic"))
    return RoomInfo(str(index), kind, name, topic, band, lang)  # type: ignore[arg-type]  # checked just above


def _people(raw: object) -> dict[str, Person]:
    if not isinstance(raw, Mapping):
        raise BadLine("participants is not an object")
    people = {}
    for key, row in raw.items():
        if not isinstance(row, Mapping):
            raise BadLine(f"participant {key!r} is not an object")
        days = row.get("account_age_days")
        if days is not None and (isinstance(days, bool) or not isinstance(days, int)):
            raise BadLine(f"account_age_days of {key!r} is not a whole number")
        people[key] = Person(
            key,
            _one_of(row.get("band"), BANDS, f"band of {key!r}", "none"),  # type: ignore[arg-type]  # checked there
            ESTABLISHED_DAYS if days is None else days,
            _text(row.get("name") or "", f"name of {key!r}"),
        )
    return people


def _messages(raw: object, conversation: int) -> list[tuple[datetime, int, int, Mapping[str, Any]]]:
    if not isinstance(raw, list) or not all(isinstance(message, Mapping) for message in raw):
        raise BadLine("messages is not a list of objects")
    return [(_moment(message.get("at")), conversation, n, message) for n, message in enumerate(raw)]


def assess_conversation(
    line: Mapping[str, Any], ruleset: Ruleset, *, check: Callable[..., Assessment] = assess
) -> dict[str, Any]:
    """One line of the conversation format, whole. Alerts carry the message after which they were raised.

    `check` stands in for `assess` where somebody wants to look on (to time it, to collect what it returns).
    """
    lang = str(line.get("lang")) if line.get("lang") in LANGS else "fr"
    several = isinstance(line.get("conversations"), list)
    parts = line["conversations"] if several else [line]
    if not all(isinstance(part, Mapping) for part in parts):
        raise BadLine("conversations is not a list of objects")
    rooms = [_room(part.get("room"), index, lang) for index, part in enumerate(parts)]
    people = [_people(part.get("participants")) for part in parts]
    queue = [row for index, part in enumerate(parts) for row in _messages(part.get("messages"), index)]
    queue.sort(key=lambda row: row[:3])
    ledgers: dict[str, dict[str, Any]] = {}
    alerts: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    for at, index, n, raw in queue:
        room, cast = rooms[index], people[index]
        to = raw.get("to")
        if to is not None and not isinstance(to, list):
            raise BadLine("to is neither a list nor null")
        author = _text(raw.get("from"), "from")
        if unknown := [name for name in (author, *(to or ())) if name not in cast]:
            raise BadLine(f"message {n} names somebody who is not a participant: {str(unknown[0])[:40]!r}")
        utterance = Utterance(
            ref=f"{index}:{n}", author=author, at=at, text=_text(raw.get("text"), "text"), to=tuple(to or ()), lang=lang
        )
        keys = needs(utterance, room=room, room_ledger=ledgers.get(room_key(room), {}), people=cast)
        loaded = {key: ledgers[key] for key in keys if key in ledgers}
        result = check(utterance, room=room, people=cast, ledgers=loaded, ruleset=ruleset)
        ledgers.update(result.ledgers)
        alerts += [_alert(alert, index, n, several) for alert in result.alerts]
        row = {"n": n, "verdict": str(result.verdict), "findings": _told(result.findings, ruleset)}
        messages.append({"conversation": index, **row} if several else row)
    return {"id": line.get("id"), "alerts": alerts, "messages": messages}


def _alert(alert: Alert, conversation: int, n: int, several: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "code": alert.code, "severity": alert.severity, "subject": alert.subject, "protects": list(alert.protects),
        "at_message": n, "score": alert.score, "tactics": list(alert.tactics),
        "evidence": [int(ref.split(":")[1]) for ref in alert.evidence if ref.startswith(f"{conversation}:")],
    }  # fmt: skip
    if several:
        row["conversation"] = conversation
    return row


Answer = dict[str, Any]


def _written(answer: Answer) -> str:
    try:
        return json.dumps(answer, ensure_ascii=False, allow_nan=False)
    except ValueError as error:  # Python reads NaN and 1e400, which JSON cannot say
        raise BadLine("id holds a number that JSON does not know") from error


def answer_lines(
    lines: Iterable[str], answer: Callable[[Mapping[str, Any], Ruleset], Answer], ruleset: Ruleset
) -> Iterator[tuple[int, str | None, str | None]]:
    """JSONL in, JSONL out: (line number, answer, None) or (line number, None, what is wrong with the line).

    A bad line never stops the others, nor does one that the engine itself trips over; empty lines are passed over.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            if not isinstance(value, dict):
                raise BadLine("not a JSON object")
            answered = _written(answer(value, ruleset))
            if not _is_unicode(answered):
                raise BadLine("id holds a lone surrogate")
            yield number, answered, None
        except json.JSONDecodeError as error:
            yield number, None, f"not JSON: {error.msg} (column {error.colno})"
        except BadLine as error:
            yield number, None, str(error)
        except RecursionError:
            yield number, None, "nested too deeply"
        except Exception as error:  # noqa: BLE001  one line must not cost the reader all the others
            yield number, None, f"could not be judged: {type(error).__name__}: {str(error)[:200]}"
