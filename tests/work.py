"""Work, counted and not timed: what a machine has besides to do changes nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Callable


def function_calls(work: Callable[[], object]) -> int:
    """How many functions are called by some work, those of Python's own libraries and engines included."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted
