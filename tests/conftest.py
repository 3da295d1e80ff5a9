"""What every test may use. The environment is set before Django reads its settings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI", "").lower() == "true"


def missing(reason: str) -> None:
    """A component that is not there: a failure under CI=true, where everything must run, a skip elsewhere."""
    if CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def shared_path(*parts: str) -> Path:
    """A file of the shared data folder beside the project; skips where the folder is not there.

    Under CI=true a folder that is there but lacks the file is a failure.
    """
    folder = PROJECT.parent / "shared"
    path = folder.joinpath(*parts)
    if path.exists():
        return path
    if CI and folder.exists():
        pytest.fail(f"the shared folder has no {'/'.join(parts)}", pytrace=False)
    pytest.skip(f"no shared data here: {'/'.join(parts)}")


def pytest_configure() -> None:
    # Before settings are read: nothing of a developer's environment or data folder reaches a test.
    for name in ("DATABASE_URL", "HAVRE_DEMO", "HAVRE_ENV_FILE", "SECRET_KEY", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ.update(DEBUG="1", HAVRE_VAR=tempfile.mkdtemp(prefix="havre-tests-"))
