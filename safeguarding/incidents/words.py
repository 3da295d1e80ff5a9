"""Words that are data: in both languages, whatever language is active."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in French and in English."""

    fr: str
    en: str

    def in_language(self, language: str) -> str:
        """The words in `language` ("fr", "fr-FR", "en" ...); French, the first language here, for any other."""
        return self.en if language.lower().startswith("en") else self.fr
