"""System checks of this floor: run at every start, so that nothing runs on rules that do not load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections

from .detection.rulesets import RulesetError
from .models import EvidenceKey
from .rules import current_ruleset, files_are_usable, try_out


@checks.register
def check_rules(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E001: the rules in force load and judge a text. Also what makes the first message as fast as the next.

    W002: the files of this version do not load; they are refused whole, and the rules in force stay.
    """
    found: list[checks.CheckMessage] = []
    try:
        try_out(current_ruleset())
    except Exception as error:  # noqa: BLE001  whatever it is, it is why messages could not be checked
        found.append(
            checks.Error(
                f"The detection rules cannot be used: {type(error).__name__}: {error}",
                hint="Messages would all be held. Mend the file it names in safeguarding/detection/rules.",
                id="safeguarding.E001",
            )
        )
    try:
        files_are_usable()
    except RulesetError as error:
        found.append(
            checks.Warning(
                f"A rule file of this version cannot be used: {error}",
                hint="The files are refused whole and the rules in force stay. Mend the file it names.",
                id="safeguarding.W002",
            )
        )
    return found


@checks.register(checks.Tags.database)
def check_evidence_keys(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """W001: every key that wraps evidence is in EVIDENCE_KEYS; without it that evidence is lost."""
    found: list[checks.CheckMessage] = []
    for using in databases or ():
        if EvidenceKey._meta.db_table not in connections[using].introspection.table_names():
            continue
        used = set(EvidenceKey.objects.using(using).values_list("key_id", flat=True).distinct())
        found += [
            checks.Warning(
                f"EVIDENCE_KEYS lacks the key {key_id!r}, which evidence is sealed with.",
                hint="Put it back after the current one; rotate before taking a key away (docs/operations.md).",
                id="safeguarding.W001",
            )
            for key_id in sorted(used - set(settings.EVIDENCE_KEYS))
        ]
    return found
