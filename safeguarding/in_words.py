"""What the machine says or writes down in English, said in the language of whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.functional import Promise

# What is said in English, as a regular expression of the whole of it, and the words for it: they name its groups.
Sentences = Sequence[tuple[str, str | Promise]]


def in_words(said: str, sentences: Sentences) -> str:
    """What was said, in the language in force, by the first of `sentences` that it is; else as it was said."""
    for pattern, words in sentences:
        if match := re.fullmatch(pattern, said):
            return str(words) % match.groupdict() if match.groupdict() else str(words)
    return said
