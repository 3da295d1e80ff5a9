"""From a message in its place to alerts: record what was done to whom, weigh it, tell what a person must look at.

Each step writes the ledgers of the situation and yields alerts. Nobody is the subject of an alert for answering back,
quoting, asking for help or refusing: quoted findings do not alert, answers are told apart in `piles`, and of two people
the one who did more is meant.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from . import ages, counted, drift, pairs, piles, rooms, spread, tone
from .context import Situation
from .counterfactual import Circumstances, rescored
from .pairs import Score, Sighting
from .tactics import (
    ATTACK_TACTICS,
    M1,
    OPEN_TACTICS,
    PAIR_PROFILES,
    PAIR_TACTICS,
    SELF_PROFILES,
    SELF_TACTICS,
    SEVERITIES,
    V1,
    Profile,
    profiles_touched,
)  # fmt: skip
from .types import Alert, Finding

GROWTH = 12.0  # an alert of the same severity is given again only when the score has grown by this much
ATTACK_CODES = ("C1", "H1", "V2")
_NOT_ATTACKS = frozenset({"deny", "denounce", "to_many", "about_third", "abet", "defend", "appease"})
QUARREL_CODES = frozenset({"V2", "M1", "M2", "C2", "C3", "V1"})
MAX_EVIDENCE = 12
MAX_TOLD = 24


def raise_alerts(situation: Situation, *, degraded: bool) -> tuple[Alert, ...]:
    """All alerts this message gives rise to, gravest first."""
    found = [
        *_self_alerts(situation),
        *ages.age_alerts(situation),
        *_pair_alerts(situation),
        *_flood_alerts(situation),
        *_attack_alerts(situation),
        *drift.drift_alerts(situation),
    ]
    rooms.note_speaker(situation.room_ledger, situation.utterance, situation.aimed, situation.now)
    for alert in found:
        alert.explanation["degraded"] = degraded
    return tuple(sorted(found, key=lambda alert: (alert.severity, alert.code, alert.subject or "")))


def is_news(told: dict[str, Any], key: str, severity: str, score: float) -> bool:
    """Whether an alert is worth telling (first, graver, or clearly stronger), and if so remember it as told."""
    rank = SEVERITIES.index(severity)
    before = told.get(key)
    if before is not None and before[0] <= rank and (before[0] < rank or score < before[1] + GROWTH):
        return False
    told[key] = [rank, score]
    while len(told) > MAX_TOLD:
        del told[next(iter(told))]
    return True


def explain(
    code: str, score: float, weights: dict[str, float], bonus: dict[str, float], entries: Iterable[list[Any]],
    without_age_gap: float | None = None, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """The plain JSON a moderator's card is made of."""
    rules = {(entry[4], entry[5]): entry[3] for entry in entries}
    return {
        "code": code,
        "score": score,
        "weights": weights,
        "bonus": bonus,
        "without_age_gap": score if without_age_gap is None else without_age_gap,
        "rules": [{"rule": rule, "version": version, "ref": ref} for (rule, version), ref in sorted(rules.items())],
        **more,
    }


def _met(situation: Situation, findings: Iterable[Finding] | None = None) -> list[list[Any]]:
    """What a message met, in the shape of a ledger's entries: these findings, or all of it that alert."""
    told = situation.findings if findings is None else findings
    ref = situation.utterance.ref
    return [[0, 0, found.weight, ref, found.rule, found.version] for found in told if found.alerting]


def _evidence(entries: Iterable[list[Any]], last: str) -> tuple[str, ...]:
    refs = list(dict.fromkeys([entry[3] for entry in entries]))
    if last not in refs:
        refs.append(last)
    return tuple(refs[-MAX_EVIDENCE:])


def _sightings(situation: Situation, wanted: frozenset[str], confidence: float) -> list[Sighting]:
    return [
        Sighting(name, finding.weight * confidence, situation.utterance.ref, finding.rule, finding.version)
        for name, finding in sorted(situation.tactics.items())
        if name in wanted
    ]


def _scored_alert(
    profile: Profile, score: Score, severity: str, subject: str, protects: tuple[str, ...], ref: str, **more: Any
) -> Alert:
    return Alert(
        code=profile.code, severity=severity, subject=subject, protects=protects, score=score.total,
        tactics=tuple(sorted(score.weights, key=lambda name: (-score.weights[name], name))),
        evidence=_evidence(score.entries, ref), measures=profile.measures.get(severity, ()),
        explanation=explain(
            profile.code, score.total, dict(score.weights), dict(score.bonus), score.entries, score.without_age_gap,
            **more
        ),
    )  # fmt: skip


# ---- what somebody says of themselves


def _self_alerts(situation: Situation) -> Iterator[Alert]:
    """D1 and M7: help. The person who speaks is both subject and to protect."""
    ledger, now = situation.author_ledger["self"], situation.now
    pairs.forget(ledger, now)
    ledger["n"] += 1
    seen = _sightings(situation, SELF_TACTICS, 1.0)
    if not seen:
        return
    pairs.record(ledger, seen, now)
    minor = situation.is_minor(situation.author) or situation.minors_room
    for profile in profiles_touched(frozenset(one.tactic for one in seen), SELF_PROFILES):
        if not (profile.minors if minor else profile.adults):
            continue
        score = pairs.score(profile, ledger)
        if score.severity and is_news(ledger["a"], profile.code, score.severity, score.total):
            author = situation.author
            yield _scored_alert(
                profile, score, score.severity, author, (author,), situation.utterance.ref,
                counterfactuals=rescored(profile, ledger, score, Circumstances(), _severity_of),
            )  # fmt: skip


# ---- what somebody does to somebody


def _pair_alerts(situation: Situation) -> Iterator[Alert]:
    now, open_ledger = situation.now, situation.author_ledger["open"]
    pairs.forget(open_ledger, now)
    open_ledger["n"] += 1
    tactics = frozenset(situation.tactics) & PAIR_TACTICS
    for ledger in situation.towards.values():
        pairs.forget(ledger, now)
        ledger["n"] += 1
    _note_spread(situation)
    if not tactics:
        return
    to_all = situation.room.kind == "room" and not situation.utterance.to
    if to_all:
        wanted = PAIR_TACTICS if situation.minors_room else OPEN_TACTICS
        pairs.record(open_ledger, _sightings(situation, wanted, 1.0), now)
    for other, confidence in situation.aimed:
        pairs.record(situation.towards[other], _sightings(situation, PAIR_TACTICS, confidence), now)
    for profile in profiles_touched(tactics, PAIR_PROFILES):
        yield from _profile_alert(situation, profile, to_all)


def first_meeting(situation: Situation) -> tuple[str, ...]:
    """The two adults who speak of meeting, the first time they do: both get the same advice, whoever they are.

    No accusation, no case: a first meeting is ordinary. Written in the pair's ledger, so that it is told once.
    """
    if situation.tactics.keys().isdisjoint({"meeting", "first_meeting"}):
        return ()
    for other in situation.sure:
        both = (situation.author, other)
        told = [situation.towards[other]["a"], *(m["a"] for m in [situation.backwards.get(other)] if m)]
        if all(situation.is_adult(key) for key in both) and not any("meeting" in ledger for ledger in told):
            told[0]["meeting"] = [3, 0.0]
            return both
    return ()


def _applies(situation: Situation, profile: Profile, target: str | None) -> bool:
    if target is None:
        minor = situation.minors_room
        if profile is M1 and "seeks_minor" in situation.tactics:
            return True
    else:
        minor = situation.is_minor(target)
    return profile.minors if minor else profile.adults


def _gap(situation: Situation, target: str | None) -> bool:
    minor = situation.minors_room if target is None else situation.is_minor(target)
    return minor and situation.is_adult(situation.author)


def _profile_alert(situation: Situation, profile: Profile, to_all: bool) -> Iterator[Alert]:
    """The strongest case for one code: against one addressee, or towards the room as a whole."""
    if profile.code in QUARREL_CODES and _is_peer_quarrel(situation):
        return
    now, author, open_ledger = situation.now, situation.author, situation.author_ledger["open"]
    lured = len(spread.recipients(situation.author_ledger, now, spread.DAY))
    candidates: list[tuple[Score, str | None]] = []
    newcomer = situation.is_newcomer(author)
    around: dict[str | None, Circumstances] = {}
    for other, _confidence in situation.aimed:
        if not _applies(situation, profile, other):
            continue
        around[other] = Circumstances(_gap(situation, other), newcomer, max(0, lured - 1))
        score = pairs.score(profile, situation.towards[other], **dataclasses.asdict(around[other]))
        if score.severity and not _did_more(situation, profile, other, score):
            candidates.append((score, other))
    if to_all and _applies(situation, profile, None):
        around[None] = Circumstances(_gap(situation, None), newcomer)
        score = pairs.score(profile, open_ledger, **dataclasses.asdict(around[None]))
        if score.severity:
            candidates.append((score, None))
    if not candidates:
        return
    score, target = max(candidates, key=lambda candidate: (candidate[0].total, candidate[1] is not None))
    severity = _severity_of(profile, score) or "P3"
    ledger = situation.towards[target] if target is not None else open_ledger
    told = ledger["a"]
    if not is_news(told, profile.code, severity, score.total):
        return
    protects = _protected(situation, profile, target, candidates)
    more = {
        "confidence": dict(situation.aimed).get(target, 1.0) if target else None,
        "reached": lured,
        "counterfactuals": rescored(profile, ledger, score, around[target], _severity_of),
    }
    yield _scored_alert(profile, score, severity, author, protects, situation.utterance.ref, **more)


def _severity_of(profile: Profile, score: Score) -> str | None:
    if score.severity and profile is M1 and "age_gap" not in score.bonus and len(score.weights) < 2:
        return "P3"  # one careless line between people of one age is looked at, not more
    return score.severity


def _is_peer_quarrel(situation: Situation) -> bool:
    """Whether this is said by somebody who may be answering, in a quarrel of a room among people of one band."""
    if situation.room.kind != "room" or situation.person(situation.author).band != situation.room.band:
        return False
    return piles.is_answering(situation.room_ledger["pile"], situation.author, situation.now)


def _did_more(situation: Situation, profile: Profile, other: str, score: Score) -> bool:
    """Whether the other person did clearly more of the same to the author: then the author is answering."""
    if other not in situation.backwards:
        return False
    back = pairs.score(profile, situation.backwards[other])
    return back.severity is not None and back.total >= score.without_age_gap


def _protected(
    situation: Situation, profile: Profile, target: str | None, candidates: list[tuple[Score, str | None]]
) -> tuple[str, ...]:
    if profile is V1:
        reached = spread.recipients(situation.author_ledger, situation.now, spread.DAY)
        return tuple(dict.fromkeys([*(key for _score, key in candidates if key), *reached]))[:8]
    if target is not None:
        return (target,)
    near = rooms.recent_speakers(situation.room_ledger, situation.author, situation.now)
    return tuple(key for key in near if situation.is_minor(key)) if situation.minors_room else ()


# ---- one to many, many to one


def _lure_kind(situation: Situation) -> str:
    tactics = situation.tactics
    if not tactics.keys().isdisjoint({"opener_sexual", "sexual", "paid_encounter", "paid_offer", "image_request"}):
        return "sexual"
    if not tactics.keys().isdisjoint({"meeting", "come_alone", "isolated_place"}):
        return "meeting"
    return "plain"


def _note_spread(situation: Situation) -> None:
    """Count who got this lure, and newcomers who write to somebody."""
    people = situation.sure
    spread.note_lure(situation.author_ledger, situation.utterance.text, _lure_kind(situation), people, situation.now)
    if situation.is_newcomer(situation.author):
        for other in people:
            if situation.towards[other]["n"] == 1:  # a first contact
                spread.note_sender(situation.recipients[other], situation.author, situation.now)
                situation.written_recipients.add(other)


def _flood_alerts(situation: Situation) -> Iterator[Alert]:
    """X2: one to many (the same opener), or many newcomers to one."""
    ledger, now, author = situation.author_ledger, situation.now, situation.author
    flood = counted.Flood(
        sexual=(sexual := spread.reached_by_kind(ledger, now, spread.DAY, "sexual")),
        hour=spread.recipients(ledger, now, spread.HOUR),
        same_sexual=spread.recipients(ledger, now, spread.HOUR, frozenset({"sexual"})),
        newcomer=situation.is_newcomer(author),
        minors=frozenset(key for key in sexual if situation.is_minor(key)),
    )
    weighed = flood.weigh()
    if weighed.severity and is_news(ledger["a"], "X2", weighed.severity, weighed.score):
        counts = {"recipients": len(flood.reached), "recipients_hour": len(flood.hour)}
        yield _counted_alert(
            "X2", weighed, author, tuple(flood.reached), ("contact_flood",), situation.utterance.ref, ("slow_room",),
            _met(situation), counts=counts, counterfactuals=flood.otherwise(),
        )  # fmt: skip
    for other in sorted(situation.written_recipients):
        count, minor = len(situation.recipients[other]["in"]), situation.is_minor(other)
        weighed = counted.weigh_newcomers(count, minor=minor)
        if weighed.severity and is_news(situation.recipients[other]["a"], "X2", weighed.severity, float(count)):
            yield _counted_alert(
                "X2", weighed, None, (other,), ("many_newcomers",), situation.utterance.ref,
                ("slow_room", "safety_card"), _met(situation),
                counts={"newcomers": count}, counterfactuals=counted.newcomers_otherwise(count, minor=minor),
            )  # fmt: skip


def _counted_alert(
    code: str, weighed: counted.Weighed, subject: str | None, protects: tuple[str, ...], tactics: tuple[str, ...],
    ref: str, measures: tuple[str, ...], met: list[list[Any]], **more: Any,
) -> Alert:  # fmt: skip
    return Alert(
        code, weighed.severity or "P3", subject, protects, weighed.score, tactics, (ref,), measures,
        explain(code, weighed.score, weighed.weights, weighed.bonus, met, **more),
    )  # fmt: skip


# ---- hate, threats and pile-ons


def _attack_alerts(situation: Situation) -> Iterator[Alert]:
    """H1, V2 and C1, the person who answers back left out."""
    pile, now, ref, author = situation.room_ledger["pile"], situation.now, situation.utterance.ref, situation.author
    standing = [finding for finding in situation.findings if finding.alerting]
    attacks = [finding for finding in standing if _is_attack(finding)]
    does = {_does(finding) for finding in standing}
    target = piles.aim(pile, author, situation.aimed) if attacks else None
    strength = min(1.5, max(f.weight for f in attacks) + 0.15 * (len(attacks) - 1)) if attacks else 0.0
    before = piles.opened(pile, now) if attacks or "abet" in does else pile
    rude, by = tone.is_rude(situation.findings), _strongest(attacks or [f for f in standing if _does(f) == "abet"])
    piles.note(pile, author, target, does, strength, ref, now, rude=rude, rule=by)
    if not attacks and "abet" in does and not piles.note_applause(pile, author, ref, now, by):
        return
    yield from _hate_alerts(situation, target)
    if not attacks and "abet" not in does:
        return
    verdict = piles.standing(pile, now)
    if verdict is None:
        return

    def severity_of(found: piles.Verdict) -> str:
        minors = situation.minors_room or (found.target is not None and situation.is_minor(found.target))
        return "P1" if minors else "P2"

    severity = severity_of(verdict)
    if is_news(situation.room_ledger["a"], f"C1:{verdict.target or '?'}", severity, verdict.score):
        yield Alert(
            "C1", severity, verdict.subject, (verdict.target,) if verdict.target else (), verdict.score,
            ("pile_on",) if len(verdict.aggressors) > 1 else ("insult",), verdict.evidence,
            ("slow_room", "safety_card") if severity == "P1" else ("safety_card",),
            explain(
                "C1", verdict.score, dict(verdict.weights), dict(verdict.bonus),
                [[0, 0, 0.0, ref, rule, version] for rule, version, ref in verdict.rules],
                aggressors=list(verdict.aggressors), counts={"aggressors": len(verdict.aggressors)},
                counterfactuals=counted.pile_otherwise(pile, before, now, severity_of),
            ),
        )  # fmt: skip


def _strongest(findings: list[Finding]) -> tuple[str, str]:
    best = max(findings, key=lambda finding: finding.weight, default=None)
    return (best.rule, best.version) if best else ("", "")


def _is_attack(finding: Finding) -> bool:
    if finding.target == "self" or finding.tactic in _NOT_ATTACKS:
        return False
    return finding.tactic in ATTACK_TACTICS or (finding.code in ATTACK_CODES and finding.target in ("you", "third"))


def _does(finding: Finding) -> str:
    if finding.code == "H1":
        return "hate"
    return finding.tactic or ("threat" if finding.code == "V2" else finding.rule.rsplit(".", 1)[-1])


def _hate_alerts(situation: Situation, target: str | None) -> Iterator[Alert]:
    """H1: words against a group or somebody because of it. Somebody answering back is not the subject."""
    hate = [finding for finding in situation.findings if finding.code == "H1" and finding.alerting]
    if not hate or piles.is_answering(situation.room_ledger["pile"], situation.author, situation.now):
        return
    worst = max(hate, key=lambda finding: finding.weight)
    tactics = tuple(dict.fromkeys(finding.tactic or "hate" for finding in hate))
    weighed = counted.weigh_hate(hate)
    if weighed.severity and is_news(situation.author_ledger["a"], "H1", weighed.severity, weighed.score):
        yield _counted_alert(
            "H1", weighed, situation.author, (target,) if target and worst.target == "you" else (),
            tactics, situation.utterance.ref, ("hold",) if weighed.severity == "P1" else (),
            _met(situation, hate), counterfactuals=counted.hate_otherwise(hate),
        )  # fmt: skip
