from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import BackupError, write_backup, write_keys


class Command(BaseCommand):
    help = (
        "Back up the database into a new folder under FOLDER while everything runs. The keys that open the evidence "
        "are not in it: --keys writes them to a file of their own, to be kept elsewhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keys", type=Path, metavar="FILE", help="also write the secrets to this new file")

    def handle(self, *, folder: Path, keys: Path | None, **options: Any) -> None:
        try:
            backup = write_backup(folder)
            if keys:
                write_keys(keys, backup)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"backed up into {backup}")
        if keys:
            self.stdout.write(f"secrets written to {keys}: keep them apart from the backup")
        else:
            self.stdout.write("without the secrets: a backup is only worth something with the keys (--keys FILE)")
