"""Dates and signs as readers of each language write them."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.utils import translation

MOMENT = dt.datetime(2026, 11, 28, 12, 3, tzinfo=dt.UTC)  # 13:03 in Paris
# Shown text, then a colon, outside of anything that is translated.
LOOSE_COLON = re.compile(r"(?:\}\}|</(?:strong|em|b|a|code|span|time)>): ")
TRANSLATED = re.compile(r"\{% (blocktranslate).*?\{% endblocktranslate %\}", re.DOTALL)


@pytest.mark.parametrize(
    ("name", "english", "french"),
    [
        ("DATE_FORMAT", "28 November 2026", "28 novembre 2026"),
        ("DATETIME_FORMAT", "28 November 2026, 13:03", "28 novembre 2026 13:03"),
        ("SHORT_DATE_FORMAT", "28 Nov 2026", "28 11 2026"),
        ("SHORT_DATETIME_FORMAT", "28 Nov 2026, 13:03", "28 11 2026 13:03"),
        ("TIME_FORMAT", "13:03", "13:03"),
    ],
)
def test_dates_are_british_or_french_and_hours_go_to_24(name, english, french):
    for language, expected in (("en", english), ("fr", french)):
        with translation.override(language):
            shown = Template('{{ at|date:"' + name + '" }}').render(Context({"at": MOMENT}))
        assert shown.replace("/", " ") == expected


@pytest.mark.parametrize("typed", ["2026-11-28", "28/11/2026"])
def test_a_day_is_typed_with_the_day_first_or_in_the_order_of_a_form(typed):
    for language in ("en", "fr"):
        with translation.override(language):
            assert forms.DateField().clean(typed) == dt.date(2026, 11, 28)


def test_a_french_colon_has_its_unbreakable_space():
    colon = Template("{% load typography %}Noa{% colon %} bonsoir")
    for language, expected in (("en", "Noa: bonsoir"), ("fr", "Noa\u00a0: bonsoir")):
        with translation.override(language):
            assert colon.render(Context()) == expected


def test_no_template_spaces_a_colon_by_itself():
    loose = {
        str(path.relative_to(settings.BASE_DIR)): found
        for path in sorted((settings.BASE_DIR / "templates").rglob("*.html"))
        if (found := LOOSE_COLON.findall(TRANSLATED.sub("", path.read_text(encoding="utf-8"))))
    }
    assert not loose
