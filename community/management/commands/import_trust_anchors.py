from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.errors import TrustListRefused
from community.services.trust import import_trust_list, read_trust_list


class Command(BaseCommand):
    help = (
        "Believe the age attestation providers whose CA certificates stand in FILE (PEM), and no others. Shows what "
        "changes and the file's SHA-256; imports it when --sha256 repeats that. Nothing is fetched, now or later."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the certificates of the providers to believe, all of them")
        parser.add_argument("--sha256", help="the digest of the file, as compared with what its publisher says")

    def handle(self, *, file: str, sha256: str | None, **options: Any) -> None:
        try:
            change = read_trust_list(Path(file).read_bytes())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except TrustListRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        for mark, names in (("+", change.added), ("-", change.removed), (" ", change.kept)):
            for fingerprint, name in names.items():
                self.stdout.write(f"{mark} {fingerprint}  {name}")
        self.stdout.write(f"SHA-256 of the file: {change.sha256}")
        if sha256 is None:
            self.stdout.write("Nothing was imported. Compare the digest, then repeat it with --sha256.")
            return
        if sha256.strip().lower().replace(":", "") != change.sha256:
            raise CommandError("The file is not the one whose SHA-256 was given. Nothing was imported.")
        import_trust_list(change, component="import_trust_anchors")
        self.stdout.write("Imported.")
