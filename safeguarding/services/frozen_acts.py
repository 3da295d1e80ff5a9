"""What was told to the team, what machines did to protect, what people decided, and who else was told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, cast

from safeguarding.dossier import frozen
from safeguarding.incidents import INCIDENTS
from safeguarding.models import Appeal, Decision, Transmission

from .freezer import Freezer, if_known


class ToldAndDone(Freezer):
    """Reports, alerts, measures, decisions, and the register, from the rows that record them."""

    def reports(self, known: set[str]) -> tuple[frozen.Report, ...]:
        told = []
        for report in self.of.reports.select_related("message", "subject").order_by("pk"):
            told.append(
                frozen.Report(
                    id=report.public_id,
                    kind="report",
                    made_at=report.created_at,
                    category=report.category,
                    notifier=self.notifiers[report.reporter_id],
                    text=report.text,
                    danger_now=report.danger_now,
                    subject=self.person(report.subject.public_id),
                    message=if_known(report.message, known),
                )
            )
        return tuple(told)

    def alerts(self, known: set[str]) -> tuple[frozen.Alert, ...]:
        subjects = [public_id for public_id, roles in self.roles.items() if "subject" in roles]
        protects = tuple(public_id for public_id, roles in self.roles.items() if "to_protect" in roles)
        return tuple(
            frozen.Alert(
                code=alert.code,
                severity=cast("frozen.SeverityLevel", alert.severity),
                raised_at=alert.created_at,
                score=alert.score,
                ruleset=alert.ruleset,
                subject=subjects[0] if len(subjects) == 1 else "",
                protects=protects,
                tactics=tuple(alert.tactics),
                evidence=tuple(ref for ref in alert.evidence if ref in known),
                explanation=alert.explanation,
                **self.confirmation(alert.created_at),
            )
            for alert in self.of.alerts.order_by("pk")
        )

    def confirmation(self, raised_at: dt.datetime) -> dict[str, Any]:
        """Who has since agreed with the machine, by name: whoever decided something against it, or wrote down what is
        suspected. Reading alone confirms nothing."""
        agreed = [
            (decision.created_at, decision.decided_by)
            for decision in self.of.decisions.exclude(action=Decision.Action.NO_ACTION)
            .exclude(takes_effect_at=None)
            .select_related("decided_by")
        ]
        agreed += [
            (one.written_at, one.written_by)
            for one in self.of.briefings.exclude(summary="").select_related("written_by")
        ]
        later = sorted((one for one in agreed if one[0] >= raised_at), key=lambda one: one[0])
        return {"confirmed_at": later[0][0], "confirmed_by": self.officer(later[0][1])} if later else {}

    def measures(self, known: set[str]) -> tuple[frozen.Measure, ...]:
        return tuple(
            frozen.Measure(
                kind=cast(Any, measure.kind),
                reason=measure.reason,
                starts_at=measure.starts_at,
                ends_at=measure.ends_at,
                person=self.person(measure.member.public_id) if measure.member else "",
                message=if_known(measure.message, known),
                ended_at=measure.ended_at,
                contested_at=measure.contested_at,
            )
            for measure in self.of.measures.select_related("member", "message").order_by("pk")
        )

    def decisions(self, known: set[str]) -> tuple[frozen.Decision, ...]:
        told = []
        for decision in self.of.decisions.select_related(
            "decided_by", "second_person", "member", "counterpart", "message", "room", "statement", "appeal__judged_by"
        ).order_by("pk"):
            if decision.room:
                self.places.setdefault(decision.room.public_id)
            told.append(
                frozen.Decision(
                    id=decision.public_id,
                    action=decision.action,
                    decided_at=decision.created_at,
                    decided_by=self.officer(decision.decided_by),
                    person=self.person(decision.member.public_id) if decision.member else "",
                    counterpart=self.person(decision.counterpart.public_id) if decision.counterpart else "",
                    message=if_known(decision.message, known),
                    room=decision.room.public_id if decision.room else "",
                    second_person=self.officer(decision.second_person) if decision.second_person else None,
                    effective_at=decision.takes_effect_at,
                    ends_at=decision.ends_at,
                    clauses=tuple(decision.clauses),
                    laws=tuple(decision.laws),
                    terms_version=decision.terms_version,
                    statement=_statement(decision),
                    appeal=self.appeal(decision),
                )
            )
        return tuple(told)

    def appeal(self, decision: Decision) -> frozen.Appeal | None:
        appeal: Appeal | None = getattr(decision, "appeal", None)
        if appeal is None:
            return None
        return frozen.Appeal(
            lodged_at=appeal.created_at,
            text=appeal.text,
            state=cast(Any, appeal.state),
            judged_at=appeal.judged_at,
            judged_by=self.officer(appeal.judged_by) if appeal.judged_by else None,
            answer=appeal.answer,
        )

    def transmissions(self) -> Iterator[frozen.Transmission]:
        """What the register says of each channel, and those of the table that it does not know yet, as due."""
        state = Transmission.State
        known = set()
        for line in self.of.transmissions.select_related("sent_by").order_by("pk"):
            known.add(line.channel)
            if line.state != state.NOT_NEEDED:
                yield frozen.Transmission(
                    channel=line.channel,
                    state=cast(Any, line.state),
                    recipient=line.recipient,
                    at=line.acknowledged_at or line.sent_at,
                    reference=line.reference,
                    by=self.officer(line.sent_by) if line.sent_by else None,
                )
        for channel in INCIDENTS[self.of.code].tell:
            if channel not in known:
                yield frozen.Transmission(channel=channel, state="due")

    def order(self) -> frozen.Order | None:
        order = self.export.order
        if order is None:
            return None
        return frozen.Order(
            kind=cast(Any, order.kind),
            authority=order.authority,
            file_number=order.file_number,
            received_at=order.received_at,
            due_at=order.due_at,
            categories=tuple(order.categories),
            about=order.about,
            period_from=order.period_from,
            period_to=order.period_to,
            may_inform=order.may_inform,
            authentic_by=self.officer(order.authentic_by) if order.authentic_by else None,
            authentic_how=order.authentic_how,
            refused=order.answer if order.state == order.State.REFUSED else "",
        )


def _statement(decision: Decision) -> frozen.Statement | None:
    statement = getattr(decision, "statement", None)
    if statement is None:
        return None
    return frozen.Statement(
        language=statement.language,
        body=statement.body,
        sent_at=statement.created_at,
        automated_detection=statement.automated_detection,
        source=statement.source,
        appeal_until=statement.appeal_until,
        read_at=statement.read_at,
    )
