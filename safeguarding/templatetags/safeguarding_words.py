"""Words of the console: incidents by name, clocks, and what the machine saw."""

from __future__ import annotations

from django import template
from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_lazy

from community.age.registry import label_of
from safeguarding import audit_words
from safeguarding.explanations import Counterfactual
from safeguarding.incidents import INCIDENTS, SEVERITIES
from safeguarding.models import Case, CaseParty, Decision, Duty
from safeguarding.registers import Owed, channel_name

register = template.Library()


@register.filter
def incident(code: str) -> str:
    """The name of an incident code in the language in force."""
    return INCIDENTS[code].words.in_language(get_language() or "fr")


@register.filter
def gravity(severity: str) -> str:
    """What a severity means, in words."""
    return SEVERITIES[severity].words.in_language(get_language() or "fr")


@register.filter
def otherwise(other: Counterfactual) -> str:
    """What would have been without one thing: how many, and the score, where each is known."""
    told = other.label
    if other.count:
        told = gettext("%(label)s: %(before)d → %(after)d") % {
            "label": told, "before": other.count[0], "after": other.count[1],
        }  # fmt: skip
    if other.score and other.count:
        return gettext("%(told)s; score %(before).0f → %(after).0f") % {
            "told": told, "before": other.score[0], "after": other.score[1],
        }  # fmt: skip
    if other.score:
        return gettext("%(label)s: %(before)d → %(after)d") % {
            "label": told, "before": round(other.score[0]), "after": round(other.score[1]),
        }  # fmt: skip
    return told


@register.filter
def overdue(case: Case) -> bool:
    """Whether nobody has looked and the clock has run out."""
    return case.first_look_at is None and case.due_at < timezone.now()


@register.filter
def late(duty: Duty | Owed) -> bool:
    """Whether the time of something an officer owes is over."""
    return duty.due_at < timezone.now()


@register.filter
def channel(key: str) -> str:
    """Whom a channel tells, in the language in force."""
    return channel_name(key)


@register.filter
def audit_action(action: str) -> str:
    """What a line of the audit log says that happened, in words."""
    return audit_words.in_words(action)


@register.filter
def way(slug: str) -> str:
    """How an age was proved, in words."""
    return label_of(slug)


RETENTION_RULES = {
    "unfounded": gettext_lazy("words of cases without action"),
    "restricted": gettext_lazy("words of other cases"),
    "hate": gettext_lazy("words of cases of hate"),
    "minors": gettext_lazy("words of cases with a minor"),
    "handed_over": gettext_lazy("words told to NCMEC or the NCA"),
    "reasons": gettext_lazy("reasons of decisions, statements and appeals"),
    "nca_reference": gettext_lazy("references received from the NCA"),
    "removed_messages": gettext_lazy("removed and refused messages"),
    "connections": gettext_lazy("connection records"),
    "accounts": gettext_lazy("names of closed accounts"),
}


@register.filter
def retention_rule(rule: str) -> str:
    """What a rule of retention erases, in words."""
    return str(RETENTION_RULES.get(rule, rule))


@register.filter
def role_name(role: str) -> str:
    """What somebody is in a case, in words."""
    return str(CaseParty.Role(role).label)


@register.filter
def action_name(decision: Decision) -> str:
    """What a decision does, in words."""
    return str(Decision.Action(decision.action).label)


@register.filter
def headline(body: str) -> str:
    """The first line of a statement: what was decided."""
    return body.partition("\n")[0] or gettext("Decision whose reasons are no longer kept")
