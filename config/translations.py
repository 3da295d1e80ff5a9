"""Message catalogues with Babel, so that no system package is needed: extract, merge, compile."""

from __future__ import annotations

import datetime as dt
import io
import os
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from safeguarding.dossier.words import spaced

# The names under which Django's functions are called here; what their arguments are follows from their letters.
KEYWORDS: dict[str, None] = dict.fromkeys(
    f"{letters}gettext{lazy}" for letters in ("", "n", "p", "np") for lazy in ("", "_lazy")
) | {"_": None, "gettext_noop": None}
SOURCES = ("community", "chat", "safeguarding", "config", "templates")


def catalogues(locale: Path) -> Iterator[Path]:
    """Every .po file under a locale folder."""
    return iter(sorted(locale.glob("*/LC_MESSAGES/*.po")))


def compile_catalogues(locale: Path) -> list[Path]:
    """Write the .mo beside each .po that is newer than it; return those written. Fuzzy entries are left out."""
    written = []
    for po in catalogues(locale):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        with po.open("rb") as file:
            catalogue = read_po(file, locale=po.parent.parent.name)
        draft = mo.with_suffix(f".{os.getpid()}.mo")
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(mo)  # a process that reads meanwhile sees the old file or the new one, never half of it
        written.append(mo)
    return written


def extract(root: Path) -> Catalog:
    """Every translatable string of the Python files and templates under `SOURCES`, with the places it stands in."""
    catalogue = Catalog(project="Havre", charset="utf-8")
    for source in SOURCES:
        for path in sorted((root / source).rglob("*")):
            if path.suffix not in {".py", ".html", ".txt"} or "migrations" in path.parts or not path.is_file():
                continue
            if path.suffix == ".txt" and "templates" not in path.parts:
                continue
            text = path.read_text(encoding="utf-8")
            code = text if path.suffix == ".py" else _as_python(text, str(path.relative_to(root)))
            place, source_bytes = str(path.relative_to(root)), io.BytesIO(code.encode("utf-8"))
            try:
                found = list(extract_python(source_bytes, KEYWORDS, ["Translators:"], {"encoding": "utf-8"}))
            except (SyntaxError, tokenize.TokenError) as error:
                raise ValueError(f"{place} cannot be read: {error}") from error
            for line, function, messages, comments in found:
                _add(catalogue, str(function), messages, place, line, comments or ())
    return catalogue


def _as_python(template: str, origin: str) -> str:
    """Django's own conversion of a template into something the Python extractor reads.

    What is no string to translate is blanked out in it; the indentation of the HTML, left over, would be Python's.
    """
    return "\n".join(line.lstrip() for line in templatize(template, origin=origin).split("\n"))


def _add(catalogue: Catalog, function: str, messages: object, place: str, line: int, comments: Iterable[str]) -> None:
    given = messages if isinstance(messages, tuple) else (messages,)
    context, given = (given[0], given[1:]) if function.removeprefix("n").startswith("p") else (None, given)
    plural = function.startswith("n")
    identifiers = given[: 2 if plural else 1]
    if not all(isinstance(text, str) and text for text in identifiers):
        return  # a variable, not a literal: nothing to translate here
    flags = ["python-format"] if any("%(" in text for text in identifiers) else []
    catalogue.add(
        identifiers if plural else identifiers[0], None, [(place, line)], flags, auto_comments=comments, context=context
    )


def update_catalogues(root: Path, languages: list[str]) -> dict[str, int]:
    """Merge what `extract` finds into `locale/<language>`; return the untranslated and fuzzy entries a language has."""
    template = extract(root)
    left = {}
    for language in languages:
        po = root / "locale" / language / "LC_MESSAGES" / "django.po"
        po.parent.mkdir(parents=True, exist_ok=True)
        if po.exists():
            with po.open("rb") as file:
                catalogue = read_po(file, locale=language)
        else:
            catalogue = Catalog(locale=language)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        _sign(catalogue)
        if language == "fr":
            _space(catalogue)
        with po.open("wb") as file:
            write_po(
                file,
                catalogue,
                width=120,
                ignore_obsolete=True,
                sort_by_file=True,
                include_previous=False,
                include_lineno=False,
            )
        left[language] = sum(
            1 for message in catalogue if message.id and (message.fuzzy or not _is_done(message.string))
        )
    return left


def _sign(catalogue: Catalog) -> None:
    """The header, the same at every extraction: when a word changed, and who changed it, is in the history."""
    language = catalogue.locale.get_display_name("en") if catalogue.locale else ""
    catalogue.header_comment = f"# {language} translations for Havre, under the same licence as Havre."
    catalogue.project, catalogue.version, catalogue.msgid_bugs_address = "Havre", "", ""
    catalogue.last_translator, catalogue.language_team = "Havre", str(language)
    catalogue.charset, catalogue.fuzzy = "utf-8", False
    if not isinstance(catalogue.revision_date, dt.datetime):
        catalogue.revision_date = catalogue.creation_date


def _space(catalogue: Catalog) -> None:
    """French typed with plain spaces gets the unbreakable ones; the translator’s keyboard need not have them."""
    for message in catalogue:
        if message.id:
            string = message.string or ""
            message.string = spaced(string) if isinstance(string, str) else tuple(map(spaced, string))


def _is_done(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)
