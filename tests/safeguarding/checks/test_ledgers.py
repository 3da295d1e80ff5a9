"""The engine's memory ends: a ledger nobody wrote to goes when all that it held has expired, and not before."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from safeguarding.detection.tactics import EXPIRY_DAYS
from safeguarding.models import Ledger
from safeguarding.services.ledgers import forget_ledgers

pytestmark = pytest.mark.django_db


def test_a_ledger_is_forgotten_when_all_that_it_held_has_expired_and_not_before():
    longest = dt.timedelta(days=max(EXPIRY_DAYS.values()))
    now = timezone.now()
    Ledger.objects.create(key="pair:a>b", data={}, updated_at=now - longest - dt.timedelta(days=1))
    Ledger.objects.create(key="pair:b>a", data={}, updated_at=now - longest + dt.timedelta(days=1))
    assert forget_ledgers() == 1
    assert [ledger.key for ledger in Ledger.objects.all()] == ["pair:b>a"]
