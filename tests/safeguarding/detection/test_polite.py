"""What is said to "vous" reads as what is said to "tu", and stays where it stood."""

from __future__ import annotations

import pytest

from safeguarding.detection import polite
from safeguarding.detection.lexicon import lexicon_for
from safeguarding.detection.rulesets import Ruleset


@pytest.mark.parametrize(
    ("said", "familiar"),
    [
        ("dites rien a vos parents", "dis rien a tes parents"),
        ("gardez ca pour vous", "garde ca pour toi"),
        ("vous avez whatsapp", "tu as whatsapp"),
        ("avez vous une photo de votre chambre", "as tu une photo de ton chambre"),
        ("je vous envoie ca", "je te envoie ca"),
        ("vous effacez nos messages", "tu effaces nos messages"),
        ("effacez nos messages", "efface nos messages"),
        ("vous pourriez venir", "tu pourrais venir"),
        ("attendez moi", "attends moi"),
        ("on a rendez vous chez moi", "on a rendez vous chez moi"),
        ("c'est assez", "c'est assez"),
    ],
)
def test_a_polite_form_is_turned_into_the_familiar_one(ruleset: Ruleset, said: str, familiar: str) -> None:
    known = lexicon_for(ruleset, "fr").words.known
    assert " ".join(polite.familiar(said.split(), known)) == familiar


def test_the_familiar_reading_has_its_words_in_the_same_places_and_is_made_only_where_somebody_says_vous(
    ruleset: Ruleset,
) -> None:
    lexicon = lexicon_for(ruleset, "fr")
    reading = lexicon.read("ne dites rien à vos parents")
    said = lexicon.familiar(reading)
    assert said is not None
    assert [said.word(n) for n in range(len(said.pieces))] == ["dis", "rien", "a", "tes", "parents"]
    assert said.spans == reading.spans
    assert lexicon.familiar(lexicon.read("dis rien à tes parents")) is None
    assert lexicon.familiar(lexicon.read("rendez-vous chez nous")) is None
