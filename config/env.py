"""Environment variables, read strictly: nonsense raises ImproperlyConfigured naming the variable, never its value.

A value may come from three places, the first found wins: the environment, a file named by `NAME_FILE` (secrets
mounted by an orchestrator), the environment file written by `manage.py setup`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")


def read_env_file(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file, as systemd and compose read them: no quotes, no expansion, `#` comments.

    A missing file is empty; a line that is none of these raises ImproperlyConfigured with its number.
    """
    if not path.is_file():
        return {}
    values = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator or not re.fullmatch(r"[A-Z][A-Z0-9_]*", name.strip()):
            raise ImproperlyConfigured(f"{path.name}: line {number} is not NAME=value.")
        values[name.strip()] = value.strip()
    return values


class Env:
    """Typed reading of one mapping of variables. An empty value counts as unset."""

    def __init__(self, variables: Mapping[str, str], fallback: Mapping[str, str] | None = None) -> None:
        self._variables = variables
        self._fallback = fallback or {}

    def _raw(self, name: str) -> str | None:
        value = self._variables.get(name, "").strip()
        file_name = self._variables.get(f"{name}_FILE", "").strip()
        if value and file_name:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one.")
        if file_name:
            try:
                value = Path(file_name).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ImproperlyConfigured(f"{name}_FILE cannot be read: {type(error).__name__}.") from error
            if not value:
                raise ImproperlyConfigured(f"{name}_FILE names an empty file.")
        return value or self._fallback.get(name, "").strip() or None

    def text(self, name: str, default: str | None = None) -> str:
        """The value as it stands; without a default it is required."""
        value = self._raw(name)
        if value is not None:
            return value
        if default is None:
            raise ImproperlyConfigured(f"{name} must be set.")
        return default

    def flag(self, name: str, default: bool) -> bool:
        """1/true/yes/on or 0/false/no/off, in any case."""
        value = self._raw(name)
        if value is None:
            return default
        if value.lower() in TRUE:
            return True
        if value.lower() in FALSE:
            return False
        raise ImproperlyConfigured(f"{name} must be 1 or 0 (true or false, yes or no, on or off).")

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        """A whole number between `least` and `most`, both included."""
        value = self._raw(name)
        if value is None:
            return default
        if not re.fullmatch(r"-?[0-9]+", value) or not least <= int(value) <= most:
            raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")
        return int(value)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of `choices`, exactly."""
        value = self._raw(name)
        if value is None:
            return default
        if value not in choices:
            raise ImproperlyConfigured(f"{name} must be one of: {', '.join(choices)}.")
        return value

    def items(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Comma-separated values; an empty item (a doubled or trailing comma) is an error, it hides a lost value."""
        value = self._raw(name)
        if value is None:
            return list(default)
        items = [item.strip() for item in value.split(",")]
        if not all(items):
            raise ImproperlyConfigured(f"{name} has an empty item: check its commas.")
        return items

    def chosen(self, name: str, default: tuple[str, ...], choices: Collection[str]) -> list[str]:
        """Several of `choices`, in the order given, none twice."""
        values = self.items(name, default)
        if len(set(values)) != len(values) or not set(values) <= set(choices):
            raise ImproperlyConfigured(f"{name} must be some of: {', '.join(choices)}; each once.")
        return values

    def key(self, name: str) -> bytes:
        """32 random bytes in base64. Required."""
        return decode_key(name, self.text(name))

    def keys(self, name: str) -> dict[str, bytes]:
        """`id:base64,id:base64`: 32-byte keys by id, in order. The first is the current one, the others only open
        what they once sealed. Required, at least one, no id twice."""
        keys: dict[str, bytes] = {}
        self.text(name)
        for item in self.items(name):
            key_id, separator, encoded = item.partition(":")
            if not separator or not KEY_ID.fullmatch(key_id):
                raise ImproperlyConfigured(f"{name} must be a list of id:base64 (id: letters, digits, . _ -).")
            if key_id in keys:
                raise ImproperlyConfigured(f"{name} has the id {key_id!r} twice.")
            keys[key_id] = decode_key(name, encoded)
        return keys


def decode_key(name: str, encoded: str) -> bytes:
    """A 32-byte key from base64, or ImproperlyConfigured naming `name`."""
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured(f"{name} is not base64.") from error
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{name} must hold {KEY_BYTES} bytes, it holds {len(key)}.")
    return key
