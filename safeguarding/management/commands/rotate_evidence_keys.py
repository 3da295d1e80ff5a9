from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from safeguarding.services.vault import EvidenceAltered, EvidenceKeyMissing, keys_in_use, rotate_evidence_keys


class Command(BaseCommand):
    help = (
        "Wrap the keys of all evidence anew under the first key of EVIDENCE_KEYS. No content is opened; may be "
        "interrupted and run again. When it ends, the other keys may leave EVIDENCE_KEYS."
    )

    def handle(self, *, verbosity: int, **options: Any) -> None:
        done = 0
        try:
            while count := rotate_evidence_keys(actor=None):
                done += count
                if verbosity:
                    self.stderr.write(f"{done} keys wrapped anew")
        except (EvidenceKeyMissing, EvidenceAltered) as error:
            raise CommandError(f"{error.message} {done} keys were wrapped anew.") from error
        left = sorted(set(keys_in_use()) - {next(iter(settings.EVIDENCE_KEYS))})
        if left:
            raise CommandError(f"Evidence is still wrapped by {', '.join(left)}: run this again.")
        free = ", ".join(list(settings.EVIDENCE_KEYS)[1:])
        self.stdout.write(f"{done} keys wrapped anew." + (f" These may leave EVIDENCE_KEYS: {free}." if free else ""))
