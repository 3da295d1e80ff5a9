"""Of a text in which much is found, what is kept hides nothing of it."""

from __future__ import annotations

import pytest

from safeguarding.detection.context import MAX_FINDINGS
from safeguarding.detection.engine import screen
from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Verdict
from tests.talk import BOB, TEENS

NOISE = "t'es moche. ferme ta gueule. " * 60


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{NOISE} mon numéro 06 12 34 56 78", "PII"),
        (f"mon numéro 06 12 34 56 78. {NOISE}", "PII"),
        (f"{NOISE} je vais te tuer ce soir", "V2"),
        (f"je vais te tuer ce soir. {NOISE}", "V2"),
    ],
)
def test_much_that_is_found_hides_nothing_else(ruleset: Ruleset, text: str, code: str) -> None:
    assert len(screen(NOISE, room=TEENS, author=BOB, ruleset=ruleset).findings) == MAX_FINDINGS
    told = screen(text, room=TEENS, author=BOB, ruleset=ruleset)
    assert code in {finding.code for finding in told.findings if finding.alerting}
    assert told.verdict is not Verdict.ALLOW
    assert len(told.findings) == MAX_FINDINGS
    assert [one.span for one in told.findings if one.code != "PII"] == sorted(
        one.span for one in told.findings if one.code != "PII"
    )


def test_a_word_completed_after_mere_lights_is_still_found(ruleset: Ruleset) -> None:
    lights = "putain merde bordel " * 30
    told = screen(f"photo de toi {lights}", room=TEENS, author=BOB, recent=["envoie moi une"], ruleset=ruleset)
    assert "image_request" in {finding.tactic for finding in told.findings}
