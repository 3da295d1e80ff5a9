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
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
KEY_BYTES = 32
# 32 random bytes never hold fewer (one time in 10^24); a key of zeros or a word written twice does.
FEWEST_DIFFERENT_BYTES = 12
# A name, a name with its subdomains (.example.org), an IPv4 address, an IPv6 address in brackets, or `*`.
HOST = r"(\*|\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")


def read_env_file(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file, as systemd and compose read them: no quotes, no expansion, `#` comments.

    A missing file is empty; a line that is none of these raises ImproperlyConfigured with its number.
    """
    if not path.is_file():
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path.name} cannot be read: {type(error).__name__}.") from error
    values = {}
    for number, line in enumerate(lines, start=1):
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
        if not value and not file_name:
            value = self._fallback.get(name, "").strip()
            file_name = self._fallback.get(f"{name}_FILE", "").strip()
        if value and file_name:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one.")
        if file_name:
            try:
                value = Path(file_name).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ImproperlyConfigured(f"{name}_FILE cannot be read: {type(error).__name__}.") from error
            if not value:
                raise ImproperlyConfigured(f"{name}_FILE names an empty file.")
        return value or None

    def given(self, name: str) -> bool:
        """Whether a value stands anywhere."""
        return self._raw(name) is not None

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

    def hosts(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Comma-separated names or addresses as ALLOWED_HOSTS takes them, without scheme, port or path."""
        hosts = self.items(name, default)
        if not all(re.fullmatch(HOST, host) for host in hosts):
            raise ImproperlyConfigured(f"{name} must hold names such as havre.example.org, without https:// or a port.")
        return hosts

    def site(self, name: str, default: str) -> str:
        """The address of a site: scheme, host and perhaps a port, without a slash at its end."""
        value = self.text(name, default).rstrip("/")
        if not re.fullmatch(rf"https?://{HOST}(:[0-9]{{1,5}})?", value):
            raise ImproperlyConfigured(f"{name} must be an address such as https://havre.example.org.")
        return value

    def sender(self, name: str, default: str) -> str:
        """One sender of mail: `address@host` or `Name <address@host>`."""
        value = self.text(name, default)
        address = r"[^\s@<>,;]+@[^\s@<>,;]+"
        if not re.fullmatch(rf"{address}|[^@<>\r\n]+<{address}>", value):
            raise ImproperlyConfigured(f"{name} must be one sender, such as Havre <no-reply@havre.example.org>.")
        return value

    def zone(self, name: str, default: str) -> str:
        """The name of a time zone, such as Europe/Paris."""
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
            raise ImproperlyConfigured(f"{name} must be a time zone such as Europe/Paris.") from error
        return value

    def addresses(self, name: str) -> list[str]:
        """Comma-separated URLs of any scheme. Their own commas are written %2C. Never repeated: they hold tokens."""
        urls = self.items(name)
        if not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", url) for url in urls):
            raise ImproperlyConfigured(f"{name} must hold apprise addresses such as mailtos://…, comma-separated.")
        return urls

    def secret(self, name: str) -> str:
        """A text nobody can guess: fifty characters or more, and not the same few. Required."""
        value = self.text(name)
        if len(value) < 50 or len(set(value)) < 5 or value.startswith("django-insecure-"):
            raise ImproperlyConfigured(f"{name} must be fifty random characters or more; `manage.py setup` makes one.")
        return value

    def url(self, name: str, default: str | None = None, *, loopback: bool = False) -> str:
        """An https address of another server, without a query, a fragment or credentials; http to this machine where
        `loopback` allows it."""
        value = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(value)
            host, _port = parts.hostname, parts.port
        except ValueError:
            host, parts = None, urlsplit("")
        here = loopback and parts.scheme == "http" and host in {"localhost", "127.0.0.1", "::1"}
        plain = not (parts.query or parts.fragment or parts.username or parts.password)
        if not host or not plain or not (parts.scheme == "https" or here):
            raise ImproperlyConfigured(f"{name} must be an https address such as https://id.example.org.")
        return value

    def key(self, name: str) -> bytes:
        """32 random bytes in base64. Required."""
        return decode_key(name, self.text(name))

    def old_keys(self, name: str) -> list[bytes]:
        """Comma-separated keys of 32 bytes in base64, none twice; often there are none."""
        keys = [decode_key(name, encoded) for encoded in self.items(name)]
        if len(set(keys)) != len(keys):
            raise ImproperlyConfigured(f"{name} has the same key twice.")
        return keys

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
    if len(set(key)) < FEWEST_DIFFERENT_BYTES:
        raise ImproperlyConfigured(f"{name} is no random key: the same few bytes come again and again.")
    return key
