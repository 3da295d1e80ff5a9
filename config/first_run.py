"""The first minutes of an installation, before there is any setting to load: its secrets and its address."""

from __future__ import annotations

import os
import re
from pathlib import Path

from config.keys import new_secrets, write_env_file

DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def environment_file(base: Path) -> Path:
    """Where the settings look for what `setup` wrote."""
    var = Path(os.environ.get("HAVRE_VAR") or base / "var")
    return Path(os.environ.get("HAVRE_ENV_FILE") or var / "havre.env")


def write_first_environment(path: Path, *, domain: str) -> None:
    """Fresh secrets and the domain, in a file only its owner reads. Raises ValueError on what is no domain name."""
    if not DOMAIN.fullmatch(domain):
        raise ValueError(f"{domain!r} is not a domain name such as havre.example.org")
    values = {"ALLOWED_HOSTS": domain, "SITE_URL": f"https://{domain}", **new_secrets()}
    write_env_file(path, values, replace=False)
