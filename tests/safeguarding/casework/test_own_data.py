"""A member's own data with everything in it: every key has words in the page that is read by people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import override

from community.models import Block, Restriction
from community.own_data import LABELS, readable
from community.ports import personal_data
from community.services.members import export_personal_data
from safeguarding.models import SafetyCard


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_every_key_of_the_export_has_words(mo, bob, eve, case, insult, decide):
    decide(mo, case, "warn", member=bob)
    Block.objects.create(blocker=bob, blocked=eve)
    Restriction.objects.create(member=bob, kind="mute", reason="x")
    SafetyCard.objects.create(member=bob, kind="meeting")
    held = export_personal_data(actor=bob)
    known = {key for floor in personal_data() for key in floor.labels} | set(LABELS)
    assert set(keys_of(held)) <= known
    assert {"reports", "decisions", "messages", "blocked"} <= set(keys_of(held))
    with override("en"):
        sections = {entry.label: entry for entry in readable(held)}
    assert "Nobody wants you here, just go." in str(sections["Rooms and messages"])


def test_codes_and_days_are_read_in_words(mo, bob, case, decide):
    decide(mo, case, "warn", member=bob)
    Restriction.objects.create(member=bob, kind="mute", reason="x")
    with override("fr"):
        told = {entry.label: str(entry) for entry in readable(export_personal_data(actor=bob))}
    assert "peut lire, pas écrire" in told["Restrictions"]
    assert "'mute'" not in told["Restrictions"]
    assert "membre" in told["Salons et messages"]
    assert f"{timezone.localdate():%Y-%m-%d}" not in told["Preuves d’âge"]
    assert "Rien." in told["Personnes bloquées"]
