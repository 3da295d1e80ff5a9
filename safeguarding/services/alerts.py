"""From an alert of the engine to a case that a person works, and to what protects meanwhile. Machines never punish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat.models import Message, Room
from community.models import Member
from safeguarding.detection.staging import is_watched
from safeguarding.detection.types import Alert as EngineAlert
from safeguarding.detection.types import Finding
from safeguarding.incidents import INCIDENTS
from safeguarding.models import Alert, AlertRule, Case, Rule, SafetyCard

from .cards import show_card
from .cases import open_or_extend_case
from .measures import ask_fresh_age_proof, note_hold, pause_contact, slow_room
from .quotas import QuotaUsedUp

COMPONENT = "detector"


def act_on_alert(
    *, alert: EngineAlert, ruleset: str, message: Message, room: Room, members: Mapping[str, Member]
) -> tuple[Case, list[Message], Message | None]:
    """Open or extend the case an alert is about and take its protective measures, in the caller's transaction.

    Others who acted become subjects of it too, onlookers witnesses, whom nothing accuses; so none of them works the
    case, and no measure is taken but on the one the alert is about. `members` are those already loaded, by public id.
    Return the case, locked, the messages to freeze around, and the one to hold where a measure could not be taken, its
    quota of the day being used up: the last one by whoever the alert is about, who need not have written `message`.
    """
    concerned = {alert.subject, *alert.protects, *alert.others, *alert.onlookers}
    known = {**members, **_missing(concerned - {None}, members)}
    subject = known.get(alert.subject) if alert.subject else None
    protects = [known[key] for key in alert.protects if key in known]
    case = open_or_extend_case(
        actor=None,
        component=COMPONENT,
        code=alert.code,
        severity=alert.severity,
        subject=subject,
        protects=protects,
        others=[known[key] for key in alert.others if key in known],
        witnesses=[known[key] for key in alert.onlookers if key in known],
        room=room,
        automated=True,
    )
    stored = Alert.objects.create(
        case=case,
        message=message,
        code=alert.code,
        severity=alert.severity,
        score=alert.score,
        tactics=list(alert.tactics),
        evidence=list(alert.evidence),
        explanation={
            **alert.explanation,
            "subject": alert.subject,
            "protects": list(alert.protects),
            "others": list(alert.others),
        },
        ruleset=ruleset,
    )
    rules = {(row["rule"], row["version"]) for row in alert.explanation.get("rules", ())}
    AlertRule.objects.bulk_create(
        AlertRule(alert=stored, rule=rule, version=version) for rule, version in sorted(rules)
    )
    quoted = list(Message.objects.filter(public_id__in=[ref for ref in alert.evidence if ref != message.public_id]))
    to_hold = None
    for measure in alert.measures:
        try:
            _protect(measure, alert=alert, case=case, subject=subject, protects=protects, room=room)
        except QuotaUsedUp:
            to_hold = _last_of(subject, [*quoted, message]) or message
    return case, [message, *quoted], to_hold


def _last_of(subject: Member | None, said: Sequence[Message]) -> Message | None:
    theirs = [one for one in said if subject is not None and one.author_id == subject.pk]
    return max(theirs, key=lambda one: one.pk, default=None)


def keep_in_view(
    *, message: Message, findings: Sequence[Finding], held: bool, case: Case | None, ruleset: str = ""
) -> Case | None:
    """See to it that a message withheld from others has a person waiting for it; return the case it stands in.

    A held message always leaves a dated measure and stands in a case, so that it is in somebody's queue; one that no
    alert spoke of gets its case under the gravest thing found in it. Contact data refused in a minors' room is
    nobody's case: the author was told why.
    """
    if case is None:
        asked = asked_by_rules(findings, withheld=True)
        # Held with nothing found (a detector that failed, contact data): filed as a report of "something else" is.
        code, severity = asked or ("C1", "P3")
        if asked or held:
            case = open_or_extend_case(
                actor=None,
                component=COMPONENT,
                code=code,
                severity=severity,
                subject=message.author,
                room=message.room,
                automated=True,
            )
            _note_rules(case, message, findings, code=code, severity=severity, ruleset=ruleset)
    else:
        _note_expressions(case, message, findings, withheld=True, ruleset=ruleset)
    if held:
        note_hold(message=message, case=case)
    return case


def flag_expression(*, message: Message, findings: Sequence[Finding], case: Case | None, ruleset: str = "") -> Case:
    """Put a message that was let through before a person, for a watched expression asked for it: within a day.

    In the `case` that an alert of the same message has opened about its author, where there is one.
    """
    if case is not None:
        _note_expressions(case, message, findings, withheld=False, ruleset=ruleset)
        return case
    asked = asked_by_rules(findings, withheld=False)
    assert asked is not None, "asked of a message that met a watched expression"
    code, severity = asked
    case = open_or_extend_case(
        actor=None,
        component=COMPONENT,
        code=code,
        severity=severity,
        subject=message.author,
        room=message.room,
        automated=True,
    )
    watched = [finding for finding in findings if is_watched(finding.rule)]
    _note_rules(case, message, watched, code=code, severity=severity, ruleset=ruleset)
    return case


def _note_expressions(
    case: Case, message: Message, findings: Sequence[Finding], *, withheld: bool, ruleset: str
) -> None:
    """Say which watched expressions were met beside an alert: that weighs the rules of the engine alone."""
    watched = [finding for finding in findings if is_watched(finding.rule) and finding.alerting]
    if asked := asked_by_rules(watched, withheld=withheld):
        code, severity = asked
        _note_rules(case, message, watched, code=code, severity=severity, ruleset=ruleset)


def asked_by_rules(findings: Sequence[Finding], *, withheld: bool) -> tuple[str, str] | None:
    """The code and severity under which rules by themselves put a message before a person; None where none does.

    A withheld message stands under the gravest thing found in it, one let through under the watched expression met.
    """
    if not withheld:
        return next(((finding.code, "P3") for finding in findings if is_watched(finding.rule)), None)
    alerting = [finding for finding in findings if finding.alerting]
    grave = min(
        (INCIDENTS[finding.code] for finding in alerting if finding.code in INCIDENTS),
        key=lambda incident: incident.severity,
        default=None,
    )
    if grave is None:
        return None
    if all(is_watched(found.rule) for found in alerting):  # moderators' own words wake nobody at night
        return grave.code, max(grave.severity, "P2")
    return grave.code, grave.severity


def _note_rules(
    case: Case, message: Message, findings: Sequence[Finding], *, code: str, severity: str, ruleset: str
) -> None:
    """Say which rules asked for a person, as an alert of the case, which is locked: so it is explained, and counted by
    what people decide. The same rules once a case: what else they met stands in its conversation."""
    met = {(found.rule, found.version): found for found in findings if found.alerting and found.code in INCIDENTS}
    acting = {
        (rule, version)
        for rule, version, action in Rule.objects.filter(version__in=[version for _rule, version in met]).values_list(
            "key", "version", "action"
        )
        if action != "flag" or is_watched(rule)
    }
    met = {key: found for key, found in met.items() if key in acting} or met
    by = sorted(rule for rule, _version in met)
    if case.alerts.filter(score=0, explanation__by_rules=by).exists():
        return
    counterfactuals = [
        {"without": f"rule:{rule}", "score": None, "severity": severity if len(met) > 1 else None}
        for rule, _version in sorted(met)
    ]
    tactics = dict.fromkeys(found.tactic for found in met.values() if found.tactic)
    stored = Alert.objects.create(
        case=case, message=message, code=code, severity=severity, score=0, tactics=list(tactics),
        evidence=[message.public_id], ruleset=ruleset,
        explanation={
            "by_rules": by, "code": code, "score": 0, "weights": {}, "bonus": {},
            "rules": [{"rule": rule, "version": version, "ref": message.public_id} for rule, version in sorted(met)],
            "counterfactuals": counterfactuals, "degraded": not met,
            "subject": message.author.public_id, "protects": [],
        },
    )  # fmt: skip
    AlertRule.objects.bulk_create(AlertRule(alert=stored, rule=rule, version=version) for rule, version in sorted(met))


def _missing(keys: set[str | None], members: Mapping[str, Member]) -> dict[str, Member]:
    absent = [key for key in keys if key not in members]
    return {member.public_id: member for member in Member.objects.filter(public_id__in=absent)} if absent else {}


def _protect(
    measure: str, *, alert: EngineAlert, case: Case, subject: Member | None, protects: Sequence[Member], room: Room
) -> None:
    """Take a measure the engine proposes. An unknown one raises: a safeguard is never skipped in silence."""
    match measure:
        case "hold":
            pass  # the message's own outcome: see keep_in_view
        case "pause_contact":
            for member in protects:
                if subject and subject.pk != member.pk:
                    pause_contact(case=case, subject=subject, protects=member)
        case "slow_room":
            slow_room(case=case, room=room)
        case "fresh_age_proof":
            if subject:
                ask_fresh_age_proof(case=case, member=subject, by_rule=True)
        case "safety_card":
            _show_safety(code=alert.code, case=case, subject=subject, protects=protects)
        case "help_card":
            for member in protects or ([subject] if subject else []):
                show_card(member=member, kind=SafetyCard.Kind.HELP, case=case)
        case other:
            raise ValueError(f"unknown protective measure {other!r}")


def _show_safety(*, code: str, case: Case, subject: Member | None, protects: Sequence[Member]) -> None:
    """The private card for somebody at risk. Before a rendezvous (V1) both see the advice that any two get too."""
    if code == "V1":
        for member in [*protects, *([subject] if subject else [])]:
            show_card(member=member, kind=SafetyCard.Kind.MEETING, case=case)
    for member in protects:
        if subject is None or member.pk != subject.pk:
            show_card(member=member, kind=SafetyCard.Kind.SAFETY, case=case)
