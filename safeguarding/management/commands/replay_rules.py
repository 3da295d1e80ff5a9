"""manage.py replay_rules --candidate X --since 30d --reason "...": what would change if X were in force.

X is a rule, an import, or rule files as they lie on the disk: those are read, tried and left out of everything else.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from safeguarding.errors import RulesBroken
from safeguarding.models import Rule, RulePack, RuleReplay, Stage
from safeguarding.services.replays import replay_now

_AGO = re.compile(r"(\d{1,4})([hd])")


def moment(text: str) -> dt.datetime:
    """ "30d", "12h" (before now), a date (its beginning in the community's zone) or an ISO-8601 time."""
    if ago := _AGO.fullmatch(text):
        return timezone.now() - dt.timedelta(**{{"h": "hours", "d": "days"}[ago[2]]: int(ago[1])})
    try:
        found = parse_datetime(text)
        day = parse_date(text) if found is None or "T" not in text else None
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("not a time: %(text)s") % {"text": text}) from error
    if day is not None:
        found = dt.datetime.combine(day, dt.time())
    if found is None:
        raise argparse.ArgumentTypeError(_("not a time: %(text)s") % {"text": text})
    return found if timezone.is_aware(found) else timezone.make_aware(found)


class Command(BaseCommand):
    help = "Try a rule or an import on what was said, without changing anything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--candidate",
            required=True,
            nargs="+",
            metavar="X",
            help=_("a rule (ID or ID@VERSION), the digest of an import, or rule files (.yaml) that are not imported"),
        )
        parser.add_argument("--since", type=moment, default="30d", help=_("30d, 12h, a date or a time"))
        parser.add_argument("--until", type=moment, default=None, help=_("the same; now by default"))
        parser.add_argument("--reason", required=True, help=_("why what was said is read: it is logged"))

    def handle(self, *args: Any, **options: Any) -> None:
        candidate = find_candidate(options["candidate"])
        since, until = options["since"], options["until"] or timezone.now()
        if since >= until:
            raise CommandError(_("--since must be before --until."))
        if not options["reason"].strip():
            raise CommandError(_("--reason must say why."))
        try:
            done = replay_now(candidate=candidate, since=since, until=until, reason=options["reason"])
        except RulesBroken as broken:
            raise CommandError(str(broken)) from broken
        if done.state != RuleReplay.State.DONE:
            raise CommandError(_("The replay failed; the log says why."))
        # Beside the answer: it holds no clock, so that two of them can be compared byte for byte.
        self.stderr.write(f"{since.isoformat(timespec='seconds')} – {until.isoformat(timespec='seconds')}")
        self.stdout.write(json.dumps(done.result, sort_keys=True, indent=2, ensure_ascii=False))


def find_candidate(names: Sequence[str]) -> Rule | RulePack | dict[str, str]:
    """What a person means: files that are not imported, or one rule or import that is."""
    if any(name.endswith((".yaml", ".yml")) for name in names):
        return read_files(names)
    if len(names) > 1:
        raise CommandError(_("One rule or one import at a time; several only of files."))
    return find_stored(names[0])


def read_files(names: Sequence[str]) -> dict[str, str]:
    """The texts of rule files by their names without folders."""
    texts: dict[str, str] = {}
    for path in map(Path, names):
        if path.name in texts:
            raise CommandError(_("Two files are called %(name)s.") % {"name": path.name})
        try:
            texts[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(_("%(name)s cannot be read: %(error)s") % {"name": path, "error": error}) from error
    return texts


def find_stored(name: str) -> Rule | RulePack:
    """Of a rule without a version, the one nearest to going LIVE."""
    key, _at, version = name.partition("@")
    rules = Rule.objects.filter(key=key)
    rules = rules.filter(version=version) if version else rules
    for stage in (Stage.CANARY, Stage.SHADOW, Stage.DRAFT, Stage.LIVE, Stage.RETIRED):
        if rule := rules.filter(stage=stage).order_by("-pk").first():
            return rule
    packs = list(RulePack.objects.filter(digest__startswith=name)[:2]) if len(name) >= 8 else []
    if len(packs) != 1:
        raise CommandError(_("No rule, no import and no .yaml file is called %(name)s.") % {"name": name})
    return packs[0]
