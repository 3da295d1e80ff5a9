"""The console in the reader's language. Every translation is put in brackets: what then stands outside brackets was
never given to translate."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.utils import label_for_field
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import translation

from chat.models import Message
from community.models import Member
from safeguarding.admin.site import console
from safeguarding.incidents.words import Words

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

IN_BRACKETS = re.compile("⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]{2,}")


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is translated comes in brackets."""
    found = translation._trans
    for name, at in {"gettext": 0, "pgettext": 1, "ngettext": 0, "npgettext": 1}.items():
        getattr(found, name)  # Django finds its functions when they are first asked for
        monkeypatch.setattr(found, name, lambda *given, at=at: f"⟦{given[at]}⟧")
    monkeypatch.setattr(Words, "in_language", lambda words, _language: f"⟦{words.fr}⟧")


def outside(text: str) -> str:
    """What of a text stands in no brackets, where it has a word."""
    while IN_BRACKETS.search(text):
        text = IN_BRACKETS.sub(" ", text)
    return " ".join(text.split()) if WORD.search(text) else ""


# -- lists -----------------------------------------------------------------------------------------------------------


def titles(site: AdminSite, request: HttpRequest) -> Iterator[str]:
    """Every filter and every column of every list."""
    for admin in site._registry.values():
        for spec in admin.get_changelist_instance(request).filter_specs:
            yield str(spec.title)
        for column in admin.get_list_display(request):
            yield str(label_for_field(column, admin.model, admin))


@pytest.fixture
def request_of_sam(sam: Member) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = sam
    return request


@pytest.mark.usefixtures("bracketed")
def test_every_filter_and_column_of_every_list_has_words(request_of_sam: HttpRequest) -> None:
    found = list(titles(console, request_of_sam))
    assert len(found) > len(console._registry)
    assert [title for title in found if outside(title)] == []


@pytest.mark.usefixtures("bracketed")
def test_a_filter_or_column_without_words_is_found(request_of_sam: HttpRequest) -> None:
    class Sloppy(ModelAdmin):
        list_filter = ("check_state",)
        list_display = ("client_id",)

    site = AdminSite()
    site.register(Message, Sloppy)
    assert [outside(title) for title in titles(site, request_of_sam)] == ["check state", "client id"]
