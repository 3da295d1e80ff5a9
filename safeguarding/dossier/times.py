"""Moments as a reader wants them: UTC with milliseconds for machines, the community's own clock for people."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .frozen import FrozenCaseError

_MONTHS = {
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone `name`. Raises FrozenCaseError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise FrozenCaseError(f"platform.timezone: {name!r} is no time zone") from error


def offset_text(moment: datetime) -> str:
    """The distance to UTC of an aware moment, as "+02:00"."""
    return moment.isoformat()[-6:]


def local_iso(moment: datetime, zone: ZoneInfo) -> str:
    """The community's clock with milliseconds and its distance to UTC: "2026-03-28T21:15:00.250+01:00"."""
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


def day(moment: date, language: str) -> str:
    """ "28 mars 2026", "1er avril 2026" or "28 March 2026"."""
    number = "1er" if moment.day == 1 and language == "fr" else str(moment.day)
    return f"{number} {_MONTHS[language][moment.month - 1]} {moment.year}"


def clock(moment: datetime, zone: ZoneInfo, language: str) -> str:
    """Date and time on the community's clock, to the second."""
    local = moment.astimezone(zone)
    joint = " à " if language == "fr" else ", "
    return f"{day(local, language)}{joint}{local:%H:%M:%S}"
