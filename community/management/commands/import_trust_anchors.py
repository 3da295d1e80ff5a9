from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.errors import TrustListRefused
from community.services.revocations import issuers, revoke_facts
from community.services.trust import anchor_ref, import_trust_list, read_trust_list

COMPONENT = "import_trust_anchors"


class Command(BaseCommand):
    help = (
        "Believe the age attestation providers whose CA certificates stand in FILE (PEM), and no others. Shows what "
        "changes and the file's SHA-256; imports it when --sha256 repeats that. Nothing is fetched, now or later. What "
        "a provider vouched for that is believed no more stands until it ends, unless --revoke takes it back at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the certificates of the providers to believe, all of them")
        parser.add_argument("--sha256", help="the digest of the file, as compared with what its publisher says")
        parser.add_argument(
            "--revoke",
            action="store_true",
            help="also revoke every proof of providers that are not in this list; members are told and prove anew",
        )

    def handle(self, *, file: str, sha256: str | None, revoke: bool, **options: Any) -> None:
        try:
            change = read_trust_list(Path(file).read_bytes())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except TrustListRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        for mark, names in (("+", change.added), ("-", change.removed), (" ", change.kept)):
            for fingerprint, name in names.items():
                self.stdout.write(f"{mark} {fingerprint}  {name}")
        believed = {anchor_ref(fingerprint) for fingerprint in (*change.added, *change.kept)}
        unbelieved = [one for one in issuers() if one.ref.startswith(anchor_ref("")) and one.ref not in believed]
        for one in unbelieved:
            self.stdout.write(f"! {one.people} people’s proofs rest on {one.name}, who is not in the file.")
        self.stdout.write(f"SHA-256 of the file: {change.sha256}")
        if sha256 is None:
            self.stdout.write("Nothing was imported. Compare the digest, then repeat it with --sha256.")
            return
        if sha256.strip().lower().replace(":", "") != change.sha256:
            raise CommandError("The file is not the one whose SHA-256 was given. Nothing was imported.")
        import_trust_list(change, component=COMPONENT)
        self.stdout.write("Imported.")
        for one in unbelieved:
            if revoke:
                count = revoke_facts(
                    actor=None,
                    component=COMPONENT,
                    issuer=one.ref,
                    reason=f"not in the list of providers with SHA-256 {change.sha256}",
                )
                self.stdout.write(f"Revoked {count} facts that rested on {one.name}.")
            else:
                self.stdout.write(f"What {one.name} vouched for stands until it ends; --revoke ends it now.")
