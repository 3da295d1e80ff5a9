"""Fresh secrets: for `manage.py setup`, and kept in the data folder where the demo and development run without any."""

from __future__ import annotations

import base64
import datetime
import os
import secrets
from pathlib import Path

from config.env import KEY_BYTES, read_env_file

SECRET_NAMES = ("SECRET_KEY", "EVIDENCE_KEYS", "SIGNING_KEY", "HASH_KEY", "CONNECTION_LOG_KEY")
FORMER_SECRETS = ("CONNECTION_LOG_OLD_KEYS",)  # there once a key was changed


def new_secrets() -> dict[str, str]:
    """A value for each of SECRET_NAMES, from the system's random source; evidence keys are named by month."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    month = datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m")
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "EVIDENCE_KEYS": f"{month}:{key()}",
        "SIGNING_KEY": key(),
        "HASH_KEY": key(),
        "CONNECTION_LOG_KEY": key(),
    }


def write_env_file(path: Path, values: dict[str, str], *, replace: bool) -> None:
    """Write `NAME=value` lines that only their owner may read (mode 600), whole or not at all.

    With `replace=False` the first of several processes wins and the others keep what it wrote.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    if replace:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def local_secrets(folder: Path) -> dict[str, str]:
    """The secrets of a demo or development folder, made at first use and kept in `secrets.env`."""
    path = folder / "secrets.env"
    if not path.exists():
        write_env_file(path, new_secrets(), replace=False)
    return read_env_file(path)
