from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from safeguarding.services.retention import run_retention


class Command(BaseCommand):
    help = "Let go of what has outlived its term, as every night does, and say what each rule did."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count what would go and touch nothing")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        lines = run_retention(dry_run=dry_run)
        done = "would go" if dry_run else "gone"
        self.stdout.write(f"{'rule':<18}{'days':>6}{'due':>8}{'held':>8}{done:>10}")
        for line in lines:
            gone = line.due - line.held if dry_run else line.erased
            self.stdout.write(f"{line.rule:<18}{line.days:>6}{line.due:>8}{line.held:>8}{gone:>10}")
