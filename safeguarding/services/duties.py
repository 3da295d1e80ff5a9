"""What officers owe by a time: the clocks, and the register's lines that a case opens by itself.

Nothing is sent from here: a duty is a row that waits for a person, shows on the dashboard and reminds (`reminders`).
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, override

from community import audit
from community.models import Member
from safeguarding.incidents import CLOCKS, INCIDENTS
from safeguarding.models import Case, Decision, Transmission

SOONEST_AGAIN = dt.timedelta(hours=1)
LATEST_AGAIN = dt.timedelta(days=1)
# Closing with nothing but these says that there was nothing to tell anybody of.
NOTHING_DONE = frozenset({Decision.Action.NO_ACTION.value, Decision.Action.RELEASE_MESSAGE.value})


def first_reminder(*, since: dt.datetime, due_at: dt.datetime) -> dt.datetime:
    """When officers are first reminded: with a quarter of the time left."""
    return due_at - (due_at - since) / 4


def next_reminder(*, now: dt.datetime, due_at: dt.datetime) -> dt.datetime:
    """When they are reminded again: at the moment it is due, then as often as it is late, hourly to daily."""
    if now < due_at:
        return due_at
    return now + min(max(now - due_at, SOONEST_AGAIN), LATEST_AGAIN)


def open_transmissions(*, actor: Member | None, case: Case, component: str = "") -> list[Transmission]:
    """Have a line in the register for everybody whom the table says to tell, in the caller's transaction; return the
    new ones. Called when a person has first looked, and when the case becomes another or graver one. Idempotent."""
    known = set(case.transmissions.values_list("channel", flat=True))
    now = timezone.now()
    opened = []
    for channel in INCIDENTS[case.code].due_at(case.severity):
        if channel in known:
            continue
        due_at = now + dt.timedelta(hours=CLOCKS[channel].hours)
        opened.append(
            Transmission.objects.create(
                case=case,
                channel=channel,
                basis=CLOCKS[channel].basis.in_language(settings.LANGUAGE_CODE),
                due_at=due_at,
                remind_at=first_reminder(since=now, due_at=due_at),
            )
        )
    if opened:
        audit.record(
            actor=actor,
            component=component,
            action="transmissions.opened",
            subject=case,
            data={"channels": [line.channel for line in opened]},
        )
    return opened


def drop_needless(*, actor: Member, case: Case) -> None:
    """When a case closes and nothing was done to anybody, nobody need be told: say so in the register. Never for the
    codes that call for help, which close without a sanction though there was something."""
    if not INCIDENTS[case.code].sanctioned:
        return
    if set(case.decisions.values_list("action", flat=True)) - NOTHING_DONE:
        return
    with override(settings.LANGUAGE_CODE):
        reason = gettext("The case was closed without action.")
    dropped = case.transmissions.filter(state=Transmission.State.DUE)
    channels = list(dropped.values_list("channel", flat=True))
    if channels:
        dropped.update(state=Transmission.State.NOT_NEEDED, reason=reason, remind_at=None)
        audit.record(actor=actor, action="transmissions.dropped", subject=case, data={"channels": channels})
