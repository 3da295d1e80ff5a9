from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from community.models import AuditSeal
from community.services.sealing import verify_audit


class Command(BaseCommand):
    help = (
        "Walk the chain of audit seals from its beginning. Prints its head, to be compared with one noted elsewhere; "
        "ends with status 1 and names the first entry that does not hold."
    )

    def handle(self, *, verbosity: int, **options: Any) -> None:
        total = AuditSeal.objects.count()

        def progress(seq: int) -> None:
            if verbosity and seq % 50_000 == 0:
                self.stderr.write(f"{seq} of {total} seals")

        found = verify_audit(progress=progress)
        if found.broken:
            raise CommandError(
                f"Broken at seal {found.broken.seq} (event {found.broken.event_id}): {found.broken.what}."
            )
        if found.false_head:
            raise CommandError(f"The chain holds, but the head of {found.false_head.day}: {found.false_head.what}.")
        if found.missing_triggers:
            raise CommandError(
                f"The chain holds, but {len(found.missing_triggers)} triggers are missing, "
                f"{found.missing_triggers[0]} first: run manage.py migrate."
            )
        self.stdout.write(
            f"The chain holds: {found.sealed} seals, {found.erased} payloads erased, {found.unsealed} events not yet "
            f"sealed, {found.heads} daily heads signed, {found.stamped} stamped. Head: {found.head}"
        )
