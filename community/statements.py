"""Statements that Django writes once: for the few places every message passes.

Composing a queryset takes Django ten times as long as SQLite takes to answer it. Here a statement is composed by the
ORM when its shape is first met, and from then on only sent, with other values. Only INSERT is spelled out here: what
Django sends for one row and for many differs between databases.
"""

from __future__ import annotations

import datetime as dt
import functools
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar, cast

from django.db import connections
from django.db.models import Field, Model, QuerySet
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.constants import ROW_COUNT

Row = TypeVar("Row")
Shape = tuple[tuple[type, int], ...]  # of the arguments: of what type, and how many in a collection (0: a single value)


def composed(build: Callable[..., QuerySet[Any, Row]]) -> Callable[..., list[Row]]:
    """A function that returns a queryset, as one that returns its rows and composes it once for each connection.

    Its arguments are integers, texts, days, moments, None, and collections of those. They may only stand where the
    statement has a parameter: AssertionError where one goes missing, TypeError for any other kind. An empty collection
    finds nothing; others are filled up to a power of two, so that few lengths are ever composed. Nothing is prefetched.
    """

    def compose(*marks: Any) -> tuple[SQLCompiler, Callable[[], list[Row]]]:
        queryset: Any = build(*marks)
        compiler = queryset.query.get_compiler(using=queryset.db)
        queryset.query.get_compiler = lambda *_args, **_kwargs: compiler
        return compiler, lambda: list(queryset._iterable_class(queryset))

    return _once(build, compose, nothing=[])


def composed_update(build: Callable[..., tuple[QuerySet[Any, Any], dict[str, Any]]]) -> Callable[..., int]:
    """The same for an UPDATE: `build` returns a queryset and what to set; the answer is the number of rows met."""

    def compose(*marks: Any) -> tuple[SQLCompiler, Callable[[], int]]:
        queryset, values = build(*marks)
        query = cast(Any, queryset.query.chain(UpdateQuery))
        query.add_update_values(values)
        compiler = query.get_compiler(using=queryset.db)
        return compiler, lambda: compiler.execute_sql(ROW_COUNT)

    return _once(build, compose, nothing=0)


def insert_rows(rows: Sequence[Model]) -> None:
    """`bulk_create` for new rows of one model, all with a key that the database gives: sets it on each.

    In the caller's transaction; whatever they refer to has been stored before. Raises what the database raises.
    """
    connection = connections["default"]
    fields = _given(type(rows[0]))
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_insert(type(rows[0]), len(rows), connection.vendor), values)
        keys = cursor.fetchall()
    for row, (key,) in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, connection.alias


@functools.cache
def _given(model: type[Model]) -> list[Field[Any, Any]]:
    """The fields of a model but for its key."""
    return [field for field in model._meta.concrete_fields if not field.primary_key]


@functools.lru_cache(maxsize=1024)
def _insert(model: type[Model], count: int, vendor: str) -> str:
    quoted = connections["default"].ops.quote_name
    columns = [quoted(str(field.column)) for field in _given(model)]
    row = f"({', '.join(['%s'] * len(columns))})"
    return (  # names of tables and columns alone: values are parameters
        f"INSERT INTO {quoted(model._meta.db_table)} ({', '.join(columns)}) VALUES {', '.join([row] * count)} "  # noqa: S608
        f"RETURNING {quoted(str(model._meta.pk.column))}"
    )


def _once(build: Callable[..., Any], compose: Callable[..., Any], *, nothing: Any) -> Callable[..., Any]:
    """Keep what `compose` makes of marks, by connection and shape, and run it with the values in their places."""
    kept = threading.local()  # as connections are; what a thread composed goes with it

    @functools.wraps(build)
    def run(*args: Any) -> Any:
        shape: list[tuple[type, int]] = []
        values: list[Any] = []
        for arg in args:
            if isinstance(arg, Collection) and not isinstance(arg, str):
                if not arg:
                    return nothing
                row = list(arg)
                row += row[-1:] * ((1 << (len(row) - 1).bit_length()) - len(row))
                shape.append((type(row[0]), len(row)))
                values += row
            else:
                shape.append((type(arg), 0))
                values.append(arg)
        connection = connections["default"]
        if getattr(kept, "connection", None) is not connection:
            kept.connection, kept.statements = connection, {}
        key = tuple(shape)
        if key not in kept.statements:
            kept.statements[key] = _composed(key, compose, connection)
        return kept.statements[key](values)

    return run


def _composed(shape: Shape, compose: Callable[..., Any], connection: Any) -> Callable[[list[Any]], Any]:
    """The statement of this shape, composed with a mark for every value, as a function of the values."""
    args: list[Any] = []
    places: dict[Any, int] = {}  # a mark as the database gets it -> which value it stands for
    number = 0
    for kind, length in shape:
        marks = [_mark(kind, number + n) for n in range(length or 1)]
        places |= {_adapted(mark, connection): number + n for n, mark in enumerate(marks) if mark is not None}
        number += len(marks)
        args.append(marks if length else marks[0])
    compiler, execute = compose(*args)
    sql, params = compiler.as_sql()
    slots = [places.get(param) if isinstance(param, (int, str, dt.date)) else None for param in params]
    if {slot for slot in slots if slot is not None} != set(places.values()):
        raise AssertionError(f"a value is no parameter of: {sql}")
    # PostgreSQL is told the width of an integer by a type of its own.
    wraps = [type(param) if isinstance(param, int) else _as_it_is for param in params]
    if compiler.select is not None:
        converters = compiler.get_converters([column[0] for column in compiler.select])
        compiler.get_converters = lambda _columns: converters

    def run(values: list[Any]) -> Any:
        sent = tuple(
            param if slot is None else wrap(_adapted(values[slot], connection))
            for slot, wrap, param in zip(slots, wraps, params, strict=True)
        )
        compiler.as_sql = lambda *_args, **_kwargs: (sql, sent)
        return execute()

    return run


def _mark(kind: type, number: int) -> Any:
    """A value of this type that nothing else in a statement has; None stands for itself."""
    if kind is int:
        return 31_000 + number  # a small one: Django knows what does not fit a column
    if kind is str:
        return f"\ue000mark {number}"
    if kind is dt.datetime:
        return dt.datetime(9000, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=number)
    if kind is dt.date:
        return dt.date(9000, 1, 1) + dt.timedelta(days=number)
    if kind is type(None):
        return None
    raise TypeError(f"no parameter of a statement composed once: {kind.__name__}")


def _as_it_is(value: Any) -> Any:
    return value


def _adapted(value: Any, connection: Any) -> Any:
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, dt.date):
        return connection.ops.adapt_datefield_value(value)
    return value
