"""The whole story, each person in a browser of their own: from signing up to a dossier that verifies offline.

Lou signs up, proves an age in person and joins a room. Noa is hurtful there; Lou reports it. Mo decides, Noa reads
why and appeals, Max judges. Sam exports the case, which names minors, so Dana approves; the police verify it.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import BrowserContext, Page, expect

from chat.models import Message, Room
from community.models import AgeOfficer, Association, AuditEvent, Member, Restriction
from community.policies import AgeBand
from community.roles import AGE_OFFICER, MODERATOR, OFFICER_DEPUTY, OFFICER_LEAD
from community.services.settings import update_community
from safeguarding.models import Appeal, Case, Evidence, IncidentExport
from safeguarding.services.seals import signer
from tests.cast import PASSWORD, open_member, open_room
from tests.harness.live import LiveHavre
from tests.harness.servers import wait_until

pytestmark = [pytest.mark.live, pytest.mark.browser]

SitDown = Callable[..., Page]
HURTFUL = "People like you should not be in this room, leave"
REASONS = "On this day you told a member that people like them should leave the room."
NOTES = "Second time this month; Lou seems shaken, write to her."


def test_from_signing_up_to_a_dossier_that_verifies(
    live_havre: LiveHavre, new_person: Callable[..., BrowserContext], sit_down: SitDown, tmp_path: Path
) -> None:
    # Before anybody visits: a process keeps the settings for some seconds, and no dossier goes without an address.
    update_community(actor=None, component="test", contact_email="contact@example.org")
    noa, amina = (open_member(name, AgeBand.TEEN_15_17) for name in ("noa", "amina"))
    room = open_room("The quay", noa, amina, minors=True)

    lous = sign_up(new_person(locale="en-GB", width=390, height=800).new_page(), live_havre)
    prove_age(lous, sit_down)
    noas = sit_down(noa, f"/rooms/{room.public_id}/")
    talk(lous, noas, room, live_havre)
    report(lous, noas)

    mos = enrol_second_factor(open_member("mo", AgeBand.ADULT, MODERATOR), new_person, live_havre)
    decide(mos, live_havre)
    read_the_reasons_and_appeal(noas, live_havre)
    judge(sit_down(open_member("max", AgeBand.ADULT, MODERATOR), "/console/"))
    expect_to_be_back(noas, live_havre)

    dossier = export(sit_down, tmp_path)
    verify(dossier, tmp_path)


# -- Lou arrives -----------------------------------------------------------------------------------------------------


def sign_up(page: Page, havre: LiveHavre) -> Page:
    page.goto(f"{havre.url}/accounts/signup/")
    page.get_by_label("E-mail address").fill("lou@example.org")
    page.get_by_label("Pseudonym").fill("Lou")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("I have read the terms").check()
    page.locator("main form").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")

    wait_until(lambda: bool(havre.mails("lou@example.org")), seconds=30, what="the worker sends the mail")
    (mail,) = havre.mails("lou@example.org")
    (path,) = re.findall(r"https?://[^/\s]+(\S+)", mail.get_content())
    page.goto(havre.url + path)
    page.get_by_role("button", name="Yes, confirm").click()
    if page.url.endswith("/accounts/login/"):
        page.get_by_label("E-mail address").fill("lou@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("main form").get_by_role("button", name="Log in").click()
    page.goto(f"{havre.url}/rooms/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your age")
    return page


def prove_age(page: Page, sit_down: SitDown) -> None:
    """Two people of the club see the document, one after the other, each at their own desk."""
    page.get_by_role("button", name="Begin: In person").click()
    code = page.locator(".code-shown").inner_text()
    club = Association.objects.create(name="The judo club")
    for name, told in (("olive", "A second person of your association"), ("oscar", "Recorded.")):
        officer = open_member(name, AgeBand.ADULT, AGE_OFFICER)
        AgeOfficer.objects.create(association=club, member=officer)
        desk = sit_down(officer, "/age/desk/")
        desk.get_by_label("Code shown by the person").fill(code.lower())
        desk.get_by_label("15, 16 or 17").check()
        desk.get_by_role("button", name="Attest").click()
        expect(desk.get_by_role("status")).to_contain_text(told)
    expect(page.get_by_text("Proved: 15–17")).to_be_visible(timeout=15_000)


# -- they talk -------------------------------------------------------------------------------------------------------


def say(page: Page, text: str) -> None:
    page.locator("#body").fill(text)
    page.locator("#body").press("Enter")


def heard(page: Page, text: str) -> None:
    expect(page.locator("#log .msg-body", has_text=text)).to_be_visible(timeout=20_000)


def talk(lous: Page, noas: Page, room: Room, havre: LiveHavre) -> None:
    lous.goto(f"{havre.url}/rooms/")
    lous.get_by_role("button", name="Join “The quay”").click()
    for page in (lous, noas):
        expect(page.locator("#connection")).to_contain_text("Live.")
    say(lous, "Hello! I am new here.")
    heard(noas, "Hello! I am new here.")
    say(noas, HURTFUL)
    heard(lous, HURTFUL)
    # In a minors' room nobody saw either before its check had passed.
    assert set(room.messages.values_list("check_state", flat=True)) == {Message.CheckState.DONE}


def report(lous: Page, noas: Page) -> None:
    """Two taps. Noa deletes at once; the evidence is there."""
    lous.locator("#log .msg", has_text=HURTFUL).get_by_role("link", name="Report").click()
    lous.get_by_role("button", name=re.compile("^Hate")).click()
    expect(lous.get_by_role("heading", level=1)).to_have_text("Report received. Thank you.")
    noas.once("dialog", lambda dialog: dialog.accept())
    noas.locator("#log .msg.own [data-act=delete]").click()
    expect(noas.locator("#log .msg.own")).to_have_count(0)
    case = Case.objects.get()
    assert (case.code, case.severity) == ("H1", "P2")
    assert Evidence.objects.filter(case=case).exists()


# -- Mo decides ------------------------------------------------------------------------------------------------------


def enrol_second_factor(mo: Member, new_person: Callable[..., BrowserContext], havre: LiveHavre) -> Page:
    """From the console's address through login and guided enrolment, a wrong code first, back to the console."""
    mo.password = Argon2PasswordHasher().encode(PASSWORD, "salt of the sea")  # the server knows no faster one
    mo.save(update_fields=["password"])
    page = new_person(locale="en-GB").new_page()
    page.goto(f"{havre.url}/console/")
    page.get_by_label("E-mail address").fill(mo.email or "")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main form").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up your second factor")
    secret = page.locator("main li strong").inner_text().replace(" ", "")
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    page.get_by_label("Code", exact=True).fill("000000" if totp(key) != 0 else "000001")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("main .errorlist")).to_contain_text("This code is not right")
    assert secret == page.locator("main li strong").inner_text().replace(" ", "")
    wait_until(lambda: TOTPDevice.objects.get(user=mo).verify_is_allowed()[0], what="the next try is allowed")
    wait_until(lambda: time.time() % 30 < 25, what="a code that lasts")
    page.get_by_label("Code", exact=True).fill(f"{totp(key):06d}")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.get_by_role("link", name="I have written them down").click()
    expect(page).to_have_url(f"{havre.url}/console/")
    return page


def decide(page: Page, havre: LiveHavre) -> None:
    page.get_by_role("link", name="Cases", exact=True).click()
    page.get_by_role("button", name=re.compile("^Take")).click()
    page.get_by_label("Show the words").check()
    # What was deleted after the report is here, whole.
    expect(page.locator(".hv-words", has_text=HURTFUL)).to_be_visible()
    expect(page.locator("#people ~ ul")).to_contain_text("15–17")

    page.get_by_label("Suspend until").check()
    page.get_by_label("For how long").select_option("7")
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.locator("#decision .hv-sent .errorlist")).to_have_text("Say why.")
    assert not Restriction.objects.exists()

    page.get_by_role("checkbox", name=re.compile("respect.hate")).check()
    page.get_by_label("Reasons (sent)").fill(REASONS)
    page.get_by_label("Private notes (never sent)").fill(NOTES)
    page.get_by_label("Close the case after this decision").check()
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("Decided. The person can read the reasons")).to_be_visible()


# -- Noa reads and appeals -------------------------------------------------------------------------------------------


def read_the_reasons_and_appeal(noas: Page, havre: LiveHavre) -> None:
    """The open page closes by itself; suspended, Noa still reads the reasons and appeals. Mail says nothing of it."""
    expect(noas.locator("#composer button:disabled")).to_be_attached(timeout=15_000)
    noas.goto(f"{havre.url}/rooms/")
    expect(noas.get_by_role("heading", level=1)).not_to_have_text("Rooms")
    noas.goto(f"{havre.url}/decisions/")
    noas.locator("main article a").click()
    letter = noas.locator(".letter")
    expect(letter).to_contain_text(REASONS)
    expect(letter).not_to_contain_text("shaken")
    expect(noas.locator("body")).not_to_contain_text("Lou")
    noas.get_by_label("Why is the decision wrong?").fill("It was a line of the play we rehearse, Amina can tell.")
    noas.get_by_role("button", name="Lodge the appeal").click()
    expect(noas.get_by_text("Your appeal is lodged.")).to_be_visible()
    wait_until(lambda: bool(havre.mails("noa@example.org")), seconds=30, what="a mail says that something waits")
    for mail in havre.mails("noa@example.org"):
        for word in ("Lou", "quay", "suspen", REASONS[:20], "shaken"):
            assert word not in mail.as_string()


def judge(page: Page) -> None:
    page.get_by_role("link", name="Appeals", exact=True).click()
    page.locator(".hv-list a.main").click()
    page.get_by_label("The decision is overturned").check()
    page.get_by_label("Answer (sent)").fill("We heard the person you name, and take the suspension back.")
    page.get_by_role("button", name="Judge the appeal").click()
    expect(page.locator(".hv-badge").first).to_be_visible()
    wait_until(lambda: Appeal.objects.get().state == Appeal.State.OVERTURNED, what="the judgement is stored")


def expect_to_be_back(noas: Page, havre: LiveHavre) -> None:
    noas.reload()
    expect(noas.get_by_text("take the suspension back")).to_be_visible()
    noas.goto(f"{havre.url}/rooms/")
    expect(noas.get_by_role("heading", level=1)).to_have_text("Rooms")


# -- the dossier -----------------------------------------------------------------------------------------------------


def export(sit_down: SitDown, folder: Path) -> Path:
    """Sam asks, and may not approve it alone; Dana approves; the worker builds; Sam takes a copy, which is logged."""
    case = Case.objects.get()
    sams = sit_down(open_member("sam", AgeBand.ADULT, OFFICER_LEAD), f"/console/safeguarding/case/{case.public_id}/")
    sams.get_by_role("link", name="Prepare a dossier").click()
    sams.get_by_role("combobox", name="For whom").select_option("police")
    sams.get_by_label("Language").select_option("fr")
    sams.get_by_label("On what legal ground").fill("Requisition 2026/118")
    sams.get_by_role("button", name="Check and preview").click()
    expect(sams.get_by_role("img", name=re.compile("Page 1 of"))).to_be_visible()
    sams.get_by_role("button", name="Ask for the dossier").click()
    sams.wait_for_url("**/safeguarding/incidentexport/**")
    wanted = IncidentExport.objects.get()
    path = f"/console/safeguarding/incidentexport/{wanted.public_id}/"
    expect(sams.get_by_text("You asked for this export: another officer must approve it.")).to_be_visible()
    expect(sams.get_by_role("button", name="Approve the export")).to_have_count(0)

    danas = sit_down(open_member("dana", AgeBand.ADULT, OFFICER_DEPUTY), path)
    danas.get_by_role("button", name="Approve the export").click()
    expect(danas.get_by_role("button", name="Download the dossier")).to_be_visible(timeout=60_000)

    sams.reload()
    with sams.expect_download() as downloading:
        sams.get_by_role("button", name="Download the dossier").click()
    dossier = folder / downloading.value.suggested_filename
    downloading.value.save_as(dossier)
    line = AuditEvent.objects.filter(action="export.downloaded").get()
    assert line.actor.pseudonym == "Sam"
    return dossier


def verify(dossier: Path, folder: Path) -> None:
    """As an investigator does: unpack, run the verifier that came along, with nothing but Python."""
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(dossier) as archive:
        archive.extractall(unpacked)
    (bag,) = unpacked.iterdir()
    transcript = (bag / "data" / "transcript.csv").read_text(encoding="utf-8")
    assert HURTFUL in transcript
    for path in (bag / "data").rglob("*"):
        if path.is_file():
            assert NOTES.encode() not in path.read_bytes()

    told = run_verifier(bag)
    assert (told.returncode, "NON AUTHENTIFIÉ" in told.stdout) == (3, True), told.stdout
    told = run_verifier(bag, "--fingerprint", signer().fingerprint)
    assert (told.returncode, "INTACT ET AUTHENTIFIÉ" in told.stdout) == (0, True), told.stdout
    report = bag / "data" / "report.fr.pdf"
    content = bytearray(report.read_bytes())
    assert content.startswith(b"%PDF")
    content[len(content) // 2] ^= 1
    report.write_bytes(content)
    told = run_verifier(bag, "--fingerprint", signer().fingerprint)
    assert told.returncode == 1
    assert "modifié : data/report.fr.pdf" in told.stdout


def run_verifier(bag: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["python3", "-I", "verify/verify.py", *arguments],
        cwd=bag, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
