"""Words written by ear are read as the words they sound like, and nothing else is."""

from __future__ import annotations

import functools
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguarding.detection.context import read_message
from safeguarding.detection.lexicon import Lexicon, lexicon_for
from safeguarding.detection.phonetic import Ear, english_sounds, french_sounds, without_vowels
from safeguarding.detection.rulesets import Ruleset, load_ruleset
from safeguarding.detection.types import RoomInfo
from tests.talk import words
from tests.work import function_calls

BY_EAR = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=24)


@functools.cache
def shipped() -> Ruleset:
    return load_ruleset()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # as they are said in a message
        ("koi 29", "quoi de neuf"), ("g 13 an", "je ai 13 an"), ("nvoi nude", "envoie nude"), ("jtm", "je te aime"),
        ("di ri1 a té paren", "dis rien a tes parents"), ("bjr cv", "bonjour ca va"), ("tes ou", "tu es ou"),
        ("kestu fé", "que est ce que tu fais"), ("ta kel age", "tu as quel age"), ("vi1 seul", "viens seul"),
        ("pk tu rep pa", "pourquoi tu reponds pas"), ("jv te defoncé", "je vais te defonce"),
        ("une foto 2 toi 100 la culotte", "une photo de toi sans la culotte"), ("6 tu veu", "si tu veux"),
        # digits by their names, letters by their sounds, silent letters left out
        ("2m1", "demain"), ("bi1", "bien"), ("kop1", "copain"), ("a demin", "a demain"), ("koman", "comment"),
        ("kan", "quand"), ("twa", "toi"), ("konpren", "comprend"), ("anvi", "envie"), ("tro", "trop"),
        ("vou", "vous"), ("telefone", "telephone"), ("bizou", "bisous"), ("vené", "venez"), ("kafé", "cafe"),
        # small words run together with the next, vowels left out, halves swapped
        ("jtenvoi", "je te envoie"), ("tapel", "te appelle"), ("tvi1", "tu viens"), ("cbon", "ce est bon"),
        ("kon", "que on"), ("efass té messaj", "efface te message"), ("kelk choz", "quelque choses"),
        ("kel age ta ?", "quel age tu as ?"), ("jé 15 an", "je ai 15 an"),
        ("kil", "que il"), ("slt", "salut"), ("tjr", "toujours"), ("jourbon", "bonjour"), ("turvoi", "voiture"),
        ("zonmé", "maison"), ("chelou", "louche"), ("meuf", "fille"), ("chanmé", "mechant"),
    ],
)  # fmt: skip
def test_french_by_ear_is_read_as_it_sounds(french: Lexicon, written: str, read: str) -> None:
    assert words(french, written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("wot r u wearin", "what are you wearing"), ("dnt tel ur mum", "do not tell your mum"),
        ("wanna c u l8r", "want to see you later"), ("r u alone rn", "are you alone right now"), ("4get", "forget"),
        ("some1", "someone"), ("2day", "today"), ("2gether", "together"), ("m8", "mate"), ("neva", "never"),
        ("brotha", "brother"), ("skool", "school"), ("wrk", "work"), ("kis", "kiss"), ("kil u", "kill you"),
    ],
)  # fmt: skip
def test_english_by_ear_is_read_as_it_sounds(english: Lexicon, written: str, read: str) -> None:
    assert words(english, written) == read


@pytest.mark.parametrize(
    "text",
    [
        "13ans", "2mois", "3jours", "22h30", "20km", "il est 6 heures", "on est 6", "100 euros", "le 29 mai",
        "une glace 2 boules", "9 ans", "tu as 2 frères", "1er étage", "marc", "anne", "denis", "jean", "chloé", "kevin",
        "mathis", "enzo", "kenza", "lcl", "bts", "gps", "fps", "fun", "team", "skin", "game", "nice", "live", "parlais",
        "mangeait", "voitures", "riz", "tri", "trois", "crois", "client", "drap", "jeudi", "mercredi",
    ],
)  # fmt: skip
def test_numbers_names_and_ordinary_words_stay_what_they_are(french: Lexicon, text: str) -> None:
    read = words(french, text)
    assert read.replace(" ", "") in {plain(text), plain(text).replace("ne", "")}


def plain(text: str) -> str:
    return text.replace(" ", "").replace("é", "e").replace("è", "e")


@pytest.mark.parametrize(
    ("lang", "text", "tactic"),
    [
        ("fr", "di ri1 a té paren", "secrecy"), ("fr", "nvoi nude", "image_request"), ("fr", "vi1 seul", "come_alone"),
        ("fr", "ta kel age", "age_probe"), ("fr", "tu me donn ton numéro", "off_platform"),
        ("fr", "jtenvoi 1 foto 2 mwa, montre moi 1 foto 2 toi", "image_request"),
        ("fr", "anvoua moua une foto de toua", "image_request"),
        ("en", "dnt tel ur mum", "secrecy"), ("en", "wot r u wearin", "intimacy"), ("en", "r u alone rn", "isolation"),
    ],
)  # fmt: skip
def test_what_is_written_by_ear_is_judged_as_what_it_says(ruleset: Ruleset, lang: str, text: str, tactic: str) -> None:
    room = RoomInfo("r", "room", "", "", "teen_15_17", lang)  # type: ignore[arg-type]  # "fr" or "en"
    assert tactic in {finding.tactic for finding in read_message(text, room=room, recent=(), ruleset=ruleset)}


@given(token=BY_EAR)
@settings(max_examples=400, deadline=None)
def test_an_ear_answers_only_with_words_it_knows(token: str) -> None:
    known = {"envoie": 9, "demain": 12, "quoi": 30, "rien": 20, "toi": 40, "voiture": 3, "salut": 11}
    heard = Ear(known, "fr", every=known.keys()).hear(token)
    small = {"que", "est", "ce", "je", "te", "tu", "me", "le", "la", "les", "se", "de", "il", "elle", "on", "ta", "va"}
    assert heard is None or set(heard.split()) <= known.keys() | small | {"fai", "fais"}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_an_ordinary_word_is_never_read_by_ear(ruleset: Ruleset, lang: str) -> None:
    lexicon = lexicon_for(ruleset, lang)
    meant = lexicon.vocabulary.spelling.keys() | lexicon.vocabulary.context.keys() | lexicon.vocabulary.fillers
    ordinary = sorted(word for word in lexicon.vocabulary.ordinary - meant if word.isalpha())
    assert len(ordinary) > 1000
    assert [word for word in ordinary if words(lexicon, word) != word] == []


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(
    "token",
    ["124812481248pm", "2" * 12 + "an", "1" * 16, "1a2b4c8d", "jt" * 8, "k" * 16, "bababababa", "aeiouaeiou", "z" * 40],
)
def test_no_word_takes_long_to_hear(ruleset: Ruleset, lang: str, token: str) -> None:
    ear = Ear(dict.fromkeys(lexicon_for(ruleset, lang).vocabulary.spelling, 1), lang)
    assert function_calls(lambda: (ear.hear(token), ear.named(token))) <= 300


@given(word=st.text(string.ascii_lowercase, min_size=1, max_size=40))
@settings(max_examples=400, deadline=None)
def test_sounds_are_no_longer_than_what_is_written_and_the_same_each_time(word: str) -> None:
    for sounds in (*french_sounds(word), *english_sounds(word), without_vowels(word)):
        assert len(sounds) <= 2 * len(word)
    assert french_sounds(word) == french_sounds(word)


@given(
    text=st.lists(
        st.sampled_from(["koi", "29", "jtm", "bi1", "2m1", "kestu", "fé", "ri1", "é1", "2", "6", "100", "1", "slt"]),
        max_size=12,
    )
)
@settings(max_examples=200, deadline=None)
def test_spans_of_words_by_ear_lie_in_the_text_in_order(text: list[str]) -> None:
    written = " ".join(text)
    reading = lexicon_for(shipped(), "fr").read(written)
    assert len(reading.spans) == len(reading.pieces)
    places = [reading.original(place, place + 1) for place in range(len(reading.pieces))]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(written) for start, end in places)
