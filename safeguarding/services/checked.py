"""What came of checking a revision, and what is kept of it: the run, its findings, and what rules in shadow met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.models import Message, MessageRevision
from chat.safeguard import Verdict
from chat.services.messages import CheckOutcome
from safeguarding.detection.types import Assessment, Finding
from safeguarding.models import RiskCheck, RiskSignal, ShadowFinding


@dataclass(frozen=True, slots=True)
class Checked:
    """One revision with its outcome. `assessment` is None where the detector failed; `shadows` are recorded only."""

    revision: MessageRevision
    outcome: CheckOutcome
    assessment: Assessment | None
    shadows: tuple[Finding, ...] = ()

    @property
    def message(self) -> Message:
        return self.revision.message


def keep_checks(checked: Sequence[Checked]) -> None:
    """A RiskCheck with its signals where there is something to keep: findings, an alert, a verdict, a degraded run."""
    telling = [
        one
        for one in checked
        if one.assessment
        and (
            one.assessment.findings
            or one.assessment.alerts
            or one.assessment.degraded
            or one.outcome.verdict is not Verdict.ALLOW
        )
    ]
    known = set(
        RiskCheck.objects.filter(message__in=[one.message.pk for one in telling]).values_list("message", "revision")
    ) if telling else set()  # fmt: skip
    telling = [one for one in telling if (one.message.pk, one.revision.number) not in known]
    ShadowFinding.objects.bulk_create(
        [
            ShadowFinding(
                message=one.message, revision=one.revision.number, rule=finding.rule, version=finding.version,
                span_start=finding.span[0], span_end=finding.span[1],
            )
            for one in checked
            for finding in one.shadows
            if finding.alerting
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    runs = RiskCheck.objects.bulk_create(_run(one) for one in telling)
    RiskSignal.objects.bulk_create(
        _signal(run, finding)
        for run, one in zip(runs, telling, strict=True)
        for finding in (one.assessment.findings if one.assessment else ())
    )


def _run(one: Checked) -> RiskCheck:
    assert one.assessment is not None
    return RiskCheck(
        message=one.message,
        revision=one.revision.number,
        ruleset=one.assessment.ruleset,
        verdict=one.outcome.verdict.value,
        degraded=one.assessment.degraded,
    )


def _signal(run: RiskCheck, finding: Finding) -> RiskSignal:
    return RiskSignal(
        check_run=run,
        code=finding.code,
        rule=finding.rule,
        version=finding.version,
        tactic=finding.tactic or "",
        span_start=finding.span[0],
        span_end=finding.span[1],
        weight=finding.weight,
    )
