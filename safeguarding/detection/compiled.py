"""Compiled pattern sets, kept on disk between starts: compiling a thousand patterns takes seconds, loading them
milliseconds. A file is named by what it was compiled from, so that it is never stale; one that does not load (damaged,
another machine's, another version's) is compiled again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hyperscan

logger = logging.getLogger(__name__)

MODE = hyperscan.HS_MODE_BLOCK
FORGET_SECONDS = 30 * 24 * 3600.0  # files of rule sets nobody has loaded for a month

_folder: Path | None = None


def keep_in(folder: Path | None) -> None:
    """Where compiled sets are kept from now on; None keeps none. The folder is the installation's own: whoever can
    write there can change what is detected."""
    global _folder
    _folder = folder


def compile_set(expressions: Sequence[bytes]) -> Any:
    """A Hyperscan block database that reports each expression, by its index, at most once a text."""
    if _folder is None:
        return _compile(expressions)
    digest = hashlib.sha256(version("hyperscan").encode())
    for expression in expressions:
        digest.update(len(expression).to_bytes(4) + expression)
    path = _folder / f"{digest.hexdigest()}.hs"
    try:
        database = hyperscan.loadb(path.read_bytes(), MODE)
        os.utime(path)
    except FileNotFoundError:
        pass
    except (OSError, hyperscan.error) as error:
        logger.warning("a compiled pattern set does not load (%s): compiled again", type(error).__name__)
    else:
        return database
    database = _compile(expressions)
    try:
        _keep(path, hyperscan.dumpb(database))
    except OSError as error:
        logger.warning("a compiled pattern set could not be kept (%s): the next start is as slow", type(error).__name__)
    return database


def _compile(expressions: Sequence[bytes]) -> Any:
    database = hyperscan.Database(mode=MODE)
    database.compile(
        expressions=list(expressions),
        ids=list(range(len(expressions))),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(expressions),
    )
    return database


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)  # several processes that start together may write it, each of them whole
    long_ago = time.time() - FORGET_SECONDS
    for other in path.parent.glob("*.hs*"):
        if other.stat().st_mtime < long_ago:
            other.unlink(missing_ok=True)
