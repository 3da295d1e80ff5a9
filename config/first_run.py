"""The first minutes of an installation, before there is any setting to load: its secrets, its address, its mail server.

`manage.py setup` calls this first and answers the rest of its questions as an ordinary command.
"""

from __future__ import annotations

import argparse
import getpass
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.env import TRUE, Env, read_env_file
from config.keys import new_secrets, write_env_file
from config.mail import mail_server

BASE_DIR = Path(__file__).resolve().parent.parent
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
# Options of `setup` that become lines of the environment file.
OPTIONS = {
    "--domain": ("ALLOWED_HOSTS", "the name the community is reached under, such as havre.example.org"),
    "--mail-host": ("EMAIL_HOST", "the mail server"),
    "--mail-port": ("EMAIL_PORT", "its port (587)"),
    "--mail-security": ("EMAIL_SECURITY", "starttls, tls or none"),
    "--mail-user": ("EMAIL_USER", "the account there; its password is asked for, or is EMAIL_PASSWORD"),
    "--mail-from": ("EMAIL_FROM", "a neutral sender, such as 'Havre <no-reply@havre.example.org>'"),
    "--time-zone": ("TIME_ZONE", "the community's zone (Europe/Paris)"),
}


def add_environment_options(parser: argparse.ArgumentParser) -> None:
    """The options that both this module and the command know."""
    group = parser.add_argument_group("written to the environment file")
    for option, (_name, help_text) in OPTIONS.items():
        group.add_argument(option, help=help_text)
    parser.add_argument("--no-input", action="store_true", help="ask nothing: options and defaults only")


def environment_file() -> Path:
    """Where the settings look for what setup wrote."""
    var = Path(os.environ.get("HAVRE_VAR") or BASE_DIR / "var")
    return Path(os.environ.get("HAVRE_ENV_FILE") or var / "havre.env")


def prepare_environment(arguments: Sequence[str]) -> None:
    """Write the environment file, or add to the one that is there what the options say; secrets in it are kept.

    At a terminal it asks for what neither says, again until the answer is sound; an answer that is none exits with a
    message before anything is written. Does nothing where the environment itself says DEBUG or HAVRE_DEMO, which
    bring their own secrets, and writes no secret that the environment brings.
    """
    local = any(os.environ.get(name, "").strip().lower() in TRUE for name in ("DEBUG", "HAVRE_DEMO"))
    if local or {"-h", "--help"} & set(arguments):
        return
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_environment_options(parser)
    given, _others = parser.parse_known_args(arguments)
    path = environment_file()
    there = read_env_file(path)
    values = dict(there)
    for option, (name, _help_text) in OPTIONS.items():
        value = getattr(given, option.removeprefix("--").replace("-", "_"))
        if value is not None:
            values[name] = value
    # A secret that an orchestrator mounted: it was written elsewhere, and is changed there.
    mounted = path.exists() and not os.access(path.parent, os.W_OK)
    if not given.no_input and sys.stdin.isatty() and not mounted:
        _ask(values)
    _require_domain(values)
    try:
        _require_sound(values)
    except ImproperlyConfigured as error:
        sys.exit(f"setup: {error} Nothing was written.")
    for name, secret in new_secrets().items():
        if not os.environ.get(name) and not os.environ.get(f"{name}_FILE"):
            values.setdefault(name, secret)
    if values == there:
        return
    try:
        write_env_file(path, values, replace=True)
    except OSError as error:
        sys.exit(f"setup: {path} cannot be written ({error.strerror}): change it where it comes from.")


def _ask(values: dict[str, str]) -> None:
    """What the environment does not say yet, one question at a time. A password is not shown."""
    questions: list[tuple[str, str, str]] = [
        ("ALLOWED_HOSTS", "The name the community is reached under (such as havre.example.org)", ""),
        ("EMAIL_HOST", "The mail server", "localhost"),
        ("EMAIL_PORT", "Its port", "587"),
        ("EMAIL_SECURITY", "starttls, tls or none", "starttls"),
        ("EMAIL_USER", "The account there (empty: none)", ""),
        ("EMAIL_PASSWORD", "Its password (not shown)", ""),
        ("EMAIL_FROM", "A neutral sender", "Havre <no-reply@{domain}>"),
    ]
    for name, question, default in questions:
        if name in values or os.environ.get(name) or os.environ.get(f"{name}_FILE"):
            continue
        if name == "EMAIL_PASSWORD" and not values.get("EMAIL_USER"):
            continue
        read: Callable[[str], str] = getpass.getpass if name == "EMAIL_PASSWORD" else input
        usual = default.format(domain=_first_domain(values))
        while True:
            answer = read(f"{question} [{usual}]: " if usual else f"{question}: ").strip() or usual
            try:
                if name == "ALLOWED_HOSTS":
                    _require_domain({name: answer})
                _require_sound({**values, name: answer})
            except (ImproperlyConfigured, SystemExit) as error:
                print(error, file=sys.stderr)  # noqa: T201  the settings, and with them the command, load later
                continue
            values[name] = answer
            break


def _first_domain(values: dict[str, str]) -> str:
    return (values.get("ALLOWED_HOSTS") or os.environ.get("ALLOWED_HOSTS", "")).partition(",")[0].strip()


def _require_domain(values: dict[str, str]) -> None:
    """Exit unless ALLOWED_HOSTS, here or in the environment, is a domain or several."""
    domain = values.get("ALLOWED_HOSTS", os.environ.get("ALLOWED_HOSTS", "")).strip().lower()
    if not all(DOMAIN.fullmatch(name.strip()) for name in domain.split(",")):
        sys.exit(f"setup: --domain must be a name such as havre.example.org, not {domain!r}")
    values["ALLOWED_HOSTS"] = domain


def _require_sound(values: dict[str, str]) -> None:
    """Raise ImproperlyConfigured for a value that the settings will refuse once it is written."""
    env = Env(os.environ, values)
    mail_server(env)
    env.sender("EMAIL_FROM", "a@b")
    env.zone("TIME_ZONE", "Europe/Paris")


def write_first_environment(path: Path, *, domain: str) -> None:
    """Fresh secrets and a domain in a new file: what the image needs to load its settings while it is built."""
    write_env_file(path, {"ALLOWED_HOSTS": domain, **new_secrets()}, replace=False)
