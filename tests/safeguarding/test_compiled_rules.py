"""Compiled rules are kept between starts, and a file that does not serve is never trusted."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import hyperscan
import pytest

from safeguarding.detection import compiled

EXPRESSIONS = [b" a[b-d]", b" x{2,3}", b" never"]
LINE = b" ab xx"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiled, "_folder", tmp_path / "rules")
    return tmp_path / "rules"


def found(database: Any) -> list[int]:
    seen: list[int] = []
    database.scan(LINE, match_event_handler=lambda index, *_: seen.append(index), scratch=hyperscan.Scratch(database))
    return sorted(seen)


def test_what_was_kept_finds_what_was_compiled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiled.compile_set(EXPRESSIONS)
    assert len(list(folder.iterdir())) == 1
    monkeypatch.setattr(compiled, "_compile", lambda expressions: pytest.fail("compiled again"))
    second = compiled.compile_set(EXPRESSIONS)
    assert found(first) == found(second) == [0, 1]


def test_other_expressions_are_never_read_from_the_same_file(folder: Path) -> None:
    compiled.compile_set(EXPRESSIONS)
    assert found(compiled.compile_set([b" zz", b" x{2,3}", b" never"])) == [1]
    assert found(compiled.compile_set([b" ab xx"])) == [0]
    assert found(compiled.compile_set([b" ab", b" xx"])) == [0, 1]


@pytest.mark.parametrize("harm", [b"", b"nonsense", None])
def test_a_damaged_file_is_compiled_again_and_mended(folder: Path, harm: bytes | None) -> None:
    compiled.compile_set(EXPRESSIONS)
    (path,) = folder.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:60] + bytes([content[60] ^ 255]) + content[61:] if harm is None else harm)
    assert found(compiled.compile_set(EXPRESSIONS)) == [0, 1]
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_written_costs_time_and_nothing_else(folder: Path) -> None:
    folder.write_text("a file stands where the folder should be")
    assert found(compiled.compile_set(EXPRESSIONS)) == [0, 1]


def test_without_a_folder_nothing_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_folder", None)
    assert found(compiled.compile_set(EXPRESSIONS)) == [0, 1]
    assert not folder.exists()


def test_what_nobody_loads_for_a_month_goes(folder: Path) -> None:
    compiled.compile_set(EXPRESSIONS)
    (old,) = folder.iterdir()
    os.utime(old, (time.time() - 40 * 24 * 3600,) * 2)
    compiled.compile_set([b" other"])
    assert not old.exists()
    assert len(list(folder.iterdir())) == 1
