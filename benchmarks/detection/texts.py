"""Single texts: functional tests of hate, ordinary messages, names of rooms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from safeguarding.detection.batch import assess_conversation, assess_room_name, assess_text
from safeguarding.detection.rulesets import Ruleset

from .corpora import HALVES, SHARED, SUITE, Absent, Line, lines, single, spoken
from .figures import COUNTED, Row, macro_f1, share

LGBT = frozenset({"gay people", "trans people"})
REACH = {"fr": 0.86, "en": 0.80}
Judged = list[tuple[Line, bool]]


def hatecheck(ruleset: Ruleset, lang: str) -> list[Row]:
    """Macro-F1 on HateCheck (Röttger et al. 2021, 2022), all rows and undisputed ones, and equal to targets.

    Undisputed are the templates whose label the annotators upheld. Without the single cases they contested too, hardly
    any French row is left that is not hateful: that figure is told and has no bar.
    """
    name = {"fr": "French HateCheck", "en": "English HateCheck"}[lang]
    rows = lines(SHARED / "hatecheck" / f"{lang}-dev.jsonl")
    judged: Judged = [(row, assess_text({"lang": lang, "text": row["text"]}, ruleset)["hateful"]) for row in rows]
    found = [Row(f"{name}, macro-F1", _f1(judged), reach=REACH[lang], count=len(judged), parts=_by_function(judged))]
    if lang == "fr":
        agreed = [(row, answer) for row, answer in judged if not row["disputed"]]
        found.append(Row(f"{name}, undisputed rows, macro-F1", _f1(agreed), reach=REACH[lang], count=len(agreed)))
        upheld = [(row, answer) for row, answer in agreed if not row["disputed_case"]]
        found.append(Row(f"{name}, of these without contested cases, macro-F1", _f1(upheld), count=len(upheld)))
    by_target: dict[str, list[bool]] = defaultdict(list)
    for row, answer in judged:
        if row["target"]:
            by_target[row["target"]].append(row["hateful"] == answer)
    lgbt = [right for target in LGBT for right in by_target[target]]
    others = [right for target, rights in by_target.items() if target not in LGBT for right in rights]
    gap = abs((share(lgbt) or 0) - (share(others) or 0)) * 100
    accuracy = {target: share(rights) or 0.0 for target, rights in sorted(by_target.items())}
    found.append(
        Row(f"{name}, gay and trans targets against others: gap in accuracy", gap, "points", 3, False,
            len(lgbt) + len(others), parts=accuracy)
    )  # fmt: skip
    return found


def _f1(judged: Judged) -> float:
    return macro_f1((row["hateful"], answer) for row, answer in judged)


def _by_function(judged: Judged) -> dict[str, float]:
    by_function: dict[str, list[bool]] = defaultdict(list)
    for row, answer in judged:
        by_function[row["functionality"]].append(row["hateful"] == answer)
    return {name: share(rights) or 0.0 for name, rights in by_function.items()}


def _disturbed(text: str, lang: str, band: str, kind: str, ruleset: Ruleset) -> tuple[bool, bool]:
    """Was an ordinary text held or refused, and did it raise an alert that counts?"""
    if kind == "text":
        held = assess_text({"lang": lang, "text": text}, ruleset)["verdict"] != "allow"
        kind = "direct"
    else:
        held = False
    answer: dict[str, Any] = assess_conversation(single(text, lang, band, kind), ruleset)
    held |= answer["messages"][0]["verdict"] != "allow"
    return held, any(alert["severity"] in COUNTED for alert in answer["alerts"])


def _ordinary(name: str, texts: list[tuple[str, str, str, str]], ruleset: Ruleset) -> list[Row]:
    answers = [_disturbed(text, lang, band, kind, ruleset) for text, lang, band, kind in texts]
    return [
        Row(f"{name}: {what}", 1000 * sum(answer[place] for answer in answers) / len(answers), "per 1,000", reach,
            False, len(answers))
        for place, what, reach in ((0, "held or refused", 0.3), (1, "raising an alert", 1.0))
    ]  # fmt: skip


def public_messages(ruleset: Ruleset) -> list[Row]:
    """SMS of NUS and UCI, as said in private between adults."""
    paths = [SHARED / "benign" / f"{name}-dev.jsonl" for name in ("uci-ham", "nus-sms")]
    texts = [(row["text"], "en", "adult", "text") for path in paths for row in lines(path)]
    return [*_ordinary("ordinary SMS", texts, ruleset), _in_rows([text for text, *_ in texts], ruleset)]


def _in_rows(texts: list[str], ruleset: Ruleset, size: int = 8) -> Row:
    """The same, eight in a row as a talk of two people: what adds up where nobody means anything by it. No bar."""
    talks = [spoken(texts[start : start + size], "en", "adult") for start in range(0, len(texts) - size + 1, size)]
    alerting = sum(
        any(alert["severity"] in COUNTED for alert in assess_conversation(talk, ruleset)["alerts"]) for talk in talks
    )
    return Row("ordinary SMS in talks of eight: raising an alert", 1000 * alerting / (size * len(talks)), "per 1,000",
               at_least=False, count=size * len(talks))  # fmt: skip


def _own(families: frozenset[str]) -> Iterator[tuple[str, str, str, str]]:
    for half in HALVES:
        for row in lines(SUITE / half / "ordinary.jsonl"):
            if row["family"] in families:
                yield row["text"], row["lang"], row["band"], "direct" if row["band"] == "adult" else "room"


def own_messages(ruleset: Ruleset) -> list[Row]:
    """The ordinary talk of our own suite, each line as said in its band."""
    found: list[Row] = []
    for name, families in (
        ("adult gay dating talk", {"gay_dating"}),
        ("LGBT youth support talk", {"lgbt_support"}),
        ("games and everyday chat of teenagers", {"games", "everyday"}),
    ):
        texts = list(_own(frozenset(families)))
        found += _ordinary(name, texts, ruleset) if texts else []
    return found


def room_names(ruleset: Ruleset) -> list[Row]:
    """Names of rooms: allow, review or refuse."""
    found = []
    sets = [("room names, public sample", [SHARED / "conversations" / "room_names_sample.jsonl"])]
    sets.append(("room names, our suite", [SUITE / half / "room_names.jsonl" for half in HALVES]))
    for name, paths in sets:
        try:
            rows = [row for path in paths for row in lines(path)]
        except Absent:
            found.append(Row(f"{name}: right decision", None, reach=0.95, note="absent"))
            continue
        right = [assess_room_name(row, ruleset)["decision"] == row["expect"] for row in rows]
        found.append(Row(f"{name}: right decision", share(right), reach=0.95, count=len(right)))
    return found


SECTIONS: tuple[tuple[str, Callable[[Ruleset], list[Row]]], ...] = (
    ("French HateCheck", lambda ruleset: hatecheck(ruleset, "fr")),
    ("English HateCheck", lambda ruleset: hatecheck(ruleset, "en")),
    ("ordinary SMS", public_messages),
    ("our ordinary talk", own_messages),
    ("room names", room_names),
)
