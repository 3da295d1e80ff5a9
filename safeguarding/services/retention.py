"""What goes when its time is over: every night, by rules stated once (settings.RETENTION_DAYS), holds respected.

What stays of a case is its index: codes, people, what was decided and by which clauses, hashes of the evidence, the
audit chain. The words die with the keys that open them, and the reasons no sooner than the words they judge. A dry run
counts and touches nothing.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chat.models import Message, MessageRevision
from chat.services.erasure import erase_words
from community import audit
from community.models import Member, Restriction
from community.services.connections import expired_connections, purge_connections
from community.services.members import expired_pseudonyms, purge_pseudonyms
from safeguarding.incidents import INCIDENTS
from safeguarding.models import (
    Appeal,
    Case,
    CaseNote,
    Decision,
    EvidenceKey,
    RetentionRun,
    StatementOfReasons,
    Transmission,
)

from .duties import NOTHING_DONE
from .holds import held_cases, held_members
from .vault import erase_evidence

logger = logging.getLogger(__name__)

COMPONENT = "retention"
AT_ONCE = 500  # rows a rule takes on in one night; the next night goes on


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule did or, in a dry run, would do. `held` is what a legal hold kept."""

    rule: str
    days: int
    due: int
    erased: int
    held: int


def _before(rule: str, now: dt.datetime) -> dt.datetime:
    return now - dt.timedelta(days=settings.RETENTION_DAYS[rule])


# -- the words of cases ----------------------------------------------------------------------------------------------


def _handed_over() -> Exists:
    told = [Transmission.State.SENT, Transmission.State.ACKNOWLEDGED]
    return Exists(Transmission.objects.filter(case=OuterRef("pk"), channel__in=["ncmec", "nca"], state__in=told))


def _acted() -> Exists:
    return Exists(Decision.objects.filter(case=OuterRef("pk")).exclude(action__in=NOTHING_DONE))


def cases_of(rule: str, *, now: dt.datetime) -> QuerySet[Case]:
    """The closed cases whose words have outlived the term of `rule`, holds aside. The rules share out all cases:
    a report to NCMEC or the NCA first (one year, 18 U.S.C. 2258A(h); SI 2026/268), then minors, hate, what nobody
    acted on, and the rest. None with an appeal that waits, or may still be lodged."""
    helped = [code for code, incident in INCIDENTS.items() if not incident.sanctioned]
    minors, hate = Q(code__startswith="M"), Q(code__startswith="H")
    nothing = Q(acted=False) & ~Q(code__in=helped)
    which = {
        "handed_over": Q(handed=True),
        "minors": Q(handed=False) & minors & ~nothing,
        "unfounded": Q(handed=False) & nothing,
        "hate": Q(handed=False) & hate & ~nothing,
        "restricted": Q(handed=False) & ~minors & ~hate & ~nothing,
    }[rule]
    contested = Appeal.objects.filter(decision__case=OuterRef("pk"), state=Appeal.State.PENDING)
    contestable = Decision.objects.filter(case=OuterRef("pk"), statement__appeal_until__gt=now, appeal__isnull=True)
    words = EvidenceKey.objects.filter(evidence__case=OuterRef("pk"))
    return (
        Case.objects.filter(state=Case.State.CLOSED, closed_at__lt=_before(rule, now))
        .annotate(handed=_handed_over(), acted=_acted())
        .filter(which, Exists(words))
        .exclude(Exists(contested))
        .exclude(Exists(contestable))
    )


def _erase_case(case: Case) -> bool:
    """Destroy the keys of a case's evidence and empty what was written about it in words."""
    with transaction.atomic():
        locked = Case.objects.select_for_update(no_key=True).filter(pk=case.pk, state=Case.State.CLOSED)
        if not locked.exclude(held_cases()).exists():
            return False  # opened again, or held, since it was found
        for evidence in case.evidence.filter(key__isnull=False):
            erase_evidence(actor=None, component=COMPONENT, evidence=evidence, reason="its term is over")
        case.reports.exclude(text="").update(text="")
        CaseNote.objects.filter(case=case).exclude(text="").update(text="")
        case.briefings.update(summary="", danger_why="", family_note="", opinion="", circumstances={})
        audit.record(actor=None, component=COMPONENT, action="case.erased", subject=case)
    return True


def _cases(rule: str) -> Callable[[dt.datetime, bool], Line]:
    def run(now: dt.datetime, dry_run: bool) -> Line:
        due = cases_of(rule, now=now)
        free = due.exclude(held_cases())
        total, waiting = due.count(), free.count()
        erased = 0 if dry_run else sum(_erase_case(case) for case in free.order_by("closed_at")[:AT_ONCE])
        return Line(rule, settings.RETENTION_DAYS[rule], total, erased, total - waiting)

    return run


# -- the reasons of decisions ----------------------------------------------------------------------------------------


def cases_without_need_of_reasons(*, now: dt.datetime) -> QuerySet[Case]:
    """The closed cases whose decisions' reasons, statements and appeals have outlived their term, holds aside: the
    term runs from the closing, or from what was decided or judged after it. None that still has words to judge by, that
    was told to NCMEC or the NCA within its year (which keeps the judgement too: SI 2026/268), with an appeal that waits
    or may still be lodged, or with a sanction that stands: whoever is kept out may ask why for as long as it lasts."""
    term = _before("reasons", now)
    stands = Restriction.objects.in_force(now).filter(public_id=OuterRef("restriction_ref"))
    decided = Decision.objects.filter(case=OuterRef("pk"))
    needed = decided.filter(
        Q(created_at__gte=term)
        | Q(takes_effect_at__gte=term)
        | Q(Exists(stands))
        | Q(statement__appeal_until__gt=now, appeal__isnull=True)
        | Q(appeal__state=Appeal.State.PENDING)
        | Q(appeal__judged_at__gte=term)
    )
    return (
        Case.objects.filter(state=Case.State.CLOSED, closed_at__lt=term)
        .annotate(handed=_handed_over())
        .filter(Exists(decided.filter(words_erased_at__isnull=True)))
        .exclude(Exists(EvidenceKey.objects.filter(evidence__case=OuterRef("pk"))))
        .exclude(handed=True, closed_at__gte=_before("handed_over", now))
        .exclude(Exists(needed))
    )


def _erase_reasons(case: Case, now: dt.datetime) -> bool:
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        if not cases_without_need_of_reasons(now=now).filter(pk=case.pk).exclude(held_cases()).exists():
            return False  # opened again, or held, since it was found
        StatementOfReasons.objects.filter(decision__case=case).update(body="")
        Appeal.objects.filter(decision__case=case).update(text="", answer="")
        case.decisions.filter(words_erased_at__isnull=True).update(
            reasons="", private_notes="", words_erased_at=timezone.now()
        )
        audit.record(actor=None, component=COMPONENT, action="case.reasons_erased", subject=case)
    return True


def _reasons(now: dt.datetime, dry_run: bool) -> Line:
    due = cases_without_need_of_reasons(now=now)
    free = due.exclude(held_cases())
    total, waiting = due.count(), free.count()
    erased = 0 if dry_run else sum(_erase_reasons(case, now) for case in free.order_by("closed_at")[:AT_ONCE])
    return Line("reasons", settings.RETENTION_DAYS["reasons"], total, erased, total - waiting)


def _nca_references(now: dt.datetime, dry_run: bool) -> Line:
    """References that the NCA gave (five years: SI 2026/268); that it was told, when and by whom stays."""
    due = Transmission.objects.filter(
        channel="nca", sent_at__lt=_before("nca_reference", now), case__state=Case.State.CLOSED
    ).exclude(reference="")
    free = due.exclude(case__in=Case.objects.filter(held_cases()))
    total, waiting = due.count(), free.count()
    erased = 0 if dry_run else free.update(reference="")
    return Line("nca_reference", settings.RETENTION_DAYS["nca_reference"], total, erased, total - waiting)


# -- the words of rooms ----------------------------------------------------------------------------------------------


def needed_by_a_case() -> Exists:
    """Condition on Message: a case whose evidence can still be opened has it, so its words are still needed."""
    pinned = EvidenceKey.objects.filter(evidence__kind="message", evidence__source_ref=OuterRef("public_id"))
    return Exists(pinned)


def _removed(now: dt.datetime, dry_run: bool) -> Line:
    """Messages that a decision removed, or that were refused, and that no case needs any more."""
    gone = [Message.Visibility.REMOVED, Message.Visibility.REFUSED]
    due = Message.objects.filter(
        Exists(MessageRevision.objects.filter(message=OuterRef("pk")).exclude(body="")),
        visibility__in=gone,
        created_at__lt=_before("restricted", now),
    ).exclude(needed_by_a_case())
    free = due.exclude(author__in=Member.objects.filter(held_members()))
    total, waiting = due.count(), free.count()
    erased = 0 if dry_run else sum(erase_words(message=message) for message in free.order_by("pk")[:AT_ONCE])
    return Line("removed_messages", settings.RETENTION_DAYS["restricted"], total, erased, total - waiting)


# -- accounts --------------------------------------------------------------------------------------------------------


def _connections(now: dt.datetime, dry_run: bool) -> Line:
    due, free = expired_connections(held=False).count(), expired_connections().count()
    erased = 0 if dry_run else purge_connections()
    return Line("connections", settings.RETENTION_DAYS["connections"], due, erased, due - free)


def _accounts(now: dt.datetime, dry_run: bool) -> Line:
    due, free = expired_pseudonyms(held=False).count(), expired_pseudonyms().count()
    erased = 0 if dry_run else purge_pseudonyms()
    return Line("accounts", settings.RETENTION_DAYS["accounts"], due, erased, due - free)


RULES: Sequence[Callable[[dt.datetime, bool], Line]] = (
    *(_cases(rule) for rule in ("unfounded", "restricted", "hate", "minors", "handed_over")),
    _reasons,
    _nca_references,
    _removed,
    _connections,
    _accounts,
)


def run_retention(*, dry_run: bool) -> list[Line]:
    """Let go of what has outlived its term; return what each rule did. With `dry_run`, what it would do: nothing is
    touched and nothing recorded. A rule that fails is logged and does not keep the others."""
    started = timezone.now()
    lines = []
    for rule in RULES:
        try:
            lines.append(rule(started, dry_run))
        except Exception:
            if dry_run:
                raise
            logger.exception("a rule of retention failed; the next night tries again")
    if not dry_run:
        with transaction.atomic():
            run = RetentionRun.objects.create(
                started_at=started, finished_at=timezone.now(), lines=[asdict(line) for line in lines]
            )
            audit.record(
                actor=None,
                component=COMPONENT,
                action="retention.ran",
                subject=run,
                data={line.rule: line.erased for line in lines if line.erased},
            )
    return lines
