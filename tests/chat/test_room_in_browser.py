"""Two people in one room, in two browsers, over the real server."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from chat.models import Message
from community.services.members import block_member
from community.services.restrictions import restrict_member
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
    def open_room(member, room=pub, **options):
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
        page.goto(f"{live_havre.url}/rooms/{room.public_id}/")
        if options.get("java_script_enabled", True):
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


def test_a_refused_message_is_taken_up_again_or_put_away_and_a_refused_edit_is_not_lost(open_room, alice, sam, club):
    alices = open_room(alice, club, width=360)
    lines, waiting, pen = alices.locator("#log .msg"), alices.locator("#waiting .msg"), alices.locator("#body")
    say(alices, "my number is 06 12 34 56 78")
    expect(waiting).to_have_count(1)
    waiting.get_by_role("button", name="Write it anew").click()
    expect(waiting).to_have_count(0)
    expect(pen).to_have_value("my number is 06 12 34 56 78")
    say(alices, "or at 07 98 76 54 32")
    waiting.get_by_role("button", name="Put away").click()
    alices.reload()
    expect(alices.locator("#connection")).to_contain_text("Live.")
    expect(waiting).to_have_count(0)

    say(alices, "hello there")
    expect(lines).to_have_count(1)
    lines.locator("[data-act=edit]").click()
    say(alices, "call me: 06 12 34 56 78")
    expect(lines).to_have_count(0)
    expect(waiting.locator(".msg-body")).to_have_text("call me: 06 12 34 56 78")

    say(alices, "hello again")
    expect(lines).to_have_count(1)
    restrict_member(actor=sam, member=alice, kind="mute", reason="x", ends_at=timezone.now() + dt.timedelta(days=1))
    lines.locator("[data-act=edit]").click()
    say(alices, "hello again, with care")
    expect(alices.locator("#notice")).to_contain_text("read")
    expect(pen).to_have_value("hello again, with care")


def test_whoever_reads_further_up_is_told_of_what_comes_below(open_room, bob, bea, pub):
    bobs, beas = open_room(bob, height=500), open_room(bea)
    for number in range(8):
        say(beas, f"line {number}\n\n\nand more")
        expect(bobs.locator("#log .msg")).to_have_count(number + 1)
    below = bobs.get_by_role("button", name="New messages below")
    expect(below).to_be_hidden()
    bobs.locator("#log").evaluate("log => { log.scrollTop = 0; }")
    say(beas, "the last")
    below.click()
    expect(bobs.locator("#log .msg").last).to_be_in_viewport()
    expect(below).to_be_hidden()


def test_without_javascript_the_actions_of_a_message_are_its_own_and_a_refusal_is_seen(open_room, alice, amina, club):
    alices = open_room(alice, club, java_script_enabled=False)
    for words in ("first of all", "and then"):
        alices.locator("#body").fill(words)
        alices.get_by_role("button", name="Send").click()
    seen = Message.objects.filter(visibility="visible")
    wait_until(lambda: seen.count() == 2, what="both messages are checked")
    alices.goto(alices.url.partition("#")[0])
    first = alices.locator("#log .msg").first
    first.locator(".msg-body").hover()
    first.get_by_role("link", name="Answer").click()  # the second one's, unseen, lie over them
    expect(alices.locator("#answering")).to_contain_text("first of all")

    alices.locator("#body").fill("06 12 34 56 78")
    alices.get_by_role("button", name="Send").click()
    expect(alices.locator("#notice")).to_be_in_viewport()
    expect(alices.locator("#body")).to_have_value("06 12 34 56 78")
