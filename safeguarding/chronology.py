"""What a safeguarding lead keeps of a person: one line for each thing that happened, across cases, in order.

No words anybody said, and nobody who reported: cross-references lead to the cases that hold them. Cases their reader
may not know of leave no line here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from community.models import Member
from community.policies import AgeBand

from .models import (
    Alert,
    Appeal,
    Case,
    CaseParty,
    Decision,
    IncidentExport,
    LegalHold,
    ProtectiveMeasure,
    Report,
    Transmission,
    UrgentSheet,
)
from .registers import channel_name, incident_name
from .selectors import visible_cases
from .services import casework
from .services.people import bands_of


@dataclass(frozen=True, slots=True)
class Happening:
    """One line. `case` is the public id it refers to, "" for what is about the person alone; `by` acted."""

    at: dt.datetime
    what: str
    case: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Chronology:
    member: Member
    band: AgeBand
    pseudonyms: Sequence[tuple[str, dt.datetime]]
    cases: Sequence[tuple[Case, Sequence[str]]]  # with the roles the person has in it
    lines: Sequence[Happening]


def people_for(officer: Member) -> QuerySet[Member]:
    """The people whose chronology `officer` may ask for: in a case they may know of, neither themself nor known to
    them. Nobody is listed from it; a case leads to each."""
    people: QuerySet[Member] = (
        Member.objects.filter(case_parties__case__in=visible_cases(officer, officer=True))
        .exclude(casework.people_known_to(officer) | Q(pk=officer.pk))
        .distinct()
    )
    return people


def chronology_of(member: Member, *, officer: Member) -> Chronology:
    """All of it, oldest first, in a fixed number of queries. The reading is for the caller to log (`casework`)."""
    parties = CaseParty.objects.filter(member=member, case__in=visible_cases(officer, officer=True))
    roles: dict[int, list[str]] = {}
    cases: dict[int, Case] = {}
    for party in parties.select_related("case").order_by("case__opened_at", "pk"):
        cases[party.case_id] = party.case
        roles.setdefault(party.case_id, []).append(party.role)
    lines = sorted(_happenings(member, list(cases)), key=lambda line: line.at)
    return Chronology(
        member=member,
        band=bands_of([member.pk])[member.pk],
        pseudonyms=list(member.pseudonym_changes.order_by("since").values_list("pseudonym", "since")),
        cases=[(case, roles[pk]) for pk, case in cases.items()],
        lines=lines,
    )


def _happenings(member: Member, cases: Sequence[int]) -> Iterator[Happening]:
    for case in Case.objects.filter(pk__in=cases):
        yield Happening(case.opened_at, _("Case opened: %(what)s") % {"what": incident_name(case.code)}, case.public_id)
        if case.closed_at:
            yield Happening(case.closed_at, _("Case closed"), case.public_id)
    for report in Report.objects.filter(case__in=cases).select_related("case"):
        about = _("Report about them") if report.subject_id == member.pk else _("Report in their case")
        yield Happening(report.created_at, f"{about}: {report.get_category_display()}", report.case.public_id)
    for alert in Alert.objects.filter(case__in=cases).select_related("case"):
        what = _("Alert of the program: %(what)s") % {"what": incident_name(alert.code)}
        yield Happening(alert.created_at, f"{what} ({alert.severity})", alert.case.public_id)
    for measure in ProtectiveMeasure.objects.filter(case__in=cases, member=member).select_related("case"):
        assert measure.case is not None  # filtered by it
        yield Happening(measure.starts_at, _("Protective measure of the program"), measure.case.public_id)
    yield from _decided(member, cases)
    yield from _handed_over(member, cases)


def _decided(member: Member, cases: Sequence[int]) -> Iterator[Happening]:
    decisions = Decision.objects.filter(Q(member=member) | Q(member__isnull=True), case__in=cases)
    for decision in decisions.select_related("case", "decided_by"):
        what = str(Decision.Action(decision.action).label)
        if decision.refused_at:
            what = _("%(what)s: refused by the second person") % {"what": what}
        elif decision.takes_effect_at is None:
            what = _("%(what)s: proposed") % {"what": what}
        at = decision.takes_effect_at or decision.created_at
        told = _("Decision: %(what)s") % {"what": what}
        yield Happening(at, told, decision.case.public_id, decision.decided_by.pseudonym)
    appeals = Appeal.objects.filter(lodged_by=member, decision__case__in=cases)
    for appeal in appeals.select_related("decision__case", "judged_by"):
        yield Happening(appeal.created_at, _("Appeal lodged"), appeal.decision.case.public_id)
        if appeal.judged_at and appeal.judged_by:
            judged = str(appeal.get_state_display())
            yield Happening(appeal.judged_at, judged, appeal.decision.case.public_id, appeal.judged_by.pseudonym)


def _handed_over(member: Member, cases: Sequence[int]) -> Iterator[Happening]:
    for sheet in UrgentSheet.objects.filter(case__in=cases).select_related("case", "opened_by", "reviewed_by"):
        yield Happening(
            sheet.opened_at, _("Life at risk: acted at once"), sheet.case.public_id, sheet.opened_by.pseudonym
        )
        if sheet.reviewed_at and sheet.reviewed_by:
            told = _("Life at risk: reviewed")
            yield Happening(sheet.reviewed_at, told, sheet.case.public_id, sheet.reviewed_by.pseudonym)
    told_lines = Transmission.objects.filter(case__in=cases, sent_at__isnull=False)
    for line in told_lines.select_related("case", "sent_by"):
        assert line.sent_at is not None  # filtered by it
        assert line.sent_by is not None  # a constraint
        what = _("Told: %(whom)s") % {"whom": channel_name(line.channel)}
        yield Happening(line.sent_at, f"{what} {line.reference}".rstrip(), line.case.public_id, line.sent_by.pseudonym)
    built = IncidentExport.objects.filter(case__in=cases, state=IncidentExport.State.READY)
    for export in built.select_related("case", "requested_by"):
        what = _("Dossier for: %(whom)s") % {"whom": export.get_recipient_display()}
        at = export.built_at or export.requested_at
        yield Happening(at, what, export.case.public_id, export.requested_by.pseudonym)
    holds = LegalHold.objects.filter(Q(member=member) | Q(case__in=cases))
    for hold in holds.select_related("case", "placed_by", "lifted_by"):
        case = hold.case.public_id if hold.case else ""
        yield Happening(hold.placed_at, _("Legal hold placed"), case, hold.placed_by.pseudonym)
        if hold.lifted_at and hold.lifted_by:
            yield Happening(hold.lifted_at, _("Legal hold lifted"), case, hold.lifted_by.pseudonym)
