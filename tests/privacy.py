"""Everything that stays after something happened, as bytes to be searched: database, cache, logs and mail."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import redis
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection

from community.models import AuditEvent, Member


def everything(*, cache: redis.Redis, log: str) -> Mapping[str, bytes]:
    """What is left, by where it lies."""
    return {
        "database": b"\n".join(_database()),
        "sessions": "\n".join(str(session.get_decoded()) for session in Session.objects.all()).encode(),
        "cache": b"\n".join(_cache(cache)),
        "logs": log.encode(),
        "mail": "\n".join(str(message.message()) for message in mail.outbox).encode(),
    }


def found_in(left: Mapping[str, bytes], secrets: Mapping[str, str | bytes]) -> list[str]:
    """Which secrets are still somewhere: as they are, in hexadecimal or in base64, as "secret in place"."""
    found = []
    for name, secret in secrets.items():
        raw = secret.encode() if isinstance(secret, str) else secret
        assert len(raw) >= 6, f"{name} is too short to be looked for"
        whole = raw[: len(raw) - len(raw) % 3] or raw  # base64 of a text is found inside base64 of a longer one
        forms = {raw, raw.hex().encode(), base64.b64encode(whole), base64.urlsafe_b64encode(whole)}
        found += [f"{name} in {place}" for place, text in left.items() if any(form in text for form in forms)]
    return found


def rows_about(member: Member) -> str:
    """Every row that names the member, as text: what could say at which moment they did something."""
    rows: list[str] = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is Member:
                rows += map(str, model._default_manager.filter(**{field.name: member}).values())
    about = AuditEvent.objects.filter(subject_type=Member._meta.label_lower, subject_id=str(member.pk))
    return "\n".join([*rows, *map(str, about.values("action", "at"))])


def _database() -> Iterable[bytes]:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {quote(table)}")
            for row in cursor.fetchall():
                yield table.encode() + b"|" + b"|".join(_bytes(value) for value in row)


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _cache(client: redis.Redis) -> Iterable[bytes]:
    readers: Mapping[bytes, Any] = {
        b"string": client.get,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"hash": client.hgetall,
    }
    for key in client.scan_iter():
        value = readers[client.type(key)](key)  # type: ignore[index]  # the client answers at once
        yield key + b"=" + (value if isinstance(value, bytes) else str(value).encode())
