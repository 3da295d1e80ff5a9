"""Words of the console: incidents by name, clocks, and what the machine saw."""

from __future__ import annotations

from django import template
from django.utils import timezone
from django.utils.translation import get_language

from safeguarding.incidents import INCIDENTS, SEVERITIES
from safeguarding.models import Case, Decision, Duty
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
def action_name(decision: Decision) -> str:
    """What a decision does, in words."""
    return str(Decision.Action(decision.action).label)


@register.filter
def headline(body: str) -> str:
    """The first line of a statement: what was decided."""
    return body.partition("\n")[0]
