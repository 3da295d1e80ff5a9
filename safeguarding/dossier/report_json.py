"""The dossier for machines: canonical JSON (RFC 8785) and the JSON Schema (draft 2020-12) it obeys."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import date, datetime
from typing import Any, Literal, get_args, get_origin

import rfc8785

from safeguarding.incidents import INCIDENTS

from .codec import hints
from .frozen import FrozenCase

FORMAT = "havre-dossier"
FORMAT_VERSION = 1


def report_json(case: FrozenCase) -> bytes:
    """The whole case as handed over, with the official names of what is suspected. Same case, same bytes.

    `FrozenCase.from_json(document["case"])` gives the case back.
    """
    incident = INCIDENTS[case.code]
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "reference": case.reference,
            "suspected": {
                "code": case.code,
                "fr": incident.words.fr,
                "en": incident.words.en,
                "provisional_law": list(incident.law),
                "dsa_category": incident.dsa_category,
                "dsa_keywords": list(incident.dsa_keywords),
            },
            "names_minor": case.names_minor,
            "case": case.to_json(),
        }
    )


def report_schema() -> dict[str, Any]:
    """The JSON Schema of `report_json`, read from the types of the frozen case; kept as docs/report.schema.json."""
    definitions: dict[str, Any] = {}
    case = _schema(FrozenCase, definitions)
    text = {"type": "string"}
    properties: dict[str, Any] = {
        "format": {"const": FORMAT},
        "format_version": {"const": FORMAT_VERSION},
        "reference": {"type": "string", "pattern": "^INC-[0-9]{4}-[A-Za-z0-9_-]+$"},
        "suspected": {
            "type": "object",
            "additionalProperties": False,
            "required": ["code", "fr", "en", "provisional_law", "dsa_category", "dsa_keywords"],
            "properties": {
                "code": {"enum": list(INCIDENTS)},
                "fr": text,
                "en": text,
                "provisional_law": {"type": "array", "items": text},
                "dsa_category": {"type": ["string", "null"]},
                "dsa_keywords": {"type": "array", "items": text},
            },
        },
        "names_minor": {"type": "boolean"},
        "case": case,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Havre dossier, report.json",
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
        "$defs": definitions,
    }


_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {
        "type": "string",
        "format": "date-time",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
    },
    date: {"type": "string", "format": "date"},
}


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin = get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        options = [option for option in get_args(kind) if option is not type(None)]
        return {"anyOf": [*(_schema(option, definitions) for option in options), {"type": "null"}]}
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if origin is tuple:
        return {"type": "array", "items": _schema(get_args(kind)[0], definitions)}
    if origin is dict:
        return {"type": "object"}
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind} has no JSON Schema")
    name: str = typing.cast(type, kind).__name__
    if name not in definitions:
        fields = hints(typing.cast(type, kind))
        definitions[name] = {}  # named before it is filled, in case a part holds its own kind
        definitions[name] = {
            "type": "object",
            "additionalProperties": False,
            "required": list(fields),
            "properties": {field: _schema(hint, definitions) for field, hint in fields.items()},
        }
    return {"$ref": f"#/$defs/{name}"}
