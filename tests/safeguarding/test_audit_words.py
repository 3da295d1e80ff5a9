"""The audit log in words: whatever is written down has words, and no words stand for what nobody writes down."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from safeguarding.audit_words import ACTIONS, in_words

PROJECT = Path(__file__).resolve().parent.parent.parent


def forms(action: ast.expr) -> Iterator[str]:
    """The patterns of what an expression makes an action of."""
    match action:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.IfExp(body=one, orelse=other):
            yield from (*forms(one), *forms(other))
        case ast.JoinedStr(values=parts):
            yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else "[a-z_]+" for part in parts)
        case _:
            raise AssertionError(f"an action that cannot be read: {ast.unparse(action)}")


def written() -> set[str]:
    """The pattern of every action that `audit.record` is called with."""
    found = set()
    for app in ("community", "chat", "safeguarding", "config"):
        for path in (PROJECT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id="audit"), attr="record"), keywords=given):
                        found |= {form for one in given if one.arg == "action" for form in forms(one.value)}
    return found


def test_every_action_has_words_and_all_words_an_action() -> None:
    patterns = written()
    assert len(patterns) > 100
    assert [form for form in patterns if not any(re.fullmatch(form, action) for action in ACTIONS)] == []
    assert [action for action in ACTIONS if not any(re.fullmatch(form, action) for form in patterns)] == []


def test_an_action_older_than_its_words_is_shown_as_it_is() -> None:
    assert in_words("case.opened") != "case.opened"
    assert in_words("case.sung") == "case.sung"
