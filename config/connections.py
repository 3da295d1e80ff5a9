"""From one URL to the settings of a database, and from a Redis URL to what Celery calls it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

SQLITE_OPTIONS = {
    # Immediate: a transaction takes the write lock when it begins. A deferred one that reads first and writes later
    # fails at once with "database is locked", whatever the timeout.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,  # seconds a writer waits for its turn
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
    "PRAGMA recursive_triggers=ON;",
}
POSTGRESQL_OPTIONS = {
    # A pool, for web processes run many short-lived threads; a connection for each would exhaust the server.
    "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
    # The server prepares what it is asked for the fifth time on a connection: planning cost more than answering.
    "server_side_binding": True,
    "prepare_threshold": 5,
}


def database_settings(url: str) -> dict[str, Any]:
    """Django's settings for `sqlite:///path` or `postgresql://…`; anything else raises ImproperlyConfigured."""
    try:
        settings: dict[str, Any] = {**dj_database_url.parse(url)}
    except (ValueError, dj_database_url.UnknownSchemeError):
        # The URL may hold a password: neither it nor an error that quotes it is repeated.
        raise ImproperlyConfigured("DATABASE_URL must be sqlite:///path or postgresql://user@host/name.") from None
    options = settings.get("OPTIONS", {})
    match settings["ENGINE"]:
        case "django.db.backends.sqlite3":
            settings["OPTIONS"] = {**SQLITE_OPTIONS, **options}
        case "django.db.backends.postgresql":
            settings["OPTIONS"] = {**POSTGRESQL_OPTIONS, **options}
            settings["CONN_MAX_AGE"] = 0
        case _:
            raise ImproperlyConfigured("DATABASE_URL must be sqlite:///path or postgresql://user@host/name.")
    return settings


def celery_broker_url(redis_url: str) -> str:
    """The same Redis under Celery's name: `unix://path?db=1` is `redis+socket://path?virtual_host=1` there."""
    parts = urlsplit(redis_url)
    if parts.scheme in {"redis", "rediss"} and parts.hostname:
        return redis_url
    if parts.scheme != "unix" or not parts.path:
        raise ImproperlyConfigured("REDIS_URL must be redis://host/0, rediss://host/0 or unix:///path?db=0.")
    database = parse_qs(parts.query).get("db", ["0"])[0]
    credentials = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"redis+socket://{credentials}{parts.path}?virtual_host={database}"
