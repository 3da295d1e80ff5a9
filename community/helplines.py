"""Help lines in France. A test fails 180 days after the oldest verification: people rely on these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class HelpLine:
    """Whom to call. `number` as dialled; `sms` for lines reached by text message; `urgent` for life at risk."""

    key: str
    number: str
    name: str | Promise
    purpose: str | Promise
    hours: str | Promise
    verified_on: dt.date
    url: str = ""
    sms: bool = False
    urgent: bool = False

    @property
    def href(self) -> str:
        return f"{'sms' if self.sms else 'tel'}:{self.number.replace(' ', '')}"


_CHECKED = dt.date(2026, 11, 24)

HELP_LINES: Sequence[HelpLine] = (
    HelpLine(
        "17",
        "17",
        _("Police, gendarmerie"),
        _("somebody is in danger now"),
        _("day and night"),
        _CHECKED,
        urgent=True,
    ),
    HelpLine(
        "112",
        "112",
        _("European emergency number"),
        _("any emergency, in all of Europe"),
        _("day and night"),
        _CHECKED,
        urgent=True,
    ),
    HelpLine(
        "114",
        "114",
        _("Emergency by text message"),
        _("when you cannot speak or hear"),
        _("day and night"),
        _CHECKED,
        url="https://www.urgence114.fr",
        sms=True,
        urgent=True,
    ),
    HelpLine(
        "15",
        "15",
        _("Ambulance, emergency doctors (SAMU)"),
        _("somebody is hurt, or has taken something"),
        _("day and night"),
        _CHECKED,
        urgent=True,
    ),
    HelpLine(
        "119",
        "119",
        _("Children in danger"),
        _("for children and teenagers, and anyone worried about one"),
        _("day and night"),
        _CHECKED,
        url="https://www.allo119.gouv.fr",
    ),
    HelpLine(
        "3018",
        "3018",
        _("Online bullying and violence"),
        _("bullying, blackmail, intimate pictures: they can have content taken down"),
        _("every day, 9 am to 11 pm"),
        _CHECKED,
        url="https://e-enfance.org",
    ),
    HelpLine(
        "3114",
        "3114",
        _("Suicide prevention"),
        _("when you think of dying, or fear for somebody"),
        _("day and night"),
        _CHECKED,
        url="https://3114.fr",
    ),
    HelpLine(
        "sos-homophobie",
        "01 48 06 42 41",
        _("SOS homophobie"),
        _("anonymous listening for LGBT people and those close to them"),
        _("see their website for hours"),
        _CHECKED,
        url="https://www.sos-homophobie.org",
    ),
    HelpLine(
        "116006",
        "116 006",
        _("Victims’ help (France Victimes)"),
        _("for victims of any offence"),
        _("every day, 9 am to 7 pm"),
        _CHECKED,
        url="https://www.france-victimes.fr",
    ),
)


def urgent_lines() -> list[HelpLine]:
    """The numbers for life at risk, shown on every page."""
    return [line for line in HELP_LINES if line.urgent]
