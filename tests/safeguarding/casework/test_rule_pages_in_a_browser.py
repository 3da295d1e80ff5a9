"""The pages about rules in a real browser: on a telephone, in the dark, with the keyboard, for a screen reader."""

from __future__ import annotations

import datetime as dt

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from safeguarding.models import Rule, RuleAlarm, RulePack, RuleReplay
from safeguarding.services.alarms import raise_alarm
from safeguarding.services.rule_moves import move_rule
from tests.safeguarding.casework.test_console_in_a_browser import sit_down

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["sit_down"]  # a fixture


@pytest.fixture
def pages(sam) -> list[str]:
    """Every kind of page about rules, with something on it."""
    rule = Rule.objects.filter(code="M1").first()
    assert rule is not None
    move_rule(actor=sam, rule=rule, to="shadow", reason="Too many alerts about homework.")
    raise_alarm(component="test", kind=RuleAlarm.Kind.QUOTA, about="pause_contact", facts={"used": 100, "quota": 100})
    case = {"case": "k" * 16, "confirmed": True}
    run = {"confirmed": 3, "unfounded": 1, "precision": 0.75, "interval": [0.3, 0.95]}
    replay = RuleReplay.objects.create(
        rule=rule, since=timezone.now() - dt.timedelta(days=30), until=timezone.now(), reason="before going live",
        state="done", asked_by=sam,
        result={
            "messages": 12_345, "complete": True, "alerts": {"new": 3, "lost": 1, "kept": 7},
            "withheld": {"new": 1, "lost": 0, "kept": 2},
            "minutes": {"before": 100, "after": 130, "difference": 30},
            "decided": {"before": run, "after": run, "found": [case], "missed": [case]},
        },
    )  # fmt: skip
    pack, alarm = RulePack.objects.get(), RuleAlarm.objects.get()
    return [
        "", "rule/", "rule/watch/", f"rule/{rule.public_id}/", "rulepack/", "rulepack/import/",
        f"rulepack/{pack.public_id}/", "rulereplay/", "rulereplay/files/",
        f"rulereplay/{replay.public_id}/", "rulealarm/",
        f"rulealarm/{alarm.public_id}/",
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1200, False)])
def test_the_pages_about_rules_stand_in_nobodys_way(sit_down, live_server, sam, pages, width, dark):
    page = sit_down(sam, width=width, dark=dark, check=True)
    for path in pages:
        page.goto(f"{live_server.url}/console/{'safeguarding/' if path else ''}{path}")
        found = Axe().run(page).response["violations"]
        assert not found, [path, *((one["id"], [node["html"] for node in one["nodes"]]) for one in found)]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_an_expression_is_added_with_the_keyboard_alone(sit_down, live_server, mo):
    page = sit_down(mo, width=360)
    page.goto(f"{live_server.url}/console/safeguarding/rule/watch/")
    page.get_by_label("Expressions to watch for").focus()
    page.keyboard.type("soirée Karpovitch")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="It is shown")).to_be_checked()
    page.get_by_label("Sentences that must be met").focus()
    page.keyboard.type("on va à la soirée karpovitch")
    page.keyboard.press("Tab")
    page.keyboard.type("on va à la soirée")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    # The sentences are tried by the engine before the page comes: on a busy machine that takes its time.
    expect(page.get_by_text("Added as a draft")).to_be_visible(timeout=60_000)
    assert Rule.objects.filter(watched=True).count() == 1


def test_choosing_a_file_writes_over_nothing_that_was_typed(sit_down, live_server, sam, tmp_path):
    file = tmp_path / "herring.yaml"
    file.write_text("rules: []", encoding="utf-8")
    page = sit_down(sam)
    for path, field in (("rulereplay/files/", "Reason"), ("rulepack/import/", "What they are for")):
        page.goto(f"{live_server.url}/console/safeguarding/{path}")
        page.get_by_label("Rule files").set_input_files(file)
        expect(page.get_by_label(field)).to_have_value("")
