"""The console in the reader's language: no heading, filter, label, button or state that nobody gave words to.

Every translation is put in brackets: what then stands outside brackets was never given to translate.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.utils import label_for_field
from django.db import transaction
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone, translation

from chat.models import Message, MessageRevision, Room, RoomProposal
from community.models import AgeAlert, AgeContest, AgeFact, Association, GuardianConsent, Member
from community.services.signs import record_court_ban
from community.terms import Clause
from safeguarding.admin.site import console
from safeguarding.incidents.words import Words
from safeguarding.models import (
    AuthorityOrder,
    Case,
    Decision,
    ErasureRequest,
    RetentionRun,
    Rule,
    RuleAlarm,
    TransparencyMonth,
)
from safeguarding.services.alarms import raise_alarm
from safeguarding.services.appeals import lodge_appeal
from safeguarding.services.exports import request_export
from safeguarding.services.holds import place_hold
from safeguarding.services.orders import record_order
from safeguarding.services.replays import request_replay
from safeguarding.services.urgent import open_urgent_sheet
from tests.safeguarding.casework.conftest import REASONS

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
    monkeypatch.setattr(Clause, "told", lambda clause, part: f"⟦{getattr(clause, part)['fr']}⟧")


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


# -- pages -----------------------------------------------------------------------------------------------------------

READ_OUT = ("alt", "aria-label", "placeholder", "title")
EMPTY = ("br", "hr", "img", "input", "link", "meta")
# No words of ours: public ids, versions, keys of rules, clauses and files, zones, what languages call themselves.
NAMES = re.compile(r"\b\w+(\.\w+)+\b|\b[a-z0-9]{16}\b|\b\w*\d\w*\b|Europe/Paris|CES?T|Français|English")
TOLD = "As it was told."


class Heard(HTMLParser):
    """What a page says and reads out, and where it leads; its icons, scripts and codes say nothing."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.links: list[str] = []
        self._silent: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.said += [given[name] for name in READ_OUT if name in given]
        if tag == "a":
            self.links.append(given.get("href", ""))
        silent = tag in ("script", "style", "code") or "material-symbols-outlined" in given.get("class", "")
        if (self._silent or silent) and tag not in EMPTY:
            self._silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def walk(browser: Client) -> Iterator[tuple[str, Heard]]:
    """One page of each kind that links lead to, from the first page of the console on."""
    first = reverse("admin:index")
    kinds, ways = set(), [first]
    while ways:
        path = ways.pop()
        kind = resolve(path.partition("?")[0]).view_name
        if kind in kinds:
            continue
        kinds.add(kind)
        answer = browser.get(path)
        assert answer.status_code == 200, path
        if answer["Content-Type"].startswith("text/html"):
            page = Heard(answer.content.decode())
            yield kind, page
            ways += [way for link in page.links if (way := urljoin(path, link.partition("#")[0])).startswith(first)]


@pytest.fixture
def furnished(
    sam: Member,
    mo: Member,
    bob: Member,
    charlie: Member,
    club: Association,
    case: Case,
    severe_case: Case,
    decide: Callable[..., Decision],
) -> None:
    """Something on every desk, told in one sentence wherever people tell something."""
    now, today = timezone.now(), timezone.localdate()
    later = now + dt.timedelta(days=9)
    lodge_appeal(actor=bob, decision=decide(mo, case, "warn", member=bob), text=TOLD)
    request_export(actor=sam, case=severe_case, recipient="police", legal_basis=TOLD, language="fr")
    record_order(
        actor=sam, kind="requisition", authority=TOLD, file_number="1", about=TOLD, due_at=later,
        categories=AuthorityOrder.Data.values, case=case,
    )  # fmt: skip
    place_hold(actor=sam, case=case, reason=TOLD)
    open_urgent_sheet(actor=sam, case=severe_case)
    record_court_ban(actor=sam, email="out@example.org", reference=TOLD, ends_at=later)
    request_replay(actor=sam, candidate=Rule.objects.filter(stage="live").first(), days=7, reason=TOLD)
    with transaction.atomic():
        raise_alarm(component="t.t", kind=RuleAlarm.Kind.QUOTA, about="t.t", facts={"used": 3, "quota": 2})
    RoomProposal.objects.create(proposer=charlie, name=TOLD, language="fr", at_least=15, under=18)
    AgeAlert.objects.create(officer=club.officers.get(), kind="rate", day=today)
    AgeContest.objects.create(member=bob, text=TOLD, due_at=later)
    GuardianConsent.objects.create(
        child=charlie, text_version="1", link_hash="1", method="in_person", shared_since=today
    )
    ErasureRequest.objects.create(member=charlie, code_hash="1")
    RetentionRun.objects.create(finished_at=now, lines=[{"rule": "hate", "days": 3, "due": 1, "erased": 1, "held": 0}])
    TransparencyMonth.objects.create(month="2026-01", body={}, sha256="1", signature="1", public_key="1")


def told() -> re.Pattern[str]:
    """What people named and wrote."""
    texts = {
        TOLD, REASONS, "Havre", "Again and again.", "Nobody wants you here,", "just go.",
        *Member.objects.values_list("pseudonym", flat=True),
        *Room.objects.values_list("name", flat=True),
        *Association.objects.values_list("name", flat=True),
        *AgeFact.objects.values_list("issuer_ref", flat=True),
        *MessageRevision.objects.values_list("body", flat=True),
    }  # fmt: skip
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(texts, key=len, reverse=True)))})(?!\w)")


def examples() -> set[str]:
    """The sentences that rules are tried on."""
    rules = Rule.objects.values_list("content__examples", flat=True)
    return {example["text"] for sides in rules for side in sides.values() for example in side}


@pytest.mark.usefixtures("bracketed", "furnished")
def test_no_page_of_the_console_says_a_word_that_was_not_given_to_translate(
    sam: Member, dana: Member, mo: Member, visit: Callable[..., Client]
) -> None:
    data, tried = told(), examples()
    wrong, kinds = set(), set()
    for member in (sam, dana, mo):
        for kind, page in walk(visit(member)):
            kinds.add(kind)
            ours = (NAMES.sub("", data.sub("", said)) for said in page.said if said not in tried)
            wrong |= {(kind, left) for said in ours if (left := outside(said))}
    assert not wrong, "\n".join(map(str, sorted(wrong)))
    desks = {f"admin:{way.name}" for part in console.urls[0] for way in getattr(part, "url_patterns", [])}
    never = {desk for desk in desks - kinds if desk.endswith(("_changelist", "_new", "_page"))}
    assert never == {"admin:community_community_page"}  # what stands there stands where its list would be
