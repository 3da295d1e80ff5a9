"""What is wrong with a rule file is told in the reader's language."""

from __future__ import annotations

import ast
import inspect

import pytest
from django.utils import translation

from safeguarding.detection import lexicon, patterns, rule_checks, rule_reading, rulesets
from safeguarding.detection.rulesets import RulesetError, parse_ruleset
from safeguarding.errors import RulesBroken
from safeguarding.in_words import in_words
from safeguarding.rule_faults import RULE_FAULTS
from safeguarding.rules import rules_of_ours
from tests.safeguarding.rules.conftest import herring

GOOD = herring()["herring.yaml"]


@pytest.mark.parametrize(
    ("source", "french"),
    [
        ("rules: [", "ce n’est pas du YAML"),
        ("- a list", "ce n’est pas une liste de clés"),
        ("ruls: []", "clé inconnue « ruls »"),
        ("rules: oops", "n’est pas une liste de règles"),
        (GOOD.replace("hareng bleu", "(hareng", 1), "une parenthèse n’est jamais fermée dans '(hareng'"),
        (GOOD.replace("hareng bleu", "hareng) bleu", 1), "une parenthèse se ferme sans avoir été ouverte"),
        (GOOD.replace("hareng bleu", "{poisson} bleu", 1), "classe inconnue {poisson}"),
        (GOOD.replace("weight: 0.5", "weight: 7"), "weight doit être un nombre de 0 à 1"),
        (GOOD.replace("action: hold", "action: ban"), "action doit être parmi flag, hold, refuse"),
        (GOOD.replace("action: hold", "bands: 5"), "bands doit être une liste de mots entre guillemets"),
        (GOOD.replace("action: hold", "colour: red"), "clé inconnue « colour »"),
        (GOOD.replace('must_not_fire: ["voici le hareng rouge"]', "must_not_fire: []"), "moins de phrases"),
        (GOOD.replace("code: X1", "code: m1"), "il n’y a pas de code « m1 »"),
        (GOOD.replace("action: hold", "tactic: foo"), "il n’y a pas de tactique « foo » pour le code X1"),
        (GOOD.replace("code: X1", "code: D1"), "son action ne peut être que flag"),
        (GOOD.replace("code: X1", "code: GUARD"), "une règle du code GUARD a besoin d’une tactique"),
        (GOOD.replace("action: hold", "scope: name"), "la portée « name » est celle du code ROOM"),
        (GOOD.replace("action: hold", "lang: en\n    lang: fr"), "la clé « lang » figure deux fois (ligne 7)"),
        (GOOD.replace("hareng bleu", "hareng \\0", 1), "un caractère illisible"),
        (GOOD.replace("t.herring", "watch.herring"), "les identifiants qui commencent par « watch. »"),
        (GOOD.replace("t.herring", "t." + "h" * 90), "son identifiant"),
        (GOOD.replace('"voici le hareng rouge"', '""'), "une de ses phrases est vide"),
        (GOOD.replace('"voici le hareng rouge"', '"rouge", "Rouge "'), "la même phrase figure deux fois"),
        (GOOD.replace("le hareng rouge", "le hareng bleu"), "doit être reconnue et ne doit pas l’être"),
        (GOOD.replace('"voici le hareng rouge"', "{text: rouge, band: elders}"), "la tranche d’âge ou le salon"),
        (GOOD.replace('must_fire: ["voici le hareng bleu"]', "must_fire: []"), "aucune phrase qui doive être reconnue"),
        ("rules: " + "[" * 50 + "]" * 50, "trop de choses imbriquées"),
    ],
)
def test_a_broken_file_is_told_in_french(source, french):
    with pytest.raises(RulesetError) as caught:
        parse_ruleset({"herring.yaml": source}, ours=rules_of_ours())
    with translation.override("fr"):
        told = str(RulesBroken(caught.value)).replace("\u00a0", " ").replace("\u202f", " ")
    assert "herring.yaml" in told
    assert french in told


def test_every_rule_that_is_told_of_a_fault_is_named():
    for source in (GOOD.replace("code: X1", "code: m1"), GOOD.replace("action: hold", "lang: en\n    lang: fr")):
        with pytest.raises(RulesetError) as caught:
            parse_ruleset({"herring.yaml": source}, ours=rules_of_ours())
        assert (caught.value.file, caught.value.rule) == ("herring.yaml", "t.herring")


def test_a_reason_that_has_no_words_here_stays_as_it_is():
    with translation.override("fr"):
        assert in_words("something new", RULE_FAULTS) == "something new"


def _sample(part: ast.expr) -> str:
    """A part of what is said: as it stands, or something like what is filled in there."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    if "[:1]" in ast.unparse(part):
        return "['x']"
    return "'x'" if getattr(part, "conversion", -1) == ord("r") else "3"


def reasons() -> list[str]:
    """What the engine may say of a rule file, as its source has it; not what it only passes on."""
    found = set()
    for module in (lexicon, patterns, rule_checks, rule_reading, rulesets):
        for call in ast.walk(ast.parse(inspect.getsource(module))):
            name = getattr(getattr(call, "func", None), "id", "")
            if name in {"RulesetError", "PatternError", "_check"}:
                said = call.args[-1]
                text = "".join(map(_sample, said.values if isinstance(said, ast.JoinedStr) else [said]))
                found.add(f"{text} in 'x'" if name == "PatternError" else text)
    return sorted(text for text in found if not text.startswith("3"))


@pytest.mark.parametrize("reason", reasons())
def test_whatever_the_engine_says_of_a_rule_file_has_french_words(reason):
    with translation.override("fr"):
        assert in_words(reason, RULE_FAULTS) != reason
