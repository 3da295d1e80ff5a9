"""What a member takes away of their own, for people to read: the same content as the JSON, with words for its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .age.registry import configured
from .models import GuardianConsent, Restriction
from .policies import Level
from .ports import personal_data

LABELS: Mapping[str, Any] = {
    "exported_at": gettext_lazy("Written on"),
    "account": gettext_lazy("Account"),
    "id": gettext_lazy("Reference"),
    "email": gettext_lazy("E-mail address"),
    "pseudonym": gettext_lazy("Pseudonym"),
    "pseudonyms": gettext_lazy("Pseudonyms over time"),
    "since": gettext_lazy("Since"),
    "language": gettext_lazy("Language"),
    "joined_at": gettext_lazy("Joined on"),
    "last_login": gettext_lazy("Last login"),
    "terms": gettext_lazy("Terms agreed to"),
    "version": gettext_lazy("Version"),
    "accepted_at": gettext_lazy("Agreed on"),
    "age_facts": gettext_lazy("Proofs of age"),
    "threshold": gettext_lazy("Threshold (years)"),
    "is_over": gettext_lazy("At least that old"),
    "method": gettext_lazy("How it was proved"),
    "level": gettext_lazy("How strongly"),
    "issuer": gettext_lazy("By whom"),
    "verified_on": gettext_lazy("Proved on"),
    "expires_on": gettext_lazy("Holds until"),
    "in_force": gettext_lazy("Holds now"),
    "consents": gettext_lazy("Agreements of a guardian"),
    "asked_at": gettext_lazy("Asked on"),
    "granted_on": gettext_lazy("Granted on"),
    "ended_by": gettext_lazy("Ended by"),
    "age_contests": gettext_lazy("What you said against a doubt about your age"),
    "made_at": gettext_lazy("Made on"),
    "text": gettext_lazy("Words"),
    "state": gettext_lazy("State"),
    "answer": gettext_lazy("The answer"),
    "youth_work": gettext_lazy("Rooms where you are a youth worker"),
    "room": gettext_lazy("Room"),
    "ended": gettext_lazy("Ended"),
    "restrictions": gettext_lazy("Restrictions"),
    "kind": gettext_lazy("Kind"),
    "from": gettext_lazy("From"),
    "until": gettext_lazy("Until"),
    "lifted_at": gettext_lazy("Lifted on"),
    "automated": gettext_lazy("Set by a program"),
    "blocked": gettext_lazy("People blocked"),
}


def kept(text: str, *, erased: bool) -> str:
    """`text`, or, where its term is over, that it is no longer kept: an empty place would look like an oversight."""
    return _("(no longer kept)") if erased else text


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing: a label, and either words or further entries, each group of which is one record."""

    label: str
    text: str = ""
    groups: Sequence[Sequence[Entry]] = field(default_factory=tuple)


def readable(data: Mapping[str, Any]) -> list[Entry]:
    """The export as entries, in its own order, labelled in the language in force."""
    labels = dict(LABELS)
    words: dict[str, dict[str, Any]] = {
        "kind": dict(Restriction.Kind.choices),
        "language": dict(settings.LANGUAGES),
        "method": {way.slug: way.label for way in configured()},
        "level": dict(Level.choices),
        "ended_by": dict(GuardianConsent.Ended.choices),
    }
    for floor in personal_data():
        labels.update(floor.labels)
        for key, codes in floor.words.items():
            words.setdefault(key, {}).update(codes)
    return _entries(data, labels, words)


def _entries(
    values: Mapping[str, Any], labels: Mapping[str, Any], words: Mapping[str, Mapping[str, Any]]
) -> list[Entry]:
    entries = []
    for key, value in values.items():
        label = str(labels.get(key, key.replace("_", " ").capitalize()))
        if isinstance(value, Mapping):
            entries.append(Entry(label, groups=[_entries(value, labels, words)]))
        elif isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
            entries.append(
                Entry(label, "" if value else _("Nothing."), [_entries(one, labels, words) for one in value])
            )
        else:
            told = words.get(key, {}).get(value) if isinstance(value, str) else None
            told = told or (_day(value) if key.endswith("_on") and isinstance(value, str) else None)
            entries.append(Entry(label, str(told or _text(value))))
    return entries


def _text(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value) or "—"
    moment = _moment(value) if isinstance(value, str) else None
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else str(value)


def _day(text: str) -> str:
    try:
        day = parse_date(text)
    except ValueError:
        return ""
    return str(formats.date_format(day, "DATE_FORMAT")) if day else ""


def _moment(text: str) -> Any:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None
