"""Contact data: found in every disguise, whole or in pieces; ordinary numbers left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguarding.detection import contact
from safeguarding.detection.contact import find_contacts
from safeguarding.detection.normalise import normalise


def kinds(text: str, recent: tuple[str, ...] = ()) -> set[str]:
    return {finding.rule.removeprefix("contact.") for finding in find_contacts(text, recent=recent)}


@pytest.mark.parametrize(
    "text",
    [
        "06 39 98 12 34", "0639981234", "06.39.98.12.34", "06-39-98-12-34", "+33 6 39 98 12 34", "0033639981234",
        "O6 39 98 12 34", "06/39/98/12/34",
        "0️⃣6️⃣ 39 98 12 34", "zéro six trente-neuf quatre-vingt-dix-huit douze trente-quatre",
        "zero six, trente neuf, quatre vingt dix huit, douze, trente quatre", "mon num : 0 6 3 9 9 8 1 2 3 4",
        "07700 900461", "(202) 555-0143",
        "oh seven seven double zero nine zero zero four six one", "٠٦٣٩٩٨١٢٣٤", "０６３９９８１２３４",
    ],
)  # fmt: skip
def test_a_telephone_number_is_found(text: str) -> None:
    assert "phone" in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "rdv le 12/05/2024 à 18h30", "on a gagné 3-2 puis 21-19", "j'ai 13 ans et toi 14",
        "appelle le 3018 ou le 119", "il coûte 10 000 euros",
        "un deux trois on y va", "2023 2024 2025", "le 17, le 112 ou le 114", "page 123 exercice 4", "1234567",
    ],
)  # fmt: skip
def test_ordinary_numbers_are_left_alone(text: str) -> None:
    assert kinds(text) == set()


def test_a_number_split_over_messages_is_found_with_its_last_piece() -> None:
    assert kinds("12 34", ("06 39", "98")) == {"phone"}
    assert kinds("trente quatre", ("zero six", "trente neuf", "quatre vingt dix huit douze")) == {"phone"}
    assert kinds("98", ("06 39",)) == set()
    assert kinds("12 34", ("06 39 98 c'est le score du match de hier soir entre les deux équipes",)) == set()


@pytest.mark.parametrize(
    ("pieces", "stopped"),
    [
        ("0 6 3 9 9 8 1 2 3 4", 7), ("zéro six trente neuf quatre vingt dix huit douze trente quatre", 5),
        ("06 39 98 12 34", 3), ("+33 6 39 98 12 34", 5),
        # counting, a score, answers to an exercise
        ("1 2 3 4 5 6 7 8 9 10", None), ("33 34 35 36 37 38", None), ("0 1 2 3 4 5", None),
        ("2024 12 15 20", None), ("0,125 0,375 0,625 0,875", None),
    ],
)  # fmt: skip
def test_a_number_sent_figure_by_figure_is_stopped_before_it_is_whole(pieces: str, stopped: int | None) -> None:
    sent = pieces.split()
    found = [at for at, piece in enumerate(sent) if kinds(piece, tuple(sent[max(0, at - 12) : at]))]
    assert found == ([] if stopped is None else [*range(stopped, len(sent))])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("👻 lucaszz13", "handle"),
        ("👻lucas_zz", "handle"),
        ("lea.dupont@exemple.fr", "email"),
        ("lea point dupont arobase exemple point fr", "email"),
        ("j'habite 12 rue des Lilas", "address"),
        ("3 bis avenue Jean Jaurès", "address"),
        ("59000 Lille", "address"),
        ("12 Baker Street", "address"),
        ("snap : lea.13", "handle"),
        ("mon insta c'est lea_13x", "handle"),
        ("add me on snap lea13bis", "handle"),
        ("discord lea#1234", "handle"),
        ("va voir https://tchat.example/x", "link"),
        ("hxxps://tchat.example", "link"),
        ("www.tchat.fr", "link"),
        ("bit.ly/abc", "link"),
        ("t.me/lea", "link"),
    ],
)
def test_ways_to_reach_somebody_are_found(text: str, kind: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "t'as snap ?", "mon insta c'est nul", "on se voit place du marché", "https://fr.wikipedia.org/wiki/Lille",
        "www.3018.fr", "salut.ca va",
        "fini.merci", "1 place pour le concert", "3 rues plus loin", "j'ai vu ça sur tiktok hier", "e.g. this",
    ],
)  # fmt: skip
def test_talk_about_platforms_and_allowed_links_pass(text: str) -> None:
    assert kinds(text) == set()


def test_an_allowed_host_does_not_lend_its_name() -> None:
    assert "link" in kinds("https://wikipedia.org.tchat.example/x")
    assert "link" in kinds("https://notwikipedia.org/x")


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet=st.characters(), max_size=80),
    st.text(alphabet=st.characters(), max_size=80),
    st.lists(st.text(max_size=30), max_size=4),
)
def test_any_text_is_read_without_error_and_spans_lie_inside(before: str, after: str, recent: list[str]) -> None:
    text = f"{before} 06 39 98 12 34 {after}"
    for finding in find_contacts(text, recent=recent):
        assert 0 <= finding.span[0] < finding.span[1] <= len(text)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (["zéro six douze", "trente quatre cinquante six soixante dix huit"], "phone"),
        (["c'est le 06", "12", "ok", "34", "56", "78"], "phone"),
        (["mon snap", "tomtom99"], "handle"),
        (["mon insta c'est", "ok", "lili_rose"], "handle"),
    ],
)
def test_what_is_said_in_pieces_is_found_with_the_last_of_them(said: list[str], kind: str) -> None:
    *before, last = said
    assert kinds(last, tuple(before)) == {kind}
    assert kinds(last) == set()


@pytest.mark.parametrize(
    "said",
    [
        ["on fait une session de jeu", "20h30"],
        ["je suis sur discord", "lol"],
        ["j'ai eu 12 au contrôle", "et toi ?", "14"],
        ["mon snap marche plus", "c'est nul"],
        ["06 12", "je raconte autre chose pendant ce temps", "34 56 78"],
        ["le deux juin nous étions quatre et le trois il y en avait déjà soixante dix de plus", "06 12 34 56"],
    ],
)
def test_talk_that_only_resembles_pieces_passes(said: list[str]) -> None:
    *before, last = said
    assert kinds(last, tuple(before)) == set()


PIECES = """
6 06 0639981234 39 98 12 3 o i l + 33 12b 12bis b bis rue brue bisrue avenue road street de la du saint jean 75011
paris A SW1A 1AA @ (at) [at] at arobase xarobasy point dot apoint com fr .com .fr net . .. , : - # #1234 1234 bob99
tom_99 www www. http:// hxxps://ab a.b.fr/x is.gd snap insta whats app whatapp tik tok disc0rd face book ig psn l'insta
c'est moi sur = : est zero un deux trois quatre six sept double vingt dix onze oh salut euros
""".split()  # noqa: SIM905


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " ", " ", "\n"])), max_size=14))
def test_what_is_looked_for_only_beside_its_words_is_found_as_if_looked_for_everywhere(
    pieces: list[tuple[str, str]],
) -> None:
    text = "".join(piece + gap for piece, gap in pieces)
    folded = normalise(text).text
    words = contact._NUMBER_WORD.findall(folded)
    everywhere: set[tuple[str, int, int]] = set()
    if contact._HINT.search(folded) or len(words) >= 4:
        found = [*contact._phones(folded, len(words) >= 4), *contact._handles(folded)]
        everywhere = {(one.kind, one.start, one.end) for one in found}
        for kind, pattern in (
            ("email", contact._EMAIL), ("address", contact._ADDRESS), ("address", contact._POSTCODE),
            ("handle", contact._DISCORD_TAG),
        ):  # fmt: skip
            everywhere |= {(kind, *match.span()) for match in pattern.finditer(folded)}
        if len(folded) == len(text):
            everywhere |= {("address", *match.span()) for match in contact._UK_POSTCODE.finditer(text)}
        mails = [(start, end) for kind, start, end in everywhere if kind == "email"]
        for pattern in (contact._LINK, contact._SPOKEN_LINK):
            for match in pattern.finditer(folded):
                start, end = match.span()
                taken = any(a < end and start < b for a, b in mails)
                if not taken and not contact._allowed(match.group(), contact.ALLOWED_HOSTS):
                    everywhere.add(("link", start, end))
    found = contact._find(folded, text, contact.ALLOWED_HOSTS)
    assert {(one.kind, one.start, one.end) for one in found} == everywhere
