"""What an expression may not consist of: words of every day, names of people, calls for help."""

from __future__ import annotations

import pytest

from safeguarding.detection.plain import plainness
from safeguarding.detection.rulesets import Ruleset

NUMBERS = ("3018", "01 48 06 42 41")


@pytest.mark.parametrize(
    ("kind", "phrases"),
    [
        ("everyday", "bonjour|ça va|demain|photo|PHOTO*|à demain|je t'aime|papa|hello|good night|see you tomorrow|b*"),
        ("everyday", "15|18 ans|12-14 ans|2024*|bus 3019|1|à 20 ans"),
        ("group", "gay|les gays|jeune gay|lesbienne|trans*|ado trans|arabe|Juifs|musulman*|personne handicapée|queer"),
        ("group", "lgbt|islam|non binaire|black people|muslim|disabled people"),
        ("help", "aide moi|aidez-moi|au secours|j'ai besoin d'aide|j'ai peur|help me|sos|3018|appelle le 3018"),
        ("help", "01 48 06 42 41"),
        ("", "soirée Karpovitch|sale arabe|sale pute|va te pendre|viens seul|kill yourself|onlyfans|insult*"),
        ("group", "15 gays"),
        ("help", "17 police"),
        ("", "06 12 34 56 78|123456|18 karpovitch|karpovitch 4471|code1"),
        ("", "retourne dans ton pays|dirty muslim|notre secret|tous les gays au bûcher"),
    ],
)
def test_words_alone_decide_of_nobody_by_what_everybody_says_or_somebody_is(
    ruleset: Ruleset, kind: str, phrases: str
) -> None:
    found = {phrase: plainness(phrase, ruleset.vocabularies, numbers=NUMBERS) for phrase in phrases.split("|")}
    assert set(found.values()) == {kind}, found
