"""Alerts that rest on counting: one to many, many to one (X2), hate (H1), and many against one (C1).

The person who answers back is left out; `spread` and `piles` remember, `counted` weighs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import counted, likeness, piles, rendezvous, spread, tone
from .context import Situation
from .tactics import ATTACK_TACTICS, DRAWING_TACTICS, FURTIVE_TACTICS
from .told import GROWTH, explain, is_news, met, told_about
from .types import Alert, Finding

ATTACK_CODES = ("C1", "H1", "V2")
_NOT_ATTACKS = frozenset({"deny", "denounce", "to_many", "about_third", "abet", "defend", "appease"})

LURES = 175  # hundredths of a logit from which an opener is like those that are sent to many
_LURING = ("X2", "S1", "M1")  # what such an opener may be like most of all

RECENT_DAYS = 30  # of an account: many of them who write to one person are told as well, later than new ones

# ---- one to many, many to one


def _lure_kind(situation: Situation) -> str:
    tactics = situation.tactics
    if not tactics.keys().isdisjoint({"opener_sexual", "sexual", "paid_encounter", "paid_offer", "image_request"}):
        return "sexual"
    if not tactics.keys().isdisjoint({"meeting", "come_alone", "isolated_place"}):
        return "meeting"
    if _reads_like_an_opener(situation):
        return "alike"
    return "probe" if "age_probe" in tactics else "plain"


def _reads_like_an_opener(situation: Situation) -> bool:
    """Whether the first words to somebody are like those that are sent to many, in words that no rule knows."""
    first = all(situation.towards[other]["n"] == 1 for other in situation.sure)
    answers = any(ledger["n"] for ledger in situation.backwards.values())
    if not first or answers or likeness.risk_in(situation.said, "X2") < LURES:
        return False
    return likeness.likeliest_in(situation.said) in _LURING


def note_spread(situation: Situation) -> None:
    """Count who got this lure, who proposed this rendezvous, and newcomers who write to somebody."""
    people, kind, text = situation.sure, _lure_kind(situation), situation.utterance.text
    minors = [*filter(situation.is_minor, people)]
    reached = spread.note_lure(situation.author_ledger, text, kind, people, situation.now, minors=minors)
    if kind == "meeting":
        where = rendezvous.lonely_place(situation)
        there = spread.note_lure(
            situation.author_ledger, where, kind, people, situation.now, minors=minors, among="places"
        )
        situation.drawn = max(reached, there)
    drawing = DRAWING_TACTICS & situation.tactics.keys()
    if drawing:
        situation.same_rendezvous, situation.same_furtive = spread.note_rendezvous(
            situation.room_ledger, text, situation.author, not FURTIVE_TACTICS.isdisjoint(drawing), situation.now
        )
    if situation.person(situation.author).account_age_days <= RECENT_DAYS:
        new = situation.is_newcomer(situation.author)
        first = [other for other in people if situation.towards[other]["n"] == 1]
        for other in first:
            spread.note_sender(situation.recipients[other], situation.author, situation.now, new=new)
            situation.written_recipients.add(other)
        if new:  # who answers those who spoke to them writes first to nobody
            unasked = [other for other in first if not situation.backwards.get(other, {}).get("n")]
            spread.note_first(situation.author_ledger, unasked, situation.now, minors=minors)


def flood_alerts(situation: Situation) -> Iterator[Alert]:
    """X2: one to many (the same opener), or many newcomers to one."""
    ledger, now, author = situation.author_ledger, situation.now, situation.author
    flood = counted.Flood(
        sexual=spread.reached_by_kind(ledger, now, spread.DAY, "sexual"),
        hour=spread.recipients(ledger, now, spread.HOUR),
        day=spread.recipients(ledger, now, spread.DAY),
        same_sexual=spread.recipients(ledger, now, spread.HOUR, frozenset({"sexual"})),
        same_alike=spread.recipients(ledger, now, spread.DAY, frozenset({"alike"})),
        probed=spread.reached_by_kind(ledger, now, spread.DAY, "probe"),
        first=spread.written_first(ledger, now),
        newcomer=situation.is_newcomer(author),
        minors=spread.minors_reached(ledger),
        adult=situation.is_adult(author),
    )
    weighed = flood.weigh()
    if weighed.severity and is_news(ledger["a"], "X2", weighed.severity, weighed.score, now):
        counts = {"recipients": len(flood.reached), "recipients_hour": len(flood.hour)}
        measures = () if flood.only_greets else ("slow_room",)
        yield _counted_alert(
            "X2", weighed, author, tuple(flood.reached), ("contact_flood",), situation.utterance.ref, measures,
            [*met(situation), *_like_one(situation, flood)], counts=counts, counterfactuals=flood.otherwise(),
        )  # fmt: skip
    for other in sorted(situation.written_recipients):
        new, recent = spread.senders(situation.recipients[other])
        arrivals = counted.Arrivals(new, recent, situation.is_minor(other))
        weighed = arrivals.weigh()
        if weighed.severity and is_news(situation.recipients[other]["a"], "X2", weighed.severity, arrivals.count, now):
            yield _counted_alert(
                "X2", weighed, None, (other,), ("many_newcomers",), situation.utterance.ref,
                ("slow_room", "safety_card"), met(situation),
                counts={"newcomers": new + recent}, counterfactuals=arrivals.otherwise(),
            )  # fmt: skip


def _like_one(situation: Situation, flood: counted.Flood) -> list[list[Any]]:
    """The weights by which an opener is like those that are sent to many, where the alert rests on that."""
    weights = likeness.weights_for(situation.utterance.lang)
    row = [0, 0, 0.0, situation.utterance.ref, weights.rule, weights.version]
    return [row] if flood.is_like_one and flood.reached == flood.same_alike else []


def _counted_alert(
    code: str, weighed: counted.Weighed, subject: str | None, protects: tuple[str, ...], tactics: tuple[str, ...],
    ref: str, measures: tuple[str, ...], entries: list[list[Any]], **more: Any,
) -> Alert:  # fmt: skip
    return Alert(
        code, weighed.severity or "P3", subject, protects, weighed.score, tactics, (ref,), measures,
        explain(code, weighed.score, weighed.weights, weighed.bonus, entries, **more),
    )  # fmt: skip


# ---- hate, threats and pile-ons


def attack_alerts(situation: Situation) -> Iterator[Alert]:
    """H1, V2 and C1, the person who answers back left out."""
    pile, now, ref, author = situation.room_ledger["pile"], situation.now, situation.utterance.ref, situation.author
    standing = [finding for finding in situation.findings if finding.alerting]
    attacks = [finding for finding in standing if is_attack(finding)]
    does = {_does(finding) for finding in standing}
    target = piles.aim(pile, author, situation.aimed) if attacks else None
    strength = min(1.5, max(f.weight for f in attacks) + 0.15 * (len(attacks) - 1)) if attacks else 0.0
    before = piles.opened(pile, now) if attacks or "abet" in does else pile
    rude, by = tone.is_rude(situation.findings), strongest(attacks or [f for f in standing if _does(f) == "abet"])
    sure = target in situation.sure
    grave = any(finding.code in ("H1", "V2") and finding.weight > counted.PERSONAL for finding in standing)
    piles.note(pile, author, target, does, strength, ref, now, rude=rude, rule=by, sure=sure, grave=grave)
    if sure and target:
        spread.note_dealt(situation.author_ledger, target, now)
    if not attacks and "abet" in does and not piles.note_applause(pile, author, ref, now, by):
        return
    yield from _hate_alerts(situation, target)
    yield from _incitement_alerts(situation, target)
    if not attacks and "abet" not in does:
        return
    verdict = piles.standing(pile, now)
    if verdict is None or told_about(situation.room_ledger["a"], verdict.target, now):
        return

    def severity_of(found: piles.Verdict) -> str:
        minors = situation.minors_room or (found.target is not None and situation.is_minor(found.target))
        return "P1" if minors else "P2"

    severity = severity_of(verdict)
    # Somebody more who joins in is news by itself: the case must name them.
    strength = verdict.score + GROWTH * len(verdict.aggressors)
    if is_news(situation.room_ledger["a"], f"C1:{verdict.target or '?'}", severity, strength, now):
        joined = [key for key in verdict.aggressors if key != verdict.subject and key not in verdict.answering]
        yield Alert(
            "C1", severity, verdict.subject, (verdict.target,) if verdict.target else (), verdict.score,
            ("pile_on",) if len(verdict.aggressors) > 1 else ("insult",), verdict.evidence,
            ("slow_room", "safety_card") if severity == "P1" else ("safety_card",),
            explain(
                "C1", verdict.score, dict(verdict.weights), dict(verdict.bonus),
                [[0, 0, 0.0, ref, rule, version] for rule, version, ref in verdict.rules],
                aggressors=list(verdict.aggressors), abettors=list(verdict.abettors),
                counts={
                    "aggressors": len(verdict.aggressors) - len(verdict.abettors),
                    **({"abettors": len(verdict.abettors)} if verdict.abettors else {}),
                },
                counterfactuals=counted.pile_otherwise(pile, before, now, severity_of),
            ),
            tuple(key for key in joined if key not in verdict.abettors),
            tuple(key for key in joined if key in verdict.abettors),
        )  # fmt: skip


def strongest(findings: list[Finding]) -> tuple[str, str]:
    """The rule of the weightiest finding, with its version."""
    best = max(findings, key=lambda finding: finding.weight, default=None)
    return (best.rule, best.version) if best else ("", "")


def is_attack(finding: Finding) -> bool:
    """Whether a finding is a blow against somebody."""
    if finding.target == "self" or finding.tactic in _NOT_ATTACKS:
        return False
    return finding.tactic in ATTACK_TACTICS or (finding.code in ATTACK_CODES and finding.target in ("you", "third"))


def _does(finding: Finding) -> str:
    if finding.code == "H1":
        return "hate" if finding.weight > counted.PERSONAL else "insult"
    return finding.tactic or ("threat" if finding.code == "V2" else finding.rule.rsplit(".", 1)[-1])


def _incitement_alerts(situation: Situation, target: str | None) -> Iterator[Alert]:
    """C1: somebody urged to kill themselves, once is enough (article 223-13 of the Code pénal). Not by who was attacked
    here before.
    """
    urged = [one for one in situation.findings if one.tactic == "incites_suicide" and one.alerting]
    if not urged or piles.was_struck(situation.room_ledger["pile"], situation.author):
        return
    weighed = counted.weigh_incitement(max(finding.weight for finding in urged))
    told = situation.author_ledger["a"]
    if is_news(told, f"C1:{target or '?'}", weighed.severity or "P2", weighed.score, situation.now):
        yield _counted_alert(
            "C1", weighed, situation.author, (target,) if target else (), ("incites_suicide",),
            situation.utterance.ref, ("safety_card",), met(situation, urged),
            counterfactuals=[counted.Weighed(None, {}, {}).row("tactic:incites_suicide")],
        )  # fmt: skip


def _hate_alerts(situation: Situation, target: str | None) -> Iterator[Alert]:
    """H1: words against a group or somebody because of it. Somebody answering back is not the subject; who was struck
    first by hate or a threat answers with a slur, not with a call to violence.
    """
    hate = [finding for finding in situation.findings if finding.code == "H1" and finding.alerting]
    pile, author, now = situation.room_ledger["pile"], situation.author, situation.now
    if not hate or piles.is_answering(pile, author, now):
        return
    worst = max(hate, key=lambda finding: finding.weight)
    tactics = tuple(dict.fromkeys(finding.tactic or "hate" for finding in hate))
    weighed = counted.weigh_hate(hate)
    if weighed.severity != "P1" and piles.was_struck_gravely_first(pile, author, situation.sure, now):
        return
    if weighed.severity and is_news(situation.author_ledger["a"], "H1", weighed.severity, weighed.score, situation.now):
        yield _counted_alert(
            "H1", weighed, situation.author, (target,) if target and worst.target == "you" else (),
            tactics, situation.utterance.ref, ("hold",) if weighed.severity == "P1" else (),
            met(situation, hate), counterfactuals=counted.hate_otherwise(hate),
        )  # fmt: skip
