"""What the tests of the detector share: the rules as they ship, and their words."""

from __future__ import annotations

import pytest

from safeguarding.detection.lexicon import Lexicon, lexicon_for
from safeguarding.detection.rulesets import Ruleset, load_ruleset


@pytest.fixture(scope="session")
def ruleset() -> Ruleset:
    return load_ruleset()


@pytest.fixture(scope="session")
def french(ruleset: Ruleset) -> Lexicon:
    return lexicon_for(ruleset, "fr")


@pytest.fixture(scope="session")
def english(ruleset: Ruleset) -> Lexicon:
    return lexicon_for(ruleset, "en")
