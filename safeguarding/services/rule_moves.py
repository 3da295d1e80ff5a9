"""The life of a rule: DRAFT, SHADOW, CANARY, LIVE, RETIRED. Nothing leaves DRAFT whose examples do not hold.

Two people are needed where protection from something grave is taken away: a rule of a P0 or P1 code, of minors, or one
that tells how to take the others, leaves LIVE or gives its place to another version; and words, on which all rest. And
where many are silenced: an expression that holds or refuses begins to act in a whole band, or everywhere.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from community import audit
from community.errors import Refused
from community.models import Member
from community.roles import may
from safeguarding.detection.rulesets import RulesetError
from safeguarding.detection.staging import unproved
from safeguarding.errors import (
    AnotherPersonRequired,
    NotAllowed,
    ReasonRequired,
    RuleNotProved,
    RulesBroken,
    StepNotPossible,
    StepWaits,
    TimeIsOver,
    WordsMissing,
)
from safeguarding.incidents import INCIDENTS, SEVERITIES
from safeguarding.machine_reasons import TIME_IS_OVER
from safeguarding.models import Rule, RuleMove, RulePack, RulesInForce, Stage
from safeguarding.rules import chosen_versions, compose, try_out

from .rules import COMPONENT, STEER, locked_in_force, note_in_force

logger = logging.getLogger(__name__)

WATCH = "watch_expressions"
FEW_ROOMS = 3  # for so many one person may put an expression in force that holds or refuses
STEPS: Mapping[str, tuple[Stage, ...]] = {
    Stage.DRAFT: (Stage.SHADOW, Stage.RETIRED),
    Stage.SHADOW: (Stage.CANARY, Stage.RETIRED),
    Stage.CANARY: (Stage.LIVE, Stage.SHADOW, Stage.RETIRED),
    Stage.LIVE: (Stage.SHADOW, Stage.RETIRED),
    Stage.RETIRED: (Stage.SHADOW,),
}
# A pack that is LIVE holds the words: it goes only by giving its place to another.
PACK_STEPS: Mapping[str, tuple[Stage, ...]] = {**STEPS, Stage.LIVE: ()}
STAGED = (Stage.SHADOW, Stage.CANARY, Stage.LIVE)


class _Tried(Exception):
    """Undoes a trial."""


def is_grave(code: str) -> bool:
    """Whether a rule of this code guards against something that pages people, or minors, or decides how others are
    taken (its code is no incident: GUARD, SIDE, contact data)."""
    incident = INCIDENTS.get(code)
    return incident is None or incident.family == "M" or SEVERITIES[incident.severity].pages


def permission_for(rule: Rule) -> str:
    """What it takes to move a rule: moderators move the expressions they watch for, officers every rule."""
    return WATCH if rule.watched else STEER


def silences_many(rule: Rule) -> bool:
    """Whether a rule holds or refuses words beyond a few rooms: in a whole band, or everywhere."""
    return rule.action != "flag" and not 0 < len(rule.content.get("rooms", ())) <= FEW_ROOMS


def takes_two(rule: Rule, to: Stage) -> bool:
    """Whether a second person must agree to this step of a rule."""
    if rule.watched and to in (Stage.CANARY, Stage.LIVE) and silences_many(rule):
        return True
    if not is_grave(rule.code):
        return False
    if rule.stage == Stage.LIVE:
        return True
    if to not in (Stage.CANARY, Stage.LIVE):
        return False
    softens = rule.code == "GUARD"  # it makes other rules keep silent
    return softens or Rule.objects.filter(key=rule.key, stage=Stage.LIVE).exists()


def pack_takes_two(pack: RulePack, to: Stage) -> bool:
    """Whether a second person must agree to this step of a pack: other words act, or one of its rules takes two."""
    if to not in (Stage.CANARY, Stage.LIVE):
        return False
    if not RulePack.objects.filter(stage=Stage.LIVE, words=pack.words).exists():
        return True
    return any(takes_two(rule, to) for rule in pack.rules.filter(stage=pack.stage))


@transaction.atomic
def move_rule(*, actor: Member | None, rule: Rule, to: Stage, reason: str, component: str = "") -> RuleMove:
    """Take one step with a rule, or ask a second person for it (then `took_effect_at` of the answer is None).

    The machine (no actor, a component) may only put a rule in SHADOW or retire it; it waits for no second person, and a
    step that people asked for and that waits is settled by it. Raises NotAllowed, ReasonRequired, StepNotPossible,
    StepWaits, TimeIsOver, RuleNotProved, WordsMissing.
    """
    row = locked_in_force()
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    if actor is None and (not component or to not in (Stage.SHADOW, Stage.RETIRED)):
        raise NotAllowed
    if actor is not None and not may(actor, permission_for(rule)):
        raise NotAllowed
    if actor is None and to in STEPS[rule.stage]:
        _settle_waiting(rule, component=component, why=reason)
    _require(rule, to, reason, STEPS)
    two = actor is not None and takes_two(rule, to)
    move = RuleMove.objects.create(rule=rule, before=rule.stage, after=to, reason=reason.strip()[:500], asked_by=actor)
    return _ask_or_act(move, row=row, two=two, actor=actor, component=component)


@transaction.atomic
def move_pack(*, actor: Member, pack: RulePack, to: Stage, reason: str) -> RuleMove:
    """Take one step with an import: its words, and every rule that came new with it and stands where it stands.

    A pack that goes LIVE sends the one before it into retirement; rules that it does not hold stay as they are.
    Raises as `move_rule`.
    """
    row = locked_in_force()
    pack = RulePack.objects.select_for_update().get(pk=pack.pk)
    if not may(actor, STEER):
        raise NotAllowed
    _require(pack, to, reason, PACK_STEPS)
    two = pack_takes_two(pack, to)
    move = RuleMove.objects.create(pack=pack, before=pack.stage, after=to, reason=reason.strip()[:500], asked_by=actor)
    return _ask_or_act(move, row=row, two=two, actor=actor, component="")


def _require(thing: Rule | RulePack, to: Stage, reason: str, steps: Mapping[str, tuple[Stage, ...]]) -> None:
    if not reason.strip():
        raise ReasonRequired
    if to not in steps[thing.stage]:
        raise StepNotPossible
    if _waiting(thing).exists():
        raise StepWaits


def _waiting(thing: Rule | RulePack) -> QuerySet[RuleMove]:
    moves: QuerySet[RuleMove] = thing.moves.filter(took_effect_at__isnull=True, refused_at__isnull=True)
    return moves


def _settle_waiting(rule: Rule, *, component: str, why: str) -> None:
    """The machine moves a rule now: what somebody asked for and nobody has agreed to yet is void, and the log says so.
    Whoever still wants it asks again from where the rule stands then."""
    for move in _waiting(rule).select_for_update():
        move.refused_at = timezone.now()
        move.save(update_fields=["refused_at"])
        audit.record(
            actor=None, component=component, action="rule.move_overtaken", subject=rule, data={**_told(move), "by": why}
        )


def _ask_or_act(move: RuleMove, *, row: RulesInForce, two: bool, actor: Member | None, component: str) -> RuleMove:
    if not two:
        return _take_effect(move, row=row, actor=actor, component=component)
    # Tried at once and undone, so that nobody is asked to approve what cannot be.
    with contextlib.suppress(_Tried), transaction.atomic():
        _apply(move)
        raise _Tried
    audit.record(actor=actor, action=f"{_kind(move)}.move_asked", subject=_thing(move), data=_told(move))
    return move


@transaction.atomic
def approve_move(*, actor: Member, move: RuleMove) -> RuleMove:
    """A second person agrees, and the step is taken. Raises NotAllowed, AnotherPersonRequired, StepNotPossible when it
    is no longer possible, and what `move_rule` raises."""
    row = locked_in_force()
    move = _locked_waiting(actor=actor, move=move)
    move.second_person = actor
    move.save(update_fields=["second_person"])
    return _take_effect(move, row=row, actor=actor, component="")


@transaction.atomic
def refuse_move(*, actor: Member, move: RuleMove) -> RuleMove:
    """A second person does not agree, or whoever asked takes it back: nothing moves."""
    locked_in_force()
    move = _locked_waiting(actor=actor, move=move, own=True)
    if actor.pk != move.asked_by_id:
        move.second_person = actor
    move.refused_at = timezone.now()
    move.save(update_fields=["second_person", "refused_at"])
    audit.record(actor=actor, action=f"{_kind(move)}.move_refused", subject=_thing(move), data=_told(move))
    return move


def _locked_waiting(*, actor: Member, move: RuleMove, own: bool = False) -> RuleMove:
    move = RuleMove.objects.select_for_update(of=("self",)).select_related("rule", "pack").get(pk=move.pk)
    if not may(actor, permission_for(move.rule) if move.rule else STEER):
        raise NotAllowed
    if move.took_effect_at is not None or move.refused_at is not None:
        raise StepNotPossible
    if actor.pk == move.asked_by_id and not own:
        raise AnotherPersonRequired
    return move


def _take_effect(move: RuleMove, *, row: RulesInForce, actor: Member | None, component: str) -> RuleMove:
    if _thing(move).stage != move.before:
        raise StepNotPossible
    _apply(move)
    move.took_effect_at = timezone.now()
    move.save(update_fields=["took_effect_at"])
    note_in_force(row)
    audit.record(
        actor=actor, component=component, action=f"{_kind(move)}.moved", subject=_thing(move),
        data={**_told(move), "in_force": row.digest},
    )  # fmt: skip
    return move


def _thing(move: RuleMove) -> Rule | RulePack:
    thing = move.rule or move.pack
    assert thing is not None
    return thing


def _kind(move: RuleMove) -> str:
    return "rule" if move.rule_id else "rules"


def _told(move: RuleMove) -> dict[str, object]:
    named = {"rule": move.rule.key, "version": move.rule.version} if move.rule else {"pack": str(move.pack)}
    return {**named, "from": move.before, "to": move.after, "reason": move.reason}


# -- what a step does ------------------------------------------------------------------------------------------------


def _apply(move: RuleMove) -> None:
    """Write the new stages, then prove what would judge: every version is there, every example of what moved holds."""
    to = Stage(move.after)
    if move.rule:
        if move.rule.is_over and to != Stage.RETIRED:
            raise TimeIsOver
        moved = [move.rule]
    else:
        assert move.pack is not None
        moved = list(move.pack.rules.filter(stage=move.before))
        if to in STAGED:
            RulePack.objects.filter(stage=to).exclude(pk=move.pack.pk).update(stage=Stage.RETIRED)
        RulePack.objects.filter(pk=move.pack.pk).update(stage=to)
        move.pack.stage = to
    keys = [rule.key for rule in moved]
    if to in STAGED:
        Rule.objects.filter(key__in=keys, stage=to).exclude(pk__in=[rule.pk for rule in moved]).update(
            stage=Stage.RETIRED
        )
    Rule.objects.filter(pk__in=[rule.pk for rule in moved]).update(stage=to)
    for rule in moved:
        rule.stage = to
    # A rule that leaves LIVE for SHADOW was proved when it came; nothing may keep a wrong one in force.
    proved = moved if to in STAGED and move.before != Stage.LIVE else ()
    _prove(proved, to, all_of=move.pack is not None)


def _prove(moved: Iterable[Rule], to: Stage, *, all_of: bool) -> None:
    """Raise unless every view can be made of exactly the versions it names, and the examples hold where they moved to.

    After a change of words (`all_of`) the examples of every rule of the view are tried, not only of those that moved.
    """
    names = {rule.version for rule in moved}
    staged = set(Rule.objects.filter(stage__in=STAGED).values_list("stage", flat=True).distinct())
    staged |= set(RulePack.objects.filter(stage__in=STAGED).values_list("stage", flat=True))
    for view in STAGED:
        if view not in staged:
            continue
        try:
            ruleset = compose(view)
        except RulesetError as error:
            raise RulesBroken(error) from error
        if {rule.version for rule in ruleset.rules} != set(chosen_versions(view).values()):
            raise WordsMissing
        if view == to and (names or all_of):
            failed = [
                one for rule in ruleset.rules if all_of or rule.version in names for one in unproved(ruleset, rule)
            ]
            if failed:
                raise RuleNotProved(failed)
            try_out(ruleset)


@transaction.atomic
def set_canary_share(*, actor: Member, share: int) -> None:
    """Which share of the members (1 to 50 percent) the rules in CANARY judge. Raises NotAllowed, StepNotPossible."""
    if not may(actor, STEER):
        raise NotAllowed
    if not 1 <= share <= 50:
        raise StepNotPossible
    row = locked_in_force()
    before, row.canary_share = row.canary_share, share
    note_in_force(row)
    audit.record(actor=actor, action="rules.canary_share_set", subject=row, data={"from": before, "to": share})


def retire_expired() -> int:
    """Retire the watched expressions whose time is over, whatever step waits for them; return how many. They judge
    nothing since the moment it was over (see `safeguarding.rules`): here the rows come to say so."""
    due = Rule.objects.filter(expires_at__lte=timezone.now()).exclude(stage=Stage.RETIRED).order_by("expires_at")
    retired = 0
    for rule in due[:100]:
        try:
            move_rule(actor=None, component=COMPONENT, rule=rule, to=Stage.RETIRED, reason=TIME_IS_OVER)
        except StepNotPossible:
            continue  # somebody was faster
        except Refused:
            logger.exception("expression %s is over and could not be retired", rule.key)
            continue
        retired += 1
    return retired
