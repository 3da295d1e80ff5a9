"""Frozen dataclasses to plain JSON and back, by their type hints; strict, and naming the field that is wrong.

Times become RFC 3339 UTC with milliseconds ("2026-03-01T20:15:00.250Z"); tuples become arrays; every field is
written, so that two equal values give equal JSON. Text with NUL or lone surrogates is refused: no JSON, PDF or
database could carry it faithfully.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin

from .parts import FrozenCaseError

T = TypeVar("T")


@cache
def hints(kind: type) -> dict[str, Any]:
    """The resolved type of each field of a dataclass, in order of declaration."""
    resolved = typing.get_type_hints(kind)
    return {field.name: resolved[field.name] for field in dataclasses.fields(kind)}


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC, cut to milliseconds. Raises FrozenCaseError for a time without zone."""
    if moment.tzinfo is None:
        raise FrozenCaseError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(value: Any, where: str = "$") -> Any:
    """`value` (a dataclass of `frozen` or plain JSON) as plain JSON. Raises FrozenCaseError naming the field."""
    if isinstance(value, str):
        return _text(value, where)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise FrozenCaseError(f"{where}: {value} is not a number JSON knows")
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise FrozenCaseError(f"{where}: a time without zone")
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [encode(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {_text(key, where): encode(item, f"{where}.{key}") for key, item in value.items()}
    kind: type = type(value)
    if dataclasses.is_dataclass(kind):
        return {name: encode(getattr(value, name), f"{where}.{name}") for name in hints(kind)}
    raise FrozenCaseError(f"{where}: {kind.__name__} cannot be handed over")


def decode(kind: type[T], value: Any, where: str = "$") -> T:
    """Read `value` (plain JSON) as `kind`. Raises FrozenCaseError for anything unknown, missing or of another type."""
    return typing.cast(T, _decode(kind, value, where))


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise FrozenCaseError(f"{where}: text expected")
    try:
        if b"\0" not in value.encode():
            return value
    except UnicodeEncodeError:
        pass
    raise FrozenCaseError(f"{where}: NUL or a lone surrogate")


def _decode(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        options = [option for option in get_args(kind) if option is not type(None)]
        return None if value is None else _decode(options[0], value, where)
    if origin is Literal:
        if value not in get_args(kind):
            raise FrozenCaseError(f"{where}: {value!r} is none of {', '.join(get_args(kind))}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise FrozenCaseError(f"{where}: a list expected")
        return tuple(_decode(get_args(kind)[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise FrozenCaseError(f"{where}: an object expected")
        return encode(value, where)
    if dataclasses.is_dataclass(kind):
        return _decode_object(typing.cast(type, kind), value, where)
    return _decode_plain(kind, value, where)


def _decode_object(kind: type, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise FrozenCaseError(f"{where}: an object expected")
    fields = hints(kind)
    if unknown := sorted(set(value) - set(fields)):
        raise FrozenCaseError(f"{where}: unknown {', '.join(map(str, unknown))}")
    given = {name: _decode(fields[name], item, f"{where}.{name}") for name, item in value.items()}
    needed = [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.name not in given
    ]
    if needed:
        raise FrozenCaseError(f"{where}: {', '.join(needed)} missing")
    return kind(**given)


def _decode_plain(kind: Any, value: Any, where: str) -> Any:
    if kind is str:
        return _text(value, where)
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind in (datetime, date) and isinstance(value, str):
        try:
            moment = kind.fromisoformat(value)
        except ValueError as error:
            raise FrozenCaseError(f"{where}: {error}") from error
        if kind is datetime and moment.tzinfo is None:
            raise FrozenCaseError(f"{where}: a time without zone")
        return moment
    raise FrozenCaseError(f"{where}: {kind.__name__} expected, not {type(value).__name__}")
