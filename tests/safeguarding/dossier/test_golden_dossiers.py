"""Five codes, two languages: the same bytes as those somebody looked at, valid by others' judgement, naming nobody."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import bagit
import jsonschema
import pypdf
import pytest

from safeguarding.dossier.report_json import report_schema
from safeguarding.dossier.verify import verify
from tests.safeguarding.dossier.codes import CODES, Language
from tests.safeguarding.dossier.golden import KEPT, LANGUAGES, build, hashes

ALL = [(code, language) for code in CODES for language in LANGUAGES]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, Language], Path]:
    folder = tmp_path_factory.mktemp("golden")
    return {(code, language): build(code, language, folder).path for code, language in ALL}


@pytest.mark.parametrize(("code", "language"), ALL)
def test_dossier_is_byte_for_byte_the_one_that_was_looked_at(code: str, language: Language, tmp_path: Path) -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))[f"{code}.{language}"]
    made = hashes(build(code, language, tmp_path))
    changed = sorted(name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name))
    assert not changed, f"look at the pages, then: python -m tests.safeguarding.dossier.golden ({', '.join(changed)})"


@pytest.mark.parametrize(("code", "language"), ALL)
def test_dossier_verifies_and_is_valid_by_its_schema(
    code: str, language: Language, built: dict[tuple[str, Language], Path], tmp_path: Path
) -> None:
    path = built[code, language]
    assert verify.judge(str(path), None)[1] == 3
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
        root = archive.namelist()[0].split("/")[0]
        document = json.loads(archive.read(f"{root}/data/report.json"))
    assert bagit.Bag(str(tmp_path / root)).validate(processes=1)
    jsonschema.Draft202012Validator(report_schema()).validate(document)


def _readable(path: Path) -> dict[str, str]:
    """{name: text} of every file under data/, the words of the PDFs among them."""
    told = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if "/data/" not in name or name.endswith(".schema.json"):
                continue
            raw = archive.read(name)
            if name.endswith(".pdf"):
                pages = pypdf.PdfReader(io.BytesIO(raw)).pages
                told[name] = "".join(page.extract_text() for page in pages)
            else:
                told[name] = raw.decode("utf-8-sig")
    return told


@pytest.mark.parametrize(("code", "language"), ALL)
def test_no_file_says_what_no_file_may(code: str, language: Language, built: dict[tuple[str, Language], Path]) -> None:
    hate = code in ("H1", "V1")
    for name, text in _readable(built[code, language]).items():
        bare = re.sub(r"\s+", " ", text).lower()
        assert "private_notes" not in bare, name
        if code in ("M1", "D1"):  # a third party there
            assert "charlie" not in bare, name
        if not hate:
            for word in ("arc-en-ciel", " gays"):
                assert word not in bare, (name, word)
        assert "offender" not in bare, name
        assert "coupable" not in bare, name


def test_hate_is_told_in_its_own_words(built: dict[tuple[str, Language], Path]) -> None:
    told = _readable(built["H1", "fr"])
    assert "dehors les gays" in next(text for name, text in told.items() if name.endswith("transcript.csv"))
    told = _readable(built["V1", "fr"])
    assert "Arc-en-ciel" in next(text for name, text in told.items() if name.endswith("persons.json"))


@pytest.mark.parametrize("code", CODES)
def test_both_languages_tell_the_same_case(code: str, built: dict[tuple[str, Language], Path]) -> None:
    """What differs is the officer's own words and the language, never a person, a message or a decision."""
    cases = []
    for language in LANGUAGES:
        with zipfile.ZipFile(built[code, language]) as archive:
            root = archive.namelist()[0].split("/")[0]
            cases.append(json.loads(archive.read(f"{root}/data/report.json"))["case"])
    fr, en = cases
    for key in ("persons", "messages", "connections", "custody", "pieces", "accesses"):
        assert fr[key] == en[key], key
    assert [one["id"] for one in fr["decisions"]] == [one["id"] for one in en["decisions"]]
