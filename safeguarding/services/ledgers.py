"""The engine's memory: read without locks, and before writing locked in order and found unchanged.

Two workers may read one pair at once; only one of them commits, the other assesses anew on what the first wrote.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from community.statements import composed
from safeguarding.detection.tactics import EXPIRY_DAYS
from safeguarding.models import Ledger

# Everything in a ledger has expired by then.
FORGET_AFTER = dt.timedelta(days=max(EXPIRY_DAYS.values()))


class LedgersMoved(Exception):
    """Somebody else wrote a ledger after it was read: assess again."""


@composed
def _written(keys: list[str]) -> QuerySet[Ledger, tuple[str, dict[str, Any], dt.datetime]]:
    return Ledger.objects.filter(key__in=keys).values_list("key", "data", "updated_at")


@composed
def _locked(keys: list[str]) -> QuerySet[Ledger, tuple[str, dt.datetime]]:
    return Ledger.objects.select_for_update().filter(key__in=keys).order_by("key").values_list("key", "updated_at")


class Notebook:
    """The ledgers one assessment has read and changed, by key. `known` is what the engine is given."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self._read_at: dict[str, dt.datetime | None] = {}  # key -> when it was last written, None: there was none
        self._changed: set[str] = set()

    def read(self, keys: Iterable[str]) -> None:
        """Fetch those not read yet, in one query."""
        missing = [key for key in keys if key not in self._read_at]
        if not missing:
            return
        self._read_at.update(dict.fromkeys(missing))
        for key, data, updated_at in _written(missing):
            self.known[key] = data
            self._read_at[key] = updated_at

    def write(self, ledgers: Mapping[str, dict[str, Any]]) -> None:
        """Note what an assessment changed."""
        self.known.update(ledgers)
        self._changed.update(ledgers)

    def lock(self) -> None:
        """Lock every ledger read, in sorted order, in the caller's transaction; raise LedgersMoved if one has changed.

        What does not exist yet is created first, in the same order: two who meet there wait for one another once, and
        the second finds that it has moved.
        """
        now = timezone.now()
        absent = sorted(key for key, read_at in self._read_at.items() if read_at is None)
        Ledger.objects.bulk_create([Ledger(key=key, updated_at=now) for key in absent], ignore_conflicts=True)
        expected = {key: read_at or now for key, read_at in self._read_at.items()}
        if dict(_locked(list(expected))) != expected:
            raise LedgersMoved

    def save(self) -> None:
        """Write what changed; call it under `lock`."""
        now = timezone.now()
        Ledger.objects.bulk_create(
            [Ledger(key=key, data=self.known[key], updated_at=now) for key in sorted(self._changed)],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["data", "updated_at"],
        )


def forget_ledgers() -> int:
    """Delete the ledgers of people who have not spoken for months; return how many."""
    deleted, _by_model = Ledger.objects.filter(updated_at__lt=timezone.now() - FORGET_AFTER).delete()
    return deleted
