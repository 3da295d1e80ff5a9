"""The rule set in force in this process, loaded once."""

from __future__ import annotations

import functools
import time

from .detection.rulesets import Ruleset, load_ruleset

# A broken file is tried again from time to time, not at every message.
RETRY_SECONDS = 30.0

_broken: tuple[float, Exception] | None = None


@functools.cache
def _loaded() -> Ruleset:
    return load_ruleset()


def current_ruleset() -> Ruleset:
    """The rules that judge. Raises what loading them raised (RulesetError names file, rule and reason): callers hold.

    A new file takes effect when the process restarts, so that web and workers judge by the rules they were started
    with and every check says which those were.
    """
    global _broken
    if _broken is not None and time.monotonic() - _broken[0] < RETRY_SECONDS:
        raise _broken[1]
    try:
        ruleset = _loaded()
    except Exception as error:
        _broken = (time.monotonic(), error)
        raise
    _broken = None
    return ruleset
