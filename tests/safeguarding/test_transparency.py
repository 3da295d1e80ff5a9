"""The pure side of transparency: counts in, figures out in which nobody is to be found; the DSA's eleven sections."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping

import pytest

from safeguarding.transparency import dsa24
from safeguarding.transparency.figures import BUCKETS, bucket_of, coarse, month_of, published, share
from tests.conftest import shared_path


def month(name: str = "2026-10", **counts: Mapping[str, int]) -> dict[str, object]:
    return month_of(name, counts)


@pytest.mark.parametrize(
    ("n", "told"),
    [(0, "<5"), (1, "<5"), (4, "<5"), (5, "5"), (7, "5"), (8, "10"), (12, "10"), (13, "15"), (100, "100")],
)
def test_small_counts_are_not_told_and_others_are_rounded(n, told):
    assert coarse(n) == told


@pytest.mark.parametrize(("part", "whole", "told"), [(1, 19, None), (1, 20, 5), (20, 20, 100), (0, 20, 0), (7, 21, 35)])
def test_a_share_is_told_of_twenty_or_more_in_steps_of_five(part, whole, told):
    assert share(part, whole) == told


def test_one_more_report_is_not_to_be_seen():
    """Whoever watches the page does not learn from it that somebody reported."""
    hidden = {str(published([month(reports={"minor": n, "hate": 31})])["reports"]["by_category"]) for n in range(5)}
    assert len(hidden) == 1


def test_a_total_does_not_give_away_a_small_part():
    told = published([month(reports={"minor": 2, "hate": 31})])["reports"]
    assert told == {"total": "35", "by_category": {"hate": "30"}}


@pytest.mark.parametrize(
    ("minutes", "bucket"),
    [(0, "15_minutes"), (15, "15_minutes"), (15.1, "1_hour"), (1440, "24_hours"), (1441, "later")],
)
def test_times_fall_into_buckets(minutes, bucket):
    assert bucket_of(minutes) == bucket


def test_shares_of_first_looks_add_up_along_the_clock():
    told = published([month(looks={"15_minutes": 10, "1_hour": 20, "later": 10})])["first_look"]
    assert told["within"] == {"15_minutes": 25, "1_hour": 75, "4_hours": 75, "24_hours": 75}
    assert told["median_within"] == "1_hour"
    assert [name for name, _most in BUCKETS][-1] == "later"


def test_months_are_added_up_and_the_order_does_not_matter():
    first, second = month("2026-09", reports={"hate": 4}), month("2026-10", reports={"hate": 4})
    assert published([first, second]) == published([second, first])
    assert published([first, second])["reports"]["total"] == "10"


def test_a_month_counts_nothing_it_does_not_know():
    with pytest.raises(KeyError):
        month(members={"bob": 1})


# -- the DSA's report ------------------------------------------------------------------------------------------------

YEAR = dsa24.Year(
    service="The Quay",
    provider="Association The Quay",
    contact="contact@example.org",
    country="FR",
    year=2026,
    published_on=dt.date(2027, 2, 1),
    notices=[
        dsa24.Notice("STATEMENT_CATEGORY_CYBER_VIOLENCE", "KEYWORD_CYBER_HARASSMENT", 2.0),
        dsa24.Notice("STATEMENT_CATEGORY_CYBER_VIOLENCE", "KEYWORD_CYBER_HARASSMENT", None),
        dsa24.Notice("STATEMENT_CATEGORY_PROTECTION_OF_MINORS", "", 4.0, illegal=True),
    ],
    measures=[
        dsa24.Measure("STATEMENT_CATEGORY_CYBER_VIOLENCE", "KEYWORD_CYBER_HARASSMENT", "suspend", automated=True),
        dsa24.Measure("STATEMENT_CATEGORY_CYBER_VIOLENCE", "", "remove_message", automated=False),
        dsa24.Measure("STATEMENT_CATEGORY_PROTECTION_OF_MINORS", "", "ban", automated=False, illegal=True),
    ],
    complaints=[dsa24.Complaint("suspend", "overturned", 48.0), dsa24.Complaint("remove_message", "pending", None)],
    orders=[dsa24.Order("emergency", "answered", 3.0), dsa24.Order("production", "received", None)],
    suspended=1,
    machine_confirmed=3,
    machine_unconfirmed=1,
    reviewers={"fr": 2, "en": 1},
    active_recipients={f"2026-{n:02}": n * 10 for n in range(1, 13)},
    qualitative={"automated": "A program screens."},
)


def rows(section: str) -> list[dict[str, str]]:
    text = dsa24.csv_of(dsa24.sections(YEAR)[section])
    return list(csv.DictReader(io.StringIO(text)))


def test_the_report_has_the_eleven_sections_of_the_template_in_order():
    assert list(dsa24.sections(YEAR)) == [
        "1_report_identification", "2_categories_names", "3_member_states_orders", "4_notices",
        "5_own_initiative_illegal", "6_own_initiative_TC", "7_appeals_and_recidivism", "8_automated_means",
        "9_human_resources", "10_AMAR", "11_qualitative",
    ]  # fmt: skip


@pytest.mark.parametrize("section", dsa24.sections(YEAR))
def test_every_row_of_a_section_is_as_long_as_its_headings(section):
    table = dsa24.sections(YEAR)[section]
    assert {len(row) for row in table} == {len(table[0])}
    assert len(table[0]) == len(set(table[0]))


def test_notices_are_counted_in_all_by_category_and_by_keyword():
    counted = {row["Category"]: row for row in rows("4_notices")}
    received = {name: int(row["Number of notices received"]) for name, row in counted.items()}
    assert received == {
        "TOTAL": 3,
        "STATEMENT_CATEGORY_CYBER_VIOLENCE": 2,
        "STATEMENT_CATEGORY_PROTECTION_OF_MINORS": 1,
        "KEYWORD_CYBER_HARASSMENT": 2,
    }
    assert counted["TOTAL"]["Median time to take action (hours)"] == "3.0"
    assert counted["TOTAL"]["Number of actions taken on the basis of the terms and conditions"] == "1"
    assert counted["TOTAL"]["Number of actions taken on the basis of the law"] == "1"
    assert counted["TOTAL"]["Reporting period"] == "2026-01-01/2026-12-31"


def test_own_measures_stand_under_their_kind():
    total = rows("6_own_initiative_TC")[0]
    assert total["Number of measures taken at own initiative"] == "2"
    assert total["Number of measures taken after detection with solely automated means"] == "1"
    assert (total["Account: Suspension"], total["Visibility restriction: Removal"]) == ("1", "1")


def test_own_measures_that_cite_the_law_stand_in_their_own_section():
    illegal = {row["Category"]: row for row in rows("5_own_initiative_illegal")}
    assert list(illegal) == ["TOTAL", "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"]
    assert illegal["TOTAL"]["Number of measures taken at own initiative"] == "1"
    assert illegal["TOTAL"]["Account: Termination"] == "1"
    assert "STATEMENT_CATEGORY_PROTECTION_OF_MINORS" not in {row["Category"] for row in rows("6_own_initiative_TC")}


def test_complaints_orders_people_and_recipients_are_counted():
    told = {row["Indicator"]: row["Value"] for row in rows("7_appeals_and_recidivism")}
    assert told["Number of complaints received"] == "2"
    assert told["Number of complaints: initial decision reversed"] == "1"
    assert told["Complaints against restrictions of the account"] == "1"
    assert told["Suspensions for manifestly illegal content"] == "1"
    assert rows("3_member_states_orders")[0]["Number of orders to provide information"] == "2"
    assert {row["Language"]: row["Number of human resources"] for row in rows("9_human_resources")} == {
        "EN": "1",
        "FR": "2",
    }
    assert rows("10_AMAR")[0]["Average monthly active recipients"] == "95"
    automated = {row["Indicator"]: row["Value"] for row in rows("8_automated_means")}
    assert automated["Share on which a person acted"] == "0.750"


def test_every_category_is_one_of_the_databases():
    known = shared_path("data", "dsa", "tdb_enums.json").read_text(encoding="utf-8")
    for row in rows("2_categories_names"):
        assert f'"{row["Category"]}"' in known


def test_no_cell_is_run_by_a_spreadsheet():
    assert dsa24.csv_of([["=1+1", "@x", "plain"]]) == "'=1+1,'@x,plain\r\n"


def test_an_empty_year_is_a_report_too():
    empty = dsa24.Year("S", "P", "", "FR", 2026, dt.date(2027, 1, 1))
    for table in dsa24.sections(empty).values():
        assert len({len(row) for row in table}) == 1
