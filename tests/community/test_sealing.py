from __future__ import annotations

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from community import audit
from community.models import AuditEvent, AuditPayload, AuditSeal, Member
from community.services.sealing import GENESIS, next_digest, seal_audit, verify_audit

pytestmark = pytest.mark.django_db


def write(member: Member, count: int = 1) -> list[AuditEvent]:
    with transaction.atomic():
        return [
            audit.record(actor=member, action="test.done", subject=member, data={"n": n, "é": [1.5, None, "ß"]})
            for n in range(count)
        ]


def tamper(sql: str, *params: object) -> None:
    """Write behind the triggers' back, as whoever owns the database can."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'havre_keep_%audit%'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the table counts as busy
            for table in ("auditevent", "audithead", "auditpayload", "auditseal"):
                cursor.execute(f"ALTER TABLE community_{table} DISABLE TRIGGER USER")
        cursor.execute(sql, params)


def test_sealed_events_verify_and_the_command_prints_the_head(bob: Member, capsys: pytest.CaptureFixture[str]) -> None:
    write(bob, 7)
    assert seal_audit(batch=3) == 7
    found = verify_audit(batch=2)
    assert found.holds
    assert (found.sealed, found.unsealed, found.erased) == (7, 0, 0)
    call_command("verify_audit")
    assert found.head in capsys.readouterr().out


def test_the_chain_is_what_its_description_says(bob: Member) -> None:
    events = write(bob, 3)
    seal_audit()
    digest = GENESIS
    for event, seal in zip(events, AuditSeal.objects.order_by("seq"), strict=True):
        digest = next_digest(digest, event.commitment)
        assert (seal.event_id, seal.digest) == (event.pk, digest)


def test_sealing_again_adds_nothing_and_later_events_follow(bob: Member) -> None:
    write(bob, 2)
    assert seal_audit() == 2
    assert seal_audit() == 0
    write(bob, 2)
    assert seal_audit() == 2
    assert verify_audit().holds


def test_sealing_asks_no_more_when_the_chain_is_longer(bob: Member) -> None:
    asked = []
    for _ in range(3):
        write(bob, 5)
        with CaptureQueriesContext(connection) as queries:
            assert seal_audit() == 5
        asked.append(len(queries))
    assert len(set(asked)) == 1


def test_an_event_that_committed_late_is_sealed_in_a_later_round(bob: Member) -> None:
    early, late = write(bob, 2)
    AuditSeal.objects.create(seq=1, event=late, digest=next_digest(GENESIS, late.commitment))
    assert seal_audit() == 1
    assert list(AuditSeal.objects.order_by("seq").values_list("event_id", flat=True)) == [late.pk, early.pk]
    assert verify_audit().holds


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE community_auditpayload SET data = '{\"n\": 9}' WHERE event_id = %s", "committed"),
        ("UPDATE community_auditevent SET action = 'test.undone' WHERE id = %s", "committed"),
        ("UPDATE community_auditevent SET commitment = repeat_zero WHERE id = %s", "follow"),
        ("UPDATE community_auditseal SET digest = repeat_zero WHERE event_id = %s", "follow"),
        ("DELETE FROM community_auditseal WHERE event_id = %s", "missing"),
    ],
)
def test_any_tampering_is_found_at_the_entry_where_it_happened(bob: Member, sql: str, what: str) -> None:
    events = write(bob, 6)
    seal_audit()
    tamper(sql.replace("repeat_zero", f"'{'0' * 64}'"), events[3].pk)
    found = verify_audit()
    assert found.broken is not None
    assert what in found.broken.what
    assert found.broken.event_id == (events[4].pk if what == "missing" else events[3].pk)
    with pytest.raises(CommandError, match=f"seal {found.broken.seq} "):
        call_command("verify_audit")


def test_a_payload_changed_together_with_its_commitment_still_breaks_the_seal(bob: Member) -> None:
    events = write(bob, 3)
    seal_audit()
    payload = AuditPayload.objects.get(event=events[1])
    event = AuditEvent.objects.get(pk=events[1].pk)
    forged = audit.commitment_of(
        salt=payload.salt,
        event=audit.canonical(
            actor_id=bob.pk, component="", action=event.action, subject=(event.subject_type, event.subject_id),
            at=event.at.isoformat(), data={"n": 0},
        ),
    )  # fmt: skip
    tamper("UPDATE community_auditpayload SET data = '{\"n\": 0}' WHERE event_id = %s", event.pk)
    tamper("UPDATE community_auditevent SET commitment = %s WHERE id = %s", forged, event.pk)
    broken = verify_audit().broken
    assert broken is not None
    assert broken.event_id == event.pk


@pytest.mark.invariant(6)
def test_erasing_a_payload_leaves_the_chain_valid(bob: Member) -> None:
    events = write(bob, 3)
    seal_audit()
    AuditPayload.objects.filter(event=events[1]).delete()
    found = verify_audit()
    assert found.holds
    assert found.erased == 1


def test_missing_triggers_fail_the_verification(bob: Member) -> None:
    write(bob)
    seal_audit()
    tamper("SELECT 1")
    assert not verify_audit().holds
    with pytest.raises(CommandError, match="triggers are missing"):
        call_command("verify_audit")


@pytest.mark.django_db(transaction=True)
def test_many_sealers_at_once_make_one_chain(bob: Member) -> None:
    write(bob, 60)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(5):
                seal_audit(batch=4)
        except BaseException as error:  # noqa: BLE001  whatever it is, the test must see it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    seal_audit()
    found = verify_audit()
    assert found.holds
    assert found.sealed == 60
