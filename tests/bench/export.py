"""`python -m tests.bench.export`: a case of ten thousand frozen messages, from the vault to the finished dossier."""

from __future__ import annotations

import argparse
import resource
import time

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from chat.models import Message, MessageRevision
from community.policies import AgeBand
from community.roles import OFFICER_LEAD
from safeguarding.services import building, exports
from safeguarding.services.cases import open_or_extend_case
from safeguarding.services.pieces import message_pieces
from safeguarding.services.vault import seal_pieces
from tests.cast import open_member, open_room
from tests.harness.servers import RedisServer
from tests.safeguarding.dossier.cases import GROOMING
from tests.settings import TEST_VAR


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.export")
    parser.add_argument("--messages", type=int, default=10_000)
    count = parser.parse_args().messages
    redis = RedisServer(TEST_VAR / "redis.sock")
    redis.start()
    try:
        call_command("migrate", verbosity=0)
        measure(count)
    finally:
        redis.stop()


def measure(count: int) -> None:
    sam = open_member("sam", AgeBand.ADULT, OFFICER_LEAD)
    bob, eve = (open_member(name, AgeBand.ADULT) for name in ("bob", "eve"))
    room = open_room("cinema", bob, eve)
    case = open_or_extend_case(
        actor=None, component="bench", code="C1", severity="P2", subject=bob, protects=[eve], room=room, automated=True
    )
    said = Message.objects.bulk_create(
        Message(
            room=room, author=(bob, eve)[index % 2], client_id=f"c{index}", check_state="done", visibility="visible",
            shown_revision=1, created_at=timezone.now(),
        )
        for index in range(count)
    )  # fmt: skip
    MessageRevision.objects.bulk_create(
        MessageRevision(message=message, number=1, body=f"{index} {GROOMING[index % len(GROOMING)][1] * 3}")
        for index, message in enumerate(said)
    )
    used = time.process_time()
    for first in range(0, count, 500):
        with transaction.atomic():
            seal_pieces(case=case, pieces=message_pieces(message.pk for message in said[first : first + 500]))
    print(f"{count} messages frozen in {time.process_time() - used:.1f} s of one core")
    export = exports.request_export(actor=sam, case=case, recipient="police", legal_basis="bench", language="fr")
    start, used = time.perf_counter(), time.process_time()
    assert building.build_export(export_pk=export.pk)
    took, core = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"frozen anew, opened, masked and built in {core:.1f} s of one core ({took:.1f} s), peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
