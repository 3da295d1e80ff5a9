from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from safeguarding.services.transparency import year_data
from safeguarding.transparency.dsa24 import csv_of, sections


class Command(BaseCommand):
    help = "Write the DSA transparency report of a year (art. 15, 24) as eleven CSV sections."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument("--out", type=Path, default=Path(), help="folder to write into; here by default")

    def handle(self, *, year: int, out: Path, **options: Any) -> None:
        if not 2020 <= year <= 2100:
            raise CommandError("--year must be a calendar year from 2020 to 2100")
        out.mkdir(parents=True, exist_ok=True)
        for name, rows in sections(year_data(year)).items():
            path = out / f"{name}.csv"
            path.write_text(csv_of(rows), encoding="utf-8", newline="")
            self.stdout.write(f"{path}  {len(rows) - 1} rows")
