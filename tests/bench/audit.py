"""`python -m tests.bench.audit`: how fast the audit chain is sealed and walked, a million events by default.

On a fresh SQLite database; the same code walks PostgreSQL. Prints, asserts nothing on time.
"""

from __future__ import annotations

import argparse
import resource
import secrets
import time

from django.core.management import call_command
from django.utils import timezone

from community import audit
from community.models import AuditEvent, AuditPayload
from community.services.sealing import seal_audit

BATCH = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.audit")
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    call_command("migrate", verbosity=0)
    start = time.perf_counter()
    for first in range(0, events, BATCH):
        write(range(first, min(events, first + BATCH)))
    print(f"{events} events written in {time.perf_counter() - start:.0f} s (in bulk, for the measure)")
    start = time.perf_counter()
    seal_audit(batch=BATCH)
    print(f"sealed in {time.perf_counter() - start:.0f} s")
    start, used = time.perf_counter(), time.process_time()
    call_command("verify_audit")
    took = f"{time.perf_counter() - start:.0f} s, {time.process_time() - used:.0f} s of one core"
    print(f"verified in {took}, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def write(numbers: range) -> None:
    """Events as `audit.record` writes them, many at once."""
    at = timezone.now()
    salts = [secrets.token_hex(32) for _ in numbers]
    rows = []
    for number, salt in zip(numbers, salts, strict=True):
        given = audit.canonical(
            actor_id=None, component="bench", action="case.read", subject=("safeguarding.case", str(number)),
            at=at.isoformat(), data={"reason": "a line of the length such lines have", "case": "k7Qm2xT9abcdefgh"},
        )  # fmt: skip
        rows.append(
            AuditEvent(
                component="bench", action="case.read", subject_type="safeguarding.case", subject_id=str(number), at=at,
                commitment=audit.commitment_of(salt=salt, event=given),
            )
        )  # fmt: skip
    made = AuditEvent.objects.bulk_create(rows)
    data = {"reason": "a line of the length such lines have", "case": "k7Qm2xT9abcdefgh"}
    AuditPayload.objects.bulk_create(
        [AuditPayload(event=event, salt=salt, data=data) for event, salt in zip(made, salts, strict=True)]
    )


if __name__ == "__main__":
    main()
