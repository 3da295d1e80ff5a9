"""The transparency report of DSA art. 15 and 24, as the eleven CSV sections of Implementing Regulation (EU) 2024/2835.

Counts and medians alone, by DSA category and keyword. A column that counts has a column of context beside it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

TOTAL = "TOTAL"
UNSPECIFIED = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"
NOTHING = ""  # a figure that does not apply

# Our actions under the names of the template; an action that restricts nothing is none of its measures.
MEASURES: Mapping[str, str] = {
    "remove_message": "Visibility restriction: Removal",
    "pause_contact": "Visibility restriction: Interaction restricted",
    "mute": "Service: Suspension",
    "room_ban": "Service: Suspension",
    "suspend": "Account: Suspension",
    "ban": "Account: Termination",
}
MEASURE_COLUMNS = (
    *(
        f"Visibility restriction: {name}"
        for name in ("Removal", "Disable", "Demoted", "Age restricted", "Interaction restricted", "Labelled", "Other")
    ),
    *(f"Monetary restriction: {name}" for name in ("Suspension", "Termination", "Other")),
    *(f"Service: {name}" for name in ("Suspension", "Termination")),
    *(f"Account: {name}" for name in ("Suspension", "Termination")),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice received in the year. `hours` to the first action on it; None where nothing was done. `illegal`: the
    action cites the law, not the terms alone."""

    category: str
    keyword: str
    hours: float | None
    illegal: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure taken at own initiative; `automated`: what it is about was found by a program alone. `illegal`: it
    cites the law, not the terms alone."""

    category: str
    keyword: str
    action: str
    automated: bool
    illegal: bool = False


@dataclass(frozen=True, slots=True)
class Complaint:
    """An internal complaint against a measure, lodged in the year. `state`: pending, upheld, overturned."""

    action: str
    state: str
    hours: float | None


@dataclass(frozen=True, slots=True)
class Order:
    """A request of an authority received in the year. `hours` until it was answered."""

    kind: str
    state: str
    hours: float | None


@dataclass(frozen=True, slots=True)
class Year:
    """All that the report is made of."""

    service: str
    provider: str
    contact: str
    country: str
    year: int
    published_on: date
    notices: Sequence[Notice] = ()
    measures: Sequence[Measure] = ()
    complaints: Sequence[Complaint] = ()
    orders: Sequence[Order] = ()
    suspended: int = 0  # accounts suspended or ended for illegal content, by a person's decision
    machine_confirmed: int = 0
    machine_unconfirmed: int = 0
    reviewers: Mapping[str, int] = field(default_factory=dict)  # language: people
    active_recipients: Mapping[str, int] = field(default_factory=dict)  # month: members who logged in
    qualitative: Mapping[str, str] = field(default_factory=dict)

    @property
    def period(self) -> str:
        return f"{self.year}-01-01/{self.year}-12-31"


Row = list[str]


def sections(year: Year) -> dict[str, list[Row]]:
    """{file name without ending: rows, the first of which are the headings}, in the order of the template."""
    return {name: make(year) for name, make in _SECTIONS.items()}


def csv_of(rows: Iterable[Row]) -> str:
    """Rows as RFC 4180 text. A cell that a spreadsheet would run is defused with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in row])
    return out.getvalue()


def _with_context(columns: Iterable[str]) -> list[str]:
    return [heading for column in columns for heading in (column, f"Contextual information on {column}")]


def _cells(figures: Iterable[object], context: str = "") -> list[str]:
    return [cell for figure in figures for cell in ("" if figure is None else str(figure), context)]


def _hours(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{median(known):.1f}" if known else NOTHING


def _groups(rows: Sequence[Notice | Measure]) -> Iterator[tuple[str, list[int]]]:
    """TOTAL, then each category, then each keyword: with the places of its rows."""
    yield TOTAL, list(range(len(rows)))
    for told in ([row.category for row in rows], [row.keyword for row in rows]):
        for name in sorted(set(told) - {""}):
            yield name, [place for place, one in enumerate(told) if one == name]


def _lead(year: Year, category: str) -> Row:
    return ["Applicable", year.service, year.period, category, ""]


_LEAD = ["Applicability", "Service", "Reporting period", "Category", "Description of “Other”"]


def _identification(year: Year) -> list[Row]:
    return [
        ["Field", "Value"],
        ["Name of the service", year.service],
        ["Name of the provider", year.provider],
        ["Contact", year.contact],
        ["Member State of establishment", year.country],
        ["Reporting period", year.period],
        ["Date of publication", year.published_on.isoformat()],
        ["Type of service", "online platform of one community"],
    ]


def _categories(year: Year) -> list[Row]:
    told: list[Notice | Measure] = [*year.notices, *year.measures]
    used = sorted({row.category for row in told} - {""})
    keywords = sorted({row.keyword for row in told} - {""})
    return [["Category", "Kind"], *([name, "category"] for name in used), *([name, "keyword"] for name in keywords)]


def _orders(year: Year) -> list[Row]:
    columns = (
        "Number of orders to act against illegal content",
        "Number of orders to provide information",
        "Median time to inform the authority of receipt (hours)",
        "Median time to give effect to the order (hours)",
    )
    rows = [[*_LEAD[:3], "Member State", *_with_context(columns)]]
    given = [order for order in year.orders if order.state == "answered"]
    context = "The order desk does not record the Member State: all orders are counted together."
    figures = (0, len(year.orders), NOTHING, _hours(order.hours for order in given))
    rows.append(["Applicable", year.service, year.period, TOTAL, *_cells(figures, context)])
    return rows


def _notices(year: Year) -> list[Row]:
    columns = (
        "Number of notices received",
        "Number of notices received from trusted flaggers",
        "Number of specific items included in the notices",
        "Number of specific items included in the notices of trusted flaggers",
        "Median time to take action (hours)",
        "Median time to take action on notices of trusted flaggers (hours)",
        "Number of actions taken on the basis of the law",
        "Number of actions taken on the basis of the law, trusted flaggers",
        "Number of actions taken on the basis of the terms and conditions",
        "Number of actions taken on the basis of the terms and conditions, trusted flaggers",
    )
    rows = [[*_LEAD, *_with_context(columns)]]
    for category, places in _groups(year.notices):
        notices = [year.notices[place] for place in places]
        acted = [notice for notice in notices if notice.hours is not None]
        illegal = sum(notice.illegal for notice in acted)
        took = _hours(notice.hours for notice in acted)
        figures = (len(notices), 0, len(notices), 0, took, NOTHING, illegal, 0, len(acted) - illegal, 0)
        rows.append([*_lead(year, category), *_cells(figures)])
    return rows


def _own_initiative(*, illegal: bool) -> Callable[[Year], list[Row]]:
    def section(year: Year) -> list[Row]:
        columns = (
            "Number of measures taken at own initiative",
            "Number of measures taken after detection with solely automated means",
            *MEASURE_COLUMNS,
        )
        rows = [[*_LEAD, *_with_context(columns)]]
        own = [measure for measure in year.measures if measure.illegal is illegal]
        for category, places in _groups(own):
            taken = [own[place] for place in places]
            kinds = [MEASURES[measure.action] for measure in taken]
            figures = (
                len(taken),
                sum(measure.automated for measure in taken),
                *(kinds.count(column) for column in MEASURE_COLUMNS),
            )
            rows.append([*_lead(year, category), *_cells(figures)])
        return rows

    return section


def _appeals(year: Year) -> list[Row]:
    def of(*kinds: str) -> list[Complaint]:
        return [one for one in year.complaints if not kinds or MEASURES.get(one.action, "").startswith(kinds)]

    every = of()
    figures: list[tuple[str, object]] = [
        ("Number of complaints received", len(every)),
        ("Number of complaints: initial decision upheld", sum(one.state == "upheld" for one in every)),
        ("Number of complaints: initial decision partially reversed", 0),
        ("Number of complaints: initial decision reversed", sum(one.state == "overturned" for one in every)),
        ("Number of complaints: decision omitted or pending", sum(one.state == "pending" for one in every)),
        ("Median time to decide (hours)", _hours(one.hours for one in every)),
        ("Complaints against visibility restrictions", len(of("Visibility"))),
        ("Complaints against restrictions of the service", len(of("Service"))),
        ("Complaints against restrictions of the account", len(of("Account"))),
        ("Complaints against monetary restrictions", 0),
        ("Complaints against no action on a notice", 0),
        ("Complaints against no action on a notice of a trusted flagger", 0),
        ("Disputes submitted to out-of-court bodies", 0),
        ("Suspensions for manifestly illegal content", year.suspended),
        ("Suspensions for manifestly unfounded notices", 0),
        ("Suspensions for manifestly unfounded complaints", 0),
    ]
    return [
        ["Applicability", "Service", "Reporting period", "Indicator", "Value", "Contextual information"],
        *(["Applicable", year.service, year.period, name, str(value), ""] for name, value in figures),
    ]


def _automated(year: Year) -> list[Row]:
    judged = year.machine_confirmed + year.machine_unconfirmed
    precision = f"{year.machine_confirmed / judged:.3f}" if judged else NOTHING
    wrong = f"{year.machine_unconfirmed / judged:.3f}" if judged else NOTHING
    told = year.qualitative.get("automated", "")
    return [
        ["Applicability", "Service", "Reporting period", "Indicator", "Value", "Contextual information"],
        [
            "Applicable",
            year.service,
            year.period,
            "Cases opened by a program and closed by a person",
            str(judged),
            told,
        ],
        ["Applicable", year.service, year.period, "Share on which a person acted", precision, ""],
        ["Applicable", year.service, year.period, "Share on which nobody acted (possible error rate)", wrong, ""],
        ["Applicable", year.service, year.period, "Decisions taken by automated means alone", "0", ""],
    ]


def _people(year: Year) -> list[Row]:
    rows = [["Applicability", "Service", "Reporting period", "Language", "Number of human resources", "Qualifications"]]
    told = year.qualitative.get("people", "")
    for language, people in sorted(year.reviewers.items()):
        rows.append(["Applicable", year.service, year.period, language.upper(), str(people), told])
    return rows


def _amar(year: Year) -> list[Row]:
    months = sorted(year.active_recipients)[-6:]
    average = round(sum(year.active_recipients[month] for month in months) / len(months)) if months else 0
    return [
        [
            "Applicability",
            "Service",
            "Reporting period",
            "Member State",
            "Average monthly active recipients",
            "Context",
        ],
        [
            "Applicable",
            year.service,
            year.period,
            TOTAL,
            str(average),
            "Members who logged in, averaged over the last six months of which records are kept; Member State unknown.",
        ],
    ]


def _qualitative(year: Year) -> list[Row]:
    return [["Subject", "Description"], *([name, text] for name, text in sorted(year.qualitative.items()))]


_SECTIONS: Mapping[str, Callable[[Year], list[Row]]] = {
    "1_report_identification": _identification,
    "2_categories_names": _categories,
    "3_member_states_orders": _orders,
    "4_notices": _notices,
    "5_own_initiative_illegal": _own_initiative(illegal=True),
    "6_own_initiative_TC": _own_initiative(illegal=False),
    "7_appeals_and_recidivism": _appeals,
    "8_automated_means": _automated,
    "9_human_resources": _people,
    "10_AMAR": _amar,
    "11_qualitative": _qualitative,
}
