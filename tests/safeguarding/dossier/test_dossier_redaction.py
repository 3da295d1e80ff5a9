"""Whom each recipient learns of: every file of the bag is searched for what it must not say."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguarding.dossier import acts, parts
from safeguarding.dossier.bag import build_bag
from safeguarding.dossier.codec import hints
from safeguarding.dossier.frozen import Circumstance, Finding, FrozenCase, FrozenCaseError, Pseudonym, Version
from safeguarding.dossier.redact import FREE_TEXT, PROFILES, REFERENCES, redact
from safeguarding.dossier.revealing import REVEALING
from safeguarding.dossier.sign import Signer
from tests.safeguarding.dossier.cases import START, conversation, grooming_case


def for_recipient(recipient: str, **changes: Any) -> FrozenCase:
    case = grooming_case(**changes)
    return dataclasses.replace(case, handover=dataclasses.replace(case.handover, recipient=recipient))


def everything(case: FrozenCase, tmp_path: Path, signer: Signer) -> str:
    """All files of the bag as one text, the report's words among them."""
    result = build_bag(case, out=tmp_path / "masked.zip", signer=signer)
    with zipfile.ZipFile(result.path) as archive:
        read = {name: archive.read(name) for name in archive.namelist()}
    pages = [pypdf.PdfReader(io.BytesIO(raw)).pages for name, raw in read.items() if name.endswith(".pdf")]
    words = [page.extract_text() for one in pages for page in one]
    return "\n".join(
        [*words, *(raw.decode("utf-8", "replace") for name, raw in read.items() if not name.endswith(".pdf"))]
    )


@pytest.mark.parametrize("recipient", ["police", "prosecutor", "ncmec", "nca"])
def test_third_parties_are_labels_to_everybody_at_first(recipient: str) -> None:
    masked = redact(for_recipient(recipient))
    assert [person.name for person in masked.case.persons] == ["lune_bleue", "Maxime", "P1", "N1"]
    assert dict(masked.key) == {"P1": "charlie"}
    assert masked.case.connections  # two officers hand them over


def unredacted(recipient: str, **changes: Any) -> FrozenCase:
    case = grooming_case()
    handover = dataclasses.replace(case.handover, recipient=recipient, unredacted=True, **changes)
    return dataclasses.replace(case, handover=handover)


@pytest.mark.parametrize("recipient", ["police", "prosecutor"])
def test_unredacted_copy_names_everybody_the_notifier_too(recipient: str, tmp_path: Path, signer: Signer) -> None:
    case = unredacted(recipient)
    named = dataclasses.replace(case.persons[3], pseudonyms=(Pseudonym(name="Violette", since=START),))
    case = dataclasses.replace(case, persons=(*case.persons[:3], named))
    assert redact(case).case == case
    said = everything(case, tmp_path, signer)
    assert "Charlie" in said
    assert "Violette" in said
    assert "ne pas révéler" in " ".join(said.split())


@pytest.mark.parametrize("recipient", ["child_protection", "regulator", "ncmec", "nca"])
def test_nobody_but_police_and_prosecutor_is_handed_an_unredacted_copy(recipient: str) -> None:
    with pytest.raises(FrozenCaseError, match="unredacted"):
        unredacted(recipient)


def test_one_officer_hands_over_no_unredacted_copy() -> None:
    with pytest.raises(FrozenCaseError, match="unredacted"):
        unredacted("police", approved_by=None)


def test_notifier_is_named_nowhere_but_in_an_unredacted_copy() -> None:
    case = grooming_case()
    named = dataclasses.replace(case.persons[3], pseudonyms=(Pseudonym(name="Violette", since=START),))
    with pytest.raises(FrozenCaseError, match="notifier"):
        dataclasses.replace(case, persons=(*case.persons[:3], named))


def test_name_of_a_notifier_is_masked_wherever_somebody_wrote_it(tmp_path: Path, signer: Signer) -> None:
    lines = [("bob", "C’est Violette qui m’a signalé, j’en suis sûr.", ()), ("alice", "VIOLETTE n’a rien fait.", ())]
    case = for_recipient("police", messages=conversation(lines, code="M1"), alerts=(), reports=())
    masked = redact(case, notifiers={"Violette": "N1", "lune_bleue": "N2"}).case
    assert "violette" not in everything(masked, tmp_path, signer).lower()
    assert masked.messages[0].versions[0].text == "C’est [N1] qui m’a signalé, j’en suis sûr."
    assert masked.persons[0].name == "lune_bleue"  # who reported is the person to protect, and stays named


def test_pseudonym_by_which_an_account_is_found_is_never_cut() -> None:
    case = for_recipient("police")
    bob = dataclasses.replace(case.persons[1], pseudonyms=(Pseudonym(name="Gay 75", since=START),))
    case = dataclasses.replace(case, persons=(case.persons[0], bob, *case.persons[2:]))
    assert redact(case).case.persons[1].name == "Gay 75"


OUT = [("alice", "Je suis lesbienne, personne ne le sait.", ()), ("bob", "Dans le salon Arc-en-ciel ? T’es gay ?", ())]


def out_of_the_closet(recipient: str, **changes: Any) -> FrozenCase:
    """A case whose room and words tell alice's orientation."""
    room = dataclasses.replace(grooming_case().rooms[0], name="Arc-en-ciel lycée", topic="Jeunes LGBT+")
    case = for_recipient(
        recipient, messages=conversation(OUT, code="M1"), rooms=(room,), alerts=(), reports=(), opinions=(), **changes
    )
    summary = "Il demande à une adolescente lesbienne de garder le secret."
    return dataclasses.replace(case, situation=dataclasses.replace(case.situation, summary=summary))


@pytest.mark.invariant(11)
@pytest.mark.parametrize("recipient", PROFILES)
def test_nobody_is_outed_by_a_dossier(recipient: str, tmp_path: Path, signer: Signer) -> None:
    masked = redact(out_of_the_closet(recipient)).case
    said = everything(masked, tmp_path, signer).lower()
    said = said.replace("orientation ou", "").replace("orientation or", "")
    for word in ("lesbienne", "gay", "arc-en-ciel", "lgbt"):
        assert word not in said, word
    assert "je suis [masqué], personne ne le sait." in said
    log = {one.kind: one for one in masked.redactions}
    assert log["orientation"].count == 5  # the topic of the room among them
    assert log["room"].label == "R1"


def test_orientation_stays_where_it_is_the_ground_of_the_hate() -> None:
    insult = Circumstance(key="hate_words", answer="yes", detail="injures homophobes")
    for changes in ({"circumstances": (insult,)}, {"code": "H1"}, {"code": "V1"}):
        said = redact(out_of_the_closet("police", **changes)).case
        assert said.rooms[0].name == "Arc-en-ciel lycée"
        assert said.messages[0].versions[0].text == "Je suis lesbienne, personne ne le sait."
    motive = Circumstance(key="hate_words", answer="no")
    assert redact(out_of_the_closet("police", code="V1", circumstances=(motive,))).case.rooms[0].name == "R1"


@pytest.mark.parametrize(
    "text", ["en transit", "un bicycle", "transport", "homogène", "Homo sapiens", "bi-mensuel", "J’habite à Bièvres"]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert REVEALING.search(text) is None


@pytest.mark.parametrize(
    "text", ["T’es gay ?", "les LGBTQIA+", "non-binaire", "bisexuelle", "un mec trans", "coming out"]
)
def test_words_that_tell_an_orientation_are_found(text: str) -> None:
    assert REVEALING.search(text)


def test_child_protection_learns_of_the_child_and_the_subject_but_of_no_third_party(
    tmp_path: Path, signer: Signer
) -> None:
    lines = [("bob", "Demande à Charlie, ou à CHARLIE.", ("isolation",)), ("charlie", "Oui ?", ())]
    case = for_recipient("child_protection", messages=conversation(lines, code="M1"), alerts=(), reports=())
    masked = redact(case)
    said = everything(masked.case, tmp_path, signer)
    assert "charlie" not in said.lower()
    assert "203.0.113.7" not in said
    assert "lune_bleue" in said
    assert "Maxime" in said
    assert "Demande à [P1], ou à [P1]." in said
    assert dict(masked.key) == {"P1": "charlie"}
    assert [(one.label, one.kind) for one in masked.case.redactions] == [("P1", "person"), ("", "connections")]


def test_regulator_learns_of_nobody(tmp_path: Path, signer: Signer) -> None:
    text = "Max_17 parlait à lune_bleue dans Entraide lycée."
    case = for_recipient("regulator", opinions=(dataclasses.replace(grooming_case().opinions[0], text=text),))
    case = dataclasses.replace(case, handover=dataclasses.replace(case.handover, request="Aucune."))
    masked = redact(case)
    said = everything(masked.case, tmp_path, signer).lower()
    for name in ("lune_bleue", "max_17", "maxime", "charlie", '"alice"', '"bob"', "entraide", "203.0.113.7"):
        assert name not in said, name
    assert "[p2] parlait à [p1] dans [r1]." in said
    assert {person.band for person in masked.case.persons} == {"teen_15_17", "adult", "none"}
    assert set(masked.key) == {"P1", "P2", "P3", "R1"}


def test_masked_copy_keeps_the_chain_but_opens_no_link() -> None:
    custody = redact(for_recipient("regulator")).case.custody
    assert [entry.digest for entry in custody] == [entry.digest for entry in grooming_case().custody]
    assert all(entry.event is None and entry.salt == "" for entry in custody)


def test_masked_copy_is_masked_once() -> None:
    for recipient in PROFILES:
        once = redact(for_recipient(recipient)).case
        assert redact(once).case.persons == once.persons


def test_person_with_a_role_that_matters_stays_named() -> None:
    case = for_recipient("child_protection")
    both = dataclasses.replace(case.persons[2], roles=("witness", "subject"))
    case = dataclasses.replace(case, persons=(*case.persons[:2], both, case.persons[3]))
    assert dict(redact(case).key) == {}


def test_highlighting_follows_its_words_after_masking() -> None:
    text = "Charlie, garde ça secret, charlie !"
    start = text.index("garde")
    finding = Finding(code="M1", rule="m1.secrecy", version="1", start=start, end=start + len("garde ça secret"))
    first = conversation([("bob", text, ())], code="M1")[0]
    version = Version(number=1, text=text, written_at=first.sent_at, findings=(finding,))
    case = for_recipient(
        "child_protection", messages=(dataclasses.replace(first, versions=(version,)),), alerts=(), reports=()
    )
    shown = redact(case).case.messages[0].versions[0]
    assert shown.text == "[P1], garde ça secret, [P1] !"
    assert shown.text[shown.findings[0].start : shown.findings[0].end] == "garde ça secret"


@given(
    st.lists(
        st.sampled_from(["Charlie", "charlie", "le", "x", " ", ",", "secret", "CHARLIE's", "charlies"]), max_size=12
    )
)
def test_masking_any_text_leaves_no_name_and_no_finding_outside(words: list[str]) -> None:
    text = "".join(words)
    first = conversation([("bob", text, ("secrecy",))], code="M1")[0]
    case = for_recipient("child_protection", messages=(first,), alerts=(), reports=())
    shown = redact(case).case.messages[0].versions[0]
    assert shown.text is not None
    assert (shown.findings[0].start, shown.findings[0].end) == (0, len(shown.text))
    assert "charlie" not in shown.text.lower()
    assert shown.text.count("secret") == text.count("secret")


def test_every_text_field_is_known_as_words_of_people_a_reference_or_a_key_of_ours() -> None:
    """A field added later must be judged before it can slip past the mask."""
    keys = {
        "FrozenCase": "id code",
        "Access": "action",
        "Alert": "code ruleset",
        "AssuredAge": "method level",
        "Connection": "address",
        "CustodyEntry": "commitment previous digest action actor salt",
        "Decision": "id action message room terms_version",
        "Finding": "code rule version tactic",
        "Handover": "legal_basis recipient_name reference",
        "Measure": "message",
        "Message": "id room reply_to",
        "Officer": "name role contact",
        "Order": "authority file_number authentic_how",
        "Person": "language",
        "Piece": "id kind commitment",
        "Platform": "name url operator country timezone contact_name contact_email contact_phone address software "
        "software_version terms_url",
        "Redaction": "label why",
        "Report": "id category notifier message",
        "Room": "id language",
        "Sealed": "id commitment",
        "Statement": "language",
        "Transmission": "channel recipient reference",
        "Version": "verdict text",
    }
    for part in (FrozenCase, *vars(parts).values(), *vars(acts).values()):
        if not dataclasses.is_dataclass(part):
            continue
        known = set(keys.get(part.__name__, "").split()) | FREE_TEXT.get(part, set()) | REFERENCES.get(part, set())
        texts = {name for name, hint in hints(part).items() if hint in (str, str | None)}
        assert texts <= known, (part.__name__, texts - known)


@pytest.mark.parametrize(
    "name", ["visible", "police", "subject", "teen_15_17", "restricted", "M1", "held", "[P1]", "[R1", "..."]
)
def test_pseudonym_that_is_a_word_of_ours_masks_no_key(name: str) -> None:
    case = for_recipient("child_protection")
    charlie = dataclasses.replace(case.persons[2], pseudonyms=(Pseudonym(name=name, since=START),))
    case = dataclasses.replace(case, persons=(*case.persons[:2], charlie, case.persons[3]))
    masked = redact(case).case
    assert [message.state for message in masked.messages] == [message.state for message in case.messages]
    assert masked.persons[2].name == "P1"


def test_redaction_log_says_who_masked_what_and_why(tmp_path: Path, signer: Signer) -> None:
    result = build_bag(redact(for_recipient("child_protection")).case, out=tmp_path / "x.zip", signer=signer)
    with zipfile.ZipFile(result.path) as archive:
        log = json.loads(archive.read("INC-2026-k7Qm2xT9/data/redactions.json"))
    assert log["masked_by"]["name"] == "Sam Moreau"
    assert log["redactions"][0]["label"] == "P1"
    assert "tiers" in log["redactions"][0]["why"]
