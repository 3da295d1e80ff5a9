from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from community.errors import NotAllowed, TooManyAttempts
from community.hours import DAYS, BadHours, hours_text, is_within
from community.models import AuditEvent, Community, Member
from community.services.limits import subscriber, take
from community.services.settings import cover_text, get_community, update_community

HOURS = [["mon", "18:00", "22:00"], ["sat", "10:00", "24:00"]]


@pytest.mark.django_db
def test_settings_have_defaults_before_setup_and_change_with_a_line_of_audit(sam: Member) -> None:
    assert get_community().floor_age == 15
    update_community(actor=sam, floor_age=16, cover_hours=HOURS)
    assert get_community().floor_age == 16
    assert AuditEvent.objects.get(action="community.changed").payload.data["after"]["floor_age"] == 16
    update_community(actor=sam, floor_age=16)
    assert AuditEvent.objects.filter(action="community.changed").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["bob", "mo", "dana"])
def test_only_the_lead_officer_changes_settings(who: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(NotAllowed):
        update_community(actor=request.getfixturevalue(who), floor_age=13)
    with pytest.raises(NotAllowed):
        update_community(actor=None, floor_age=13)
    assert get_community().floor_age == 15


@pytest.mark.django_db
@pytest.mark.parametrize(
    "hours", ["always", [["lun", "18:00", "22:00"]], [["mon", "22:00", "18:00"]], [["mon", "18:00"]], [["mon", 18, 22]]]
)
def test_nonsense_hours_are_refused(hours: object, sam: Member) -> None:
    with pytest.raises(BadHours):
        update_community(actor=sam, cover_hours=hours)


@pytest.mark.django_db
def test_a_nonsense_address_is_refused(sam: Member) -> None:
    with pytest.raises(ValidationError):
        update_community(actor=sam, contact_email="nowhere")


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ([[day, "17:00", "22:00"] for day in DAYS], "tous les jours, 17:00–22:00"),
        ([[day, "17:00", "22:00"] for day in DAYS[:5]] + [["sat", "14:00", "18:00"]],
         "lundi à vendredi, 17:00–22:00, samedi, 14:00–18:00"),
        ([["mon", "09:00", "12:00"], ["mon", "14:00", "18:00"], ["wed", "09:00", "12:00"]],
         "lundi, 09:00–12:00, lundi, 14:00–18:00, mercredi, 09:00–12:00"),
    ],
)  # fmt: skip
def test_days_with_the_same_hours_are_told_together(hours: list[list[str]], told: str) -> None:
    with translation.override("fr"):
        assert hours_text(hours) == told


def test_hours_of_cover_are_in_the_communitys_zone() -> None:
    # Monday 23 November 2026; Paris is an hour ahead.
    assert is_within(HOURS, dt.datetime(2026, 11, 23, 17, 0, tzinfo=dt.UTC))
    assert not is_within(HOURS, dt.datetime(2026, 11, 23, 16, 59, tzinfo=dt.UTC))
    assert not is_within(HOURS, dt.datetime(2026, 11, 23, 21, 0, tzinfo=dt.UTC))
    assert is_within(HOURS, dt.datetime(2026, 11, 28, 22, 59, tzinfo=dt.UTC))


def test_the_hours_are_said_in_the_readers_language() -> None:
    with translation.override("en"):
        told = cover_text(Community(cover_hours=HOURS))
        assert "Monday" in told
        assert "24:00" in told
        assert "nobody" in cover_text(Community())


def test_a_limit_counts_each_person_apart() -> None:
    for _ in range(3):
        take("test", "one", most=3, seconds=60)
    with pytest.raises(TooManyAttempts):
        take("test", "one", most=3, seconds=60)
    take("test", "other", most=3, seconds=60)


def test_an_ipv6_subscriber_is_one_whatever_address_they_use() -> None:
    assert subscriber("2001:db8:1:2::1") == subscriber("2001:db8:1:2:ffff::9")
    assert subscriber("2001:db8:1:3::1") != subscriber("2001:db8:1:2::1")
    assert subscriber("192.0.2.1") == "192.0.2.1"
