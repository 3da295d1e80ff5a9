"""Folding letters: total, idempotent, linear, and never losing where a letter came from."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from safeguarding.detection.normalise import _LIKE_NONE, _SOUNDS, _folded, normalise

ANY_TEXT = st.text(alphabet=st.characters(), max_size=200)  # lone surrogates included
DISGUISED = st.text(
    alphabet=st.sampled_from(
        "аеорсухіѕｐｕｔｅ𝓹𝓾𝓽𝓮ⓐⓑⓒéèêçàùœæﬁß’«»“” \u200b\u200d\ufe0f\u0301\u20e3\u202e\ufeff12abc.\nъЪъжйϯԥδʹʼ΄ͺŉᲆ\u3164"
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("ÉLÈVE", "eleve"),
        ("ѕаlоре", "salope"),  # Cyrillic
        ("ｐｕｔｅ", "pute"),  # full width
        ("𝓹𝓾𝓽𝓮", "pute"),  # mathematical
        ("ⓟⓤⓣⓔ", "pute"),  # circled
        ("🅿🆄🆃🅴", "pute"),  # negative squared
        ("🇵🇩", "pd"),  # regional indicators
        ("p\u200bu\u00adt\u2060e", "pute"),  # invisible
        ("\u202epute\u202c", "pute"),  # bidirectional marks
        ("p̷u̷t̷e̷", "pute"),  # combining marks
        ("cœur, Straße, ﬁn", "coeur, strasse, fin"),
        ("l’été « beau »", 'l\'ete " beau "'),
    ],
)
def test_disguised_letters_read_as_what_they_show(disguised: str, plain: str) -> None:
    assert normalise(disguised).text == plain


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT | DISGUISED)
@example("ъъъʹ")  # what parts a word is seen once it is folded
@example("videŉŉЪЪЪ")
@example("Ъϯԥʹ")
@example("ъ\u0301ъъ")
@example("ъъъ\u3164")
@example("ᲆᲆᲆ")
@example("\u0374ъъ\u0345ъ")
def test_folding_twice_is_folding_once(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT | DISGUISED)
@example("\u0370\u0370\u0393")  # a letter of a foreign word is read by its sound, alone by its look
@example("ÞΓ\ufe00")  # as many letters as there were, and not from the same places
@example("Þ\ufe00Γ")
@example("\u0370\u03a6\u042a")  # and a silent one tells how the others are read
def test_every_letter_remembers_the_letter_it_came_from(text: str) -> None:
    folded = normalise(text)
    for index, letter in enumerate(folded.text):
        start, end = folded.original(index, index + 1)
        assert 0 <= start < end <= len(text)
        assert letter in normalise(text[start:end]).text or letter in _SOUNDS.get(text[start].lower(), "")
    if folded.text:
        start, end = folded.original(0, len(folded.text))
        assert normalise(text[start:end]).text == folded.text or not _LIKE_NONE.isdisjoint(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("тю вё ме монтре та фото", "tu veu me montre ta foto"),  # words of letters like Latin ones among them
        ("вьян сёль ce soir", "vian seul ce soir"),
        ("жё сэ у тю абит", "je se ou tu abit"),
        ("соувиенс тоут", "souviens tout"),
        ("сасhе ton реrе", "cache ton pere"),  # look-alikes among Latin letters
        ("envoie фото ѕехе", "envoie foto sexe"),  # look-alikes that no Russian writes beside a word spelt by sound
        ("со рате", "co pate"),  # nothing tells that it is spelt by sound
    ],
)
def test_whoever_spells_one_word_by_sound_spells_the_others_so(text: str, folded: str) -> None:
    assert normalise(text).text == folded


def test_every_code_point_folds_to_something_stable() -> None:
    for code in range(0x3000):
        once = normalise(chr(code)).text
        assert normalise(once).text == once, hex(code)


def test_a_wall_of_combining_marks_is_folded_to_nothing() -> None:
    assert normalise("\u0301" * 2000).text == ""


def test_the_letters_of_western_europe_are_folded_as_letter_by_letter() -> None:
    for code in range(0x20, 0x100):
        text = f"Été {chr(code)} à"
        assert normalise(text).text == "".join(map(_folded, text)), code
