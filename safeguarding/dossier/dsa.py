"""Statements of reasons for the DSA Transparency Database (DSA art. 24(5)), in the schema of 1 July 2025.

Nothing here names a person: the facts are told in fixed words, without pseudonym, quotation or room. Havre prepares;
a person submits. Names and lengths follow the public documentation of the API (POST /api/v1/statements).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from safeguarding.incidents import INCIDENTS, Words

from .frozen import Decision, FrozenCase
from .times import zone_of

BATCH = 100  # statements in one request
_EEA = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"),
    *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
)

# Our actions and what they restrict; an action that restricts nothing owes no statement.
_RESTRICTS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "remove_message": {"decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"]},
        "pause_contact": {"decision_visibility": ["DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED"]},
        "mute": {"decision_provision": "DECISION_PROVISION_PARTIAL_SUSPENSION"},
        "room_ban": {"decision_provision": "DECISION_PROVISION_PARTIAL_SUSPENSION"},
        "suspend": {"decision_account": "DECISION_ACCOUNT_SUSPENDED"},
        "ban": {"decision_account": "DECISION_ACCOUNT_TERMINATED"},
    }
)
_ENDS = {
    "decision_visibility": "end_date_visibility_restriction",
    "decision_provision": "end_date_service_restriction",
    "decision_account": "end_date_account_restriction",
}

ENUMERATIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "decision_visibility": frozenset(
            f"DECISION_VISIBILITY_{name}"
            for name in (
                "CONTENT_REMOVED",
                "CONTENT_DISABLED",
                "CONTENT_DEMOTED",
                "CONTENT_AGE_RESTRICTED",
                "CONTENT_INTERACTION_RESTRICTED",
                "CONTENT_LABELLED",
                "OTHER",
            )
        ),
        "decision_monetary": frozenset(f"DECISION_MONETARY_{name}" for name in ("SUSPENSION", "TERMINATION", "OTHER")),
        "decision_provision": frozenset(
            f"DECISION_PROVISION_{name}"
            for name in ("PARTIAL_SUSPENSION", "TOTAL_SUSPENSION", "PARTIAL_TERMINATION", "TOTAL_TERMINATION")
        ),
        "decision_account": frozenset({"DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"}),
        "decision_ground": frozenset({"DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"}),
        "incompatible_content_illegal": frozenset({"Yes", "No"}),
        "content_type": frozenset(
            f"CONTENT_TYPE_{name}"
            for name in ("APP", "AUDIO", "IMAGE", "PRODUCT", "SYNTHETIC_MEDIA", "TEXT", "VIDEO", "OTHER")
        ),
        "category": frozenset(
            f"STATEMENT_CATEGORY_{name}"
            for name in (
                "ANIMAL_WELFARE",
                "CONSUMER_INFORMATION",
                "CYBER_VIOLENCE",
                "CYBER_VIOLENCE_AGAINST_WOMEN",
                "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
                "ILLEGAL_OR_HARMFUL_SPEECH",
                "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
                "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
                "NOT_SPECIFIED_NOTICE",
                "OTHER_VIOLATION_TC",
                "PROTECTION_OF_MINORS",
                "RISK_FOR_PUBLIC_SECURITY",
                "SCAMS_AND_FRAUD",
                "SELF_HARM",
                "UNSAFE_AND_PROHIBITED_PRODUCTS",
                "VIOLENCE",
            )
        ),
        # Those of our incidents: a keyword nobody maps here is a slip, whatever the database would say of it.
        "category_specification": frozenset(key for one in INCIDENTS.values() for key in one.dsa_keywords),
        "territorial_scope": frozenset(_EEA),
        "account_type": frozenset({"ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE"}),
        "source_type": frozenset(
            {"SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION", "SOURCE_VOLUNTARY"}
        ),
        "automated_detection": frozenset({"Yes", "No"}),
        "automated_decision": frozenset(
            f"AUTOMATED_DECISION_{name}" for name in ("FULLY", "PARTIALLY", "NOT_AUTOMATED")
        ),
    }
)
LENGTHS: Mapping[str, int] = MappingProxyType(
    {
        "decision_ground_reference_url": 500,
        "illegal_content_legal_ground": 500,
        "illegal_content_explanation": 2000,
        "incompatible_content_ground": 500,
        "incompatible_content_explanation": 2000,
        "category_specification_other": 500,
        "content_type_other": 500,
        "decision_monetary_other": 500,
        "decision_visibility_other": 500,
        "decision_facts": 5000,
        "source_identity": 500,
        "puid": 500,
    }
)
_REQUIRED = (
    "decision_ground",
    "content_type",
    "category",
    "content_date",
    "application_date",
    "decision_facts",
    "source_type",
    "automated_detection",
    "automated_decision",
    "puid",
)
# A value "other" is told in words, in the field beside it.
_OTHERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "decision_visibility_other": ("decision_visibility", "DECISION_VISIBILITY_OTHER"),
        "decision_monetary_other": ("decision_monetary", "DECISION_MONETARY_OTHER"),
        "content_type_other": ("content_type", "CONTENT_TYPE_OTHER"),
        "category_specification_other": ("category_specification", "KEYWORD_OTHER"),
    }
)
_LISTS = ("decision_visibility", "content_type", "category_specification", "category_addition", "territorial_scope")
_DATES = ("content_date", "application_date", *_ENDS.values())
_DAY = re.compile(r"20[0-3][0-9]-[0-9]{2}-[0-9]{2}")
_LANGUAGE = re.compile(r"[A-Z]{2}")  # ISO 639-1, upper case
_PUID = re.compile(r"[a-zA-Z0-9_-]{1,500}")

_FACTS = Words(
    "Dans une communauté de discussion, un contenu ou un comportement a été examiné par une personne au titre de : "
    "{what}. La mesure a été décidée par une personne. Détection : {how}.",
    "In a discussion community, content or behaviour was examined by a person on the ground of: {what}. The measure "
    "was decided by a person. Detection: {how}.",
)
_HOW = (Words("non automatisée", "not automated"), Words("automatisée", "automated"))
_EXPLAINS = Words(
    "Les conditions de la communauté, clauses citées, interdisent ce contenu ou ce comportement.",
    "The terms of the community, in the clauses cited, forbid this content or behaviour.",
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a statement would be refused: the field, and the reason in both languages."""

    field: str
    reason: Words


def dsa_statements(case: FrozenCase) -> list[dict[str, Any]]:
    """One statement a decision in effect that restricts somebody; none for a code without a DSA category (M7)."""
    incident = INCIDENTS[case.code]
    if incident.dsa_category is None:
        return []
    return [
        _statement(case, decision)
        for decision in case.decisions
        if decision.effective_at and decision.action in _RESTRICTS
    ]


def batches(statements: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Bodies of at most a hundred statements. Raises ValueError naming the first one that would be refused."""
    seen: set[str] = set()
    for statement in statements:
        problems = check_statement(statement)
        if statement.get("puid") in seen:
            problems.append(Problem("puid", Words("déjà utilisé", "already used")))
        if problems:
            raise ValueError(f"{statement.get('puid')}: {problems[0].field}: {problems[0].reason.en}")
        seen.add(statement["puid"])
    for start in range(0, len(statements), BATCH):
        yield {"statements": [dict(one) for one in statements[start : start + BATCH]]}


def check_statement(statement: Mapping[str, Any]) -> list[Problem]:
    """Everything for which the database would refuse `statement`; empty when it would take it."""
    found = [Problem(field, Words("manque", "is missing")) for field in _REQUIRED if not statement.get(field)]
    if not any(statement.get(field) for field in (*_ENDS, "decision_monetary")):
        found.append(Problem("decision_visibility", Words("aucune mesure n’est dite", "no restriction is stated")))
    for field, allowed in ENUMERATIONS.items():
        given = statement.get(field)
        values = given if isinstance(given, list) else [given] if given else []
        found += [
            Problem(field, Words(f"{value} n’est pas une valeur admise", f"{value} is not an accepted value"))
            for value in values
            if value not in allowed
        ]
    found += [
        Problem(field, Words("n’est pas une liste", "is not a list"))
        for field in _LISTS
        if statement.get(field) is not None and not isinstance(statement[field], list)
    ]
    found += [
        Problem("category_addition", Words(f"{value} n’est pas admis", f"{value} is not an accepted value"))
        for value in statement.get("category_addition") or ()
        if value not in ENUMERATIONS["category"]
    ]
    for field, (of, value) in _OTHERS.items():
        given = statement.get(of)
        chosen = value == given or (isinstance(given, list) and value in given)
        if chosen and not statement.get(field):
            found.append(Problem(field, Words("manque, avec la valeur « autre »", "is missing beside the value other")))
    if statement.get("content_language") and not _LANGUAGE.fullmatch(str(statement["content_language"])):
        found.append(Problem("content_language", Words("deux lettres majuscules", "two upper-case letters")))
    if _is_day(statement.get("application_date")) and statement["application_date"] < "2020-01-01":
        found.append(Problem("application_date", Words("avant 2020", "before 2020")))
    for field, limit in LENGTHS.items():
        if len(str(statement.get(field) or "")) > limit:
            found.append(Problem(field, Words(f"plus de {limit} signes", f"more than {limit} characters")))
    grounds = {
        "DECISION_GROUND_ILLEGAL_CONTENT": ("illegal_content_legal_ground", "illegal_content_explanation"),
        "DECISION_GROUND_INCOMPATIBLE_CONTENT": ("incompatible_content_ground", "incompatible_content_explanation"),
    }
    for field in grounds.get(str(statement.get("decision_ground")), ()):
        if not statement.get(field):
            found.append(Problem(field, Words("manque pour ce fondement", "is missing for this ground")))
    for field in _DATES:
        if statement.get(field) and not _is_day(statement[field]):
            found.append(Problem(field, Words("n’est pas une date AAAA-MM-JJ", "is not a date YYYY-MM-DD")))
    if statement.get("puid") and not _PUID.fullmatch(str(statement["puid"])):
        found.append(Problem("puid", Words("lettres, chiffres, - et _", "letters, digits, - and _ only")))
    return found


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return value <= "2038-01-01"


def _statement(case: FrozenCase, decision: Decision) -> dict[str, Any]:
    incident, language = INCIDENTS[case.code], case.language
    sent = decision.statement
    automated = sent.automated_detection if sent else case.automated
    reported = sent.source == "report" if sent else bool(case.reports)
    formal = any(report.kind == "notice" for report in case.reports)
    zone = zone_of(case.platform.timezone)
    written = next((one.sent_at for one in case.messages if one.id == decision.message), None)
    if written is None:
        written = min((one.sent_at for one in case.messages), default=case.opened_at)
    applied = decision.effective_at or decision.decided_at
    restricts = _RESTRICTS[decision.action]
    statement: dict[str, Any] = {
        **restricts,
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": ", ".join(decision.clauses)[:500] or decision.terms_version or "-",
        "incompatible_content_explanation": _EXPLAINS.in_language(language),
        "content_type": ["CONTENT_TYPE_TEXT"],
        "category": incident.dsa_category,
        "category_specification": list(incident.dsa_keywords),
        **(
            {"category_specification_other": incident.words.in_language(language)}
            if "KEYWORD_OTHER" in incident.dsa_keywords
            else {}
        ),
        "territorial_scope": list(_EEA),
        "content_language": language.upper(),
        "content_date": written.astimezone(zone).date().isoformat(),
        "application_date": applied.astimezone(zone).date().isoformat(),
        "decision_facts": _FACTS.in_language(language).format(
            what=incident.words.in_language(language), how=_HOW[automated].in_language(language)
        ),
        "source_type": _source(reported=reported, formal=formal),
        "automated_detection": "Yes" if automated else "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        "puid": f"{case.id}-{decision.id}",
    }
    if decision.ends_at:
        end = decision.ends_at.astimezone(zone).date().isoformat()
        statement.update({_ENDS[field]: end for field in restricts})
    return statement


def _source(*, reported: bool, formal: bool) -> str:
    """A notice in the form of art. 16, a member's report, or our own initiative."""
    if not reported:
        return "SOURCE_VOLUNTARY"
    return "SOURCE_ARTICLE_16" if formal else "SOURCE_TYPE_OTHER_NOTIFICATION"
