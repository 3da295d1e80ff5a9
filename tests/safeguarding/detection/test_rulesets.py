"""Rule files: refused whole when wrong, versioned by content, proved by their own examples."""

from __future__ import annotations

import contextlib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguarding.detection.compose import judge, scan
from safeguarding.detection.lexicon import Lexicon, lexicon_for
from safeguarding.detection.rulesets import (
    LANGS,
    Ruleset,
    RulesetError,
    default_paths,
    load_ruleset,
    parse_ruleset,
    read_document,
    reread_ruleset,
)

RULE = """
code: V2
lang: fr
vocabulary:
  fr:
    classes:
      fruit: [pomme:n, "poire/poires", fruit de la passion]
    spelling: {jaim: je aime}
    fillers: [vraiment]
    repair: [fruit]
rules:
  - id: t.fruit
    patterns: ["je (mange|aime) ~2 {fruit}"]
    examples: {must_fire: ["je mange une pomme"], must_not_fire: ["je mange une tarte"]}
"""


def fires(ruleset: Ruleset, rule: str, lang: str, scope: str, text: str) -> bool:
    """Does a rule stand? A finding that accuses nobody (quoted, reported, reclaimed) does not count."""
    lexicon = lexicon_for(ruleset, lang)
    wanted = next(r for r in ruleset.rules if r.id == rule)
    if wanted.code == "GUARD":
        return lexicon.fires(wanted, lexicon.read(text))
    found = [f for f in judge(lexicon, lexicon.read(text), scope) if f.rule == rule]
    return any(f.alerting == wanted.alerting for f in found)


def _examples() -> list[tuple[str, str, str, str, bool]]:
    cases = []
    for rule in load_ruleset().rules:
        # a rule of both languages must fire in one of them, and stay silent in both
        langs = ",".join(LANGS) if rule.lang == "any" else rule.lang
        cases += [(rule.id, langs, rule.scope, example.text, True) for example in rule.must_fire]
        cases += [(rule.id, langs, rule.scope, example.text, False) for example in rule.must_not_fire]
    return cases


@pytest.mark.parametrize(("rule", "langs", "scope", "text", "expected"), _examples())
def test_every_example_of_every_rule_holds(
    ruleset: Ruleset, rule: str, langs: str, scope: str, text: str, expected: bool
) -> None:
    assert any(fires(ruleset, rule, lang, scope, text) for lang in langs.split(",")) is expected


def test_every_rule_has_at_least_as_many_silent_examples_as_firing_ones(ruleset: Ruleset) -> None:
    assert all(len(rule.must_not_fire) >= len(rule.must_fire) >= 1 for rule in ruleset.rules)


def test_every_rule_compiles_in_its_languages(ruleset: Ruleset) -> None:
    for lang in LANGS:
        for scope in ("text", "name"):
            judge(lexicon_for(ruleset, lang), lexicon_for(ruleset, lang).read("bonjour hello"), scope)


def test_the_same_files_give_the_same_digest_and_a_changed_word_another() -> None:
    first, again = parse_ruleset({"a.yaml": RULE}), parse_ruleset({"a.yaml": RULE})
    changed = parse_ruleset({"a.yaml": RULE.replace("pomme:n", "prune:n").replace("une pomme", "une prune")})
    assert first.digest == again.digest != changed.digest
    assert first.rules[0].version != changed.rules[0].version


def test_a_rule_keeps_its_version_when_another_file_changes() -> None:
    other = "rules:\n- {id: o, code: V2, lang: fr, patterns: [%s], examples: {must_fire: [a], must_not_fire: [b]}}"
    first = parse_ruleset({"a.yaml": RULE, "b.yaml": other % "un"})
    second = parse_ruleset({"a.yaml": RULE, "b.yaml": other % "deux"})
    assert first.digest != second.digest
    versions = [next(r.version for r in ruleset.rules if r.id == "t.fruit") for ruleset in (first, second)]
    assert versions[0] == versions[1]


@pytest.mark.parametrize(
    ("broken", "rule", "reason"),
    [
        ("rules: [", "-", "not YAML"),
        ("- a list", "-", "not a mapping"),
        ("ruls: []", "-", "unknown key"),
        ("rules: oops", "-", "not a list"),
        (RULE.replace("{fruit}", "{vegetable}"), "t.fruit", "unknown class {vegetable}"),
        (RULE.replace("(mange|aime)", "(mange|aime"), "t.fruit", "never closed"),
        (RULE.replace("~2", "~99"), "t.fruit", "gap of 99"),
        (RULE.replace("je (mange|aime) ~2 {fruit}", "vraiment Vraiment"), "t.fruit", "empty alternative"),
        (RULE.replace("code: V2\n", ""), "t.fruit", "no code"),
        (RULE.replace("lang: fr", "lang: de", 1), "t.fruit", "lang must be"),
        (RULE.replace('must_not_fire: ["je mange une tarte"]', "must_not_fire: []"), "t.fruit", "fewer must_not_fire"),
        (RULE.replace("pomme:n", "pomme:zz"), "-", "no paradigm"),
        (RULE.replace("id: t.fruit", "id: t.fruit\n    weight: 3"), "t.fruit", "weight"),
        (RULE.replace("id: t.fruit", "id: t.fruit\n    action: ban"), "t.fruit", "action"),
        (RULE.replace("id: t.fruit", "id: t.fruit\n    colour: red"), "t.fruit", "unknown key"),
        (RULE.replace("repair: [fruit]", "repair: [nuts]"), "-", "unknown class"),
        *(
            (RULE.replace("je (mange|aime) ~2 {fruit}", pattern), "t.fruit", reason)
            for pattern, reason in (
                ("hareng {}", "without a name"),
                ("{17..12} ans", "empty or too wide"),
                ("{0..500} ans", "empty or too wide"),
                ("ne", "empty alternative"),
                ("-", "empty alternative"),
                ("' '", "empty alternative"),
                ("\u0301", "empty alternative"),
                ("ne*", "prefix"),
                ("{" + "1" * 5000 + "..2} ans", "digits"),
                ("~" + "1" * 5000 + " ans", "digits"),
                ("(" * 2000 + "a" + ")" * 2000, "too many parentheses"),
                ("pomme " * 5000, "letters"),
            )
        ),
        (RULE.replace('"je mange une tarte"', "2024-13-45"), "-", "not YAML"),
        (RULE.replace("id: t.fruit", 'id: t.fruit\n    weight: !!int "x"'), "-", "not YAML"),
        (RULE.replace("id: t.fruit", 'id: t.fruit\n    weight: !!int ""'), "-", "not YAML"),
        (RULE.replace("id: t.fruit", 'id: t.fruit\n    weight: !!timestamp "x"'), "-", "not YAML"),
        (
            RULE.replace("fruit:", "".join(f"c{n}: [a{n}]\n      " for n in range(126)) + "fruit:"),
            "-",
            "more than 125 word classes",
        ),
    ],
)
def test_a_broken_file_is_refused_whole_with_file_rule_and_reason(broken: str, rule: str, reason: str) -> None:
    good = RULE.replace("t.fruit", "t.good").replace("fruit", "legume")
    with pytest.raises(RulesetError) as caught:
        parse_ruleset({"good.yaml": good, "bad.yaml": broken})
    assert caught.value.rule == rule
    assert reason in caught.value.reason
    assert caught.value.file == "bad.yaml"
    assert str(caught.value).startswith(caught.value.file)


PIECES = (
    "je", "ne", "vraiment", "l'", "'", "-", " ", "{fruit}", "{", "}", "(", ")", "|", "?", "*", "~", "~2", "^", "$", "_",
    "<a>", "<", "{1..3}", "\u0301", "à",
)  # fmt: skip


@given(pattern=st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join))
@settings(max_examples=400, deadline=None)
def test_a_pattern_is_refused_when_it_comes_in_or_can_be_used(pattern: str) -> None:
    source = yaml.safe_load(RULE)
    source["rules"][0]["patterns"] = [pattern]
    try:
        ruleset = parse_ruleset({"a.yaml": yaml.safe_dump(source, allow_unicode=True)})
    except RulesetError:
        return
    lexicon = Lexicon(ruleset, "fr")
    lexicon.compile_all()
    lexicon.hits(lexicon.read("je mange une pomme"))


@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (("code: V2", "code: ZZ"), "unknown code 'ZZ'"),
        (("code: V2", "code: v2"), "unknown code 'v2'"),
        (("code: V2", "code: M11"), "unknown code 'M11'"),
        (("code: V2", "code: PII"), "unknown code 'PII'"),
        (("code: V2", "code: D1\naction: refuse"), "can only be flag"),
        (("code: V2", "code: M7\naction: hold"), "can only be flag"),
        (("code: V2", "code: SIDE\ntactic: abet\naction: hold"), "can only be flag"),
        (("code: V2", "code: V2\ntactic: foo"), "unknown tactic 'foo'"),
        (("code: V2", "code: SIDE\ntactic: abett"), "unknown tactic 'abett'"),
        (("code: V2", "code: GUARD\ntactic: secrecy"), "unknown tactic 'secrecy'"),
        (("id: t.fruit", "id: t.fruit\n    weight: 1\n    weight: 0"), "stands twice"),
        (("must_fire: [", 'must_fire: [a], "must_fire": ['), "stands twice"),
        (("{fruit}", "{fruit} \\0"), "cannot be read"),
        (('["je mange une tarte"]', '["  "]'), "is empty"),
        (('["je mange une tarte"]', '["une tarte", "Une  tarte"]'), "stands twice"),
    ],
)
def test_a_slip_of_the_pen_is_refused_when_the_file_comes_in_and_puts_nothing_out_of_force(
    slip: tuple[str, str], reason: str, ruleset: Ruleset
) -> None:
    slipped = RULE.replace(*slip)
    with pytest.raises(RulesetError) as caught:
        parse_ruleset({"a.yaml": slipped}, ours=ruleset)
    assert (caught.value.file, caught.value.rule) == ("a.yaml", "t.fruit")
    assert reason in caught.value.reason
    assert reread_ruleset({"a.yaml": slipped}).rules  # taken in long ago


def test_a_key_that_stands_twice_among_the_words_is_refused() -> None:
    with pytest.raises(RulesetError, match="'fillers' stands twice"):
        parse_ruleset({"a.yaml": RULE.replace("fillers: [vraiment]", "fillers: [vraiment]\n    fillers: [tres]")})


@pytest.mark.parametrize("other", ['"Jaïm": je hais', "JAIM: je aime"])
def test_two_spellings_that_fold_to_one_are_refused_also_in_two_files(other: str) -> None:
    with pytest.raises(RulesetError, match="is read as 'jaim'") as refused:
        parse_ruleset({"a.yaml": RULE, "b.yaml": f"vocabulary: {{fr: {{spelling: {{{other}}}}}}}"})
    assert refused.value.file == "b.yaml"
    with pytest.raises(RulesetError, match="is read as 'jaim'"):
        parse_ruleset({"a.yaml": RULE.replace("{jaim: je aime}", f"{{jaim: je aime, {other}}}")})
    assert parse_ruleset({"a.yaml": RULE, "b.yaml": f"vocabulary: {{en: {{spelling: {{{other}}}}}}}"})


@pytest.mark.parametrize("source", ["[" * 200_000, "{a: " * 100_000, "- " * 50_000])
def test_a_file_that_is_nested_without_end_is_refused_and_breaks_no_process(source: str) -> None:
    with pytest.raises(RulesetError, match="nested too deeply"):
        parse_ruleset({"a.yaml": source})


def test_what_names_itself_is_refused_or_read_and_never_without_end() -> None:
    for source in ("rules: &a [*a]", "rules: &a [{id: t.x, patterns: *a}]", "vocabulary: &a {fr: {classes: *a}}"):
        with contextlib.suppress(RulesetError):
            parse_ruleset({"a.yaml": source})


WRONG_KINDS = ("5", "1.5", "true", "word", "[]", "[1]", "[{a: 1}]", "[[a]]", "{a: 1}", "{a: [1]}", "{1: 2}", "null")
RULE_FIELDS = (
    "code", "lang", "tactic", "weight", "action", "target", "guards", "scope", "bands", "rooms", "alerting", "patterns",
    "unless", "examples",
)  # fmt: skip
VOCABULARY_FIELDS = (
    "classes", "slots", "repair", "rare", "fillers", "glue", "ordinary", "spelling", "context",
)  # fmt: skip


@pytest.mark.parametrize("kind", WRONG_KINDS)
def test_whatever_kind_of_thing_stands_in_a_field_is_taken_or_refused_and_never_a_crash(kind: str) -> None:
    sources = [f"rules:\n- {{id: t.x, {field}: {kind}}}" for field in RULE_FIELDS]
    sources += [f"{field}: {kind}\nrules:\n- {{id: t.x, code: X1, patterns: [a]}}" for field in RULE_FIELDS]
    sources += [f"vocabulary: {{fr: {{{field}: {kind}}}}}" for field in VOCABULARY_FIELDS]
    sources += [f"vocabulary: {kind}", f"vocabulary: {{fr: {kind}}}", f"rules: {kind}", kind]
    for source in sources:
        with contextlib.suppress(RulesetError):
            parse_ruleset({"x.yaml": source})


@pytest.mark.parametrize("field", ["guards", "bands", "rooms"])
def test_a_list_that_is_none_is_named_with_its_rule(field: str) -> None:
    with pytest.raises(RulesetError, match=f"t.fruit.*{field} must be a list"):
        parse_ruleset({"a.yaml": RULE.replace("id: t.fruit", f"id: t.fruit\n    {field}: 5")})


def test_two_rules_with_one_id_are_refused() -> None:
    again = RULE.split("vocabulary")[0] + "rules" + RULE.split("rules")[1]
    with pytest.raises(RulesetError, match=r"already used in a\.yaml"):
        parse_ruleset({"a.yaml": RULE, "b.yaml": again})


def test_patterns_read_classes_expressions_gaps_and_fillers() -> None:
    ruleset = parse_ruleset({"a.yaml": RULE})
    for text in (
        "je mange des pommes",
        "Je mange vraiment un fruit de la passion",
        "jaim les poires",
        "je mange une p0mme",
    ):
        assert [f.rule for f in scan(text, "fr", ruleset)] == ["t.fruit"], text
    for text in ("je mange. une pomme", "je mange une tarte aux jolies petites pommes", "tu manges une pomme"):
        assert scan(text, "fr", ruleset) == [], text


def test_an_amount_is_a_number_that_may_be_a_sum_not_a_digit_written_for_a_word() -> None:
    summed = RULE.replace("je (mange|aime) ~2 {fruit}", "{number|fruit} ~1 ce soir").replace(
        "je mange une pomme", "3 ce soir"
    )
    asked = summed.replace("{number|fruit}", "{amount}").replace("3 ce soir", "30 ce soir")
    counted = {text: scan(text, "fr", parse_ruleset({"a.yaml": summed})) for text in ("3 ce soir", "30 ce soir")}
    assert all(counted.values())
    ruleset = parse_ruleset({"a.yaml": asked})
    assert [bool(scan(text, "fr", ruleset)) for text in ("30 ce soir", "3 ce soir", "20.00 ce soir")] == [
        True,
        False,
        False,
    ]


def test_words_like_on_no_and_off_are_words_not_truth_values() -> None:
    ruleset = parse_ruleset({"a.yaml": RULE.replace("[vraiment]", "[on, no, off, yes]")})
    assert ruleset.vocabularies["fr"].fillers == {"on", "no", "off", "yes"}


def test_a_word_that_begins_like_true_is_a_word() -> None:
    ruleset = parse_ruleset({"a.yaml": RULE.replace("[vraiment]", "[truelove, falsehood]")})
    assert ruleset.vocabularies["fr"].fillers == {"truelove", "falsehood"}


SLOTTED = """
code: V2
lang: fr
vocabulary:
  fr:
    classes: {fruit: [pomme:n, poire:n]}
    slots:
      eater: ["je", "mon ~1 <friend>"]
      friend: ["ami", "voisin"]
rules:
  - id: t.slots
    patterns: ["<eater> (mange|aime) ~2 {fruit}", "<eater> bois ~2 (cidre|jus)"]
    examples: {must_fire: ["je mange une pomme"], must_not_fire: ["je mange une tarte"]}
"""


def test_a_slot_is_filled_by_each_of_its_phrases_and_by_the_slots_inside_them() -> None:
    ruleset = parse_ruleset({"a.yaml": SLOTTED})
    for text in ("je mange une pomme", "mon voisin mange une poire", "mon vieil ami aime les pommes", "je bois du jus"):
        assert [f.rule for f in scan(text, "fr", ruleset)] == ["t.slots"], text
    assert scan("mon chien mange une pomme", "fr", ruleset) == []


def test_a_slot_with_other_words_makes_another_version_of_the_rules_that_name_it() -> None:
    before, after = (parse_ruleset({"a.yaml": text}) for text in (SLOTTED, SLOTTED.replace("voisin", "cousin")))
    assert before.rules[0].version != after.rules[0].version
    assert before.digest != after.digest


@pytest.mark.parametrize(
    ("changed", "rule", "reason"),
    [
        (("<eater> bois", "<drinker> bois"), "t.slots", "unknown slot <drinker>"),
        (('"voisin"]', '"un <eater>"]'), "-", "circular"),
        (('"voisin"]', '"un <nobody>"]'), "-", "unknown or circular"),
    ],
)
def test_a_slot_that_does_not_exist_is_refused(changed: tuple[str, str], rule: str, reason: str) -> None:
    with pytest.raises(RulesetError) as refused:
        parse_ruleset({"a.yaml": SLOTTED.replace(*changed)})
    assert refused.value.rule == rule
    assert reason in str(refused.value)


@pytest.mark.parametrize("name", ["Eater", "eater2", "eat-er", "éater"])
def test_a_slot_that_no_pattern_can_name_is_refused_when_the_file_comes_in(name: str) -> None:
    for source in (SLOTTED.replace("eater", name), SLOTTED.replace("<eater> bois", f"<{name}> bois")):
        with pytest.raises(RulesetError, match="named"):
            parse_ruleset({"a.yaml": source})
        assert reread_ruleset({"a.yaml": source}).rules


@pytest.mark.parametrize("twice", ["<x{0}> <x{0}>", "<x{0}>", "<x{0}>|<y{0}>"])
def test_slots_inside_slots_without_end_are_refused_at_once(twice: str) -> None:
    names = "abcdefghijklmnopqrstuvwxyz"
    letters = [one + other for one in names for other in names]
    chain = "".join(
        f"      {kind}{letters[n]}: ['{twice.format(letters[n + 1])}']\n" for n in range(600) for kind in "xy"
    )
    last = f"      x{letters[600]}: [je]\n      y{letters[600]}: [je]\n"
    with pytest.raises(RulesetError, match="slot"):
        parse_ruleset({"a.yaml": SLOTTED.replace("    slots:\n", f"    slots:\n{chain}{last}")})


def test_classes_inside_classes_without_end_are_refused() -> None:
    chain = "".join(f"      c{n}: ['@c{n + 1}']\n" for n in range(60)) + "      c60: [a]\n"
    with pytest.raises(RulesetError, match="unknown or circular"):
        parse_ruleset({"a.yaml": RULE.replace("    classes:\n", f"    classes:\n{chain}")})


def test_no_entry_of_ours_mixes_words_and_expressions_between_its_slashes() -> None:
    """One such, "personne/personnes handicapée", was read as two, and a word of every day became a protected group.
    Files stored long ago may hold one, so they are not refused for it.
    """
    mixed = [
        entry
        for path in default_paths()
        for words in (read_document(path.name, path.read_text(encoding="utf-8")).get("vocabulary") or {}).values()
        for entries in (words.get("classes") or {}).values()
        for entry in map(str, entries)
        if len({len(alternative.split()) for alternative in entry.split("/")}) > 1
    ]
    assert mixed == []
