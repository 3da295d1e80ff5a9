"""The seam: a frozen case holds together, carries no secret and survives the way through JSON."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from safeguarding.dossier.acts import Report
from safeguarding.dossier.frozen import (
    Circumstance,
    Decision,
    FrozenCase,
    FrozenCaseError,
    Message,
    Person,
    Version,
)
from tests.safeguarding.dossier.cases import ALICE, BOB, SAM, START, grooming_case


def test_case_comes_back_equal_from_json_text() -> None:
    case = grooming_case()
    text = json.dumps(case.to_json())
    assert FrozenCase.from_json(json.loads(text)) == case
    assert json.dumps(FrozenCase.from_json(json.loads(text)).to_json()) == text


def test_times_are_told_in_utc_whatever_zone_they_came_in() -> None:
    paris = timezone(timedelta(hours=2))
    case = dataclasses.replace(grooming_case(), opened_at=datetime(2026, 7, 1, 0, 30, tzinfo=paris))
    assert case.to_json()["opened_at"] == "2026-06-30T22:30:00.000Z"


def test_no_part_has_a_place_for_private_notes_or_a_notifier() -> None:
    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for item in value.values() for name in names(item)}
        if isinstance(value, list):
            return {name for item in value for name in names(item)}
        return set()

    said = names(grooming_case().to_json())
    assert not said & {"private_notes", "notes", "reporter", "email", "birth_date", "password"}
    assert {field.name for field in dataclasses.fields(Decision)}.isdisjoint({"private_notes", "notes"})
    assert {field.name for field in dataclasses.fields(Report)}.isdisjoint({"reporter", "member", "email"})


@pytest.mark.parametrize(
    "person",
    [
        {"id": "N1", "roles": ("notifier",), "declared_age": "17"},
        {"id": "N1", "roles": ("notifier",), "joined_at": START},
        {"id": "N1", "roles": ("notifier",), "past_decisions": 2},
        {"id": "N1", "roles": ("notifier", "witness")},
        {"id": "N1", "roles": ("witness",)},
        {"id": "carole", "roles": ("notifier",)},
    ],
)
def test_notifier_who_is_more_than_a_label_is_refused(person: dict[str, Any]) -> None:
    with pytest.raises(FrozenCaseError, match="notifier"):
        Person(**person)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("persons", (ALICE, ALICE), "alice stands twice"),
        ("persons", (ALICE,), "'bob' is not in the case"),
        ("rooms", (), "'salon' is not in the case"),
        ("messages", (), "'m00009' is not in the case"),
        ("id", "../etc", "not a public id"),
    ],
)
def test_reference_that_leads_nowhere_is_refused_by_name(field: str, value: Any, told: str) -> None:
    with pytest.raises(FrozenCaseError, match=told):
        grooming_case(**{field: value})


def test_message_without_version_or_out_of_order_is_refused() -> None:
    version = Version(number=2, text="deux", written_at=START)
    message = Message(id="m1", room="salon", author="bob", sent_at=START, state="visible", versions=(version,))
    alone = {"reports": (), "alerts": ()}
    assert grooming_case(messages=(message,), **alone).messages == (message,)
    first = dataclasses.replace(version, number=1)
    for versions in ((), (version, first), (version, version)):
        with pytest.raises(FrozenCaseError, match="versions"):
            grooming_case(messages=(dataclasses.replace(message, versions=versions),), **alone)
    with pytest.raises(FrozenCaseError, match="shown"):
        grooming_case(messages=(dataclasses.replace(message, shown_version=7),), **alone)


def test_connections_need_two_officers_or_a_life_at_risk() -> None:
    case = grooming_case()
    alone = dataclasses.replace(case.handover, approved_by=None)
    calm = dataclasses.replace(case.situation, danger_now="no")
    assert grooming_case(handover=alone).connections
    assert grooming_case(situation=calm).connections
    with pytest.raises(FrozenCaseError, match="two officers"):
        grooming_case(handover=alone, situation=calm)


def test_second_officer_is_another_person() -> None:
    with pytest.raises(FrozenCaseError, match="another person"):
        grooming_case(handover=dataclasses.replace(grooming_case().handover, approved_by=SAM))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("code",), 5, r"\$\.code"),
        (("severity",), "P9", r"\$\.severity"),
        (("opened_at",), "2026-03-01T10:00:00", r"\$\.opened_at: a time without zone"),
        (("opened_at",), "yesterday", r"\$\.opened_at"),
        (("messages", 0, "versions", 0, "text"), "a\0b", r"\$\.messages\[0\]\.versions\[0\]\.text: NUL"),
        (("messages", 0, "versions", 0, "text"), "\ud800", "surrogate"),
        (("messages", 0, "versions"), "no list", r"versions: a list"),
        (("persons", 0, "private_notes"), "x", r"persons\[0\]: unknown private_notes"),
        (("alerts", 0, "score"), "high", r"alerts\[0\]\.score"),
        (("automated",), 1, r"\$\.automated"),
        (("platform",), [], r"\$\.platform: an object"),
    ],
)
def test_json_that_is_wrong_is_refused_and_the_field_named(path: tuple[Any, ...], value: Any, told: str) -> None:
    document = grooming_case().to_json()
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(FrozenCaseError, match=told):
        FrozenCase.from_json(document)


def test_missing_field_is_named() -> None:
    document = grooming_case().to_json()
    del document["platform"]["operator"]
    with pytest.raises(FrozenCaseError, match=r"\$\.platform: operator missing"):
        FrozenCase.from_json(document)


def test_text_no_document_can_carry_is_refused_before_building() -> None:
    case = grooming_case(circumstances=(Circumstance(key="place", answer="yes", detail="a\0b"),))
    with pytest.raises(FrozenCaseError, match=r"circumstances\[0\]\.detail"):
        case.to_json()


def test_case_knows_whether_it_names_a_minor() -> None:
    assert grooming_case().names_minor
    grown = dataclasses.replace(ALICE, age=BOB.age)
    charlie = dataclasses.replace(ALICE, id="charlie", roles=("other",))
    others = tuple(person for person in grooming_case().persons if person.id in ("bob", "N1"))
    assert not grooming_case(persons=(grown, charlie, *others)).names_minor
