"""Conversations: does the right alert come, about the right person, while it is still useful, and no other?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from safeguarding.detection.alike import TACTIC
from safeguarding.detection.batch import assess_conversation
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.tactics import HELP_CODES

from .corpora import HALVES, SHARED, SUITE, Line, lines, seen
from .figures import COUNTED, Row, macro_f1, quantile, share

APART = SUITE / "apart"
AGGRESSIVE = frozenset({"H1", "C1", "V2"})
Alert = dict[str, Any]


@dataclass(frozen=True)
class Judgement:
    """One line of a suite, answered. `delay` counts messages up to the first right alert, from 1."""

    line: Line
    alerts: tuple[Alert, ...]  # those that count
    right: bool  # right code and subject, in time
    grave: bool  # the same, and grave enough
    delay: int | None
    minutes: float | None
    victim: bool  # somebody to be protected was accused
    false: bool  # benign line: an alert that is not tolerated

    @property
    def risky(self) -> bool:
        return bool(self.line["kind"] == "risk")


def _moments(line: Line) -> dict[tuple[int, int], tuple[int, datetime]]:
    """(conversation, message) -> its place in time and its moment."""
    parts = line.get("conversations") or [line]
    order = sorted((m["at"], c, n) for c, part in enumerate(parts) for n, m in enumerate(part["messages"]))
    return {(c, n): (place, datetime.fromisoformat(at)) for place, (at, c, n) in enumerate(order)}


def judge(line: Line, ruleset: Ruleset) -> Judgement:
    """Answer a line as its README says it is scored."""
    answer = assess_conversation(seen(line), ruleset)
    alerts = tuple(alert for alert in answer["alerts"] if alert["severity"] in COUNTED)
    expect = line["expect"]
    if line["kind"] != "risk":
        tolerated = [(row["code"], row["subject"]) for row in expect.get("tolerate", ())]
        false = any((alert["code"], alert["subject"]) not in tolerated for alert in alerts)
        return Judgement(line, alerts, False, False, None, None, False, false)
    moments = _moments(line)
    subjects = expect.get("subjects") or [expect["subject"]]
    limit = moments[expect.get("alert_by_conversation", 0), expect["alert_by"]][0]
    matching = [alert for alert in alerts if alert["code"] in expect["codes"] and alert["subject"] in subjects]
    when = [moments[alert.get("conversation", 0), alert["at_message"]] for alert in matching]
    start = min(moments.values())[1]
    first = min(when, default=None)
    grave = any(
        alert["severity"] <= expect["severity_min"] and moment[0] <= limit
        for alert, moment in zip(matching, when, strict=True)
    )
    innocent = set(expect["protects"]) - set(subjects)
    return Judgement(
        line, alerts, first is not None and first[0] <= limit, grave,
        None if first is None else first[0] + 1,
        None if first is None else (first[1] - start).total_seconds() / 60,
        any(alert["subject"] in innocent for alert in alerts), False,
    )  # fmt: skip


def judged(path: Path, ruleset: Ruleset) -> list[Judgement]:
    """All lines of a suite file."""
    return [judge(line, ruleset) for line in lines(path)]


def f_latency(judgements: Iterable[Judgement]) -> float | None:
    """F1 of finding risk lines, lowered by how late (Sadeque et al. 2018; Vogt et al. 2021).

    The penalty of a delay d is -1 + 2 / (1 + exp(-p (d - 1))), with p such that half is lost at the median length.
    """
    held = list(judgements)
    found = [j.delay for j in held if j.risky and j.delay is not None]
    if not found:
        return None
    lengths = [len(_moments(j.line)) for j in held if j.risky]
    p = math.log(3) / max(1.0, quantile(lengths, 0.5) - 1)
    precision = len(found) / (len(found) + sum(j.false for j in held))
    recall = len(found) / len(lengths)
    penalty = -1 + 2 / (1 + math.exp(-p * (quantile(found, 0.5) - 1)))
    return 2 * precision * recall / (precision + recall) * (1 - penalty)


def _suite_rows(name: str, judgements: list[Judgement]) -> Iterator[Row]:
    risks = [j for j in judgements if j.risky]
    plain = share(j.right for j in risks if not j.line["obfuscation"])
    hidden = share(j.right for j in risks if j.line["obfuscation"])
    by_code: dict[str, list[bool]] = defaultdict(list)
    by_disguise: dict[str, list[bool]] = defaultdict(list)
    for j in risks:
        by_code[j.line["family"]].append(j.right)
        for disguise in j.line["obfuscation"]:
            by_disguise[disguise].append(j.right)
    yield Row(f"{name}: right code and subject in time", share(j.right for j in risks), reach=0.90, count=len(risks),
              parts={code: share(v) or 0.0 for code, v in sorted(by_code.items())})  # fmt: skip
    if plain is not None and hidden is not None:
        yield Row(f"{name}: obfuscated below plain by", 100 * (plain - hidden), "points", 5, False,
                  sum(bool(j.line["obfuscation"]) for j in risks),
                  parts={d: share(v) or 0.0 for d, v in sorted(by_disguise.items())})  # fmt: skip
    yield Row(f"{name}: and grave enough", share(j.grave for j in risks), count=len(risks))
    yield Row(f"{name}: somebody to be protected is accused", share(j.victim for j in risks), at_least=False,
              count=len(risks))  # fmt: skip
    benign = [j for j in judgements if not j.risky]
    yield Row(f"{name}: benign twins that alert", share(j.false for j in benign), reach=0.03, at_least=False,
              count=len(benign))  # fmt: skip
    delays = [j.delay for j in risks if j.delay is not None]
    minutes = [j.minutes for j in risks if j.minutes is not None]
    yield Row(f"{name}: F-latency", f_latency(judgements), "", count=len(risks))
    yield Row(f"{name}: messages to the first right alert, median", quantile(delays, 0.5), "messages",
              count=len(delays), parts=_histogram(delays))  # fmt: skip
    yield Row(f"{name}: minutes to the first right alert, median", quantile(minutes, 0.5), "minutes",
              count=len(minutes))  # fmt: skip


def _histogram(delays: list[int]) -> dict[str, float]:
    return {str(n): float(delays.count(n)) for n in range(1, max(delays) + 1)}


def own_suite(half: str) -> Callable[[Ruleset], list[Row]]:
    """Our suite, one half."""

    def measure(ruleset: Ruleset) -> list[Row]:
        return list(_suite_rows(f"our suite, {half}", judged(SUITE / half / "conversations.jsonl", ruleset)))

    return measure


def written_apart(ruleset: Ruleset) -> list[Row]:
    """Lines of authors who had seen neither rules nor suite, without bars: what unexpected words come to."""
    rows = _suite_rows("written apart", judged(APART / "conversations.jsonl", ruleset))
    return [*(replace(row, reach=None) for row in rows), *_ordinary_rows(ruleset)]


def _ordinary_rows(ruleset: Ruleset) -> Iterator[Row]:
    """Ordinary talk of two or of a room, as whole conversations: what adds up over messages adds up here."""
    talked = judged(APART / "talks.jsonl", ruleset)
    messages = sum(len(j.line["messages"]) for j in talked)
    alerts = [alert for j in talked for alert in j.alerts]
    yield Row("ordinary talk written apart: raising an alert", 1000 * len(alerts) / messages, "per 1,000",
              at_least=False, count=messages,
              parts={"by likeness alone": 1000 * sum(a["tactics"] == [TACTIC] for a in alerts) / messages})  # fmt: skip


def public_sample(ruleset: Ruleset) -> list[Row]:
    """The public sample of the suite that is kept apart for evaluation."""
    return list(_suite_rows("public sample", judged(SHARED / "conversations" / "sample.jsonl", ruleset)))


def rebanded(line: Line) -> Line:
    """A line whose subject is (or passes for) a teenager of the room's own band."""
    expect, again = line["expect"], dict(line)
    subject = expect["subject"]

    def changed(part: Line) -> Line:
        people = part["participants"]
        if subject in people:
            people = {**people, subject: {**people[subject], "band": part["room"]["band"]}}
        return {**part, "participants": people}

    if "conversations" in again:
        return {**again, "conversations": [changed(part) for part in again["conversations"]]}
    return changed(again)


def same_band(ruleset: Ruleset) -> list[Row]:
    """Every M1 line of our suite with its subject re-banded as a teenager: a proof can be false."""
    found = [
        judge(rebanded(line), ruleset).right
        for half in HALVES
        for line in lines(SUITE / half / "conversations.jsonl")
        if line["family"] == "M1" and line["kind"] == "risk"
    ]
    return [
        Row("our suite: M1 whose subject passes for a teenager, in time", share(found), reach=0.9, count=len(found))
    ]


def _chat_rows(name: str, chats: Iterable[Line], ruleset: Ruleset) -> Iterator[Row]:
    """Chats in which each message is labelled aggressive or not, and each person by the part they play."""
    pairs: list[tuple[bool, bool]] = []
    named: list[bool] = []
    quiet = 0
    calm: list[bool] = []
    for line in chats:
        answer = assess_conversation(seen(line), ruleset)
        for message, row in zip(line["messages"], answer["messages"], strict=True):
            if message["labels"]["hate"]:
                flagged = any(finding["code"] in AGGRESSIVE for finding in row["findings"])
                pairs.append((message["labels"]["hate"] != "NAG", flagged))
        alerts = [a for a in answer["alerts"] if a["severity"] in COUNTED and a["code"] not in HELP_CODES]
        if not line["labels"]["harassment"]:
            calm.append(bool(alerts))
        elif alerts:
            named.append((line["labels"]["roles"].get(alerts[0]["subject"]) or "").startswith("bully"))
        else:
            quiet += 1
    found = {"found": share(a for t, a in pairs if t) or 0.0, "false": share(a for t, a in pairs if not t) or 0.0}
    yield Row(f"{name}, aggressive or not, macro-F1", macro_f1(pairs), reach=0.75, count=len(pairs), parts=found)
    yield Row(f"{name}: the first alert that accuses names an aggressor", share(named), reach=0.95, count=len(named),
              note=f"{quiet} conversations without an alert")  # fmt: skip
    if calm:
        yield Row(f"{name}: chats without harassment that alert", share(calm), at_least=False, count=len(calm))


def teenagers_chat(ruleset: Ruleset) -> list[Row]:
    """CyberAgressionAdo (Ollagnier 2024): aggressive messages, and whom the first alert of a conversation names."""
    dev = lines(SHARED / "cyberagression" / "dev.jsonl")
    return list(_chat_rows("French teenagers' chat", dev, ruleset))


def own_chats(ruleset: Ruleset) -> list[Row]:
    """Our chats of French teenagers, without bars: authors who had seen no rule label what they wrote themselves."""
    rows = _chat_rows("our teenagers' chats", lines(SUITE / "chats" / "conversations.jsonl"), ruleset)
    return [replace(row, reach=None) for row in rows]


SECTIONS: tuple[tuple[str, Callable[[Ruleset], list[Row]]], ...] = (
    ("French teenagers' chat", teenagers_chat),
    ("our teenagers' chats", own_chats),
    ("public sample", public_sample),
    ("our suite, tune", own_suite("tune")),
    ("our suite, held", own_suite("held")),
    ("written apart", written_apart),
    ("same band", same_band),
)
