"""Letters and reports to prosecutors, NCMEC, the NCA and authorities that ask: whole, true, and never saying more."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from lxml import etree

from safeguarding.dossier.art18 import art18_pdf
from safeguarding.dossier.cybertip import INCIDENT_TYPES, cybertip_schema, cybertip_xml
from safeguarding.dossier.frozen import Circumstance, FrozenCase, FrozenCaseError, Order, Recipient
from safeguarding.dossier.missing import missing_pieces
from safeguarding.dossier.nca import nca_json, nca_priority, nca_report
from safeguarding.dossier.orders import order_json, order_pdf
from safeguarding.dossier.prosecutor import prosecutor_pdf
from safeguarding.incidents import INCIDENTS
from tests.safeguarding.dossier.cases import ALICE, BOB, NOOR, START, conversation, grooming_case


def words_of(pdf: bytes) -> str:
    return bare("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def bare(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def handed(recipient: Recipient, language: Any = "fr", **changes: Any) -> FrozenCase:
    case = grooming_case(language)
    handover = dataclasses.replace(case.handover, recipient=recipient)
    return dataclasses.replace(case, handover=handover, **changes)


ORDER = Order(
    kind="emergency",
    authority="Parquet de Paris",
    file_number="2026/114",
    received_at=START,
    due_at=START + timedelta(hours=8),
    categories=("subscriber", "identification", "traffic", "content"),
    about="le compte « Maxime »",
    authentic_by=NOOR,
    authentic_how="rappel du standard du tribunal",
)


def ordered(**changes: Any) -> FrozenCase:
    case = handed("prosecutor")
    order = dataclasses.replace(ORDER, **changes)
    return dataclasses.replace(case, handover=dataclasses.replace(case.handover, order=order))


# -- the prosecutor --------------------------------------------------------------------------------------------------


def test_association_writes_to_the_prosecutor_as_a_citizen() -> None:
    text = words_of(prosecutor_pdf(handed("prosecutor")))
    assert bare("Signalement de faits susceptibles de constituer une infraction") in text
    assert bare("n’est pas une autorité constituée au sens de l’article 40") in text
    assert bare("alinéa 2") not in text


def test_town_or_school_reports_under_article_40() -> None:
    case = handed("prosecutor")
    town = dataclasses.replace(case, platform=dataclasses.replace(case.platform, public_body=True))
    text = words_of(prosecutor_pdf(town))
    assert bare("Signalement (article 40, alinéa 2, du code de procédure pénale)") in text
    assert bare("n’est pas une autorité constituée") not in text


def test_letter_to_the_prosecutor_quotes_what_matters_and_names_no_notifier() -> None:
    case = handed("prosecutor", "en")
    text = words_of(prosecutor_pdf(case))
    for message in case.messages:
        told = bare(f"« {message.versions[-1].text} »") in text
        assert told == (message.id in case.alerts[0].evidence), message.id
    for part in (
        "soupçon à vérifier",
        "CP 227-22-1",
        "203.0.113.7 : 51234",
        "par N1 (identité protégée)",
        "Signature :",
    ):
        assert bare(part) in text, part
    assert bare("Ne rien révéler à la famille") in text


# -- DSA art. 18 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en"])
def test_notification_of_a_threat_has_what_recital_56_asks_for(language: Any) -> None:
    case = handed("police", language)
    text = words_of(art18_pdf(case))
    first = next(message for message in case.messages if message.id == case.alerts[0].evidence[0])
    assert bare(first.versions[0].text or "") in text
    for part in ("2026-03-28T20:16:20.250Z", "2026-03-28T21:16:20.250+01:00", "Europe/Paris", "203.0.113.7", "bob"):
        assert bare(part) in text, part
    assert bare("Europol") in text


# -- NCMEC -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(INCIDENT_TYPES))
def test_report_to_ncmec_is_valid_for_every_code_that_is_its_matter(code: str) -> None:
    raw = cybertip_xml(handed("ncmec", "en", code=code))
    root = etree.fromstring(raw)
    assert cybertip_schema().validate(root)
    assert root.findtext("incidentSummary/incidentType") == INCIDENT_TYPES[code]
    assert raw == cybertip_xml(handed("ncmec", "en", code=code))


def test_report_to_ncmec_tells_ages_that_were_checked_and_the_discrepancy() -> None:
    bob = dataclasses.replace(BOB, age_disagrees=True)
    persons = tuple(bob if person.id == "bob" else person for person in grooming_case().persons)
    root = etree.fromstring(cybertip_xml(handed("ncmec", persons=persons)))
    assert root.findtext("personOrUserReported/person/ageAssertionDiscrepancy") == "true"
    assert "assured age band: adult, method: seen in person" in root.findtext("personOrUserReported/additionalInfo")
    assert root.findtext("personOrUserReported/ipCaptureEvent/ipAddress") == "203.0.113.7"
    assert [one.text for one in root.findall("personOrUserReported/displayName")] == ["Max_17"]
    assert root.findtext("victim/screenName") == "lune_bleue"
    assert root.find("victim/person/age") is None  # a band is no number
    assert [one.tag for one in root.find("incidentSummary/reportAnnotations")] == ["csamSolicitation"]
    assert root.findtext("lawEnforcement/caseNumber") == "2026-03-0815"


def test_report_to_ncmec_carries_any_text_a_member_can_write() -> None:
    text = "<report>]]>&amp; \x07\x1b[2J \u202e 🥰 " + "x" * 1900
    case = handed("ncmec", messages=conversation([("bob", text, ("secrecy",))], code="M1"), alerts=(), reports=())
    content = etree.fromstring(cybertip_xml(case)).findtext("internetDetails/chatImIncident/content")
    assert "<report>]]>&amp; ⟨U+0007⟩⟨U+001B⟩[2J ⟨U+202E⟩ 🥰" in content


def test_report_to_ncmec_that_its_schema_refuses_is_not_written() -> None:
    situation = dataclasses.replace(grooming_case().situation, danger_why="x" * 3001)
    with pytest.raises(FrozenCaseError, match="escalateToHighPriority"):
        cybertip_xml(handed("ncmec", situation=situation))
    told = {one.field: one for one in missing_pieces(handed("ncmec", situation=situation), "ncmec", "en")}
    assert told["situation.danger_why"].blocking
    assert told["situation.danger_why"].reason == "more than 3000 characters"


def test_schema_of_ncmec_notices_slips() -> None:
    raw = cybertip_xml(handed("ncmec"))
    for old, new in (
        (b"Online Enticement of Children for Sexual Acts", b"Grooming"),
        (b"<eventName>Login", b"<eventName>login"),
        (b"<screenName>Maxime</screenName>", b"<nickname>Maxime</nickname>"),
        (b"51234", b"70000"),
    ):
        assert not cybertip_schema().validate(etree.fromstring(raw.replace(old, new))), new


# -- NCA -------------------------------------------------------------------------------------------------------------


def test_report_to_the_nca_states_what_is_held_and_null_for_the_rest() -> None:
    case = handed("nca", "en")
    report = json.loads(nca_json(case))
    assert report["priority"] == "P1"
    [account] = report["accounts"]
    assert account["logins"] == [
        {"ip": "203.0.113.7", "port": 51234, "at": "2026-03-28T20:05:00.250Z", "event": "login"}
    ]
    assert [account[key] for key in ("billing", "email", "telephone", "profile_url")] == [None] * 4
    assert {item["uploaded_by"] for item in report["content"]["items"]} == {"bob"}
    assert report["declaration"]["by"] == "Sam Moreau"


@pytest.mark.parametrize(
    ("severity", "danger", "priority"), [("P3", "yes", "P1"), ("P1", "no", "P2"), ("P2", "no", "P3")]
)
def test_priority_of_the_nca_follows_danger_first(severity: Any, danger: Any, priority: str) -> None:
    situation = dataclasses.replace(grooming_case().situation, danger_now=danger)
    case = handed("nca", situation=situation, severity=severity)
    assert nca_priority(case) == nca_report(case)["priority"] == priority


# -- an authority that asks ------------------------------------------------------------------------------------------


def test_answer_gives_what_was_asked_and_nothing_beyond() -> None:
    answer = json.loads(order_json(ordered(categories=("subscriber", "traffic"))))
    assert set(answer["data"]) == {"subscriber", "traffic"}
    assert [person["id"] for person in answer["data"]["subscriber"]] == ["bob"]
    assert {one["author"] for one in answer["data"]["traffic"]} == {"bob"}
    assert "text" not in json.dumps(answer["data"]["traffic"])
    later = (START + timedelta(days=3)).date()
    empty = json.loads(order_json(ordered(period_from=later)))
    assert empty["data"]["content"] == []


def test_answer_that_refuses_hands_over_nothing() -> None:
    case = ordered(refused="L’ordre ne dit pas quel compte.")
    assert json.loads(order_json(case))["data"] == {}
    text = words_of(order_pdf(case))
    assert bare("Non exécutée") in text
    assert bare("L’ordre ne dit pas quel compte.") in text


def test_answer_says_what_was_checked_and_whether_the_user_is_told() -> None:
    text = words_of(order_pdf(ordered()))
    for part in ("Parquet de Paris", "2026/114", "rappel du standard du tribunal", "L’utilisateur n’est pas informé"):
        assert bare(part) in text, part
    assert bare("L’utilisateur peut être informé") in words_of(order_pdf(ordered(may_inform=True)))


def test_there_is_no_answer_without_an_order() -> None:
    with pytest.raises(FrozenCaseError, match="order"):
        order_json(handed("police"))


# -- what is missing, before anything is built -----------------------------------------------------------------------


def test_whole_case_lacks_nothing_that_blocks() -> None:
    for recipient in ("police", "child_protection", "regulator", "ncmec", "nca"):
        told = missing_pieces(handed(recipient), recipient, "fr")
        assert [one.field for one in told if one.blocking] == [], recipient


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("code", INCIDENTS)
def test_every_lack_is_told_in_words_for_every_code_and_recipient(code: str, language: str) -> None:
    bare_case = grooming_case(
        code=code, messages=(), alerts=(), reports=(), decisions=(), persons=(), rooms=(), connections=(), measures=()
    )
    for recipient in ("police", "prosecutor", "child_protection", "regulator", "ncmec", "nca"):
        told = missing_pieces(bare_case, recipient, language)  # type: ignore[arg-type]  # each is one
        assert all(one.label and one.reason for one in told)
        assert [one.blocking for one in told] == sorted((one.blocking for one in told), reverse=True)


@pytest.mark.parametrize(
    ("recipient", "field", "changes"),
    [
        ("prosecutor", "platform.address", {"platform": {"address": " "}}),
        ("prosecutor", "situation.summary", {"situation": {"summary": ""}}),
        ("child_protection", "situation.summary", {"situation": {"summary": ""}}),
        ("police", "handover.legal_basis", {"handover": {"legal_basis": ""}}),
        ("police", "platform.contact_email", {"platform": {"contact_email": ""}}),
    ],
)
def test_what_would_make_a_file_wrong_blocks(recipient: Recipient, field: str, changes: dict[str, Any]) -> None:
    case = handed(recipient)
    for name, value in changes.items():
        case = dataclasses.replace(case, **{name: dataclasses.replace(getattr(case, name), **value)})
    assert field in [one.field for one in missing_pieces(case, recipient, "en") if one.blocking]


def test_order_whose_authenticity_nobody_checked_is_not_answered() -> None:
    told = missing_pieces(ordered(authentic_by=None), "prosecutor", "fr")
    assert [(one.field, one.reason) for one in told if one.blocking] == [
        ("handover.order", "son authenticité n’a pas été vérifiée")
    ]


def test_facts_nobody_answered_and_the_family_are_asked_for() -> None:
    situation = dataclasses.replace(grooming_case().situation, family_may_know="unknown")
    fields = {one.field for one in missing_pieces(handed("police", situation=situation), "police", "fr")}
    assert "situation.family_may_know" in fields
    assert "circumstances.money_or_gifts" in fields
    assert "circumstances.meeting" not in fields
    hate = Circumstance(key="hate_words", answer="yes")
    asked = missing_pieces(handed("police", code="V1"), "police", "fr")
    assert "restent lisibles" in next(one.reason for one in asked if one.field == "circumstances.hate_words")
    answered = missing_pieces(handed("police", code="V1", circumstances=(hate,)), "police", "fr")
    assert "circumstances.hate_words" not in {one.field for one in answered}


def test_adult_is_no_matter_of_child_protection() -> None:
    grown = dataclasses.replace(ALICE, age=BOB.age)
    persons = tuple(grown if person.id == "alice" else person for person in grooming_case().persons)
    told = missing_pieces(handed("child_protection", persons=persons), "child_protection", "en")
    assert ("persons", True) in {(one.field, one.blocking) for one in told}
    assert ("code", True) in {
        (one.field, one.blocking) for one in missing_pieces(handed("ncmec", code="H1"), "ncmec", "en")
    }
