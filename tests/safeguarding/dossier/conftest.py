"""One signed dossier, built once, for every test that only reads it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from safeguarding.dossier.bag import BagResult, build_bag
from safeguarding.dossier.sign import Signer
from tests.safeguarding.dossier.cases import grooming_case


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer.from_seed(bytes(range(32)))


@pytest.fixture(scope="session")
def bag(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> BagResult:
    return build_bag(grooming_case(), out=tmp_path_factory.mktemp("bag") / "dossier.zip", signer=signer)


@pytest.fixture
def folder(bag: BagResult, tmp_path: Path) -> Path:
    """The dossier unpacked, free to be spoilt."""
    with zipfile.ZipFile(bag.path) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "INC-2026-k7Qm2xT9"
