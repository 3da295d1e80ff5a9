"""Tables whose history cannot be rewritten: triggers refuse UPDATE, DELETE and TRUNCATE, on both databases.

Every floor registers its own tables (`append_only`) when its app starts. They are installed at post_migrate, for
Django rebuilds a table of SQLite to alter it and the triggers go with the old one, and verified by a system check
(community.checks) and by verify_audit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

PREFIX = "havre_keep_"
FUNCTION = "havre_append_only"


@dataclass(frozen=True)
class Protection:
    """What is refused on one table. `may_change` are the columns (fields' names) that may still be written, `may_empty`
    texts that may go, as their term is over, and never become another text."""

    model: str
    may_change: tuple[str, ...] = ()
    may_empty: tuple[str, ...] = ()
    may_delete: bool = False


_registry: dict[str, Protection] = {}


def append_only(
    model: str, *, may_change: Sequence[str] = (), may_empty: Sequence[str] = (), may_delete: bool = False
) -> None:
    """Protect a table ("app.Model"). Rows may be added; afterwards only the fields of `may_change` may change, the
    texts of `may_empty` become empty, and rows go only with `may_delete`. Call it from AppConfig.ready."""
    _registry[model.lower()] = Protection(model.lower(), tuple(may_change), tuple(may_empty), may_delete)


@dataclass(frozen=True)
class _Trigger:
    name: str
    table: str
    sql: str


def _trigger(table: str, what: str, sql: str) -> _Trigger:
    # The name carries a digest of the definition: one that changed is another trigger, and the old one goes.
    digest = hashlib.sha256(sql.encode()).hexdigest()[:8]
    name = f"{PREFIX}{table[:30]}_{what}_{digest}"
    return _Trigger(name, table, sql.replace("TRIGGER_NAME", f'"{name}"'))


def _refused_changes(connection: BaseDatabaseWrapper, protection: Protection) -> Iterator[str]:
    """SQL conditions on OLD and NEW, one for each column that does not change as it likes."""
    fields = apps.get_model(protection.model)._meta.concrete_fields
    named = {*protection.may_change, *protection.may_empty}
    if unknown := named - {field.name for field in fields}:
        raise LookupError(f"{protection.model} has no field {', '.join(sorted(unknown))}")
    changed = {"sqlite": "IS NOT", "postgresql": "IS DISTINCT FROM"}[connection.vendor]
    for field in fields:
        changes = f'OLD."{field.column}" {changed} NEW."{field.column}"'
        if field.name in protection.may_empty:
            yield f"""({changes} AND NEW."{field.column}" {changed} '')"""
        elif field.name not in protection.may_change:
            yield changes


def _wanted(connection: BaseDatabaseWrapper, protection: Protection) -> Iterator[_Trigger]:
    table = apps.get_model(protection.model)._meta.db_table
    condition = " OR ".join(_refused_changes(connection, protection))
    if connection.vendor == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
        yield _trigger(
            table, "update", f'CREATE TRIGGER TRIGGER_NAME BEFORE UPDATE ON "{table}" WHEN {condition} {refuse}'
        )
        if not protection.may_delete:
            yield _trigger(table, "delete", f'CREATE TRIGGER TRIGGER_NAME BEFORE DELETE ON "{table}" {refuse}')
        return
    refuse = f"EXECUTE FUNCTION {FUNCTION}()"
    yield _trigger(
        table,
        "update",
        f'CREATE TRIGGER TRIGGER_NAME BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN ({condition}) {refuse}',
    )
    if not protection.may_delete:
        yield _trigger(table, "delete", f'CREATE TRIGGER TRIGGER_NAME BEFORE DELETE ON "{table}" FOR EACH ROW {refuse}')
        yield _trigger(
            table, "truncate", f'CREATE TRIGGER TRIGGER_NAME BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT {refuse}'
        )


def _installed(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The triggers of ours that are there and enabled: {name: table}."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)"
            )
        return {name: table for name, table in cursor.fetchall() if name.startswith(PREFIX)}


def _protections(app_label: str | None) -> Iterable[Protection]:
    for protection in _registry.values():
        if app_label in (None, protection.model.split(".")[0]):
            yield protection


def install_triggers(*, using: str = DEFAULT_DB_ALIAS, app_label: str | None = None) -> None:
    """Install what is missing and drop what is outdated, for one app or for all. Idempotent."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    wanted = {
        trigger.name: trigger
        for protection in _protections(app_label)
        for trigger in _wanted(connection, protection)
        if trigger.table in tables
    }
    present = _installed(connection)
    ours = {trigger.table for trigger in wanted.values()}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and wanted.keys() - present.keys():
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'append-only: %', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
                "END $$"
            )
        for name, table in present.items():
            if table in ours and name not in wanted:
                cursor.execute(_drop(connection, name, table))
        for name, trigger in wanted.items():
            if name not in present:
                cursor.execute(trigger.sql)


def _drop(connection: BaseDatabaseWrapper, name: str, table: str) -> str:
    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    return f'DROP TRIGGER IF EXISTS "{name}"{on}'


def missing_triggers(*, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The protections that should be there and are not, by name; tables not yet created are left out."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    present = _installed(connection)
    return sorted(
        trigger.name
        for protection in _registry.values()
        for trigger in _wanted(connection, protection)
        if trigger.table in tables and trigger.name not in present
    )


def install_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """A post_migrate receiver: protect the tables of the app that was migrated."""
    install_triggers(using=using, app_label=sender.label)
