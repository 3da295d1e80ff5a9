"""The numbers people call: all there, all looked at again twice a year."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from community.helplines import HELP_LINES

STALE = dt.timedelta(days=180)


def test_every_help_line_was_verified_in_the_last_180_days() -> None:
    today = dt.datetime.now(dt.UTC).date()
    stale = [line.key for line in HELP_LINES if not dt.timedelta(0) <= today - line.verified_on <= STALE]
    assert not stale, f"call or look up these lines again, then set their verified_on: {', '.join(stale)}"


def test_the_lines_a_member_may_need_are_all_there() -> None:
    keys = {line.key for line in HELP_LINES}
    assert keys >= {"17", "112", "114", "119", "3018", "3114", "116006"}
    assert any("SOS homophobie" in str(line.name) for line in HELP_LINES)


def test_emergency_numbers_come_first() -> None:
    assert [line.urgent for line in HELP_LINES] == sorted((line.urgent for line in HELP_LINES), reverse=True)


@pytest.mark.django_db
def test_a_line_s_website_is_named_without_a_french_preposition_to_be_elided(client: Client) -> None:
    page = client.get(reverse("community:help"), headers={"accept-language": "fr"}).content.decode()
    assert "Site\N{NO-BREAK SPACE}: " in page
    assert "Site de " not in page
