"""Strict decoding of untrusted CBOR (RFC 8949): the whole input or a Refusal, in bounded time and memory.

cbor2 decodes; what it would let through and a signed structure must not contain is refused here: duplicate keys,
indefinite lengths, bytes that follow, deep nesting, and every tag but the few that mdocs use. The others build
regular expressions, cyclic lists or numbers of any size out of a few bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any, TypeVar

from cbor2 import CBORDecodeError, CBORDecoder, CBORError, CBORTag

from .profile import MAX_RESPONSE
from .refusals import Reason, Refusal

T = TypeVar("T")

MAX_DEPTH = 16
EMBEDDED = 24  # encoded CBOR in a byte string
_TDATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def decode(data: bytes, *, most: int = MAX_RESPONSE) -> Any:
    """The one item that `data` encodes. tdate (tag 0) gives an aware datetime, full-date (1004) a date, tag 24 a
    CBORTag around its bytes. Raises Refusal: TOO_LARGE beyond `most` bytes, else MALFORMED."""
    if len(data) > most:
        raise Refusal(Reason.TOO_LARGE)
    source = io.BytesIO(data)
    try:
        item = CBORDecoder(
            source,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_TAGS,
        ).decode()
    except (CBORError, ValueError, OverflowError, TypeError) as error:
        raise Refusal(Reason.MALFORMED) from error
    if source.tell() != len(data):
        raise Refusal(Reason.MALFORMED)
    return item


def embedded(item: Any) -> Any:
    """What tag 24 wraps, decoded."""
    return decode(embedded_bytes(item))


def embedded_bytes(item: Any) -> bytes:
    """The bytes that tag 24 wraps."""
    if not (isinstance(item, CBORTag) and item.tag == EMBEDDED and isinstance(item.value, bytes)):
        raise Refusal(Reason.MALFORMED)
    return item.value


def field(mapping: Any, key: str | int, kind: type[T]) -> T:
    """A required entry of a map, of exactly this kind: True is no number here."""
    value = mapping.get(key) if isinstance(mapping, dict) else None
    if type(value) is not kind:
        raise Refusal(Reason.MALFORMED)
    return value


def _tdate(value: Any, immutable: bool) -> dt.datetime:
    if not (isinstance(value, str) and _TDATE.fullmatch(value)):
        raise CBORDecodeError("not a tdate")
    moment = dt.datetime.fromisoformat(value)
    # At the edges of the calendar a conversion to UTC overflows: such a date is refused here, not later.
    return moment.astimezone(dt.UTC)


def _full_date(value: Any, immutable: bool) -> dt.date:
    if not (isinstance(value, str) and len(value) == 10):
        raise CBORDecodeError("not a full-date")
    return dt.date.fromisoformat(value)


def _embedded(value: Any, immutable: bool) -> CBORTag:
    if not isinstance(value, bytes):
        raise CBORDecodeError("tag 24 wraps bytes")
    return CBORTag(EMBEDDED, value)


def _refuse(value: Any, immutable: bool) -> Any:
    raise CBORDecodeError("this tag has no place here")


class _Tags(dict[int, Callable[[Any, bool], Any]]):
    def __missing__(self, tag: int) -> Callable[[Any, bool], Any]:
        return _refuse


_TAGS = _Tags({0: _tdate, 1004: _full_date, EMBEDDED: _embedded})
