"""Statements composed once answer what the ORM would, whatever the values, however many."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from community.models import AgeFact, Block, Member
from community.policies import AgeBand
from community.statements import composed, composed_update, insert_rows
from tests.cast import open_member

pytestmark = pytest.mark.django_db


@composed
def named(pseudonyms: list[str]) -> QuerySet[Member]:
    return Member.objects.filter(pseudonym__in=pseudonyms).annotate(version=F("access_version")).order_by("pk")


@composed
def facts_of(members: list[int], day: dt.date, threshold: int) -> QuerySet[AgeFact, Any]:
    current = AgeFact.objects.current(day).filter(member__in=members, threshold=threshold)
    return current.select_related("member").order_by("pk")


@composed
def joined_since(moment: dt.datetime) -> QuerySet[Member, str]:
    return Member.objects.filter(joined_at__gte=moment).order_by("pk").values_list("pseudonym", flat=True)


@composed_update
def greet(members: list[int], language: str, seen: dt.datetime | None) -> tuple[QuerySet[Member], dict[str, Any]]:
    return Member.objects.filter(pk__in=members), {"language": language, "last_login": seen}


def test_rows_are_those_the_orm_gives_for_any_number_of_values() -> None:
    members = [open_member(f"personne{number}", AgeBand.ADULT) for number in range(9)]
    for count in (1, 2, 3, 5, 9, 2):
        wanted = members[:count]
        found = named([member.pseudonym for member in wanted])
        assert found == wanted
        assert [(one.version, one.joined_at) for one in found] == [
            (one.access_version, one.joined_at) for one in wanted
        ]


def test_rows_bring_what_they_are_related_to(alice: Member, bob: Member) -> None:
    today = timezone.localdate()
    with CaptureQueriesContext(connection) as captured:
        found = {fact.member.pseudonym: fact.is_over for fact in facts_of({alice.pk, bob.pk}, today, 18)}
    assert found == {alice.pseudonym: False, bob.pseudonym: True}
    assert len(captured) == 1
    assert facts_of({bob.pk}, today + dt.timedelta(days=4000), 18) == []


def test_moments_are_compared_as_moments(alice: Member) -> None:
    assert alice.pseudonym in joined_since(alice.joined_at)
    assert joined_since(timezone.now() + dt.timedelta(seconds=1)) == []


def test_nothing_is_asked_for_nothing() -> None:
    with CaptureQueriesContext(connection) as captured:
        assert named([]) == []
        assert greet([], "en", None) == 0
    assert len(captured) == 0


def test_an_update_says_how_many_it_met_and_changes_those_alone(alice: Member, bob: Member, charlie: Member) -> None:
    now = timezone.now()
    assert greet([alice.pk, bob.pk], "en", now) == 2
    assert greet([bob.pk], "fr", None) == 1
    found = dict(Member.objects.values_list("pseudonym", "language"))
    assert [found[one.pseudonym] for one in (alice, bob, charlie)] == ["en", "fr", charlie.language]
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.last_login, bob.last_login) == (now, None)


def test_rows_inserted_are_those_bulk_create_would_write(alice: Member, bob: Member) -> None:
    blocks = [Block(blocker=alice, blocked=bob), Block(blocker=bob, blocked=alice)]
    with CaptureQueriesContext(connection) as captured:
        insert_rows(blocks)
    assert len(captured) == 1
    stored = {block.pk: (block.blocker_id, block.blocked_id, block.created_at) for block in Block.objects.all()}
    assert stored == {block.pk: (block.blocker_id, block.blocked_id, block.created_at) for block in blocks}
    blocks[0].save()  # it knows that it is stored
    assert Block.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([Block(blocker=alice, blocked=bob)])


def test_a_value_that_is_no_parameter_of_the_statement_is_refused(alice: Member) -> None:
    @composed
    def decides_by_itself(public_id: str, limit: int) -> QuerySet[Member]:
        return Member.objects.filter(public_id=public_id)[: min(limit, 3)]

    with pytest.raises(AssertionError, match="no parameter"):
        decides_by_itself(alice.public_id, 2)
    with pytest.raises(TypeError):
        named([1.5])


def test_what_stands_in_a_value_never_becomes_part_of_the_statement(alice: Member) -> None:
    assert named(["' OR 1=1 --", "%s", "\ue000mark 0"]) == []
    assert named([alice.pseudonym, "' OR 1=1 --"]) == [alice]
