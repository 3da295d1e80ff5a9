"""How a word may be written: elisions undone, leet, stretched letters, slips of the keyboard, spelling by sound.

Pure functions of a word and its language; which of their guesses count is for `lexicon` to say, which knows the words.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from string import ascii_lowercase

from .normalise import normalise

# "étudiant(e)s", "gay·e·s", "fier.e", "motivé-e-s": the feminine and the plural set apart
_INCLUSIVE = re.compile(
    r"(?<=[^\W\d_]{3})(?:\((?:e|es|ne|nes|le|les|te|tes|s)\)|[.\-](?:e|(?:ne|le|te|se)(?=[.\-]s)))[.\-]?(s?)(?![^\W_])"
)
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
LEET = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s",
        "!": "il", "|": "il", "€": "e", "+": "t"}  # fmt: skip
_LEET_SIGNS = re.compile(r"[0-9@$!|€+]")
_STRETCHED_SIGN = re.compile(rf"({_LEET_SIGNS.pattern})\1{{2,}}")
_MOST_ELISIONS = 4  # in one word ("qu'aujourd'hui" has two)

_FRENCH_ELISIONS = {
    "j": "je", "t": "te", "d": "de", "l": "le", "qu": "que", "n": "ne", "s": "se", "m": "me", "c": "ce",
    "lorsqu": "lorsque", "puisqu": "puisque", "jusqu": "jusque", "quoiqu": "quoique", "quelqu": "quelque",
    "presqu": "presque", "y": "y",
}  # fmt: skip
_TU_FORMS = frozenset(["e", "es", "as", "etais", "avais", "auras", "seras", "aurais", "serais", "avait"])
_ENGLISH_ENDINGS = {"re": "are", "m": "am", "ll": "will", "ve": "have", "d": "would"}
_ENGLISH_IS = frozenset(
    [
        "it",
        "he",
        "she",
        "that",
        "what",
        "there",
        "who",
        "here",
        "where",
        "how",
        "this",
        "everyone",
        "everybody",
        "someone",
        "nobody",
    ]
)
_WHOLE = {
    "fr": {"aujourd'hui": ["aujourd'hui"], "d'accord": ["d'accord"], "prud'homme": ["prud'homme"]},
    "en": {
        "can't": ["can", "not"],
        "won't": ["will", "not"],
        "shan't": ["shall", "not"],
        "ain't": ["is", "not"],
        "let's": ["let", "us"],
        "y'all": ["you", "all"],
    },
}


def without_inclusive(folded: str) -> str:
    """The folded text, as long as it was, with inclusive endings read as the plain word ("gay.e.s" is "gays")."""

    def plain(ending: re.Match[str]) -> str:
        plural = "s" in (ending[1], ending[0][-2:-1]) and folded[ending.start() - 1] != "s"
        return ("s" if plural else "").ljust(len(ending[0]))

    apart = "(" in folded or ".e" in folded or "-e" in folded or ".s" in folded or "-s" in folded
    if not apart:  # one of them is in every such ending
        return folded
    return _INCLUSIVE.sub(plain, folded)


def elisions(token: str, lang: str) -> list[str]:
    """A token with apostrophes to its words."""
    whole = _WHOLE[lang].get(token)
    if whole is not None:
        return whole
    if token.count("'") > _MOST_ELISIONS:  # no language does that: read it bare
        return [part for part in token.split("'") if part]
    head, _, rest = token.partition("'")
    if not rest:
        return [head] if lang == "en" else [_FRENCH_ELISIONS.get(head, head)] if head else []
    if lang == "fr":
        tail = elisions(rest, lang)
        if head == "t" and (tail[0] in _TU_FORMS or (tail[0].endswith("es") and len(tail[0]) > 3)):
            return ["tu", "es", *tail[1:]] if tail[0] == "e" else ["tu", *tail]  # "t'é"
        return [_FRENCH_ELISIONS.get(head, head), *tail]
    if rest == "t" and head.endswith("n"):
        return [head[:-1], "not"]
    if rest == "s":
        return [head, "is"] if head in _ENGLISH_IS else [head]
    if rest in _ENGLISH_ENDINGS:
        return [head, _ENGLISH_ENDINGS[rest]]
    return [head, *elisions(rest, lang)]


def token_name(word: str) -> str:
    """The ASCII name of a token: itself, or for an emoji or a word of another script its code points."""
    if word.isascii():
        return re.sub(r"[^a-z0-9_']", "", word.lower()) or "_"
    return "u" + "_".join(f"{ord(char):x}" for char in word[:8])


def canonical(word: str, lang: str, spelling: Mapping[str, str], fillers: Collection[str]) -> list[str]:
    """A word as written to the words it is read as: elisions undone, spelling set right, fillers dropped."""
    found: list[str] = []
    for token in normalise(word).text.split():
        for part in re.split(r"[-_]", token):
            spelt = spelling.get(part)
            for piece in [part] if spelt is None else spelt.split():
                for bare in elisions(piece, lang) if "'" in piece else [piece]:
                    again = spelling.get(bare) if spelt is None else None
                    found += [bare] if again is None else again.split()
    return [token_name(word) for word in found if word and word != "ne" and word not in fillers]


def slips(word: str) -> Iterable[str]:
    """One letter missing (not the first, words of five letters and more), or two neighbours swapped."""
    if len(word) > 4:
        for index in range(1, len(word)):
            yield word[:index] + word[index + 1 :]
    for index in range(len(word) - 1):
        if word[index] != word[index + 1]:
            yield word[:index] + word[index + 1] + word[index] + word[index + 2 :]


# French as it sounds: applied in order to a folded word, so that "konass" and "connasse" meet. Each with letters of
# which it needs one: it is quicker to look for them first.
_SOUNDS = [
    (frozenset(letters), re.compile(pattern), sound)
    for letters, pattern, sound in (
        ("s", r"ss(?=e?s?$)", "2"), ("u", r"(?:eau|au)", "o"), ("p", r"ph", "f"), ("h", r"sch|ch|sh", "1"),
        ("qck", r"qu|q|ck|c(?=[^eiy1]|$)|k", "k"), ("csç", r"c(?=[eiy])|ss|ç", "s"), ("g", r"gu(?=[eiy])", "g"),
        ("gj", r"ge(?=[aou])|j|g(?=[eiy])", "j"), ("l", r"ill|ll(?=[ei])", "y"),
        ("ie", r"[ae]i|ei|et$|ez$|er$", "e"), ("y", r"y", "i"), ("z", r"(?<=[aeiouy])z(?=[aeiouy])", "s"),
        ("xstde", r"x$|s$|t$|d$|e$", ""), ("e", r"(?:es|ent|e)$", ""), ("h", r"h", ""),
        (ascii_lowercase, r"([a-z])\1+", r"\1"), ("mn", r"m(?=[pb])|n(?=n)", "n"),
    )
]  # fmt: skip


def sound_of(word: str) -> str:
    """A folded French word as it sounds."""
    for letters, pattern, sound in _SOUNDS:
        if not letters.isdisjoint(word):
            word = pattern.sub(sound, word)
    return word


def plainer_forms(token: str) -> Iterator[str]:
    """Readings of leet signs and stretched letters, a bounded number."""
    token = _STRETCHED_SIGN.sub(r"\1", token)
    signs = _LEET_SIGNS.findall(token)
    if signs and len(signs) <= 4 and any(map(str.isalpha, token)):
        first, *others = _LEET_SIGNS.split(token)
        for choice in itertools.product(*(LEET.get(sign, sign) for sign in signs)):
            plain = first + "".join(itertools.chain(*zip(choice, others, strict=True)))
            yield plain
            if STRETCHED.search(plain):
                yield from unstretched(plain)
        yield _LEET_SIGNS.sub("", token) if token[0] in "@$" else token


def unstretched(token: str) -> Iterator[str]:
    yield STRETCHED.sub(r"\1", token)
    yield STRETCHED.sub(r"\1\1", token)
    yield _DOUBLED.sub(r"\1", token)
