"""Who is not alone with somebody, or has told others of it, is drawn nowhere."""

from __future__ import annotations

import pytest

from safeguarding.detection.compose import scan
from safeguarding.detection.rulesets import Ruleset


def lures(ruleset: Ruleset, text: str, lang: str = "en") -> set[str | None]:
    """What the rules say is done to draw somebody away."""
    return {one.tactic for one in scan(text, lang, ruleset)} & {"meeting", "isolated_place", "come_alone", "bring_cash"}


@pytest.mark.parametrize(
    ("text", "unattended"),
    [
        ("meet me at the old quarry, your brother can come too", "meet me at the old quarry"),
        ("come round to mine on saturday and bring your mum", "come round to mine on saturday"),
        ("by the canal at ten, there'll be eight of us, bring cash for the boat", "by the canal at ten, bring cash"),
        ("I can pick you up after school, ask your dad first", "I can pick you up after school"),
    ],
)
def test_who_lures_where_others_are_to_be_there_or_told_draws_nobody_away(
    ruleset: Ruleset, text: str, unattended: str
) -> None:
    assert not lures(ruleset, text)
    assert lures(ruleset, unattended)


@pytest.mark.parametrize(
    "text",
    [
        "meet me at the old quarry, don't tell your mum",
        "come round to mine, tell your mum you're at a friend's",
        "meet me by the canal without your brother",
        "come over to mine, don't bring your mates",
    ],
)
def test_a_parent_who_is_not_to_know_or_a_friend_who_is_not_to_come_attends_nothing(
    ruleset: Ruleset, text: str
) -> None:
    assert lures(ruleset, text)


@pytest.mark.parametrize(
    ("text", "unattended"),
    [
        ("viens chez moi samedi, demande à ta mère avant", "viens chez moi samedi"),
        ("rejoins-moi derrière le stade et viens pas seul", "rejoins-moi derrière le stade"),
        ("rdv à la carrière à 22h, dis à ta coloc où tu vas", "rdv à la carrière à 22h"),
        ("viens au hangar, on sera une quinzaine", "viens au hangar"),
    ],
)
def test_in_french_too_who_is_not_alone_with_them_is_drawn_nowhere(
    ruleset: Ruleset, text: str, unattended: str
) -> None:
    assert not lures(ruleset, text, "fr")
    assert lures(ruleset, unattended, "fr")


@pytest.mark.parametrize(
    "text",
    [
        "viens chez moi, dis à ta mère que tu dors chez une copine",
        "rejoins-moi derrière le stade, dis à personne où tu vas",
        "viens chez moi, ta mère est au courant",
        "viens chez moi sans tes parents",
    ],
)
def test_in_french_too_a_parent_who_is_lied_to_or_left_out_attends_nothing(ruleset: Ruleset, text: str) -> None:
    assert lures(ruleset, text, "fr")
