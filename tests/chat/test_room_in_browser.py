"""Two people in one room, in two browsers, over the real server."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from chat.models import Message
from community.services.members import block_member
from tests.harness.servers import wait_until

pytestmark = [pytest.mark.live, pytest.mark.browser]


@pytest.fixture
def safeguard() -> None:
    """The server has the real one."""


@pytest.fixture
def db(live_havre) -> None:
    """What the cast writes is in the database of the server."""


@pytest.fixture
def open_room(live_havre, new_person, pub):
    def open_room(member, **options):
        client = Client()
        client.force_login(member)
        context = new_person(locale="en-GB", **options)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [
                {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_havre.url},
                {"name": settings.LANGUAGE_COOKIE_NAME, "value": "en", "url": live_havre.url},
            ]
        )
        page = context.new_page()
        page.goto(f"{live_havre.url}/rooms/{pub.public_id}/")
        expect(page.locator("#connection")).to_contain_text("Live.")
        return page

    return open_room


def say(page, text: str) -> None:
    page.locator("#body").fill(text)
    page.locator("#body").press("Enter")


def test_two_people_talk_answer_edit_and_delete_live(open_room, bob, bea, pub):
    bobs, beas = open_room(bob), open_room(bea, width=360, dark=True)
    say(bobs, "hello <i>there</i>")
    heard = beas.locator("#log .msg", has_text="hello <i>there</i>")
    expect(heard).to_be_visible()
    expect(bobs.locator("#log .msg.own")).to_have_count(1)
    expect(bobs.locator("#waiting .msg")).to_have_count(0)

    heard.locator("[data-act=reply]").click()
    say(beas, "hello bob")
    # A first contact waits for its check, which the worker does.
    answer = bobs.locator("#log .msg", has_text="hello bob")
    expect(answer).to_be_visible()
    expect(answer.locator(".quote")).to_contain_text("hello <i>there</i>")

    bobs.locator("#log .msg.own [data-act=edit]").click()
    say(bobs, "good evening")
    expect(beas.locator("#log")).to_contain_text("good evening")
    expect(beas.locator("#log .msg-edited:visible")).to_have_count(1)

    bobs.on("dialog", lambda dialog: dialog.accept())
    bobs.locator("#log .msg.own [data-act=delete]").click()
    expect(beas.locator("#log")).not_to_contain_text("good evening")
    assert beas.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_is_written_while_the_server_is_away_is_sent_once_when_it_is_back(open_room, live_havre, bob, bea, pub):
    bobs, beas = open_room(bob), open_room(bea)
    live_havre.kill("web")
    expect(bobs.locator("#connection")).to_contain_text("No connection")
    say(bobs, "first of all")
    say(bobs, "and then")
    expect(bobs.locator("#waiting .msg")).to_have_count(2)
    live_havre.start_web()
    for page in (bobs, beas):
        expect(page.locator("#log .msg")).to_have_count(2, timeout=30_000)
        expect(page.locator("#log .msg-body")).to_have_text(["first of all", "and then"])
    expect(bobs.locator("#waiting .msg")).to_have_count(0)
    assert Message.objects.count() == 2


def test_refused_text_stays_with_its_author_and_blocks_hide_at_once(open_room, bob, bea, mo, pub):
    bobs, beas = open_room(bob), open_room(bea)
    say(bobs, "one")
    expect(beas.locator("#log")).to_contain_text("one")
    block_member(actor=bea, member=bob)
    wait_until(lambda: bea.refresh_from_db() or bea.access_version > 1, what="the block is stored")
    beas.reload()
    expect(beas.locator("#connection")).to_contain_text("Live.")
    expect(beas.locator("#log")).not_to_contain_text("one")
    say(bobs, "two")
    expect(bobs.locator("#log")).to_contain_text("two")
    say(beas, "mine")
    expect(beas.locator("#log .msg-body")).to_have_text(["mine"])
    expect(bobs.locator("#log .msg-body")).to_have_text(["one", "two"])
