"""Words of the pages about rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import template
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from chat.models import Room
from safeguarding import words
from safeguarding.in_words import in_words
from safeguarding.incidents import INCIDENTS
from safeguarding.machine_reasons import MACHINE_REASONS
from safeguarding.models import Rule, RuleMove
from safeguarding.rule_figures import Change, Outcomes

register = template.Library()

_RULE_CODES = {
    "GUARD": _("how words are meant (no finding by itself)"),
    "SIDE": _("who stands where (no finding by itself)"),
    "PII": _("contact details"),
    "ROOM": _("names of rooms"),
}
_RULE_ACTIONS = {"flag": _("flags"), "hold": _("holds"), "refuse": _("refuses")}
_BANDS = {
    "none": _("no proved age"), "teen_13_14": _("13–14 years"), "teen_15_17": _("15–17 years"), "adult": _("adults"),
}  # fmt: skip
_FACTS = {
    "used": _("used today"), "quota": _("quota of a day"), "confirmed": _("confirmed cases"),
    "decided": _("decided cases"), "high": _("precision is at most (percent)"), "floor": _("floor (percent)"),
    "day": _("day"), "met": _("distinct members met that day"), "wrote": _("distinct members who wrote that day"),
    "usual": _("usual share (percent)"), "chance": _("probability of such a day"), "version": _("version"),
    "code": _("code"),
}  # fmt: skip


@register.filter
def rule_code(code: str) -> str:
    """What the code of a rule stands for."""
    return (
        INCIDENTS[code].words.in_language(get_language() or "fr")
        if code in INCIDENTS
        else str(_RULE_CODES.get(code, code))
    )


@register.filter
def rule_action(action: str) -> str:
    """What a rule does by itself."""
    return str(_RULE_ACTIONS.get(action, action))


@register.filter
def tactic_words(name: str) -> str:
    """A tactic in plain words."""
    return words.tactic(name)


@register.filter
def band_words(band: str) -> str:
    """An age band in words."""
    return str(_BANDS.get(band, band))


@register.filter
def alarm_fact(name: str) -> str:
    """What a figure of an alarm is."""
    return str(_FACTS.get(name, name))


@register.filter
def why_moved(move: RuleMove) -> str:
    """Why a rule was moved: a person's own words, or what the machine says in the language in force."""
    return move.reason if move.asked_by_id else in_words(move.reason, MACHINE_REASONS)


@register.filter
def room_names(keys: Sequence[str]) -> str:
    """The rooms of these public ids, by name."""
    return ", ".join(Room.objects.filter(public_id__in=keys).order_by("name").values_list("name", flat=True))


@register.filter
def outcome_of(outcomes: Mapping[tuple[str, str], Outcomes], rule: Rule) -> Outcomes | None:
    """What came of one version of a rule, where something did."""
    return outcomes.get((rule.key, rule.version))


@register.filter
def change_lists(change: Change) -> list[tuple[str, Sequence[object]]]:
    """The lists of an import's page that are not empty, with their titles."""
    lists = [
        (gettext("New rules"), change.added),
        (gettext("Other versions of rules in force"), change.changed),
        (gettext("In force and not in this import: they stay until they are retired"), change.absent),
    ]
    return [(title, rules) for title, rules in lists if rules]
