from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import BackupError, restore_backup


class Command(BaseCommand):
    help = (
        "Restore a backup into the empty database that DATABASE_URL names, bring it up to this version and verify the "
        "audit chain. The secrets of that time must be set first (HAVRE_ENV_FILE may name the file `backup` wrote)."
    )
    # The checks look into tables that are not there yet.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder that `backup` made")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            restore_backup(folder)
        except BackupError as error:
            raise CommandError(str(error)) from error
        call_command("migrate", interactive=False, verbosity=0)
        call_command("check", fail_level="ERROR", databases=["default"])
        call_command("verify_audit", stdout=self.stdout)
        self.stdout.write(f"restored from {folder}")
