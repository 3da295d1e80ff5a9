"""The terms: versioned clauses with stable ids (DSA art. 14). Decisions cite clauses by id and version.

A version is a YAML file beside this module, named after its date, and never edited once published.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.utils.translation import get_language

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule. `title`, `text` and `teen` (the same in words for teenagers, art. 14(3)) are by language."""

    id: str
    codes: tuple[str, ...]
    title: Mapping[str, str]
    text: Mapping[str, str]
    teen: Mapping[str, str]

    def told(self, part: str) -> str:
        """The clause's `title`, `text` or `teen` in the language in force; French for any other."""
        words: Mapping[str, str] = getattr(self, part)
        return words.get((get_language() or "fr")[:2], words["fr"])


@dataclass(frozen=True, slots=True)
class Terms:
    version: str
    clauses: tuple[Clause, ...]

    def clause(self, clause_id: str) -> Clause:
        """Return the clause; KeyError if this version has none of that id."""
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise KeyError(clause_id)


def versions() -> tuple[str, ...]:
    """Every published version, oldest first."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@functools.cache
def terms(version: str) -> Terms:
    """The terms as they stood in `version`; KeyError for a version that was never published."""
    if version not in versions():
        raise KeyError(version)
    raw = yaml.safe_load((_FOLDER / f"{version}.yaml").read_text(encoding="utf-8"))
    return Terms(
        version=raw["version"],
        clauses=tuple(
            Clause(id=c["id"], codes=tuple(c["codes"]), title=c["title"], text=c["text"], teen=c["teen"])
            for c in raw["clauses"]
        ),
    )


def current() -> Terms:
    """The terms in force: the latest version."""
    return terms(versions()[-1])
