"""The report: what a duty officer reads first, words verbatim, nothing of a case ever taken as markup."""

from __future__ import annotations

import dataclasses
import io
import re
from typing import Any
from unicodedata import combining

import pypdf
import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguarding.dossier import glyphs
from safeguarding.dossier.chronology import chronology
from safeguarding.dossier.frozen import FrozenCase, FrozenCaseError, Pseudonym, Version
from safeguarding.dossier.glyphs import drawn, printable, unseen
from safeguarding.dossier.pdf import _pdf, _printable, pages_png, report_pdf
from safeguarding.dossier.quotes import chosen, segments
from safeguarding.dossier.view import report_view
from safeguarding.dossier.words import WORDS, words_in
from safeguarding.incidents import CHANNELS, INCIDENTS, LAW, SEVERITIES
from tests.safeguarding.dossier.cases import ALICE, BOB, CHARLIE, GROOMING, NOTIFIER, conversation, grooming_case

HOSTILE = {
    "markup": '#panic("x") #read("/etc/passwd") *fort* _em_ = titre <label> @ref $x^2$ `code` \\u{41} // fin /* x */',
    "code": '"] #import "@preview/x:1.0.0" { } [ #sys.inputs #eval("1") ~ --- https://evil.example/?q=#x',
    "controls": "a\x07b\x1b[31mc\x7fd\x85e\u2028f",
    "right_to_left": "\u202egnol oot\u202c مرحبا بك שלום",
    "emoji": "🥰 👨‍👩‍👧 🏳️‍🌈 😀 👍🏽",
    "invisible": "mot\u200bdé\u200dcou\u00adpé\ufeff",
    "scripts": "Привет Ελληνικά 漢字 ไทย हिन्दी 𝓼𝓮𝓬𝓻𝓮𝓽",
    "marks": "z" + "\u0301" * 60 + "algo",
    "long": "a" * 1900,
    "lines": "un\r\ndeux\ntrois\tquatre\rcinq",
    "private_use": "\ue000\U0010ffff\ufffe",
    "blank": " ",
    "empty": "",
}


def words_of(pdf: bytes) -> str:
    """All text of a PDF without blanks, breaks and invisible signs: layout is not what is compared."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return bare("".join(page.extract_text() for page in pages))


def bare(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def left_to_right(text: str) -> str:
    """Without Arabic and Hebrew letters: they are laid out from the right, and extracted in whatever order."""
    return bare(re.sub(r"[\u0590-\u06ff]", "", text))


def with_text(text: str, language: Any = "fr") -> FrozenCase:
    return grooming_case(
        language, messages=conversation([("bob", text, ("secrecy",))], code="M1"), alerts=(), reports=()
    )


@pytest.mark.parametrize("language", ["fr", "en"])
def test_report_opens_with_the_five_questions(language: Any) -> None:
    case = grooming_case(language)
    pages = pypdf.PdfReader(io.BytesIO(report_pdf(case))).pages
    first = bare(pages[0].extract_text())
    say = words_in(language)
    places = [first.index(bare(say(f"q.{key}"))) for key in ("danger", "protect", "suspected", "asked", "done")]
    assert places == sorted(places)
    assert bare(case.situation.danger_why) in first
    assert bare("lune_bleue") in first
    assert bare(say("band.teen_15_17")) in first
    assert bare(case.handover.request) in first
    assert bare(say("not_family")) in first
    assert first.index(bare(say("not_family"))) < places[0]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_report_holds_every_part_of_the_case_word_for_word(language: Any) -> None:
    case = grooming_case(language)
    text = words_of(report_pdf(case))
    for message in case.messages:
        assert message.id in text
        for version in message.versions:
            assert bare(version.text or "") in text
    for part in (case.reports[0].text, case.opinions[0].text, case.decisions[0].statement.body, "Jeplaisantais."):  # type: ignore[union-attr]  # the case has one
        assert bare(part) in text
    for reference in INCIDENTS["M1"].law:
        assert bare(reference) in text
    for name in ("Max_17", "Maxime", "Mo Lambert", "Sam Moreau", "Noor Petit", "2026-03-0815"):
        assert bare(name) in text


@pytest.mark.invariant(13)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_says_for_whom_the_copy_is_and_who_hands_it_over(language: Any) -> None:
    case = grooming_case(language)
    pages = pypdf.PdfReader(io.BytesIO(report_pdf(case))).pages
    assert len(pages) > 2
    for page in pages:
        text = bare(page.extract_text())
        assert bare("Office mineurs (OFMIN)") in text
        assert bare("Sam Moreau") in text
        assert bare(words_in(language)("copy_for", who="Office mineurs (OFMIN)")) in text


def test_what_is_only_due_is_not_told_as_done() -> None:
    lines = {line["question"]: line["answer"] for line in report_view(grooming_case("en"))["lines"]}
    assert "Police emergency (17 or 112, text 114): told" in lines["What has been done?"]
    assert "PHAROS" not in lines["What has been done?"]


def test_report_asks_for_a_second_officer_and_the_parents_only_where_a_minor_is_named() -> None:
    case = grooming_case("en")
    alone = dataclasses.replace(case.handover, approved_by=None)
    grown = dataclasses.replace(ALICE, age=BOB.age)
    adults = tuple(dataclasses.replace(person, age=BOB.age) for person in (grown, BOB, CHARLIE))
    calm = dataclasses.replace(case.situation, family_note="", family_may_know="unknown")
    of_minor = words_of(report_pdf(dataclasses.replace(case, handover=alone)))
    of_adults = words_of(
        report_pdf(dataclasses.replace(case, handover=alone, situation=calm, persons=(*adults, NOTIFIER)))
    )
    assert bare("awaited: a minor is named") in of_minor
    assert bare("The parents") in of_minor
    assert bare("not required: no minor is known of") in of_adults
    assert bare("The parents") not in of_adults


def test_connections_and_chain_stay_out_of_the_report() -> None:
    text = words_of(report_pdf(grooming_case()))
    assert "203.0.113.7" not in text
    assert "51234" not in text


def test_observed_reported_and_opinion_stand_apart() -> None:
    blocks = next(one for one in report_view(grooming_case())["sections"] if one["title"] == words_in("fr")("h.words"))[
        "blocks"
    ]
    kinds = [
        (block["kind"], block.get("text", "")) for block in blocks if block["kind"] in ("subtitle", "quotes", "saying")
    ]
    assert [kind for kind, _ in kinds] == ["subtitle", "quotes", "subtitle", "saying", "subtitle", "saying"]
    assert [text.split("\u00a0")[0] for kind, text in kinds if kind == "subtitle"] == ["Observé", "Rapporté", "Avis"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_hostile_text_is_shown_and_never_obeyed(name: str, language: Any) -> None:
    case = with_text(HOSTILE[name], language)
    text = words_of(report_pdf(case))
    assert left_to_right(printable(HOSTILE[name], words_in(language)("diacritics"))) in left_to_right(text)
    assert set(printable(HOSTILE[name])) - set(" \n\u200b") <= set(text) | set("diacritics")
    assert "root:" not in text


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in ("empty", "blank")])
def test_hostile_text_anywhere_else_is_shown_too(name: str) -> None:
    text = HOSTILE[name][:300]
    case = grooming_case(
        persons=(
            dataclasses.replace(ALICE, pseudonyms=(Pseudonym(name=text, since=ALICE.pseudonyms[0].since),)),
            dataclasses.replace(BOB, declared_age=text),
            CHARLIE,
            NOTIFIER,
        ),
        situation=dataclasses.replace(grooming_case().situation, summary=text, danger_why=text),
        opinions=(dataclasses.replace(grooming_case().opinions[0], text=text),),
    )
    case = dataclasses.replace(case, rooms=(dataclasses.replace(case.rooms[0], name=text),))
    shown = left_to_right(words_of(report_pdf(case)))
    assert shown.count(left_to_right(printable(text, "diacritiques"))) >= 6


def test_invisible_and_reordering_signs_are_written_out() -> None:
    assert bare(printable("a\u202eb\u200bc\x07")) == "a⟨U+202E⟩b⟨U+200B⟩c⟨U+0007⟩"
    assert bare(printable("🥰")) == "⟨smilingfacewithsmilingeyesandthreehearts⟩"
    assert bare(printable("z" + "\u0301" * 60)) == "z" + "\u0301" * 3 + "⟨+57diacritics⟩"
    assert printable("Ça coûte 5 € – « déjà » ?") == "Ça coûte 5 € – « déjà » ?"


def test_enclosed_font_draws_what_it_says() -> None:
    font = drawn()
    assert set(map(ord, "aéœŒÀ€’«»–…⟨⟩Жעم😀")) <= font
    assert not set(map(ord, "漢🥰\ue000\uffff")) & font


def test_every_sign_the_font_claims_can_be_printed() -> None:
    """A hole in the table of the font would let one sign in one message keep the whole report from being made."""
    everything = "".join(chr(point) for point in sorted(drawn()) if not unseen(chr(point)))
    case = with_text(f"{everything} {' '.join(everything)} {'a'.join(everything)}")
    assert _pdf("report.typ", _printable(report_view(case), case), case).startswith(b"%PDF")


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200))
def test_any_text_can_be_printed(text: str) -> None:
    case = with_text(text)
    assert _pdf("report.typ", _printable(report_view(case), case), case).startswith(b"%PDF")


def test_sign_that_defeats_the_fonts_is_written_out_and_the_report_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "drawn", lambda: drawn() | {ord("漢")})
    case = with_text("avant 漢 Ж après")
    with pytest.raises(typst.TypstError):
        _pdf("report.typ", _printable(report_view(case), case), case)
    assert "avant⟨U+6F22⟩⟨U+0416⟩après" in words_of(report_pdf(case))


def test_mark_the_font_cannot_draw_is_written_out_and_never_lost() -> None:
    lost = next(chr(point) for point in range(0x300, 0x20000) if combining(chr(point)) and point not in drawn())
    assert bare(printable(f"a{lost}b")) == f"a⟨U+{ord(lost):04X}⟩b"


def test_long_run_of_letters_gets_places_to_break() -> None:
    shown = printable("a" * 1000)
    assert max(map(len, shown.split("\u200b"))) <= 28
    assert shown.replace("\u200b", "") == "a" * 1000


def test_same_case_gives_the_same_pages() -> None:
    assert report_pdf(grooming_case()) == report_pdf(grooming_case())


def test_report_says_it_is_archivable_and_tagged_and_names_its_language() -> None:
    reader = pypdf.PdfReader(io.BytesIO(report_pdf(grooming_case("en"))))
    assert reader.metadata is not None
    assert reader.metadata.title == "Incident dossier INC-2026-k7Qm2xT9"
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith("en")
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp


def test_pages_can_be_looked_at_as_pictures() -> None:
    case = grooming_case()
    pages = pages_png("report.typ", report_view(case), case)
    assert len(pages) == len(pypdf.PdfReader(io.BytesIO(report_pdf(case))).pages)
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_erased_version_is_told_as_erased() -> None:
    case = with_text("x")
    message = dataclasses.replace(
        case.messages[0], versions=(Version(number=1, text=None, written_at=case.messages[0].sent_at),)
    )
    assert bare("texte effacé") in words_of(report_pdf(dataclasses.replace(case, messages=(message,))))


def test_bare_case_still_makes_a_whole_report() -> None:
    case = grooming_case(
        persons=(), rooms=(), messages=(), reports=(), alerts=(), measures=(), decisions=(), opinions=(),
        circumstances=(), transmissions=(), connections=(), custody=(),
    )  # fmt: skip
    text = words_of(report_pdf(case))
    for key in (
        "nobody_to_protect",
        "nothing_done",
        "nothing_kept",
        "no_report",
        "no_opinion",
        "no_alert",
        "no_decision",
    ):
        assert bare(WORDS[key].fr) in text


@pytest.mark.parametrize("code", INCIDENTS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_code_makes_a_report_in_both_languages(code: str, language: Any) -> None:
    case = grooming_case(language, code=code)
    text = words_of(report_pdf(case))
    assert bare(INCIDENTS[code].words.in_language(language)).lower() in text.lower()


@pytest.mark.invariant(13)
def test_nothing_fixed_says_that_a_suspicion_is_certain() -> None:
    said = [*WORDS.values(), *CHANNELS.values(), *LAW.values()]
    said += [incident.words for incident in INCIDENTS.values()] + [severity.words for severity in SEVERITIES.values()]
    guilty = re.compile(r"\b(avéré|établi|coupable|auteur des faits|agresseur|prédateur|criminel)", re.IGNORECASE)
    certain = re.compile(r"\b(established|proven|guilty|offender|perpetrator|predator|culprit)", re.IGNORECASE)
    for words in said:
        assert not guilty.search(words.fr), words.fr
        assert not certain.search(words.en), words.en


def test_every_fixed_word_has_both_languages_and_the_same_blanks() -> None:
    for key, words in WORDS.items():
        assert words.fr.strip(), key
        assert words.en.strip(), key
        assert set(re.findall(r"{(\w+)}", words.fr)) == set(re.findall(r"{(\w+)}", words.en)), key
        assert not re.search(r" [?!:;»]|« ", words.fr), key
        assert "'" not in words.fr, key
        assert "'" not in words.en, key


def test_value_of_the_data_without_translation_is_told_as_it_is() -> None:
    assert words_in("fr")("tactic.brand_new_trick") == "brand new trick"
    with pytest.raises(KeyError):
        words_in("fr")("no_such_words")


def test_highlighting_cuts_a_text_and_loses_nothing() -> None:
    text = "Ne le dis à personne."
    finding = conversation([("bob", text, ("secrecy",))], code="M1")[0].versions[0].findings[0]
    two = [dataclasses.replace(finding, start=3, end=9), dataclasses.replace(finding, start=6, end=12)]
    cut = segments(text, two)
    assert "".join(part["text"] for part in cut) == text
    assert [part["text"] for part in cut if part["mark"]] == [text[3:12]]
    assert segments("", []) == []


def test_long_conversation_quotes_the_gravest_first_and_counts_the_rest() -> None:
    lines = [("alice", f"bonjour {number}", ()) for number in range(2000)]
    lines[1500:1500] = GROOMING
    messages = conversation(lines, code="M1")
    case = grooming_case(messages=messages, alerts=(), reports=())
    kept = chosen(case, limit=12)
    assert len(kept) == 12
    assert {1502, 1505, 1506, 1508, 1509} <= set(kept)
    text = words_of(report_pdf(case))
    assert bare("On se voit samedi") in text
    assert bare("messages non cités ici") in text


def test_chronology_is_in_order_and_tells_each_step_once() -> None:
    events = chronology(grooming_case())
    assert [event.at for event in events] == sorted(event.at for event in events)
    kinds = [event.kind for event in events]
    for kind in (
        "opened",
        "report",
        "alert",
        "confirmed",
        "measure",
        "decision",
        "reasons",
        "appeal",
        "told",
        "export",
    ):
        assert kinds.count(kind) == 1, kind
    assert kinds[-1] == "export"


def test_unknown_time_zone_is_refused_by_name() -> None:
    platform = dataclasses.replace(grooming_case().platform, timezone="Europe/Nowhere")
    with pytest.raises(FrozenCaseError, match=r"platform\.timezone"):
        report_pdf(grooming_case(platform=platform))
