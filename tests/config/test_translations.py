"""Translations: everything a person reads is found, French is complete, and compiling needs no system package."""

from __future__ import annotations

import gettext
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from config.translations import SOURCES, compile_catalogues, extract, update_catalogues
from safeguarding.dossier.words import WORDS

PROJECT = Path(__file__).resolve().parent.parent.parent
# What code or a template fills in (%(name)s, {name}) and markup: a translation that loses one breaks at run time.
PLACEHOLDER = re.compile(r"%\(\w+\)\.?\d*\w|\{\w*\}|</?\w[^>]*>|&\w+;")
# A plain space before one of these signs, or inside guillemets, lets the line break there.
BAD_FRENCH = re.compile(r"\w'\w|\w['’] |[\w)»][ \u202f][:;?!»]|«[ \u202f]|\.\.\.|[“”]")
PYTHON = """
_("A plain one")
gettext_lazy("A lazy one")
ngettext("%(n)s room", "%(n)s rooms", n)
pgettext_lazy("of a door", "open")
npgettext("of people", "%(n)s friend", "%(n)s friends", n)
_(variable)
"""
TEMPLATE = """{% load i18n %}<p title="{% translate "A title" %}">
{% blocktranslate trimmed with name=x %}
  Hello
  {{ name }}
{% endblocktranslate %}
{% blocktranslate count n=n %}one{% plural %}many{% endblocktranslate %}
{% translate "close" context "of a window" %}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for source in SOURCES:
        (tmp_path / source).mkdir()
    (tmp_path / "chat" / "views.py").write_text(PYTHON)
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


def test_every_form_of_a_translatable_string_is_found(project: Path) -> None:
    found = {(message.context, message.id) for message in extract(project) if message.id}
    assert found == {
        (None, "A plain one"),
        (None, "A lazy one"),
        (None, ("%(n)s room", "%(n)s rooms")),
        ("of a door", "open"),
        ("of people", ("%(n)s friend", "%(n)s friends")),
        (None, "A title"),
        (None, "Hello %(name)s"),
        (None, ("one", "many")),
        ("of a window", "close"),
    }


def test_a_file_that_cannot_be_read_is_named(project: Path) -> None:
    (project / "chat" / "broken.py").write_text('_("""never closed")')
    with pytest.raises(ValueError, match=r"chat/broken\.py"):
        extract(project)


def test_merging_keeps_what_was_translated_and_counts_what_is_left(project: Path) -> None:
    assert update_catalogues(project, ["fr"]) == {"fr": 9}
    po = project / "locale" / "fr" / "LC_MESSAGES" / "django.po"
    text = po.read_text(encoding="utf-8")
    po.write_text(text.replace('msgid "A title"\nmsgstr ""', 'msgid "A title"\nmsgstr "Un titre"'), encoding="utf-8")
    assert update_catalogues(project, ["fr"]) == {"fr": 8}
    assert "Un titre" in po.read_text(encoding="utf-8")


def test_merging_gives_french_its_unbreakable_spaces(project: Path) -> None:
    update_catalogues(project, ["fr"])
    po = project / "locale" / "fr" / "LC_MESSAGES" / "django.po"
    text = po.read_text(encoding="utf-8")
    po.write_text(
        text.replace('msgid "A title"\nmsgstr ""', 'msgid "A title"\nmsgstr "Qui ? « Nous »"'), encoding="utf-8"
    )
    update_catalogues(project, ["fr"])
    assert "Qui\N{NO-BREAK SPACE}? «\N{NO-BREAK SPACE}Nous\N{NO-BREAK SPACE}»" in po.read_text(encoding="utf-8")


def test_what_is_compiled_is_what_was_written_and_only_when_newer(project: Path) -> None:
    folder = project / "locale" / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Room"\nmsgstr "Salon"\n',
        encoding="utf-8",
    )
    assert compile_catalogues(project / "locale") == [folder / "django.mo"]
    assert compile_catalogues(project / "locale") == []
    assert gettext.translation("django", project / "locale", ["fr"]).gettext("Room") == "Salon"


def test_french_is_complete(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "locale", tmp_path / "locale")
    for source in SOURCES:
        (tmp_path / source).symlink_to(PROJECT / source, target_is_directory=True)
    left = update_catalogues(tmp_path, ["fr"])
    with (tmp_path / "locale" / "fr" / "LC_MESSAGES" / "django.po").open("rb") as file:
        untranslated = [str(message.id) for message in read_po(file, locale="fr") if message.id and not message.string]
    assert left == {"fr": 0}, "\n".join(untranslated)


def french() -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each entry of the French catalogue: its English forms, its French forms (one, or singular and plural)."""
    with (PROJECT / "locale" / "fr" / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue: Catalog = read_po(file, locale="fr")
    for message in catalogue:
        if message.id:
            yield as_forms(message.id), as_forms(message.string)


def as_forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_a_translation_keeps_every_placeholder() -> None:
    wrong = [
        (english, translated)
        for english, translated in french()
        if any(
            sorted(PLACEHOLDER.findall(form)) != sorted(PLACEHOLDER.findall(english[-1]))
            for form in translated[min(1, len(english) - 1) :]
        )
        or not set(PLACEHOLDER.findall(translated[0])) <= set(PLACEHOLDER.findall(english[-1]))
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_french_is_written_with_french_signs() -> None:
    catalogue = [form for _english, translated in french() for form in translated]
    terms = [form for path in (PROJECT / "community" / "terms").glob("*.yaml") for form in terms_in_french(path)]
    dossier = [words.fr for words in WORDS.values()]
    assert catalogue and terms and dossier
    wrong = [form for form in (*catalogue, *terms, *dossier) if BAD_FRENCH.search(form)]
    assert not wrong, "\n".join(wrong)


def terms_in_french(path: Path) -> Iterator[str]:
    for clause in yaml.safe_load(path.read_text(encoding="utf-8"))["clauses"]:
        yield from (clause[part]["fr"] for part in ("title", "text", "teen"))


def test_the_header_of_a_new_catalogue_has_nothing_left_to_fill_in(project: Path) -> None:
    update_catalogues(project, ["fr"])
    text = (project / "locale" / "fr" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    header = text.partition("\n\n")[0]
    assert "Language: fr" in header
    assert not re.search("fuzzy|FIRST AUTHOR|EMAIL|ORGANIZATION|YEAR|LANGUAGE|VERSION", header)
    update_catalogues(project, ["fr"])
    assert (project / "locale" / "fr" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8") == text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "given", "words"),
    [("fr", "fr", "Numéros d’aide"), ("en", "en", "Help lines"), ("de", "fr", "Numéros d’aide")],
)
def test_a_page_speaks_the_language_it_says_it_speaks(client: Client, asked: str, given: str, words: str) -> None:
    page = client.get("/help/", headers={"accept-language": asked}, follow=True).content.decode()
    assert f'<html lang="{given}">' in page
    assert words in page


@pytest.mark.parametrize("name", sorted(path.name for path in (PROJECT / "templates" / "mail").glob("[a-z]*.txt")))
def test_mail_tells_nothing_of_what_havre_is_for(name: str) -> None:
    """Somebody else may read a mailbox: neither the community, nor moderation, nor age stands in a mail."""
    french_mail, english_mail = (mail_in(language, name) for language in ("fr", "en"))
    assert french_mail.strip() and english_mail.strip()
    assert french_mail != english_mail
    for mail in (french_mail, english_mail):
        assert not re.findall(
            r"havre|salon|\brooms?\b|signal|report|modér|moder|\bâge|\bage\b|lgbt|d[ée]cision", mail.lower()
        )


def mail_in(language: str, name: str) -> str:
    with translation.override(language):
        return render_to_string(f"mail/{name}", {"link": "https://example.org/x"})
