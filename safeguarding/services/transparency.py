"""From the tables of cases to the counts that are published: nothing of anybody leaves here.

Every count is of something that happened in a month and never changes afterwards (a report came in, a person first
looked, a decision took effect, an appeal was judged, a case a program opened was closed), so that a month that is over
can be counted again at any time and is still the same.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from community import audit
from community.models import ConnectionLog, Member
from community.roles import MODERATOR, OFFICER_DEPUTY, OFFICER_LEAD
from community.services.settings import get_community
from safeguarding.incidents import INCIDENTS
from safeguarding.models import Alert, Appeal, AuthorityOrder, Case, Decision, Report, TransparencyMonth
from safeguarding.transparency import dsa24, figures

from .seals import signer

COMPONENT = "transparency"
SHOWN = 12  # months that are over, before the one that runs


def _bounds(month: str) -> tuple[dt.datetime, dt.datetime]:
    """From its first moment to the first of the next, in the community's zone."""
    year, number = (int(part) for part in month.split("-"))
    zone = timezone.get_default_timezone()
    begin = dt.datetime(year, number, 1, tzinfo=zone)
    return begin, dt.datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)


def month_before(month: str) -> str:
    """ "2026-01" of "2026-02"."""
    return f"{_bounds(month)[0] - dt.timedelta(days=1):%Y-%m}"


def current_month() -> str:
    """The month that runs, in the community's zone."""
    return f"{timezone.localtime(timezone=timezone.get_default_timezone()):%Y-%m}"


def _acted() -> Exists:
    done = Decision.objects.filter(case=OuterRef("pk"), takes_effect_at__isnull=False)
    return Exists(done.exclude(action__in=figures.NOTHING_DONE))


def count_month(month: str) -> dict[str, Any]:
    """The counts of one month, from the tables, in the shape of transparency.figures."""
    begin, end = _bounds(month)
    looks: Counter[str] = Counter()
    seen = Case.objects.filter(first_look_at__gte=begin, first_look_at__lt=end)
    for opened, looked in seen.values_list("opened_at", "first_look_at").iterator():
        assert looked is not None  # filtered by it
        looks[figures.bucket_of((looked - opened).total_seconds() / 60)] += 1
    reports = Report.objects.filter(created_at__gte=begin, created_at__lt=end)
    alerts = Alert.objects.filter(created_at__gte=begin, created_at__lt=end)
    decisions = Decision.objects.filter(takes_effect_at__gte=begin, takes_effect_at__lt=end)
    judged = Appeal.objects.filter(judged_at__gte=begin, judged_at__lt=end)
    lodged = Appeal.objects.filter(created_at__gte=begin, created_at__lt=end).count()
    closed = Case.objects.filter(automated=True, closed_at__gte=begin, closed_at__lt=end).annotate(acted=_acted())
    helped = Q(code__in=[code for code, incident in INCIDENTS.items() if not incident.sanctioned])
    confirmed = closed.filter(Q(acted=True) | helped).count()
    appeals = {"lodged": lodged, **dict(judged.order_by().values_list("state").annotate(Count("pk")))}
    return figures.month_of(
        month,
        {
            "reports": dict(reports.order_by().values_list("category").annotate(Count("pk"))),
            "alerts": dict(alerts.order_by().values_list("code").annotate(Count("pk"))),
            "looks": looks,
            "decisions": dict(decisions.order_by().values_list("action").annotate(Count("pk"))),
            "appeals": appeals,
            "machine": {"confirmed": confirmed, "unconfirmed": closed.count() - confirmed},
        },
    )


# -- months that are over --------------------------------------------------------------------------------------------


def first_month() -> str:
    """The month in which the first thing that is counted happened; the one that runs where nothing has."""
    moments = [
        Report.objects.aggregate(at=Min("created_at"))["at"],
        Alert.objects.aggregate(at=Min("created_at"))["at"],
        Case.objects.aggregate(at=Min("opened_at"))["at"],
    ]
    known = [moment for moment in moments if moment is not None]
    if not known:
        return current_month()
    return f"{timezone.localtime(min(known), timezone.get_default_timezone()):%Y-%m}"


def sign_months() -> list[TransparencyMonth]:
    """Sign every month that is over and not signed yet, oldest first; return the new ones."""
    known = set(TransparencyMonth.objects.values_list("month", flat=True))
    first, month = first_month(), month_before(current_month())
    wanted = []
    while month >= first:
        if month not in known:
            wanted.append(month)
        month = month_before(month)
    signed = []
    key = signer()
    for month in reversed(wanted):
        body = rfc8785.dumps(count_month(month))
        with transaction.atomic():
            row, created = TransparencyMonth.objects.get_or_create(
                month=month,
                defaults={
                    "body": body.decode(),
                    "sha256": figures.digest(body),
                    "signature": key.sign(body).hex(),
                    "public_key": key.public_key.hex(),
                },
            )
            if created:
                audit.record(
                    actor=None,
                    component=COMPONENT,
                    action="transparency.signed",
                    subject=row,
                    data={"month": month, "sha256": row.sha256},
                )
                signed.append(row)
    return signed


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a signed month."""

    month: str
    what: str


def verify_months() -> list[Fault]:
    """Check every signed month against its signature and digest, and against the tables it was counted from; then the
    public page, which the signed months give, against the tables. Empty when all holds."""
    faults = []
    own = signer().public_key.hex()
    for row in TransparencyMonth.objects.all():
        body = row.body.encode()
        if figures.digest(body) != row.sha256:
            faults.append(Fault(row.month, "its digest is another"))
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public_key)).verify(bytes.fromhex(row.signature), body)
        except (InvalidSignature, ValueError):
            faults.append(Fault(row.month, "its signature does not hold"))
        if row.public_key != own:
            faults.append(Fault(row.month, "it was signed with another key than this installation’s"))
        if rfc8785.dumps(count_month(row.month)) != body:
            faults.append(Fault(row.month, "the tables give other counts"))
    if page() != figures.published([count_month(month) for month in shown_months()]):
        faults.append(Fault("", "the public page says something else than the tables"))
    return faults


def shown_months() -> list[str]:
    """The months of the public page: the last twelve that are over, as far as there are any, and the one that runs."""
    month = current_month()
    first = first_month()
    months = [month]
    while len(months) <= SHOWN and (month := month_before(month)) >= first:
        months.append(month)
    return months[::-1]


def recomputed() -> list[figures.Month]:
    """The months of the page from their signed dumps; the one that runs, which has none yet, from the tables."""
    signed = {row.month: row for row in TransparencyMonth.objects.filter(month__in=shown_months())}
    return [json.loads(signed[month].body) if month in signed else count_month(month) for month in shown_months()]


def page() -> dict[str, Any]:
    """What the public page says: worked out from the signed months and what has happened since."""
    return figures.published(recomputed())


def commitments() -> list[tuple[str, str]]:
    """(month, SHA-256) of the signed months: published, so that none can be exchanged afterwards."""
    return list(TransparencyMonth.objects.filter(month__in=shown_months()).values_list("month", "sha256"))


# -- the DSA's yearly report -----------------------------------------------------------------------------------------


def _category(code: str) -> tuple[str, str]:
    incident = INCIDENTS[code]
    keyword = incident.dsa_keywords[0] if incident.dsa_keywords else ""
    return incident.dsa_category or dsa24.UNSPECIFIED, keyword


def _hours(begin: dt.datetime, end: dt.datetime | None) -> float | None:
    return (end - begin).total_seconds() / 3600 if end is not None else None


def year_data(year: int) -> dsa24.Year:
    """All that the report of a calendar year is made of (DSA art. 15 and 24), from the tables."""
    begin, end = _bounds(f"{year}-01")[0], _bounds(f"{year}-12")[1]
    community = get_community()
    restricting = Decision.objects.filter(
        takes_effect_at__gte=begin, takes_effect_at__lt=end, action__in=dsa24.MEASURES
    )
    first_action = (
        Decision.objects.filter(case=OuterRef("case"), takes_effect_at__isnull=False)
        .exclude(action__in=figures.NOTHING_DONE)
        .order_by("takes_effect_at")
    )
    notices = (
        Report.objects.filter(created_at__gte=begin, created_at__lt=end)
        .annotate(acted_at=first_action.values("takes_effect_at")[:1], laws=first_action.values("laws")[:1])
        .values_list("case__code", "created_at", "acted_at", "laws")
        .order_by("pk")
    )
    reported = Exists(Report.objects.filter(case=OuterRef("case"), created_at__lte=OuterRef("created_at")))
    own = restricting.annotate(reported=reported).filter(reported=False).order_by("pk")
    appeals = Appeal.objects.filter(created_at__gte=begin, created_at__lt=end).order_by("pk")
    orders = AuthorityOrder.objects.filter(received_at__gte=begin, received_at__lt=end).order_by("pk")
    closed = Case.objects.filter(automated=True, closed_at__gte=begin, closed_at__lt=end).annotate(acted=_acted())
    helped = Q(code__in=[code for code, incident in INCIDENTS.items() if not incident.sanctioned])
    confirmed = closed.filter(Q(acted=True) | helped).count()
    return dsa24.Year(
        service=community.name,
        provider=community.operator or community.name,
        contact=community.contact_email,
        country=community.country,
        year=year,
        published_on=timezone.localdate(),
        notices=[
            dsa24.Notice(*_category(code), _hours(made, acted if acted is None or acted > made else made), bool(laws))
            for code, made, acted, laws in notices
        ],
        measures=[
            dsa24.Measure(*_category(code), action, automated, bool(laws))
            for code, action, automated, laws in own.values_list("case__code", "action", "case__automated", "laws")
        ],
        complaints=[
            dsa24.Complaint(action, state, _hours(lodged, judged))
            for action, state, lodged, judged in appeals.values_list(
                "decision__action", "state", "created_at", "judged_at"
            )
        ],
        orders=[
            dsa24.Order(kind, state, _hours(received, answered))
            for kind, state, received, answered in orders.values_list("kind", "state", "received_at", "answered_at")
        ],
        suspended=restricting.filter(action__in=["suspend", "ban"]).exclude(laws=[]).count(),
        machine_confirmed=confirmed,
        machine_unconfirmed=closed.count() - confirmed,
        reviewers=_reviewers(),
        active_recipients=_active(begin, end),
        qualitative=_qualitative(),
    )


def _reviewers() -> dict[str, int]:
    """How many people moderate, by the language of their account."""
    staff = Member.objects.open().filter(groups__name__in=[MODERATOR, OFFICER_LEAD, OFFICER_DEPUTY])
    return dict(staff.order_by().values_list("language").annotate(Count("pk", distinct=True)))


def _active(begin: dt.datetime, end: dt.datetime) -> dict[str, int]:
    """Members who logged in, by month; the records are counted, never opened."""
    logins = ConnectionLog.objects.filter(created_at__gte=begin, created_at__lt=end)
    by_month = logins.annotate(month=TruncMonth("created_at")).order_by().values_list("month")
    return {f"{month:%Y-%m}": n for month, n in by_month.annotate(Count("member", distinct=True))}


def _qualitative() -> dict[str, str]:
    """What the community says of its ways, in English, the language of the template."""
    return {
        "automated": "A program screens every message before or just after it is shown. It may hold or refuse a "
        "message, pause a contact or slow a room, for a limited time and contestably; a person alone "
        "decides about a person.",
        "people": "Moderators and safeguarding officers, by role; severe cases and cases with minors are worked by "
        "officers alone, irreversible acts take two people, and nobody works a case of people they know.",
        "redress": "Every decision has a statement of reasons and can be appealed free of charge for six months; "
        "somebody who took no part in the decision judges the appeal.",
        "suspensions": "Accounts are suspended by a person’s decision on a case, never by a program.",
    }
