from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from safeguarding.models import TransparencyMonth
from safeguarding.services.transparency import sign_months, verify_months


class Command(BaseCommand):
    help = "Sign the counts of the months that are over, print one, or verify them all against tables and page."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", help="print the signed counts of this month (2026-10)")
        parser.add_argument("--verify", action="store_true", help="work every month and the public page out again")

    def handle(self, *, month: str | None, verify: bool, **options: Any) -> None:
        for row in sign_months():
            self.stderr.write(f"signed {row.month}  sha256 {row.sha256}")
        if month:
            found = TransparencyMonth.objects.filter(month=month).first()
            if found is None:
                raise CommandError("no signed counts of this month")
            self.stdout.write(found.body)
        if verify:
            faults = verify_months()
            for fault in faults:
                self.stderr.write(f"{fault.month or 'page'}: {fault.what}")
            if faults:
                raise CommandError(f"{len(faults)} faults")
            self.stdout.write(f"{TransparencyMonth.objects.count()} months hold; the page is what they give")
