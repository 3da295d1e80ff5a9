"""The head of the chain, signed every day and stamped from outside: a chain made anew does not pass for the old one."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from community import audit, tasks, timestamps
from community.models import AuditHead, Member
from community.services.heads import sign_head, stamp_heads, statement_of
from community.services.sealing import seal_audit, verify_audit
from tests.community.test_sealing import tamper
from tests.harness.authority import Authority

pytestmark = pytest.mark.django_db

TOMORROW = timezone.now().astimezone(dt.UTC).date() + dt.timedelta(days=1)


@pytest.fixture
def chain(bob: Member) -> None:
    with transaction.atomic():
        for number in range(5):
            audit.record(actor=bob, action="test.done", subject=bob, data={"n": number})
    seal_audit()


def test_head_of_a_day_is_signed_once(chain: None) -> None:
    head = sign_head(today=TOMORROW)
    assert head is not None
    assert (head.seq, head.day) == (5, TOMORROW - dt.timedelta(days=1))
    assert sign_head(today=TOMORROW) is None
    found = verify_audit()
    assert (found.holds, found.heads, found.stamped) == (True, 1, 0)


def test_head_tells_of_the_day_that_ended_and_nothing_later(chain: None) -> None:
    assert sign_head() is None  # all was sealed today, and yesterday nothing


def test_task_signs_and_stamps(chain: None, stamping: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: dt.datetime.combine(TOMORROW, dt.time(1), tzinfo=dt.UTC))
    tasks.sign_heads()
    head = AuditHead.objects.get()
    assert head.stamped_at
    assert timestamps.stamped_at(bytes(head.stamp or b""), bytes.fromhex(head.signature))
    assert verify_audit().stamped == 1


def test_openssl_accepts_the_stamp(chain: None, stamping: Authority, tmp_path) -> None:
    sign_head(today=TOMORROW)
    assert stamp_heads() == 1
    head = AuditHead.objects.get()
    data, stamp = tmp_path / "signature", tmp_path / "stamp.tsr"
    data.write_bytes(bytes.fromhex(head.signature))
    stamp.write_bytes(bytes(head.stamp or b""))
    assert stamping.verifies(data, stamp)
    data.write_bytes(b"x")
    assert not stamping.verifies(data, stamp)


def test_head_waits_for_an_authority_that_is_away(chain: None, stamping: Authority) -> None:
    sign_head(today=TOMORROW)
    stamping.broken = True
    assert stamp_heads() == 0
    assert AuditHead.objects.get().stamp is None
    assert verify_audit().holds
    stamping.broken = False
    assert stamp_heads() == 1


def test_stamp_over_something_else_is_not_believed(stamping: Authority) -> None:
    answer = timestamps.stamp(b"this")
    assert timestamps.stamped_at(answer, b"this")
    for changed in (answer[:-1] + bytes([answer[-1] ^ 1]), b"", b"rubbish"):
        with pytest.raises(timestamps.NotStamped):
            timestamps.stamped_at(changed, b"this")
    with pytest.raises(timestamps.NotStamped):
        timestamps.stamped_at(answer, b"that")


def test_chain_made_anew_does_not_pass_for_the_signed_one(bob: Member, chain: None) -> None:
    sign_head(today=TOMORROW)
    tamper("DELETE FROM community_auditseal")
    with transaction.atomic():
        audit.record(actor=bob, action="test.done", subject=bob, data={"n": 6})
    tamper("DELETE FROM community_auditpayload WHERE event_id = (SELECT MIN(event_id) FROM community_auditpayload)")
    tamper("DELETE FROM community_auditevent WHERE id = (SELECT MIN(id) FROM community_auditevent)")
    seal_audit(whole=True)
    found = verify_audit()
    assert found.broken is None  # the chain holds in itself
    assert found.false_head is not None
    with pytest.raises(CommandError, match="the chain is not the one that was signed"):
        call_command("verify_audit", verbosity=0)


def test_head_somebody_else_signed_is_told(chain: None) -> None:
    head = sign_head(today=TOMORROW)
    assert head is not None
    tamper("UPDATE community_audithead SET signature = %s", "00" * 64)
    with pytest.raises(CommandError, match="the signature is false"):
        call_command("verify_audit", verbosity=0)


@pytest.mark.parametrize("change", [{"digest": "0" * 64}, {"seq": 1}, {"signature": "0" * 128}])
def test_database_refuses_to_change_a_head(chain: None, change: dict[str, object]) -> None:
    sign_head(today=TOMORROW)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditHead.objects.update(**change)


def test_what_is_signed_names_its_day_and_place() -> None:
    assert statement_of(dt.date(2026, 3, 1), 7, "ab") == b"havre-audit-head 1\n2026-03-01\n7\nab\n"
