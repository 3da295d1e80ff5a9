"""A person across cases, as safeguarding leads keep it: a line each, logged, without what the reader may not know."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community.errors import NotAllowed, ReasonRequired
from community.models import AuditEvent
from safeguarding.chronology import chronology_of, people_for
from safeguarding.errors import Conflict
from safeguarding.models import Case, CaseParty
from safeguarding.services.casework import read_about_person
from safeguarding.services.holds import place_hold
from safeguarding.services.transmissions import add_transmission, record_sent
from safeguarding.services.urgent import open_urgent_sheet
from tests.safeguarding.casework.test_register import given


def page_of(member) -> str:
    return reverse("admin:safeguarding_chronology", args=[member.public_id])


@pytest.fixture
def busy(sam, mo, bob, case, severe_case, decide):
    """Bob in two cases, with something of everything."""
    decide(mo, case, "warn", member=bob)
    open_urgent_sheet(actor=sam, case=severe_case)
    line = add_transmission(actor=sam, case=severe_case, channel="police")
    record_sent(actor=sam, line=line, **given(reference="R-7"))
    place_hold(actor=sam, member=bob, reason="An order.")
    return bob


def test_the_lines_of_all_cases_stand_in_one_order(sam, busy, case, severe_case):
    told = chronology_of(busy, officer=sam)
    assert [at.at for at in told.lines] == sorted(line.at for line in told.lines)
    assert {line.case for line in told.lines} == {case.public_id, severe_case.public_id, ""}
    assert len(told.cases) == 2
    by_officer = {line.by for line in told.lines}
    assert {"Mo", "Sam"} <= by_officer


def test_it_is_read_against_a_reason_that_is_logged_and_says_nothing_before(sam, visit, busy):
    browser = visit(sam)
    asked = browser.get(page_of(busy)).content.decode()
    assert "R-7" not in asked
    assert browser.post(page_of(busy), {"reason": ""}).status_code == 422
    assert not AuditEvent.objects.filter(action="person.chronology_read").exists()
    told = browser.post(page_of(busy), {"reason": "Meeting with the school."}).content.decode()
    assert "R-7" in told
    event = AuditEvent.objects.get(action="person.chronology_read")
    assert (event.actor, event.payload.data) == (sam, {"reason": "Meeting with the school."})


def test_it_names_nobody_who_reported_and_quotes_nobody(sam, visit, busy, eve, alice):
    told = visit(sam).post(page_of(busy), {"reason": "x"}).content.decode()
    for silent in (eve.pseudonym, alice.pseudonym, "Nobody wants you here", "stays between us", "Again and again"):
        assert silent not in told


def test_a_case_the_reader_may_not_know_of_leaves_no_line(sam, dana, visit, busy, case, severe_case):
    CaseParty.objects.create(case=severe_case, member=dana, role="witness", band_then="adult")
    told = chronology_of(busy, officer=dana)
    assert {line.case for line in told.lines} == {case.public_id, ""}
    assert severe_case.public_id not in visit(dana).post(page_of(busy), {"reason": "x"}).content.decode()


@pytest.mark.parametrize("name", ["mo", "charlie", "alice"])
def test_nobody_but_an_officer_reads_one(people, visit, busy, name):
    with pytest.raises(NotAllowed):
        read_about_person(actor=people[name], member=busy, reason="x")
    answer = visit(people[name]).post(page_of(busy), {"reason": "x"}, follow=True)
    assert answer.status_code in (403, 404)
    assert "R-7" not in answer.content.decode()


def test_nobody_reads_their_own_or_that_of_somebody_they_know(sam, dana, visit, busy, club):
    busy.groups.set(dana.groups.all())
    assert visit(busy).get(page_of(busy)).status_code == 404
    with pytest.raises(Conflict):
        read_about_person(actor=busy, member=busy, reason="x")
    with pytest.raises(ReasonRequired):
        read_about_person(actor=sam, member=busy, reason=" ")


def test_nobody_is_found_who_is_in_no_case(sam, visit, charlie, busy):
    assert visit(sam).get(page_of(charlie)).status_code == 404
    assert charlie not in people_for(sam)


def test_it_costs_the_same_however_long_it_is(sam, busy, bob):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            chronology_of(busy, officer=sam)
        return len(captured.captured_queries)

    few = cost()
    assert few <= 16
    for index in range(10):
        more = Case.objects.create(code="C1", severity="P2", open_key=f"k{index}", due_at=busy.joined_at)
        CaseParty.objects.create(case=more, member=bob, role="subject", band_then="adult")
        add_transmission(actor=sam, case=more, channel="police")
    assert cost() == few
