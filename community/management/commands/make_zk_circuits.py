from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from community.age.eu_wallet.zk import is_installed


class Command(BaseCommand):
    help = "Generate the circuits that proofs of age in zero knowledge are checked with. Takes some minutes, once."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        if not is_installed():
            raise CommandError("Install requirements-zk.txt first: pip install -r requirements-zk.txt")
        made = subprocess.run(  # noqa: S603  our own module
            [sys.executable, "-m", "community.age.eu_wallet.zk_circuits", str(settings.ZK_CIRCUITS)],
            cwd=settings.BASE_DIR,
        )
        if made.returncode:
            raise CommandError("The installed library makes other circuits than the allowed ones. Nothing was kept.")
        self.stdout.write(f"Ready in {settings.ZK_CIRCUITS.name}/.")
