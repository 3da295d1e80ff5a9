"""The public page, the signed months it is worked out from, and the yearly report, counted from the tables."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.client import Client as NetworkClient
from community.services.connections import record_connection
from safeguarding.models import Case, TransparencyMonth
from safeguarding.services import transparency
from safeguarding.services.appeals import judge_appeal, lodge_appeal
from safeguarding.services.cases import open_or_extend_case
from safeguarding.services.casework import claim_case, close_case
from safeguarding.services.orders import record_order
from safeguarding.transparency.figures import published
from tests.safeguarding.casework.test_orders_and_holds import GIVEN as ORDER

NEXT_MONTH = dt.timedelta(days=32)


@pytest.fixture
def worked(mo, max_, bob, case, decide):
    """A case reported, decided, appealed, overturned and closed; opened by a program, as it were."""
    Case.objects.filter(pk=case.pk).update(automated=True)
    decision = decide(mo, case, "warn", member=bob)
    appeal = lodge_appeal(actor=bob, decision=decision, text="No.")
    judge_appeal(actor=max_, appeal=appeal, overturn=True, answer="Right.")
    case.refresh_from_db()
    return close_case(actor=mo, case=case, version=case.version)


def test_a_month_is_counted_from_the_tables(worked, severe_case):
    counted = transparency.count_month(transparency.current_month())
    assert counted["reports"] == {"harassment": 1, "minor": 1}
    assert counted["looks"] == {"15_minutes": 1}
    assert counted["decisions"] == {"warn": 1}
    assert counted["appeals"] == {"lodged": 1, "overturned": 1}
    assert counted["machine"] == {"confirmed": 1}
    assert transparency.count_month("2020-01") == {
        "v": 1,
        "month": "2020-01",
        **{kind: {} for kind in ("reports", "alerts", "looks", "decisions", "appeals", "machine")},
    }


def test_a_month_that_is_over_stays_what_it_was(worked, sam, severe_case):
    month = transparency.current_month()
    before = transparency.count_month(month)
    with time_machine.travel(timezone.now() + NEXT_MONTH):
        claim_case(actor=sam, case=severe_case)
        assert transparency.count_month(month) == before


def test_a_signed_month_holds_nothing_of_anybody(worked, bob, eve, mo):
    with time_machine.travel(timezone.now() + NEXT_MONTH):
        (row,) = transparency.sign_months()
    for member in (bob, eve, mo):
        assert member.public_id not in row.body
        assert member.pseudonym not in row.body
    assert worked.public_id not in row.body
    assert set(json.loads(row.body)) == {
        "v", "month", "reports", "alerts", "looks", "decisions", "appeals", "machine"
    }  # fmt: skip


def test_the_page_worked_out_from_the_signed_months_is_the_page_counted_from_the_tables(worked, severe_case):
    with time_machine.travel(timezone.now() + NEXT_MONTH):
        assert len(transparency.sign_months()) == 1
        assert transparency.sign_months() == []
        from_tables = published([transparency.count_month(month) for month in transparency.shown_months()])
        assert published(transparency.recomputed()) == from_tables
        assert Client().get(reverse("safeguarding:transparency_json")).json()["reports"] == from_tables["reports"]
        assert transparency.verify_months() == []
        out = io.StringIO()
        call_command("transparency", "--verify", stdout=out)
    assert "1 months hold" in out.getvalue()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"body": '{"v":1}'}, "its signature does not hold"),
        ({"sha256": "0" * 64}, "its digest is another"),
        ({"signature": "00" * 64}, "its signature does not hold"),
        ({"public_key": "00" * 32}, "it was signed with another key than this installation’s"),
    ],
)
def test_a_month_that_was_tampered_with_is_found(worked, monkeypatch, change, fault):
    with time_machine.travel(timezone.now() + NEXT_MONTH):
        (row,) = transparency.sign_months()
        for name, value in change.items():
            setattr(row, name, value)
        monkeypatch.setattr(TransparencyMonth.objects, "all", lambda: [row])
        assert fault in {one.what for one in transparency.verify_months()}


def test_tables_that_were_changed_afterwards_are_found(worked):
    with time_machine.travel(timezone.now() + NEXT_MONTH):
        transparency.sign_months()
        Case.objects.filter(pk=worked.pk).update(automated=False)
        assert "the tables give other counts" in {one.what for one in transparency.verify_months()}
        with pytest.raises(CommandError):
            call_command("transparency", "--verify", stderr=io.StringIO())


def test_a_signed_month_cannot_be_rewritten(worked):
    with time_machine.travel(timezone.now() + NEXT_MONTH):
        transparency.sign_months()
    with pytest.raises(IntegrityError), transaction.atomic():
        TransparencyMonth.objects.update(body="{}")
    with pytest.raises(IntegrityError), transaction.atomic():
        TransparencyMonth.objects.all().delete()


# -- the public page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "told"), [("en", "Reports received"), ("fr", "Signalements reçus")])
def test_anybody_reads_the_page_and_finds_nobody_in_it(worked, severe_case, bob, language, told):
    page = Client(headers={"accept-language": language}).get(reverse("safeguarding:transparency")).content.decode()
    assert told in page
    assert "&lt;5" in page
    assert bob.pseudonym not in page


def test_the_page_costs_the_same_however_much_happened(worked, django_assert_max_num_queries):
    with time_machine.travel(timezone.now() + NEXT_MONTH):
        transparency.sign_months()
        with django_assert_max_num_queries(25, connection=connection):
            Client().get(reverse("safeguarding:transparency"))


# -- the yearly report -----------------------------------------------------------------------------------------------


def test_the_yearly_report_is_counted_from_the_tables(worked, sam, charlie, tmp_path):
    record_order(actor=sam, **ORDER)
    record_connection(member=charlie, kind="login", client=NetworkClient("192.0.2.7", 4711))
    year = timezone.localdate().year
    call_command("dsa_report", "--year", str(year), "--out", str(tmp_path), stdout=io.StringIO())
    files = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert len(files) == 11
    assert "TOTAL,,1," in files["4_notices"]
    assert "Number of complaints: initial decision reversed,1," in files["7_appeals_and_recidivism"]
    assert ",1," in files["10_AMAR"]
    assert "192.0.2.7" not in "".join(files.values())


def test_decisions_that_cite_the_law_are_told_apart_from_those_on_the_terms(sam, bob, case, decide):
    """What followed a report is an action on a notice; what a machine found alone is our own initiative."""
    decide(sam, case, "suspend", member=bob, ends_at=timezone.now() + NEXT_MONTH, laws=["CP 222-33-2-2"])
    found = open_or_extend_case(
        actor=None, component="test", code="X2", severity="P2", subject=bob, room=None, automated=True
    )
    decide(sam, found, "suspend", member=bob, ends_at=timezone.now() + NEXT_MONTH)
    year = transparency.year_data(timezone.localdate().year)
    assert [(notice.hours is not None, notice.illegal) for notice in year.notices] == [(True, True)]
    assert [(measure.action, measure.illegal) for measure in year.measures] == [("suspend", False)]
    assert year.suspended == 1


def test_officers_download_the_report_and_nobody_else(sam, mo, visit, worked):
    url = reverse("admin:safeguarding_dsa_report")
    year = timezone.localdate().year
    answer = visit(sam).get(url, {"year": year})
    assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 11
    assert visit(mo).get(url, {"year": year}).status_code == 403
    for wrong in ("", "x", "1999", str(year + 1), "²"):
        assert visit(sam).get(url, {"year": wrong}).status_code == 404


def test_officers_hand_a_signed_month_to_an_auditor(sam, mo, visit, worked):
    with time_machine.travel(timezone.now() + NEXT_MONTH):
        (row,) = transparency.sign_months()
    listed = visit(sam).get(reverse("admin:safeguarding_transparencymonth_changelist")).content.decode()
    assert row.sha256 in listed
    url = reverse("admin:safeguarding_transparencymonth_json", args=[row.month])
    assert visit(sam).get(url).json()["signature"] == row.signature
    assert visit(mo).get(url).status_code == 404
