"""Statements of reasons for the DSA Transparency Database (DSA art. 24(5)), in the schema of 1 July 2025.

Nothing here names a person: the facts are told in fixed words, without pseudonym, quotation or room. Havre prepares;
a person submits. Names and lengths follow the public documentation of the API (POST /api/v1/statements).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from safeguarding.incidents import INCIDENTS, LAW, Words, article

from .frozen import Decision, FrozenCase
from .times import zone_of

BATCH = 100  # statements in one request
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

# {field: the values it may have}, of the database's API as of 1 July 2025.
ENUMERATIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        field: frozenset(values)
        for field, values in json.loads((Path(__file__).parent / "schemas" / "dsa-statement.json").read_bytes()).items()
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
_BREAKS_TERMS = Words(
    "Les conditions de la communauté, clauses citées, interdisent ce contenu ou ce comportement.",
    "The terms of the community, in the clauses cited, forbid this content or behaviour.",
)
_BREAKS_LAW = Words(
    "Après examen par une personne, ce contenu ou ce comportement a été tenu pour illicite au titre des textes cités : "
    "{what}. Seule une juridiction peut dire qu’une infraction a été commise.",
    "After a person examined it, this content or behaviour was held to be illegal under the texts cited: {what}. Only "
    "a court can say that an offence was committed.",
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
        **_ground(decision, language),
        "content_type": ["CONTENT_TYPE_TEXT"],
        "category": incident.dsa_category,
        **({"category_addition": list(incident.dsa_additions)} if incident.dsa_additions else {}),
        "category_specification": list(incident.dsa_keywords),
        **(
            {"category_specification_other": incident.words.in_language(language)}
            if "KEYWORD_OTHER" in incident.dsa_keywords
            else {}
        ),
        "territorial_scope": sorted(ENUMERATIONS["territorial_scope"]),
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


def _ground(decision: Decision, language: str) -> dict[str, str]:
    """The one ground that the database knows of a decision: the law where it cites one, else the terms."""
    if not decision.laws:
        return {
            "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
            "incompatible_content_ground": ", ".join(decision.clauses)[:500] or decision.terms_version or "-",
            "incompatible_content_explanation": _BREAKS_TERMS.in_language(language),
        }
    return {
        "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
        "illegal_content_legal_ground": "; ".join(article(key).in_language(language) for key in decision.laws)[:500],
        "illegal_content_explanation": _BREAKS_LAW.in_language(language).format(
            what="; ".join(LAW[key].in_language(language) for key in decision.laws)
        ),
    }


def _source(*, reported: bool, formal: bool) -> str:
    """A notice in the form of art. 16, a member's report, or our own initiative."""
    if not reported:
        return "SOURCE_VOLUNTARY"
    return "SOURCE_ARTICLE_16" if formal else "SOURCE_TYPE_OTHER_NOTIFICATION"
