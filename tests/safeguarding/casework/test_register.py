"""The register of transmissions: what the table makes due, what a person writes down, what is late."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from community.errors import NotAllowed, ReasonRequired
from community.models import AuditEvent, MailJob
from safeguarding.errors import CaseMoved, Conflict, LegalBasisRequired, NotInTheFuture, RecipientRequired
from safeguarding.incidents import CHANNELS, CLOCKS, INCIDENTS
from safeguarding.models import Case, IncidentExport, Transmission
from safeguarding.services.cases import raise_severity
from safeguarding.services.casework import claim_case, close_case
from safeguarding.services.exports import approve_export, request_export
from safeguarding.services.reminders import send_reminders
from safeguarding.services.transmissions import (
    add_transmission,
    record_acknowledged,
    record_not_needed,
    record_sent,
)


@pytest.fixture
def line(sam, severe_case) -> Transmission:
    claim_case(actor=sam, case=severe_case)
    return severe_case.transmissions.get(channel="ofmin")


def given(**changes: object) -> dict[str, object]:
    return {
        "recipient": "OFMIN, Captain Martin",
        "basis": "DSA art. 18",
        "sent_at": timezone.now() - dt.timedelta(minutes=5),
        **changes,
    }


def page_of(line: Transmission) -> str:
    return reverse("admin:safeguarding_transmission_page", args=[line.public_id])


def verb(line: Transmission, name: str) -> str:
    return reverse("admin:safeguarding_transmission_verb", args=[line.public_id, name])


def due(case: Case) -> set[str]:
    return set(case.transmissions.filter(state="due").values_list("channel", flat=True))


# -- what the table makes due ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", INCIDENTS)
def test_what_is_due_is_what_the_table_tells_and_has_a_clock(code):
    incident = INCIDENTS[code]
    assert set(incident.due_at("P2")) == set(incident.tell) & set(CLOCKS)
    assert {"emergency", "medical_emergency"} & set(incident.due_at("P0"))
    assert "pharos" not in incident.first_calls()
    assert incident.first_calls()[0] in ("emergency", "medical_emergency")


def test_every_clock_is_of_a_channel_the_table_knows():
    assert set(CLOCKS) <= set(CHANNELS)


def test_nothing_is_due_before_a_person_has_looked(sam, severe_case):
    assert due(severe_case) == set()
    claim_case(actor=sam, case=severe_case)
    assert due(severe_case) == {"ofmin", "crip", "dsa_art18", "ncmec", "nca"}


def test_the_clock_runs_from_the_first_look_and_is_the_tables(line):
    assert line.due_at - line.created_at <= dt.timedelta(hours=CLOCKS["ofmin"].hours)
    assert line.due_at - line.created_at > dt.timedelta(hours=CLOCKS["ofmin"].hours, minutes=-1)
    assert line.basis == CLOCKS["ofmin"].basis.fr


def test_a_case_that_becomes_graver_makes_more_due_and_nothing_twice(sam, line, severe_case):
    severe_case.refresh_from_db()
    raise_severity(actor=sam, case=severe_case, code="M1", severity="P0")
    assert due(severe_case) == {"emergency", "ofmin", "crip", "dsa_art18", "ncmec", "nca"}


def test_a_case_of_little_weight_makes_nothing_due(mo, case):
    claim_case(actor=mo, case=case)
    assert due(case) == set()


def test_closing_without_action_settles_the_register_and_says_why(sam, line, severe_case, decide):
    decide(sam, severe_case, "no_action", reasons="", clauses=[])
    severe_case.refresh_from_db()
    close_case(actor=sam, case=severe_case, version=severe_case.version)
    assert due(severe_case) == set()
    line.refresh_from_db()
    assert (line.state, line.remind_at) == ("not_needed", None)
    assert line.reason


def test_closing_after_a_sanction_leaves_what_is_due(sam, line, severe_case, bob, decide):
    decide(sam, severe_case, "warn", member=bob)
    severe_case.refresh_from_db()
    close_case(actor=sam, case=severe_case, version=severe_case.version)
    assert "ofmin" in due(severe_case)


def test_a_child_in_danger_stays_to_be_told_though_nobody_is_sanctioned(sam, severe_case, decide):
    Case.objects.filter(pk=severe_case.pk).update(code="M7")
    severe_case.refresh_from_db()
    decide(sam, severe_case, "no_action", reasons="", clauses=[])
    severe_case.refresh_from_db()
    close_case(actor=sam, case=severe_case, version=severe_case.version)
    assert due(severe_case) == {"crip", "prosecutor"}


# -- what a person writes down ---------------------------------------------------------------------------------------


def test_an_officer_writes_down_whom_they_told_and_then_the_reference(sam, visit, line):
    browser = visit(sam)
    form = {"recipient": "OFMIN, desk", "basis": "DSA art. 18", "sent_at": "2026-01-02T10:00", "reference": ""}
    assert browser.post(verb(line, "sent"), form).status_code == 302
    line.refresh_from_db()
    assert (line.state, line.sent_by, line.remind_at) == ("sent", sam, None)
    browser.post(verb(line, "acknowledged"), {"reference": "2026/4711"})
    line.refresh_from_db()
    assert (line.state, line.reference) == ("acknowledged", "2026/4711")
    assert "2026/4711" in browser.get(page_of(line)).content.decode()
    assert AuditEvent.objects.filter(action__in=["transmission.sent", "transmission.acknowledged"]).count() == 2


def test_a_reference_given_on_the_telephone_acknowledges_at_once(sam, line):
    assert record_sent(actor=sam, line=line, **given(reference="R-1")).state == "acknowledged"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"recipient": " "}, RecipientRequired),
        ({"basis": ""}, LegalBasisRequired),
        ({"sent_at": timezone.now() + dt.timedelta(days=400)}, NotInTheFuture),
    ],
)
def test_what_is_missing_is_refused(sam, line, changes, error):
    with pytest.raises(error):
        record_sent(actor=sam, line=line, **given(**changes))


def test_what_is_missing_is_told_field_by_field_and_nothing_typed_is_lost(sam, visit, line):
    tomorrow = (timezone.localtime() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page = visit(sam).post(verb(line, "sent"), {"recipient": "Kept.", "sent_at": tomorrow}).content.decode()
    assert "Kept." in page
    assert "This time has not come yet." in page
    assert page.count("This field is required.") == 1


def test_a_line_is_settled_once(sam, line):
    record_not_needed(actor=sam, line=line, reason="OFMIN was told with the art. 18 notification.")
    with pytest.raises(CaseMoved):
        record_sent(actor=sam, line=line, **given())
    with pytest.raises(CaseMoved):
        record_acknowledged(actor=sam, line=line, reference="x")


def test_not_needed_says_why(sam, line):
    with pytest.raises(ReasonRequired):
        record_not_needed(actor=sam, line=line, reason=" ")


def test_an_officer_adds_whom_the_table_does_not_make_due(sam, visit, line, severe_case):
    url = reverse("admin:safeguarding_case_verb", args=[severe_case.public_id, "tell"])
    assert visit(sam).post(url, {"channel": "police"}).status_code == 302
    added = severe_case.transmissions.get(channel="police")
    assert added.state == "due"
    assert add_transmission(actor=sam, case=severe_case, channel="police") == added
    with pytest.raises(KeyError):
        add_transmission(actor=sam, case=severe_case, channel="nobody")


def test_the_database_refuses_a_transmission_that_nobody_made(line):
    with pytest.raises(IntegrityError), transaction.atomic():
        Transmission.objects.filter(pk=line.pk).update(state="sent", remind_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        line.delete()


# -- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mo", "charlie", "alice"])
def test_nobody_but_an_officer_writes_in_the_register(people, visit, line, severe_case, name):
    actor = people[name]
    for act in (
        lambda: add_transmission(actor=actor, case=severe_case, channel="police"),
        lambda: record_sent(actor=actor, line=line, **given()),
        lambda: record_not_needed(actor=actor, line=line, reason="x"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert visit(actor).get(page_of(line), follow=True).status_code in (403, 404)


def test_an_officer_who_is_party_finds_no_line_of_it(bob, dana, visit, line):
    bob.groups.set(dana.groups.all())
    with pytest.raises(Conflict):
        record_sent(actor=bob, line=line, **given())
    browser = visit(bob)
    assert browser.get(page_of(line)).status_code == 404
    for url in (reverse("admin:safeguarding_transmission_changelist") + "?state=all", reverse("admin:index")):
        assert line.public_id not in browser.get(url).content.decode()
    assert line.public_id in visit(dana).get(reverse("admin:index")).content.decode()


# -- clocks ----------------------------------------------------------------------------------------------------------


def test_officers_are_reminded_before_it_is_due_and_when_it_is(sam, dana, line):
    line.case.transmissions.exclude(pk=line.pk).update(remind_at=None)
    MailJob.objects.all().delete()
    assert send_reminders() == 0
    with time_machine.travel(line.due_at - dt.timedelta(hours=5)):
        assert send_reminders() == 1
    with time_machine.travel(line.due_at):
        assert send_reminders() == 1
    assert set(MailJob.objects.values_list("member", flat=True)) == {sam.pk, dana.pk}


def test_what_is_overdue_is_on_the_dashboard_and_in_its_filter(sam, visit, line):
    register = reverse("admin:safeguarding_transmission_changelist")
    assert line.public_id not in visit(sam).get(register, {"state": "overdue"}).content.decode()
    with time_machine.travel(line.due_at + dt.timedelta(hours=3)):
        browser = visit(sam)
        assert line.public_id in browser.get(register, {"state": "overdue"}).content.decode()
        assert "overdue by 3" in browser.get(reverse("admin:index")).content.decode()


def test_the_register_offers_the_dossiers_of_the_case_by_their_recipient(sam, dana, visit, line):
    asked = request_export(actor=sam, case=line.case, recipient="prosecutor", legal_basis="CP 434-3", language="fr")
    approve_export(actor=dana, export=asked)
    IncidentExport.objects.update(state=IncidentExport.State.READY)
    page = visit(sam).get(page_of(line)).content.decode()
    assert f">{asked}</option>" in page
    assert asked.get_recipient_display() in str(asked)
