"""Weekly hours in the community's zone, [["mon", "18:00", "22:00"], ...]: when somebody watches, a room is open."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django.utils import formats, timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .errors import Refused

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_LINE = re.compile(
    r"(?P<first>[^\W\d_]+)(?:\s*-\s*(?P<last>[^\W\d_]+))?\s+(?P<begin>[0-9:]{5})\s*-\s*(?P<end>[0-9:]{5})"
)
Hours = Sequence[Sequence[str]]


class BadHours(Refused):
    code = "bad_hours"
    message = gettext_lazy("Write hours like this: mon-fri 18:00-22:00, sat 14:00-23:00.")


def check_hours(hours: Any) -> None:
    """Raise BadHours unless `hours` is a list of [day, from, until], each within one day."""
    if not isinstance(hours, list):
        raise BadHours
    for entry in hours:
        if not (isinstance(entry, list | tuple) and len(entry) == 3 and entry[0] in DAYS):
            raise BadHours
        begin, end = entry[1], entry[2]
        if not all(isinstance(t, str) and _TIME.fullmatch(t) for t in (begin, end)) or begin >= end:
            raise BadHours


def is_within(hours: Hours, now: dt.datetime) -> bool:
    """Whether `now` lies in one of the intervals."""
    return any(True for _interval in _around(hours, now))


def end_of(hours: Hours, now: dt.datetime) -> dt.datetime | None:
    """When the interval around `now` ends; None outside all of them."""
    ends = [end for _day, _begin, end in _around(hours, now)]
    if not ends:
        return None
    local, last = timezone.localtime(now), max(ends)
    day = local.date() + dt.timedelta(days=last == "24:00")
    return timezone.make_aware(dt.datetime.combine(day, dt.time() if last == "24:00" else dt.time.fromisoformat(last)))


def hours_text(hours: Hours) -> str:
    """The hours in the reader's language, comma-separated; days in a row with the same hours are told together."""
    runs: list[tuple[int, int, str, str]] = []
    for day, begin, end in hours:
        number = DAYS.index(day)
        before = next((run for run in runs if run[1:] == (number - 1, begin, end)), None)
        if before:
            runs[runs.index(before)] = (before[0], number, begin, end)
        else:
            runs.append((number, number, begin, end))
    return ", ".join(
        _("%(day)s %(begin)s–%(end)s") % {"day": _days(first, last), "begin": _clock(begin), "end": _clock(end)}
        for first, last, begin, end in runs
    )


def _days(first: int, last: int) -> str:
    if first == last:
        return str(WEEKDAYS[first])
    if last - first == 6:
        return _("every day")
    return _("%(first)s to %(last)s") % {"first": WEEKDAYS[first], "last": WEEKDAYS[last]}


def parse_hours(text: str) -> list[list[str]]:
    """Hours as people type them, one interval a line or after a comma: "mon-fri 17:00-20:00, sat 10:00-12:00".

    Days are abbreviated in the language in force, or in English. Raises BadHours; an empty text is no hours at all.
    """
    rows: list[list[str]] = []
    numbers = {name: number for names in (DAYS, _abbreviated()) for number, name in enumerate(names)}
    for line in re.split(r"[,;\n]", text.strip().lower()):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if not match:
            raise BadHours
        first, last = numbers.get(match["first"]), numbers.get(match["last"] or match["first"])
        if first is None or last is None or last < first:
            raise BadHours
        rows += [[day, match["begin"], match["end"]] for day in DAYS[first : last + 1]]
    check_hours(rows)
    return rows


def format_hours(hours: Hours) -> str:
    """What parse_hours reads back in the same language, one interval a line."""
    days = dict(zip(DAYS, _abbreviated(), strict=True))
    return "\n".join(f"{days[day]} {begin}-{end}" for day, begin, end in hours)


def _abbreviated() -> list[str]:
    return [str(WEEKDAYS_ABBR[number]).lower() for number in range(len(DAYS))]


def _around(hours: Hours, now: dt.datetime) -> list[Sequence[str]]:
    local = timezone.localtime(now)
    clock, today = local.strftime("%H:%M"), DAYS[local.weekday()]
    return [entry for entry in hours if entry[0] == today and entry[1] <= clock < entry[2]]


def _clock(text: str) -> str:
    if text == "24:00":
        return text
    return formats.time_format(dt.time.fromisoformat(text), "TIME_FORMAT")
