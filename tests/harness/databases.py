"""The databases the tests run on. Each is migrated once; a test that commits is undone by restoring that state.

Restoring, and not Django's flush: flushing is refused by the append-only triggers, and would lose what migrations
put there (roles, permissions, the community's row).
"""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path
from typing import Protocol

from asgiref.local import Local
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, connections

from config.connections import database_settings
from tests.harness.servers import PostgresServer


class TestDatabase(Protocol):
    """One kind of database."""

    __test__ = False
    vendor: str

    def prepare(self) -> None:
        """Create and migrate the database of this process's tests, connect to it, and remember its state."""

    def restore(self) -> None:
        """Bring it back to that state, whatever tests committed and whichever triggers forbid."""

    def clone(self) -> str:
        """A fresh copy of that state; returns its DATABASE_URL."""

    def empty(self) -> str:
        """A database with nothing in it at all; returns its DATABASE_URL."""

    @property
    def url(self) -> str:
        """The DATABASE_URL of the database of the tests, for a process of a test’s own."""

    def connect(self) -> None:
        """Point this process at the database of its tests."""


def connect_to(url: str) -> None:
    """Point Django's `default` connection, in every thread of this process, at another database."""
    connections.close_all()
    pool_closer = getattr(connection, "close_pool", None)
    if pool_closer:
        pool_closer()
    configured = {"default": database_settings(url)}
    settings.DATABASES = configured
    connections._settings = configured
    connections.__dict__.pop("settings", None)
    connections._connections = Local(connections.thread_critical)
    ContentType.objects.clear_cache()


class SqliteDatabase:
    __test__ = False
    vendor = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._live = folder / "test.sqlite3"
        self._template = folder / "template.sqlite3"
        self._copies = itertools.count()

    @property
    def url(self) -> str:
        return f"sqlite:///{self._live}"

    def connect(self) -> None:
        connect_to(self.url)

    def prepare(self) -> None:
        self.connect()
        call_command("migrate", interactive=False, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(self._template)])

    def restore(self) -> None:
        connection.ensure_connection()
        with sqlite3.connect(self._template) as template:
            template.backup(connection.connection)
        template.close()

    def clone(self) -> str:
        path = self._folder / f"live-{next(self._copies)}.sqlite3"
        path.write_bytes(self._template.read_bytes())
        return f"sqlite:///{path}"

    def empty(self) -> str:
        return f"sqlite:///{self._folder / f'empty-{next(self._copies)}.sqlite3'}"


class PostgresDatabase:
    __test__ = False
    vendor = "postgresql"

    # Triggers and foreign keys do not fire for a replica; only rows that tests may have touched are written again.
    RESTORE = """
        CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            name text;
            has_rows boolean;
        BEGIN
            SET LOCAL session_replication_role = replica;
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
                EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', name) INTO has_rows;
                IF has_rows THEN
                    EXECUTE format('DELETE FROM public.%I', name);
                END IF;
                IF to_regclass(format('kept.%I', name)) IS NOT NULL THEN
                    EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', name, name);
                END IF;
            END LOOP;
            SET LOCAL session_replication_role = origin;
        END $$
    """
    KEEP = """
        DO $$
        DECLARE
            name text;
            has_rows boolean;
        BEGIN
            CREATE SCHEMA kept;
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
                EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', name) INTO has_rows;
                IF has_rows THEN
                    EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name);
                END IF;
            END LOOP;
        END $$
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._copies = itertools.count()

    @property
    def url(self) -> str:
        return self._server.url("havre_test")

    def connect(self) -> None:
        connect_to(self.url)

    def prepare(self) -> None:
        self._server.execute("CREATE DATABASE havre_test")
        self.connect()
        call_command("migrate", interactive=False, verbosity=0)
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has one
        self._server.execute("CREATE DATABASE havre_template TEMPLATE havre_test")
        with connection.cursor() as cursor:
            cursor.execute(self.KEEP)
            cursor.execute(self.RESTORE)

    def restore(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT kept.restore()")

    def clone(self) -> str:
        name = f"havre_live_{next(self._copies)}"
        self._server.execute(f"CREATE DATABASE {name} TEMPLATE havre_template")
        return self._server.url(name)

    def empty(self) -> str:
        name = f"havre_empty_{next(self._copies)}"
        self._server.execute(f"CREATE DATABASE {name}")
        return self._server.url(name)
