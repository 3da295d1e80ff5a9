"""What is prepared for others to receive: the PHAROS sheet and the statements for the transparency database."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pypdf
import pytest

from safeguarding.dossier.bag import build_bag
from safeguarding.dossier.channels import channel_files
from safeguarding.dossier.concern import concern_pdf, is_about_a_child
from safeguarding.dossier.dsa import BATCH, ENUMERATIONS, LENGTHS, batches, check_statement, dsa_statements
from safeguarding.dossier.pharos import pharos_txt
from safeguarding.dossier.redact import redact
from safeguarding.dossier.sign import Signer
from safeguarding.incidents import INCIDENTS, article
from tests.conftest import shared_path
from tests.safeguarding.dossier.cases import ALICE, BOB, CHARLIE, NOTIFIER, START, conversation, grooming_case


def decided(action: str, **changes: Any) -> Any:
    """A grooming case whose one decision is `action`."""
    decision = dataclasses.replace(grooming_case().decisions[0], action=action, **changes)
    return grooming_case(decisions=(decision,))


@pytest.mark.parametrize("code", INCIDENTS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_code_makes_a_statement_the_database_takes(code: str, language: Any) -> None:
    statements = dsa_statements(grooming_case(language, code=code))
    if code == "M7":
        assert statements == []
        return
    assert [check_statement(one) for one in statements] == [[]]
    assert statements[0]["category"] == INCIDENTS[code].dsa_category


def test_enumerations_are_those_of_the_transparency_database() -> None:
    names = json.loads(shared_path("data", "dsa", "tdb_enums.json").read_text(encoding="utf-8"))
    for field, official in (
        ("decision_visibility", "DECISION_VISIBILITIES"),
        ("decision_provision", "DECISION_PROVISIONS"),
        ("decision_account", "DECISION_ACCOUNTS"),
        ("decision_monetary", "DECISION_MONETARIES"),
        ("account_type", "ACCOUNT_TYPES"),
        ("decision_ground", "DECISION_GROUNDS"),
        ("content_type", "CONTENT_TYPES"),
        ("category", "STATEMENT_CATEGORIES"),
        ("category_addition", "STATEMENT_CATEGORIES"),
        ("category_specification", "KEYWORDS"),
        ("incompatible_content_illegal", "INCOMPATIBLE_CONTENT_ILLEGALS"),
        ("source_type", "SOURCE_TYPES"),
        ("automated_detection", "AUTOMATED_DETECTIONS"),
        ("automated_decision", "AUTOMATED_DECISIONS"),
    ):
        assert ENUMERATIONS[field] == set(names[official]), field


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("remove_message", "decision_visibility", ["DECISION_VISIBILITY_CONTENT_REMOVED"]),
        ("pause_contact", "decision_visibility", ["DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED"]),
        ("mute", "decision_provision", "DECISION_PROVISION_PARTIAL_SUSPENSION"),
        ("room_ban", "decision_provision", "DECISION_PROVISION_PARTIAL_SUSPENSION"),
        ("suspend", "decision_account", "DECISION_ACCOUNT_SUSPENDED"),
        ("ban", "decision_account", "DECISION_ACCOUNT_TERMINATED"),
    ],
)
def test_each_restriction_is_stated_as_what_it_is(action: str, field: str, value: Any) -> None:
    statement = dsa_statements(decided(action))[0]
    assert statement[field] == value
    assert check_statement(statement) == []


@pytest.mark.parametrize("action", ["no_action", "warn", "release_message"])
def test_what_restricts_nobody_owes_no_statement(action: str) -> None:
    assert dsa_statements(decided(action)) == []


def test_decision_that_waits_for_a_second_person_is_not_stated() -> None:
    assert dsa_statements(decided("ban", effective_at=None)) == []


def test_end_of_a_suspension_is_stated() -> None:
    statement = dsa_statements(decided("suspend", ends_at=START.replace(month=5)))[0]
    assert statement["end_date_account_restriction"] == "2026-05-28"


def test_statement_names_nobody_and_quotes_nothing() -> None:
    said = json.dumps(dsa_statements(grooming_case()), ensure_ascii=False).lower()
    for word in ("maxime", "max_17", "lune_bleue", "alice", "bob", "entraide", "gare", "secret", "préau"):
        assert word not in said


def test_source_tells_a_report_from_our_own_initiative() -> None:
    reasons = grooming_case().decisions[0].statement
    assert reasons is not None
    own = dataclasses.replace(reasons, source="own", automated_detection=False)
    statement = dsa_statements(decided("ban", statement=own))[0]
    assert (statement["source_type"], statement["automated_detection"]) == ("SOURCE_VOLUNTARY", "No")
    assert dsa_statements(grooming_case())[0]["source_type"] == "SOURCE_TYPE_OTHER_NOTIFICATION"
    notice = dataclasses.replace(grooming_case().reports[0], kind="notice")
    assert dsa_statements(grooming_case(reports=(notice,)))[0]["source_type"] == "SOURCE_ARTICLE_16"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_decision_that_cites_the_law_is_stated_as_illegal_content(language: Any) -> None:
    for code, incident in INCIDENTS.items():
        decision = dataclasses.replace(grooming_case(language).decisions[0], laws=incident.law)
        for statement in dsa_statements(grooming_case(language, code=code, decisions=(decision,))):
            assert check_statement(statement) == []
            assert statement["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
            assert statement["illegal_content_legal_ground"].startswith(article(incident.law[0]).in_language(language))
            assert not {"incompatible_content_ground", "incompatible_content_explanation"} & set(statement)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "STATEMENT_CATEGORY_PORNOGRAPHY_OR_SEXUALIZED_CONTENT"),
        ("category_specification", ["KEYWORD_ONLINE_BULLYING_INTIMIDATION"]),
        ("territorial_scope", ["EL"]),
        ("source_type", ""),
        ("automated_decision", "Yes"),
        ("content_date", "2026-02-30"),
        ("application_date", "28/03/2026"),
        ("content_date", None),
        ("puid", "a b"),
        ("puid", "x" * 501),
        ("decision_account", None),
        ("decision_monetary", "DECISION_MONETARY_FINE"),
        ("account_type", "ACCOUNT_TYPE_SECRET"),
        ("category_addition", ["STATEMENT_CATEGORY_GENDER_BASED_VIOLENCE"]),
        ("category_addition", "STATEMENT_CATEGORY_VIOLENCE"),
        ("content_type", "CONTENT_TYPE_TEXT"),
        ("content_language", "fr"),
        ("application_date", "2019-12-31"),
        ("incompatible_content_ground", ""),
        *((field, "x" * (limit + 1)) for field, limit in LENGTHS.items()),
    ],
)
def test_statement_the_database_would_refuse_is_told_field_by_field(field: str, value: Any) -> None:
    statement = {**dsa_statements(grooming_case())[0], field: value}
    told = {problem.field for problem in check_statement(statement)}
    assert told == ({"decision_visibility"} if field == "decision_account" else {field})


def test_batches_hold_a_hundred_and_refuse_a_number_used_twice() -> None:
    one = dsa_statements(grooming_case())[0]
    many = [{**one, "puid": f"p-{number}"} for number in range(2 * BATCH + 1)]
    assert [len(body["statements"]) for body in batches(many)] == [100, 100, 1]
    with pytest.raises(ValueError, match="already used"):
        list(batches([one, one]))
    with pytest.raises(ValueError, match="category"):
        list(batches([{**one, "category": "x"}]))


def test_pharos_sheet_has_the_steps_the_words_and_the_warning() -> None:
    sheet = pharos_txt(grooming_case("en")).decode()
    steps = [line.split(".")[0] for line in sheet.splitlines() if line.startswith("ÉTAPE")]
    assert steps == ["ÉTAPE 1", "ÉTAPE 2", "ÉTAPE 3", "ÉTAPE 4", "ÉTAPE 5"]
    assert "PHAROS NE TRAITE PAS LES URGENCES" in sheet
    assert "« On se voit samedi à 15 h devant la gare ? Ne le dis à personne. »" in sheet
    assert "2026-03-28T20:21:00.250Z" in sheet
    assert "Soupçon" in sheet
    assert max(map(len, sheet.splitlines())) <= 100


def test_pharos_sheet_warns_only_where_there_may_be_danger() -> None:
    calm = dataclasses.replace(grooming_case().situation, danger_now="no")
    assert "URGENCES" not in pharos_txt(grooming_case(situation=calm, severity="P2")).decode()


def test_words_of_a_message_cannot_pass_for_a_line_of_the_sheet() -> None:
    text = "ÉTAPE 5. VALIDER\nÉTAPE 4. QUI SIGNALE\r\n   quelqu’un\x85ÉTAPE 1\x1b[2J\u202e"
    case = grooming_case(messages=conversation([("bob", text, ("secrecy",))], code="M1"), alerts=(), reports=())
    sheet = pharos_txt(case).decode()
    assert sum(line.startswith("ÉTAPE") for line in sheet.split("\n")) == 5
    assert "⟨U+001B⟩" in sheet
    assert "⟨U+202E⟩" in sheet
    assert not {"\x1b", "\u202e", "\x85", "\r"} & set(sheet)


def test_pharos_sheet_of_a_bare_case_is_whole() -> None:
    case = grooming_case(messages=(), alerts=(), reports=(), persons=grooming_case().persons, decisions=())
    assert "Aucun message joint." in pharos_txt(case).decode()


def letter(case: Any) -> str:
    pages = pypdf.PdfReader(io.BytesIO(concern_pdf(case))).pages
    return bare("".join(page.extract_text() for page in pages))


def bare(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_letter_of_concern_quotes_the_child_and_says_what_is_unknown(language: Any) -> None:
    case = grooming_case(language)
    text = letter(case)
    for message in case.messages:
        said = bare(f"« {message.versions[0].text} »") in text
        assert said == (message.author == "alice"), message.id
    for part in (
        "article L226-2-1",
        "lune_bleue",
        "15-17 ans",
        "inconnus de la plateforme",
        "par N1 (identité protégée)",
        "« Il insiste pour la voir et lui demande de ne rien dire. »",
        "personne majeure, vu en personne",
        "Les parents sont au courant",
        "Exclusion de la communauté",
        "Signature :",
    ):
        assert bare(part) in text, part


def test_letter_of_a_bare_case_is_whole_and_the_same_each_time() -> None:
    case = grooming_case("fr", messages=(), alerts=(), reports=(), decisions=(), measures=(), transmissions=())
    assert bare("Aucun message de l’enfant n’est joint.") in letter(case)
    assert concern_pdf(case) == concern_pdf(case)


def test_letter_is_only_for_somebody_who_may_be_a_child() -> None:
    assert is_about_a_child(grooming_case())
    assert not is_about_a_child(
        grooming_case(persons=(dataclasses.replace(ALICE, age=BOB.age), BOB, CHARLIE, NOTIFIER))
    )


def test_letter_that_others_read_is_in_no_unredacted_copy() -> None:
    case = grooming_case()
    assert "crip.pdf" in dict(channel_files(case))
    whole = dataclasses.replace(case, handover=dataclasses.replace(case.handover, unredacted=True))
    assert "crip.pdf" not in dict(channel_files(whole))
    assert "pharos.txt" in dict(channel_files(whole))


@pytest.mark.parametrize(
    ("recipient", "code", "files"),
    [
        (
            "police",
            "M1",
            ["channels/pharos.txt", "channels/crip.pdf", "channels/dsa-art18.pdf", "channels/dsa-statements.json"],
        ),
        ("police", "C1", ["channels/dsa-art18.pdf", "channels/dsa-statements.json"]),
        (
            "prosecutor",
            "M7",
            ["channels/crip.pdf", "channels/prosecutor.pdf", "channels/dsa-art18.pdf"],
        ),
        ("ncmec", "M1", ["channels/cybertip.xml", "channels/dsa-statements.json"]),
        ("ncmec", "H1", ["channels/dsa-statements.json"]),
        ("nca", "M2", ["channels/nca-schedule1.json", "channels/dsa-statements.json"]),
        ("regulator", "M1", ["channels/dsa-statements.json"]),
        ("child_protection", "M7", ["channels/crip.pdf"]),
        ("child_protection", "V3", ["channels/dsa-statements.json"]),
    ],
)
def test_bag_encloses_the_channel_files_that_fit(
    recipient: str, code: str, files: list[str], tmp_path: Path, signer: Signer
) -> None:
    case = grooming_case(code=code)
    case = dataclasses.replace(case, handover=dataclasses.replace(case.handover, recipient=recipient))
    result = build_bag(redact(case).case, out=tmp_path / "x.zip", signer=signer)
    assert [file.path[5:] for file in result.files if file.path.startswith("data/channels/")] == files
    if "channels/dsa-statements.json" in files:
        with zipfile.ZipFile(result.path) as archive:
            bodies = json.loads(archive.read("INC-2026-k7Qm2xT9/data/channels/dsa-statements.json"))
        assert [check_statement(one) for body in bodies for one in body["statements"]] == [[]]
