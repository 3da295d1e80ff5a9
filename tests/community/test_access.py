from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from community.models import Block, Community, Member, Restriction
from community.policies import AgeBand
from community.services import settings
from community.services.access import access_of, accesses_of, bump_access, start_of_day
from community.services.restrictions import lift_restriction, restrict_member
from tests.community.conftest import give_facts

pytestmark = pytest.mark.django_db


def test_access_says_the_band_and_when_it_ends(alice: Member) -> None:
    access = access_of(alice)
    assert access.band == AgeBand.TEEN_15_17
    assert access.facts == {15: True, 18: False}
    assert access.deadline == start_of_day(timezone.localdate() + dt.timedelta(days=365))
    assert not access.shut_out


def test_facts_end_at_midnight_in_the_communitys_zone(charlie: Member) -> None:
    with time_machine.travel(dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC), tick=False):
        give_facts(charlie, {18: True}, days=1)
    # Paris is two hours ahead in July: the day ends at 22:00 UTC.
    with time_machine.travel(dt.datetime(2026, 7, 1, 21, 59, 59, tzinfo=dt.UTC), tick=False):
        assert access_of(charlie).band == AgeBand.ADULT
        assert access_of(charlie).deadline == dt.datetime(2026, 7, 1, 22, tzinfo=dt.UTC)
    with time_machine.travel(dt.datetime(2026, 7, 1, 22, 0, 1, tzinfo=dt.UTC), tick=False):
        assert access_of(charlie).band == AgeBand.NONE


@pytest.mark.django_db(transaction=True)
def test_cached_access_costs_one_query_and_dies_with_its_version(
    bob: Member, mo: Member, django_assert_num_queries
) -> None:
    assert not access_of(bob).muted
    with django_assert_num_queries(1):
        access_of(bob)
    restrict_member(actor=mo, member=bob, kind="mute", reason="shouting")
    # `bob` is the instance loaded before: its version is old, the answer is not.
    assert access_of(bob).muted


@pytest.mark.django_db(transaction=True)
def test_cached_access_ends_by_the_clock_without_any_write(bob: Member, mo: Member) -> None:
    end = timezone.now() + dt.timedelta(hours=1)
    restrict_member(actor=mo, member=bob, kind="suspension", reason="cooling down", ends_at=end)
    assert access_of(bob).suspended
    with time_machine.travel(end + dt.timedelta(seconds=1)):
        assert not access_of(bob).suspended


@pytest.mark.django_db(transaction=True)
def test_what_a_rolled_back_transaction_saw_is_never_cached(bob: Member) -> None:
    class Undo(Exception):
        pass

    def ban_and_undo() -> None:
        with transaction.atomic():
            Restriction.objects.create(member=bob, kind="ban", reason="undone")
            bump_access(bob)
            assert access_of(bob).banned
            raise Undo

    with pytest.raises(Undo):
        ban_and_undo()
    bump_access(bob)  # the version that the undone transaction had
    assert not access_of(bob).banned


@pytest.mark.django_db(transaction=True)
def test_rights_follow_a_setting_that_another_process_has_just_changed(alice: Member, monkeypatch) -> None:
    """A process that still keeps the old settings for a few seconds must not keep rights made of them for longer."""
    monkeypatch.setattr(settings, "_kept", None)
    monkeypatch.setattr(settings, "KEEP_SECONDS", 3600)
    assert not access_of(alice).consent_missing
    assert settings.get_community().digital_majority == 15
    Community.objects.update_or_create(pk=1, defaults={"digital_majority": 16})
    Member.objects.update(access_version=F("access_version") + 1)
    assert settings.get_community().digital_majority == 15
    assert access_of(alice).consent_missing


@pytest.mark.django_db(transaction=True)
def test_access_is_right_while_redis_is_down(bob: Member, redis_server) -> None:
    redis_server.stop()
    try:
        assert access_of(bob).band == AgeBand.ADULT
        bump_access(bob)
        assert access_of(bob).band == AgeBand.ADULT
    finally:
        redis_server.start()


def test_a_cold_read_of_many_members_costs_no_more_than_of_a_minor_and_an_adult(
    alice: Member, bob: Member, charlie: Member, django_assert_num_queries
) -> None:
    with django_assert_num_queries(7):
        accesses_of([alice, bob])
    with django_assert_num_queries(7):
        found = accesses_of([alice, bob, charlie])
    assert {pk: access.band for pk, access in found.items()} == {
        alice.pk: AgeBand.TEEN_15_17, bob.pk: AgeBand.ADULT, charlie.pk: AgeBand.NONE,
    }  # fmt: skip


def test_a_block_is_seen_from_both_sides(bob: Member, charlie: Member, alice: Member) -> None:
    Block.objects.create(blocker=bob, blocked=charlie)
    assert access_of(bob).blocked_pks == {charlie.pk}
    assert access_of(charlie).blocked_pks == {bob.pk}
    assert access_of(alice).blocked_pks == frozenset()


def test_a_pause_of_contact_binds_both_and_nobody_else(alice: Member, bob: Member, charlie: Member, mo: Member) -> None:
    restrict_member(actor=mo, member=bob, kind="contact_pause", counterpart=alice, reason="looking into it")
    assert access_of(bob).paused_with == {alice.pk}
    assert access_of(alice).paused_with == {bob.pk}
    assert access_of(charlie).paused_with == frozenset()


@pytest.mark.django_db(transaction=True)
def test_open_sockets_are_told_after_commit(bob: Member, monkeypatch) -> None:
    told: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr("community.bus.publish", lambda channel, payload: told.append((channel, json.loads(payload))))
    with transaction.atomic():
        bump_access(bob)
        assert told == []
    assert told == [(f"member:{bob.public_id}", {"type": "access"})]


def test_lifting_gives_the_rights_back(bob: Member, mo: Member) -> None:
    restriction = restrict_member(actor=mo, member=bob, kind="room_ban", room_ref="r" * 16, reason="insults")
    assert access_of(bob).room_bans == {"r" * 16}
    lift_restriction(actor=mo, restriction=restriction, reason="apologised")
    assert access_of(bob).room_bans == frozenset()
