"""The harness itself: a test that commits leaves nothing behind, on both databases."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from community.models import Member


def make(pseudonym: str) -> Member:
    return Member.objects.create(email=f"{pseudonym}@example.org", pseudonym=pseudonym, pseudonym_key=pseudonym)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_committed_rows_do_not_reach_the_next_test(turn: int) -> None:
    assert not Member.objects.exists()
    assert Permission.objects.exists()
    make("alice")


@pytest.mark.django_db
def test_the_database_is_the_one_that_was_asked_for(database) -> None:
    assert connection.vendor == database.vendor
    if database.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
