"""What the assess_* commands share: JSON lines in, JSON lines out, errors told and counted."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from safeguarding.detection.batch import answer_lines
from safeguarding.detection.rulesets import Ruleset, RulesetError, load_ruleset

Answer = Callable[[Mapping[str, Any], Ruleset], dict[str, Any]]


class JsonLinesCommand(BaseCommand):
    """Answers a file (or standard input) line by line, each as soon as it was read, without a database.

    Subclasses name their `answer`. Exit code 2 when a line could not be read; the others are answered all the same.
    Standard output holds the answers and nothing else, in UTF-8; what was wrong, with its line number, goes to
    standard error. A reader who closes the pipe (`| head`) ends it without a word.
    """

    requires_system_checks = ()
    answer: staticmethod[[Mapping[str, Any], Ruleset], dict[str, Any]]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help=_("a file of JSON lines; standard input by default"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ruleset = load_ruleset()
        except RulesetError as error:
            raise CommandError(str(error)) from error
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        try:
            with _opened(options["file"]) as lines:
                wrong = self._answer_all(lines, type(self).answer, ruleset)
        except BrokenPipeError:
            # Python flushes once more at its end: to where nobody complains.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from None
        if wrong:
            raise CommandError(_("%(count)d lines could not be read.") % {"count": wrong}, returncode=2)

    def _answer_all(self, lines: TextIO, answer: Answer, ruleset: Ruleset) -> int:
        wrong = 0
        for number, answered, error in answer_lines(lines, answer, ruleset):
            if answered is not None:
                self.stdout.write(answered)
                self.stdout.flush()
            else:
                wrong += 1
                self.stderr.write(_("line %(number)d: %(error)s") % {"number": number, "error": error})
        return wrong


def _opened(name: str) -> contextlib.AbstractContextManager[TextIO]:
    if name == "-":
        if sys.stdin is None:
            raise CommandError(_("Standard input is closed: name a file."))
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")
        return contextlib.nullcontext(sys.stdin)
    try:
        return Path(name).open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise CommandError(_("%(file)s cannot be read: %(error)s") % {"file": name, "error": error}) from error
