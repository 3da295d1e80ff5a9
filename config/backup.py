"""A backup is a folder: the database as it stood at one moment, and a manifest that says what it is.

The keys that open the evidence are never in it: whoever steals one of the two has nothing. They go to a file of their
own, which is kept elsewhere.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from config.keys import write_env_file

MANIFEST = "manifest.json"
FORMAT = 1


class BackupError(Exception):
    """What went wrong, for the operator to read."""


def key_fingerprints() -> dict[str, str]:
    """Evidence key ids with a digest of each key: 32 random bytes cannot be guessed back from it."""
    return {
        key_id: hashlib.sha256(b"havre evidence key\0" + key).hexdigest()[:16]
        for key_id, key in settings.EVIDENCE_KEYS.items()
    }


def write_backup(folder: Path) -> Path:
    """Back up into a new folder under `folder`, named by the time in UTC; returns it. Nothing has to be stopped.

    It appears whole or not at all. Raises BackupError.
    """
    now = datetime.datetime.now(tz=datetime.UTC)
    target = folder / f"havre-{now:%Y%m%dT%H%M%SZ}"
    draft = folder / f".{target.name}.part"
    draft.mkdir(parents=True, mode=0o700)
    try:
        database = _dump(draft)
        manifest = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "vendor": connection.vendor,
            "database": database.name,
            "sha256": _digest(database),
            "evidence_keys": key_fingerprints(),
            "migrations": sorted(".".join(name) for name in MigrationRecorder(connection).applied_migrations()),
        }
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return target


def write_keys(path: Path, backup: Path) -> None:
    """The secrets, apart from the backup they open, readable by their owner only. Raises BackupError."""
    if backup.resolve() in path.resolve().parents:
        raise BackupError("The keys must not lie in the backup: it would then protect nothing.")
    if path.exists():
        raise BackupError(f"{path.name} exists already, and may hold the only copy of older keys.")
    write_env_file(path, settings.SECRETS, replace=False)


def read_backup(folder: Path) -> dict[str, Any]:
    """The manifest of an undamaged backup that this configuration can restore. Raises BackupError."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        database = folder / Path(manifest["database"]).name
        if manifest["format"] != FORMAT:
            raise BackupError("This backup is of a format that this version does not know.")
        whole = _digest(database) == manifest["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{folder.name} is not a backup: {type(error).__name__}.") from error
    if not whole:
        raise BackupError("The database file is not the one that was backed up: its SHA-256 differs.")
    if manifest["vendor"] != connection.vendor:
        raise BackupError(f"The backup is of {manifest['vendor']}, DATABASE_URL names {connection.vendor}.")
    here = key_fingerprints()
    missing = [key_id for key_id, digest in manifest["evidence_keys"].items() if here.get(key_id) != digest]
    if missing:
        raise BackupError(f"EVIDENCE_KEYS lacks what opens this evidence: {', '.join(sorted(missing))}.")
    return manifest


def restore_backup(folder: Path) -> None:
    """Put a backup into an empty database, triggers and all. Raises BackupError and changes nothing otherwise."""
    manifest = read_backup(folder)
    if connection.introspection.table_names():
        raise BackupError("The database is not empty: a restore never writes over anybody's data.")
    connection.close()
    database = folder / manifest["database"]
    if connection.vendor == "sqlite":
        with contextlib.closing(sqlite3.connect(database)) as source:
            connection.ensure_connection()
            source.backup(connection.connection)
        connection.close()
    else:
        _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
             "--dbname", _pg_uri(), str(database))  # fmt: skip


def _dump(folder: Path) -> Path:
    if connection.vendor == "sqlite":
        path = folder / "database.sqlite3"
        connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(path)) as target:
            # SQLite's own online backup: consistent while others write.
            connection.connection.backup(target)
        return path
    path = folder / "database.pgdump"
    _run("pg_dump", "--format", "custom", "--no-owner", "--no-privileges",
         "--file", str(path), "--dbname", _pg_uri())  # fmt: skip
    return path


def _pg_uri() -> str:
    """libpq's key words for the database in use, without its password: that travels in the environment."""
    parameters = connection.get_connection_params()
    words = {"host": "host", "port": "port", "user": "user", "dbname": "dbname"}
    return " ".join(f"{word}='{parameters[name]}'" for name, word in words.items() if parameters.get(name))


def _run(*command: str) -> None:
    password = connection.settings_dict.get("PASSWORD") or ""
    try:
        subprocess.run(  # noqa: S603  a fixed program of PostgreSQL's, with no shell
            command,
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **({"PGPASSWORD": password} if password else {})},
        )
    except FileNotFoundError as error:
        raise BackupError(f"{command[0]} is not installed (Debian: apt-get install postgresql-client).") from error
    except subprocess.CalledProcessError as error:
        raise BackupError(f"{command[0]} failed: {error.stderr.strip()}") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
