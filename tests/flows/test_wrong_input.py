"""What goes wrong under people's fingers is told in their language, where it can be mended, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from chat.models import Message
from community.models import AgeCheck, AgeOfficer, Association, Member
from community.policies import AgeBand
from community.roles import AGE_OFFICER, MODERATOR
from community.services.restrictions import restrict_member
from safeguarding.models import Report
from tests.cast import PASSWORD, open_member, open_room
from tests.harness.live import LiveHavre
from tests.harness.servers import wait_until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.one_database]

SitDown = Callable[..., Page]


def test_every_slip_is_told_and_loses_nothing(
    live_havre: LiveHavre, new_person: Callable[..., BrowserContext], sit_down: SitDown
) -> None:
    bob = open_member("bob", AgeBand.ADULT)
    sign_up_clumsily(new_person(locale="fr-FR", width=360).new_page(), live_havre)
    show_a_code_too_late(sit_down)
    talk_clumsily(sit_down)
    report_clumsily(sit_down, bob)


def sign_up_clumsily(page: Page, havre: LiveHavre) -> None:
    page.goto(f"{havre.url}/accounts/signup/")
    page.get_by_label("Adresse e-mail").fill("dora@example.org")
    page.get_by_label("Pseudonyme").fill("appelle 06 12 34 56 78")
    page.get_by_label("Mot de passe", exact=True).fill("court")
    page.get_by_label("J’ai lu les conditions").check()
    page.locator("main form button").last.click()
    expect(page.locator("#id_pseudonym_error")).to_be_visible()
    expect(page.locator("#id_password1_error")).to_be_visible()
    expect(page.get_by_label("Pseudonyme")).to_be_focused()  # the first that is wrong
    expect(page.get_by_label("Adresse e-mail")).to_have_value("dora@example.org")
    expect(page.get_by_label("J’ai lu les conditions")).to_be_checked()
    # An address that is known answers like any other: its owner alone is told, by mail.
    page.get_by_label("Adresse e-mail").fill("bob@example.org")
    page.get_by_label("Pseudonyme").fill("Dora")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.locator("main form button").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Regardez vos e-mails")
    wait_until(lambda: bool(havre.mails("bob@example.org")), seconds=30, what="the owner of the address is told")


def show_a_code_too_late(sit_down: SitDown) -> None:
    olive = open_member("olive", AgeBand.ADULT, AGE_OFFICER, language="fr")
    AgeOfficer.objects.create(association=Association.objects.create(name="Judo"), member=olive)
    charlies = sit_down(open_member("charlie", language="fr"), "/age/")
    charlies.get_by_role("button", name="Commencer : En personne").click()
    code = charlies.locator(".code-shown").inner_text()
    AgeCheck.objects.update(expires_at=timezone.now())
    olives = sit_down(olive, "/age/desk/")
    for typed in ("ZZZZ ZZZZ", code):  # wrong, then right and too late: told alike, so that guessing teaches nothing
        olives.get_by_label("Code montré").fill(typed)
        olives.get_by_label("18 ans ou plus").check()
        olives.get_by_role("button", name="Attester").click()
        expect(olives.locator("#id_code_error")).to_be_visible()
        expect(olives.get_by_label("Code montré")).to_have_value(typed)
        expect(olives.get_by_label("18 ans ou plus")).to_be_checked()
    charlies.reload()
    expect(charlies.get_by_role("heading", level=1)).to_have_text("Votre âge")


def talk_clumsily(sit_down: SitDown) -> None:
    farid = open_member("farid", AgeBand.ADULT, language="fr")
    room = open_room("Le café", farid)
    page = sit_down(farid, f"/rooms/{room.public_id}/", width=360)
    expect(page.locator("#connection")).to_contain_text("En direct")
    body, notice = page.locator("#body"), page.locator("#notice")

    body.fill("é" * 2001)
    body.press("Enter")
    expect(notice).to_contain_text("2001 caractères")
    expect(body).to_have_value("é" * 2001)
    body.fill("🌊" * 2000)  # two thousand signs, however many bytes
    body.press("Enter")
    expect(page.locator("#log .msg.own")).to_have_count(1)
    body.fill("   ")
    body.press("Enter")
    expect(page.locator("#waiting .msg")).to_have_count(0)

    mo = open_member("mo", AgeBand.ADULT, MODERATOR)
    restrict_member(actor=mo, member=farid, kind="mute", reason="trop vite")
    body.fill("Une phrase que je ne veux pas perdre")
    body.press("Enter")
    expect(notice).to_contain_text("vous pouvez lire mais pas écrire")
    kept = page.locator("#waiting .msg", has_text="Une phrase que je ne veux pas perdre")
    expect(kept.get_by_role("button", name="Renvoyer")).to_be_visible()
    assert Message.objects.count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def report_clumsily(sit_down: SitDown, bob: Member) -> None:
    gina = open_member("gina", AgeBand.ADULT, language="fr")
    open_room("Le phare", gina, bob)
    page = sit_down(gina, f"/report/member/{bob.public_id}/")
    danger = page.get_by_label("Quelqu’un est en danger maintenant")
    danger.check()
    danger.press("Enter")  # it would press the first category: a report of grooming
    expect(page.locator(".errorlist")).to_be_visible()
    expect(danger).to_be_checked()
    assert not Report.objects.exists()
    page.get_by_role("button", name="Menaces").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Signalement reçu. Merci.")
    assert Report.objects.get().category == Report.Category.THREAT
