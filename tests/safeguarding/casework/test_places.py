"""The way about the console: sections by what one does, nothing that one may not open, no question to the database."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from community.models import Member
from safeguarding.admin.places import SECTIONS, places_for
from safeguarding.admin.site import console

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown_to() -> Callable[[Member], list[dict]]:
    def ask(member: Member) -> list[dict]:
        request = RequestFactory().get(reverse("admin:index"))
        request.user = member
        return places_for(request)

    return ask


def test_every_list_of_the_console_has_its_place():
    listed = {place.model for section in SECTIONS for place in section.places}
    assert listed == {f"{model._meta.app_label}_{model._meta.model_name}" for model in console._registry}


def test_a_moderator_is_shown_what_moderators_may_open_and_it_opens(mo, visit, shown_to):
    browser: Client = visit(mo)
    sections = shown_to(mo)
    assert [section["key"] for section in sections] == ["", "moderation", "rules"]
    for section in sections:
        for place in section["items"]:
            assert browser.get(place["link"]).status_code == 200, place["link"]


def test_an_officer_is_shown_every_section_and_all_of_it_opens(sam, visit, shown_to):
    browser: Client = visit(sam)
    sections = shown_to(sam)
    assert [section["key"] for section in sections] == ["", *(section.key for section in SECTIONS)]
    for section in sections:
        for place in section["items"]:
            assert browser.get(place["link"]).status_code == 200, place["link"]


def test_a_place_is_headed_by_the_name_of_the_way_to_it(sam, visit, shown_to):
    browser: Client = visit(sam)
    for section in shown_to(sam)[1:]:
        for place in section["items"]:
            page = browser.get(place["link"]).content.decode()
            assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == [escape(place["title"])]
            assert escape(f"{place['title']} · Havre") in page[: page.index("</title>")]


def test_what_is_not_shown_does_not_open_either(mo, visit, shown_to):
    shown = {place["link"] for section in shown_to(mo) for place in section["items"]}
    browser: Client = visit(mo)
    for section in SECTIONS:
        for place in section.places:
            link = reverse(f"admin:{place.model}_changelist")
            if link not in shown:
                assert browser.get(link).status_code in (403, 404), link


def test_a_member_is_shown_nothing(bob, shown_to):
    assert shown_to(bob) == []


def test_the_places_ask_nothing_but_who_one_is(sam, shown_to):
    with CaptureQueriesContext(connection) as asked:
        shown_to(sam)
    assert len(asked) == 1  # the roles, read once a request


def test_sections_are_named_lists_and_where_one_is_is_said(sam, visit):
    page = visit(sam).get(reverse("admin:safeguarding_rulereplay_changelist")).content.decode()
    assert re.search(
        r'<span class="hv-section" id="places-rules">Rules</span>\s*<ul aria-labelledby="places-rules">', page
    )
    [here] = re.findall(r'<a href="([^"]+)" aria-current="page">', page)
    assert here == reverse("admin:safeguarding_rulereplay_changelist")


def test_places_are_named_in_french(sam, visit):
    Member.objects.filter(pk=sam.pk).update(language="fr")
    page = visit(sam).get(reverse("admin:index")).content.decode()
    for words in ("Modération", "Preuves et dossiers", "Règles de détection", "Journal d’audit", "Fonctionnement"):
        assert words in page
