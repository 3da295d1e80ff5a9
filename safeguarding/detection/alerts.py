"""From a message in its place to alerts: record what was done to whom, weigh it, tell what a person must look at.

Each step writes the ledgers of the situation and yields alerts. Nobody is the subject of an alert for answering back,
quoting, asking for help or refusing: quoted findings do not alert, answers are told apart in `piles`, and of two people
the one who did more is meant.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from . import ages, alike, crowds, drift, gangs, overheard, pairs, piles, rendezvous, rooms, spread
from .context import Situation
from .counterfactual import rescored
from .pairs import Score, Sighting
from .tactics import (
    AMONG_FRIENDS,
    C2,
    C3,
    DAY,
    DRAWING_TACTICS,
    FURTIVE_TACTICS,
    HELP_CODES,
    M1,
    M2,
    NAMED,
    OPEN_TACTICS,
    PAIR_PROFILES,
    PAIR_TACTICS,
    PROPOSED,
    SELF_PROFILES,
    SELF_TACTICS,
    SEVERITIES,
    V1,
    V2,
    Profile,
    profiles_touched,
)  # fmt: skip
from .told import AGAIN, HELP_AGAIN, evidence_of, explain, is_news, note_about
from .types import Alert

ACCEPTED_WITHIN = 3  # messages of the minor
PLAIN = 0.8  # the share of its points from which one of the four named tactics was said outright
_QUARRELS = frozenset({"C1", "H1", "V2"})  # where both sides may be told of
QUARREL_CODES = frozenset({"V2", "M1", "M2", "C2", "C3", "V1"})


def raise_alerts(situation: Situation, *, degraded: bool) -> tuple[Alert, ...]:
    """All alerts this message gives rise to, gravest first."""
    found = [
        *_self_alerts(situation),
        *ages.age_alerts(situation),
        *_pair_alerts(situation),
        *crowds.flood_alerts(situation),
        *crowds.attack_alerts(situation),
        *gangs.gang_alerts(situation),
        *drift.drift_alerts(situation),
    ]
    found += [*alike.likeness_alerts(situation, found)]
    for alert in found:
        if alert.subject and alert.severity in ("P0", "P1") and alert.code not in _QUARRELS | HELP_CODES:
            note_about(situation.room_ledger["a"], alert.subject, alert.severity, alert.score, situation.now)
    rooms.note_speaker(situation.room_ledger, situation.utterance, situation.aimed, situation.now)
    for alert in found:
        alert.explanation["degraded"] = degraded
    return tuple(sorted(found, key=lambda alert: (alert.severity, alert.code, alert.subject or "")))


def _sightings(situation: Situation, wanted: frozenset[str], confidence: float) -> list[Sighting]:
    return [
        Sighting(name, finding.weight * confidence, situation.utterance.ref, finding.rule, finding.version)
        for name, finding in sorted(situation.tactics.items())
        if name in wanted
    ]


def _scored_alert(
    profile: Profile, score: Score, severity: str, subject: str, protects: tuple[str, ...], ref: str, *,
    by_rules: str = "", **more: Any,
) -> Alert:  # fmt: skip
    """`by_rules`: how grave its rules say it is; what waits is looked at later, and protected against at once."""
    return Alert(
        code=profile.code, severity=severity, subject=subject, protects=protects, score=score.total,
        tactics=tuple(sorted(score.weights, key=lambda name: (-score.weights[name], name))),
        evidence=evidence_of(score.entries, ref), measures=profile.measures.get(by_rules or severity, ()),
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
    if not seen or "incites_suicide" in situation.tactics:  # said of somebody else
        return
    pairs.record(ledger, seen, now)
    minor = situation.is_minor(situation.author) or situation.minors_room
    for profile in profiles_touched(frozenset(one.tactic for one in seen), SELF_PROFILES):
        if not (profile.minors if minor else profile.adults):
            continue
        score = pairs.score(profile, ledger)
        if score.severity and is_news(ledger["a"], profile.code, score.severity, score.total, now, again=HELP_AGAIN):
            author = situation.author
            yield _scored_alert(
                profile, score, score.severity, author, (author,), situation.utterance.ref,
                counterfactuals=rescored(profile, ledger, score, pairs.ORDINARY, _severity_of),
            )  # fmt: skip


# ---- what somebody does to somebody


def _pair_alerts(situation: Situation) -> Iterator[Alert]:
    now, open_ledger = situation.now, situation.author_ledger["open"]
    pairs.forget(open_ledger, now)
    open_ledger["n"] += 1
    accepted = _accepted(situation)
    tactics = frozenset(situation.tactics) & PAIR_TACTICS
    tactics |= {one.tactic for sightings in accepted.values() for one in sightings}
    for ledger in situation.towards.values():
        pairs.forget(ledger, now)
        ledger["n"] += 1
    crowds.note_spread(situation)
    if not tactics:
        rendezvous.note(situation)
        return
    to_all = situation.room.kind == "room" and not situation.utterance.to
    is_overheard = overheard.is_overheard(situation)
    if is_overheard:
        wanted = overheard.tactics_for_others(situation)
        pairs.record(open_ledger, _sightings(situation, wanted, overheard.SHARE), now)
    elif to_all:
        wanted = PAIR_TACTICS if situation.minors_room else OPEN_TACTICS
        if not situation.aimed:  # an advert for whoever comes: nobody has spoken yet
            wanted |= V1.weights.keys()
        pairs.record(open_ledger, _sightings(situation, wanted, 1.0), now)
    for other, confidence in situation.aimed:
        seen = rendezvous.weighed(situation, other, _sightings(situation, PAIR_TACTICS, confidence))
        pairs.record(situation.towards[other], [*seen, *accepted.get(other, ())], now)
    rendezvous.note(situation)
    for profile in profiles_touched(tactics, PAIR_PROFILES):
        yield from _profile_alert(situation, profile, to_all or (is_overheard and not profile.adults))


def _accepted(situation: Situation) -> dict[str, list[Sighting]]:
    """person -> what an adult has done by saying yes: what that minor proposed to them just before."""
    yes = situation.tactics.get("accepts")
    if yes is None or not situation.is_adult(situation.author):
        return {}
    done: dict[str, list[Sighting]] = {}
    for other in filter(situation.is_minor, situation.sure):
        theirs = situation.backwards.get(other) or pairs.fresh()
        for name in sorted(PROPOSED & theirs["t"].keys()):
            at, number, strength, *_told = theirs["t"][name][-1]
            if theirs["n"] - number < ACCEPTED_WITHIN and situation.now - at < DAY:
                seen = Sighting(name, strength * yes.weight, situation.utterance.ref, yes.rule, yes.version)
                done.setdefault(other, []).append(seen)
    return done


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
    around: dict[str | None, pairs.Circumstances] = {}
    helped: dict[str, list[list[Any]]] = _helped(situation) if profile is V1 else {}

    def is_due(ledger: pairs.Ledger, score: Score) -> bool:
        severity = _severity_of(profile, score)
        return severity is not None and not pairs.is_cleared(ledger, profile.code, severity, score)

    for other, _confidence in situation.aimed:
        if not _applies(situation, profile, other):
            continue
        also = max(0, situation.same_rendezvous - 1) if profile is V1 else 0
        done = situation.towards[other]
        done = spread.joined(done, helped[other]) if other in helped else done
        many = profile is V1 and situation.drawn >= spread.MANY and {"isolated_place", "late"} <= done["t"].keys()
        around[other] = pairs.Circumstances(_gap(situation, other), newcomer, max(0, lured - 1) + also, many)
        score = pairs.score(profile, done, around[other])
        if is_due(done, score) and not _did_more(situation, profile, other, score):
            candidates.append((score, other))
    if to_all and _applies(situation, profile, None):
        around[None] = pairs.Circumstances(_gap(situation, None), newcomer)
        score = pairs.score(profile, open_ledger, around[None])
        if is_due(open_ledger, score):
            candidates.append((score, None))
    if not candidates:
        return
    sure = set(situation.sure)

    def gravest(candidate: tuple[Score, str | None]) -> tuple[int, bool, float, bool]:
        """Of what is equally grave, what is done to somebody surely spoken to rather than to a whole room."""
        score, target = candidate
        rank = SEVERITIES.index(_severity_of(profile, score) or "P3")
        return -rank, target in sure, score.total, target is not None

    score, target = max(candidates, key=gravest)
    by_rules = _severity_of(profile, score) or "P3"
    severity = alike.calmed(situation, profile.code, by_rules, {entry[3] for entry in score.entries})
    struck_first, gravely = _was_struck_first(situation) if profile is V2 and by_rules != "P0" else (False, False)
    if gravely:
        severity = by_rules = "P3"
    ledger = situation.towards[target] if target is not None else open_ledger
    told = ledger["a"]
    # What is only remembered is told once: a case may have been closed on it. What goes on is told again.
    again = math.inf if profile.core.isdisjoint(situation.tactics) else AGAIN
    if not is_news(told, profile.code, severity, score.total, now, again=again):
        return
    protects = _protected(situation, profile, target, candidates)
    protects = (*protects, author) if struck_first else protects
    others = helped.get(target, []) if target else []
    joined = spread.joined(ledger, others)
    acted, looked_on = _with_the_subject(situation, profile, score, joined, around[target], others, protects)
    together = sorted({author, *acted, *looked_on}) if others else []
    more: dict[str, Any] = {
        "confidence": dict(situation.aimed).get(target, 1.0) if target else None,
        "reached": lured,
        **_otherwise(
            rescored(profile, joined, score, around[target], _severity_of, alone=ledger if others else None),
            severity,
            by_rules,
        ),
        **({"together": together, "counts": {"accounts": len(together)}} if together else {}),
    }
    ref = situation.utterance.ref
    alert = _scored_alert(profile, score, severity, author, protects, ref, by_rules=by_rules, **more)
    yield dataclasses.replace(alert, others=acted, onlookers=looked_on)


def _otherwise(rows: list[dict[str, Any]], severity: str, by_rules: str) -> dict[str, Any]:
    """What an alert would have been without one of its parts. What waits would wait without each of them too, and only
    because the talk reads as harmless: that is one part more."""
    if severity == by_rules:
        return {"counterfactuals": rows}
    rows = [{**row, "severity": row["severity"] and max(row["severity"], severity)} for row in rows]
    calm = {"without": "calm", "score": None, "severity": by_rules}
    return {"counterfactuals": [calm, *rows], "lowered_from": by_rules}


def _with_the_subject(
    situation: Situation, profile: Profile, score: Score, joined: pairs.Ledger, around: pairs.Circumstances,
    rows: list[list[Any]], protects: tuple[str, ...],
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """Who acted with the author in an ambush, and who had a part that accuses nobody by itself (see `Alert`).

    Acted: who was furtive too, or gave what is more than a proposal to meet where the alert would not be as grave
    without it; who proposed this rendezvous to somebody else as furtively. Of the rest whoever the alert rests on, or
    who did more than propose to meet, is named as an onlooker; a friend who only proposed to meet is not.
    """
    if profile is not V1:
        return (), ()
    drawn = {person for _words, _kind, to in situation.author_ledger["lures"] for person, *_at in to}
    drawn |= {row[0] for row in spread.drawn_by_others(situation.author_ledger, situation.author, situation.now)}
    acted, looked_on = {*situation.same_furtive}, set()
    for person in {row[0] for row in rows}:
        did = {row[2] for row in rows if row[0] == person}
        refs = {row[4] for row in rows if row[0] == person}
        kept = {name: [one for one in told if one[3] not in refs] for name, told in joined["t"].items()}
        without = {**joined, "t": {name: told for name, told in kept.items() if told}, "d": {}}
        needed = _severity_of(profile, pairs.score(profile, without, around)) != _severity_of(profile, score)
        if did & FURTIVE_TACTICS or (needed and did - {"meeting"}):
            acted.add(person)
        elif needed or did - {"meeting"}:
            looked_on.add(person)
    nobody = {situation.author, *protects, *drawn}
    return tuple(sorted(acted - nobody)), tuple(sorted(looked_on - acted - nobody))


def _helped(situation: Situation) -> dict[str, list[list[Any]]]:
    """person -> what other accounts did lately to draw them to a rendezvous, where this message draws them to one too
    and somebody does it furtively. What this message does of it is remembered for the next account.

    Who was drawn by an account themselves does not act with it; who only refuses to be seen draws nobody.
    """
    mine = _sightings(situation, DRAWING_TACTICS, 1.0)
    if {one.tactic for one in mine} <= {"refuses_verification"}:
        return {}
    drawn_by = {row[0] for row in spread.drawn_by_others(situation.author_ledger, situation.author, situation.now)}
    helped = {}
    for other in situation.sure:
        ledger = situation.recipients[other]
        others = [
            row for row in spread.drawn_by_others(ledger, situation.author, situation.now) if row[0] not in drawn_by
        ]
        if others and not FURTIVE_TACTICS.isdisjoint({*situation.towards[other]["t"], *(row[2] for row in others)}):
            helped[other] = others
        spread.note_drawn(ledger, situation.author, mine, situation.now)
        situation.noted_recipients.add(other)
    return helped


def _severity_of(profile: Profile, score: Score) -> str | None:
    if profile is not M1 or not score.severity:
        return score.severity
    if "age_gap" not in score.bonus:
        if len(score.weights) < 2:
            return "P3"  # one careless line between people of one age is looked at, not more
        friendly = score.weights.keys() <= AMONG_FRIENDS and len(score.weights.keys() & NAMED) <= 2
        return max(score.severity, "P2") if friendly else score.severity
    plain = any(score.weights.get(name, 0) >= PLAIN * M1.weights[name] for name in NAMED)
    return min(score.severity, "P2") if plain else score.severity


def _is_peer_quarrel(situation: Situation) -> bool:
    """Whether this is said by somebody who may be answering, in a quarrel of a room among people of one band.

    Somebody who took no blow and dealt none has nothing to answer: the quarrel of others hides nobody.
    """
    pile, author, now = situation.room_ledger["pile"], situation.author, situation.now
    if situation.room.kind != "room" or situation.person(author).band != situation.room.band:
        return False
    return piles.is_party(pile, author, now) and piles.is_answering(pile, author, now)


def _was_struck_first(situation: Situation) -> tuple[bool, bool]:
    """Whether somebody threatens, in a room among people of one band, whoever attacked them there first: they are to be
    protected too; and whether that was by hate or a threat: then it is only looked at, and nothing is done to them.
    """
    pile, author, room = situation.room_ledger["pile"], situation.author, situation.room
    if room.kind != "room" or situation.person(author).band != room.band:
        return False, False
    told = (pile, author, situation.sure, situation.now)
    return piles.was_struck_first(*told), piles.was_struck_gravely_first(*told)


def _did_more(situation: Situation, profile: Profile, other: str, score: Score) -> bool:
    """Whether the other person did clearly more of the same to the author: then the author is answering.

    Never an adult in what can only be done to a minor: a child who leads the talk excuses nobody.
    """
    if other not in situation.backwards or (not profile.adults and situation.is_adult(situation.author)):
        return False
    # Also what was found unfounded: who answers it is not the one to be looked at.
    ledger = {**situation.backwards[other], "c": {}}
    back = pairs.score(profile, ledger)
    if back.severity is not None and back.total >= score.without_age_gap:
        return True
    return profile is V2 and score.severity != "P0" and _is_lured(situation, other, ledger)


def _is_lured(situation: Situation, other: str, back: pairs.Ledger) -> bool:
    """Whether somebody gravely groomed or blackmailed the author within a day: they may well answer with a threat.

    Never an adult who threatens a minor.
    """
    if situation.is_adult(situation.author) and situation.is_minor(other):
        return False
    minor, since = situation.is_minor(situation.author), situation.now - DAY
    lately = {name: kept for name, rows in back["t"].items() if (kept := [row for row in rows if row[0] > since])}
    return any(
        pairs.score(profile, {**back, "t": lately}).severity in ("P0", "P1")
        for profile in (M1, M2, C2, C3)
        if (profile.minors if minor else profile.adults)
    )


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
