"""Which ordinary words would be taken for a misspelt word of the lexicon, or for one written by ear?

Their list (`ordinary` in the vocabularies, kept in rules/ordinary_*.yaml) protects them. After new words enter a
class named in `repair`, run a word list of the language (with first names, and words that chats borrow) through
`collisions` and replace the list:

    python -m safeguarding.detection.ordinary fr < /usr/share/dict/french >
    safeguarding/detection/rules/ordinary_fr.yaml
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace

from .lexicon import Lexicon
from .normalise import normalise
from .rulesets import Ruleset, load_ruleset

# Words of the dictionary that chats hardly ever mean: as a rule they are others written by ear.
BY_EAR = {
    "fr": frozenset({"kil", "bizou", "vene", "che", "sui", "twa", "toua", "san", "jusqu"}),
    "en": frozenset({"tel", "wats", "nites", "neva", "bldg", "ne"}),
}


def collisions(ruleset: Ruleset, lang: str, words: Iterable[str]) -> list[str]:
    """The words (folded, sorted) that the lexicon, without its `ordinary` list, would repair into others."""
    bare = replace(ruleset.vocabularies[lang], ordinary=frozenset())
    lexicon = Lexicon(replace(ruleset, vocabularies={**ruleset.vocabularies, lang: bare}), lang)
    folded = {normalise(word.strip()).text for word in words} - BY_EAR[lang]
    return sorted(word for word in folded if word.isascii() and word.isalpha() and lexicon.words.repairs(word))


def main(lang: str) -> None:
    """Write the vocabulary file of the words read from standard input."""
    found = collisions(load_ruleset(), lang, sys.stdin)
    found = [f'"{word}"' if word in {"true", "false", "null"} else word for word in found]  # words, no values
    lines = [" ".join(f"{word}," for word in found[start : start + 14]) for start in range(0, len(found), 14)]
    sys.stdout.write(
        "# Ordinary words one slip away from a word of the lexicon, or that sound like one. "
        "Made by safeguarding.detection.ordinary.\n"
    )
    sys.stdout.write(f"vocabulary:\n  {lang}:\n    ordinary:\n      [" + "\n       ".join(lines).rstrip(",") + "]\n")


if __name__ == "__main__":
    main(sys.argv[1])
