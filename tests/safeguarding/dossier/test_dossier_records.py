"""The smaller records: readable transcript, persons, chronology, notifications, the enclosed instructions."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from html.parser import HTMLParser

import pytest

from safeguarding.dossier.bag import BagResult
from safeguarding.dossier.records import chronology_csv, notifications_json, persons_json
from safeguarding.dossier.transcript_html import transcript_html
from tests.conftest import PROJECT
from tests.safeguarding.dossier.cases import conversation, grooming_case


class Page(HTMLParser):
    """Tags with their attributes, and all text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_readable_transcript_tells_every_version_and_state() -> None:
    case = grooming_case()
    page = Page(b"".join(transcript_html(case)).decode())
    for message in case.messages:
        for version in message.versions:
            assert (version.text or "") in page.text
    ids = [attributes["id"] for tag, attributes in page.tags if tag == "li"]
    assert ids == [message.id for message in case.messages]
    assert "retenu, personne ne l’a vu" in page.text
    assert "28 mars 2026" in page.text
    assert ("html", {"lang": "fr"}) in page.tags


def test_readable_transcript_runs_and_fetches_nothing_whatever_was_written() -> None:
    lines = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</li></ol><h1>x",
        "&lt;b&gt; &amp;",
        "\u202egnol",
    ]
    case = grooming_case(messages=conversation([("bob", line, ()) for line in lines], code="M1"), alerts=(), reports=())
    page = Page(b"".join(transcript_html(case)).decode())
    used = {tag for tag, _ in page.tags}
    assert used <= {
        "html",
        "meta",
        "title",
        "style",
        "h1",
        "h2",
        "small",
        "p",
        "ol",
        "li",
        "strong",
        "span",
        "time",
        "bdi",
        "a",
        "mark",
    }
    assert sum(tag == "h1" for tag, _ in page.tags) == 1
    for line in lines[:4]:
        assert line in page.text
    assert "\u202e" not in page.text
    assert "U+202E" in page.text
    assert all(str(attributes.get("href", "#")).startswith("#") for _, attributes in page.tags)
    policy = next(attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_readable_transcript_of_an_empty_case_says_so() -> None:
    page = Page(b"".join(transcript_html(grooming_case(messages=(), alerts=(), reports=()))).decode())
    assert "Aucun message" in page.text


def test_persons_tell_stays_and_counts_but_of_a_notifier_nothing() -> None:
    persons = {person["id"]: person for person in json.loads(persons_json(grooming_case()))["persons"]}
    assert persons["bob"]["messages_enclosed"] == 6
    assert persons["bob"]["stays"][0]["room_name"] == "Entraide lycée"
    assert persons["bob"]["stays"][0]["left_at"] == "2026-03-28T20:45:00.250Z"
    assert {key: value for key, value in persons["N1"].items() if value} == {"id": "N1", "roles": ["notifier"]}


def test_chronology_table_holds_all_lines_in_order() -> None:
    rows = list(csv.DictReader(io.StringIO(b"".join(chronology_csv(grooming_case())).decode("utf-8-sig"), newline="")))
    assert [row["at_utc"] for row in rows] == sorted(row["at_utc"] for row in rows)
    assert rows[-1]["kind"] == "export"
    assert {"joined", "left", "edited", "told"} <= {row["kind"] for row in rows}


def test_notifications_tell_ground_recipient_and_what_is_due() -> None:
    document = json.loads(notifications_json(grooming_case()))
    assert document["handover"]["legal_basis"] == "Règlement (UE) 2022/2065, art. 18"
    assert [one["state"] for one in document["transmissions"]] == ["acknowledged", "due"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_instructions_name_every_file_of_the_bag_and_no_other(language: str, bag: BagResult) -> None:
    text = (PROJECT / "safeguarding" / "dossier" / "verify" / f"README.{language}.txt").read_text(encoding="utf-8")
    named = set(re.findall(r"(data/[a-z.-]+(?:[a-z]|/))", text))
    held = {re.sub(r"(data/channels/).*", r"\1", file.path) for file in bag.files if file.path.startswith("data/")}
    assert named - {"data/redactions.json"} == held
    assert all(len(line) <= 120 for line in text.splitlines())


def test_cell_of_the_chronology_is_no_formula() -> None:
    room = dataclasses.replace(grooming_case().rooms[0], name="=1+1")
    raw = b"".join(chronology_csv(grooming_case(rooms=(room,)))).decode()
    assert not re.search(r'(^|,)"?=', raw, re.MULTILINE)
