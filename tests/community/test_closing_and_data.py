from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community import audit
from community.client import Client as NetworkClient
from community.errors import (
    AccountClosed,
    CannotJudgeYourself,
    NotAllowed,
    PseudonymTaken,
    ReasonRequired,
    StaffCannotClose,
    TwoOfficersRequired,
)
from community.models import AgeFact, AuditEvent, Block, ConnectionLog, MailJob, Member, Restriction
from community.policies import AgeBand
from community.services.access import access_of
from community.services.age_checks import begin_check
from community.services.connections import (
    Ground,
    purge_connections,
    read_connections,
    record_connection,
    sealed_connections,
)
from community.services.mail import purge_mail, queue_mail
from community.services.members import check_pseudonym, close_account, close_unconfirmed, export_personal_data
from community.services.sealing import seal_audit, verify_audit
from tests.community.answers import Upstairs
from tests.community.conftest import PASSWORD

pytestmark = pytest.mark.django_db

SOMEWHERE = NetworkClient("192.0.2.7", 40123)


# -- closing ---------------------------------------------------------------------------------------------------------


@pytest.mark.invariant(15)
def test_closing_leaves_a_tombstone_that_opens_nothing(client: Client, bob: Member) -> None:
    client.force_login(bob)
    begin_check(actor=bob, provider="in_person")
    queue_mail(template="waiting", member=bob)
    answer = client.post(reverse("community:close_account"), {"password": PASSWORD, "sure": "on"})
    assert answer.url == reverse("home")
    bob.refresh_from_db()
    assert (bob.email, bob.is_active, bob.has_usable_password()) == (None, False, False)
    assert bob.pseudonym != "Bob"
    assert access_of(bob).closed
    assert access_of(bob).band == AgeBand.NONE
    assert not EmailAddress.objects.filter(user=bob).exists()
    assert not MailJob.objects.filter(member=bob).exists()
    assert not AgeFact.objects.filter(member=bob, revoked_at__isnull=True).exists()
    assert bob.pk in Upstairs.closed
    assert client.get(reverse("community:account")).status_code == 302
    assert not Client().login(email="bob@example.org", password=PASSWORD)


@pytest.mark.parametrize("data", [{"password": "wrong", "sure": "on"}, {"password": PASSWORD}, {}])
def test_closing_needs_the_password_and_a_tick(client: Client, bob: Member, data: dict[str, str]) -> None:
    client.force_login(bob)
    assert client.post(reverse("community:close_account"), data).status_code == 422
    bob.refresh_from_db()
    assert bob.closed_at is None


@pytest.mark.invariant(15)
def test_what_points_to_a_closed_account_stays(bob: Member, mo: Member, alice: Member) -> None:
    Restriction.objects.create(member=bob, kind="ban", reason="x")
    Block.objects.create(blocker=alice, blocked=bob)
    with transaction.atomic():
        audit.record(actor=bob, action="test.done", subject=bob)
    seal_audit()
    close_account(actor=bob, member=bob)
    assert Restriction.objects.filter(member=bob).exists()
    assert Block.objects.filter(blocked=bob).exists()
    assert verify_audit().holds
    with pytest.raises((models.ProtectedError, IntegrityError)), transaction.atomic():
        bob.delete()


def test_nobody_takes_the_name_of_a_closed_account(bob: Member) -> None:
    close_account(actor=bob, member=bob)
    with pytest.raises(PseudonymTaken):
        check_pseudonym("Bob")


def test_an_account_is_closed_once_and_not_while_its_owner_works_here(bob: Member, mo: Member) -> None:
    close_account(actor=bob, member=bob)
    with pytest.raises(AccountClosed):
        close_account(actor=bob, member=bob)
    with pytest.raises(StaffCannotClose):
        close_account(actor=mo, member=mo)


def test_accounts_never_confirmed_are_closed_after_a_week_and_no_others(charlie: Member, bob: Member) -> None:
    EmailAddress.objects.filter(user=charlie).update(verified=False)
    assert close_unconfirmed(before=timezone.now() - dt.timedelta(days=7)) == 0
    assert close_unconfirmed(before=timezone.now() + dt.timedelta(days=7)) == 1
    charlie.refresh_from_db()
    bob.refresh_from_db()
    assert charlie.closed_at is not None
    assert bob.closed_at is None


def test_no_mail_is_written_to_a_closed_account(bob: Member) -> None:
    close_account(actor=bob, member=bob)
    bob.refresh_from_db()
    assert queue_mail(template="waiting", member=bob) is None


def test_sent_mail_forgets_the_address_after_a_week(bob: Member) -> None:
    job = queue_mail(template="waiting", member=bob)
    assert job is not None
    MailJob.objects.filter(pk=job.pk).update(state="sent")
    purge_mail()
    assert MailJob.objects.exists()
    with time_machine.travel(timezone.now() + dt.timedelta(days=8)):
        purge_mail()
    assert not MailJob.objects.exists()


# -- one's data ------------------------------------------------------------------------------------------------------


def test_downloading_gives_everything_of_mine_and_nothing_of_others(client: Client, bob: Member, mo: Member) -> None:
    Block.objects.create(blocker=bob, blocked=mo)
    record_connection(member=bob, kind="login", client=SOMEWHERE)
    client.force_login(bob)
    answer = client.post(reverse("community:data"))
    assert answer["Content-Disposition"].startswith("attachment")
    data = json.loads(answer.content)
    assert data["account"]["email"] == "bob@example.org"
    assert data["age_facts"][0]["threshold"] == 18
    assert data["blocked"][0]["pseudonym"] == "Mo"
    assert data["upstairs"] == {"said": "Bob"}
    text = answer.content.decode()
    assert "mo@example.org" not in text
    assert "attested" not in text
    assert "192.0.2.7" not in text
    assert client.get(reverse("community:data")).headers["Content-Type"].startswith("text/html")


def test_the_export_is_plain_json(alice: Member) -> None:
    assert json.loads(json.dumps(export_personal_data(actor=alice)))["account"]["id"] == alice.public_id


# -- connection records ----------------------------------------------------------------------------------------------


def read(member: Member, **changes: object):
    return read_connections(**{"member": member, "ground": Ground.AUTHORITY, "reason": "requisition 42", **changes})


def test_two_officers_read_what_was_sealed_and_it_is_on_record(bob: Member, sam: Member, dana: Member) -> None:
    record_connection(member=bob, kind="login", client=SOMEWHERE)
    (connection,) = read(bob, actor=sam, second=dana)
    assert (connection.kind, connection.address, connection.port) == ("login", "192.0.2.7", 40123)
    assert connection.at.utcoffset() == dt.timedelta(0)
    event = AuditEvent.objects.get(action="connections.read")
    assert (event.actor, event.payload.data["second"]) == (sam, dana.public_id)


def test_after_a_change_of_key_old_entries_open_with_the_key_that_sealed_them(settings, bob, sam, dana) -> None:
    record_connection(member=bob, kind="signup", client=SOMEWHERE)
    kept = sealed_connections(member=bob)
    former, settings.CONNECTION_LOG_KEY = settings.CONNECTION_LOG_KEY, bytes(range(32))
    record_connection(member=bob, kind="login", client=NetworkClient("192.0.2.8", 40124))
    settings.CONNECTION_LOG_OLD_KEYS = [former]
    assert [one.address for one in read(bob, actor=sam, second=dana)] == ["192.0.2.7", "192.0.2.8"]
    ConnectionLog.objects.filter(kind="signup").delete()  # its term is over: what a case froze opens all the same
    assert [one.address for one in read(bob, actor=sam, second=dana, kept=kept)] == ["192.0.2.7", "192.0.2.8"]
    settings.CONNECTION_LOG_OLD_KEYS = []
    assert [one.address for one in read(bob, actor=sam, second=dana, kept=kept)] == [None, "192.0.2.8"]


def test_the_row_shows_no_address_and_does_not_open_for_another_member(bob: Member, alice: Member, sam, dana) -> None:
    row = record_connection(member=bob, kind="login", client=SOMEWHERE)
    assert b"192.0.2.7" not in bytes(row.sealed)
    ConnectionLog.objects.create(member=alice, kind="login", key_id=row.key_id, sealed=row.sealed)
    (moved,) = read(alice, actor=sam, second=dana)
    assert moved.address is None


def test_one_officer_alone_or_a_moderator_reads_nothing(bob: Member, sam: Member, dana: Member, mo: Member) -> None:
    record_connection(member=bob, kind="login", client=SOMEWHERE)
    with pytest.raises(TwoOfficersRequired):
        read(bob, actor=sam, second=sam)
    with pytest.raises(NotAllowed):
        read(bob, actor=sam, second=mo)
    with pytest.raises(NotAllowed):
        read(bob, actor=mo, second=sam)
    with pytest.raises(CannotJudgeYourself):
        read(sam, actor=sam, second=dana)
    with pytest.raises(ReasonRequired):
        read(bob, actor=sam, second=dana, reason=" ")


def test_connection_records_cannot_be_rewritten_and_go_after_a_year(bob: Member) -> None:
    row = record_connection(member=bob, kind="login", client=SOMEWHERE)
    with pytest.raises(IntegrityError), transaction.atomic():
        ConnectionLog.objects.filter(pk=row.pk).update(kind="signup")
    assert purge_connections() == 0
    with time_machine.travel(timezone.now() + dt.timedelta(days=366)):
        assert purge_connections() == 1


# -- to be read by people --------------------------------------------------------------------------------------------


def test_the_same_data_can_be_read_as_a_page(client: Client, bob: Member) -> None:
    client.force_login(bob)
    answer = client.post(reverse("community:data"), {"as": "html"})
    assert answer["Content-Disposition"].endswith('.html"')
    page = answer.content.decode()
    assert "bob@example.org" in page
    assert "<dt>Threshold (years)</dt><dd>18</dd>" in page
    assert "<dt>Language</dt><dd>English</dd>" in page  # never the machine's words
    assert "<dt>How it was proved</dt><dd>In person</dd>" in page
    assert "<dt>How strongly</dt><dd>enhanced</dd>" in page
    assert "<script" not in page


def test_what_somebody_wrote_comes_out_of_the_page_as_text(bob: Member, client: Client) -> None:
    Member.objects.filter(pk=bob.pk).update(pseudonym="<b>Bob</b>")
    bob.refresh_from_db()
    client.force_login(bob)
    assert "<b>Bob" not in client.post(reverse("community:data"), {"as": "html"}).content.decode()
