from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from community import audit
from community.checks import check_ports, check_triggers
from community.models import AuditEvent, AuditPayload, AuditSeal, Member
from community.roles import MODERATOR, PERMISSIONS, ROLES, is_moderator, is_officer, may
from community.triggers import install_triggers, missing_triggers

pytestmark = pytest.mark.django_db


def test_migrate_makes_every_group_with_exactly_its_permissions() -> None:
    for role, codenames in ROLES.items():
        granted = Group.objects.get(name=role).permissions.values_list("codename", flat=True)
        assert set(granted) == codenames


def test_migrate_takes_back_what_was_added_by_hand() -> None:
    group = Group.objects.get(name=MODERATOR)
    group.permissions.add(Permission.objects.get(codename="export_cases"))
    call_command("migrate", interactive=False, verbosity=0)
    assert "export_cases" not in group.permissions.values_list("codename", flat=True)


def test_roles_are_asked_of_groups_alone(mo: Member, sam: Member, bob: Member) -> None:
    assert is_moderator(mo)
    assert not is_officer(mo)
    assert is_officer(sam)
    assert not is_moderator(sam)
    assert may(sam, "export_cases")
    assert not may(mo, "export_cases")
    bob.is_superuser = bob.is_staff = True
    bob.save()
    assert not any((is_moderator(bob), is_officer(bob), *(may(bob, codename) for codename in PERMISSIONS)))


def event(bob: Member) -> AuditEvent:
    with transaction.atomic():
        return audit.record(actor=bob, action="test.done", subject=bob, data={"n": 1})


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    "rewrite",
    [
        lambda line: AuditEvent.objects.filter(pk=line.pk).update(action="test.undone"),
        lambda line: AuditEvent.objects.filter(pk=line.pk)._raw_delete("default"),
    ],
    ids=["update", "delete"],
)
def test_the_database_refuses_to_change_or_delete_an_audit_event(
    rewrite: Callable[[AuditEvent], object], bob: Member
) -> None:
    line = event(bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        rewrite(line)
    assert AuditEvent.objects.get(pk=line.pk).action == "test.done"


def test_a_payload_may_be_erased_and_never_changed(bob: Member) -> None:
    line = event(bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditPayload.objects.filter(event=line).update(data={"n": 2})
    AuditPayload.objects.filter(event=line).delete()
    assert AuditEvent.objects.filter(pk=line.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_emptying_a_whole_table_is_refused_too(bob: Member) -> None:
    line = event(bob)
    AuditSeal.objects.create(seq=1, event=line, digest="0" * 64)
    emptying = {"sqlite": "DELETE FROM community_auditseal", "postgresql": "TRUNCATE community_auditseal"}
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(emptying[connection.vendor])


def test_a_line_cannot_be_written_over(bob: Member) -> None:
    """REPLACE of SQLite deletes and inserts, which no trigger on UPDATE sees."""
    line = event(bob)
    columns = [field.column for field in AuditEvent._meta.concrete_fields]
    told = ["'test.undone'" if column == "action" else f'"{column}"' for column in columns]
    table, quoted = AuditEvent._meta.db_table, ", ".join(f'"{column}"' for column in columns)
    rows = f"{table} ({quoted}) SELECT {', '.join(told)} FROM {table} WHERE id = {line.pk}"
    over = {
        "sqlite": f"INSERT OR REPLACE INTO {rows}",
        "postgresql": f"INSERT INTO {rows} ON CONFLICT (id) DO UPDATE SET action = EXCLUDED.action",
    }
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(over[connection.vendor])
    assert AuditEvent.objects.get(pk=line.pk).action == "test.done"


def test_a_lost_trigger_is_told_by_the_check_and_brought_back_by_migrate() -> None:
    assert missing_triggers() == []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'havre_keep_%'")
            name = sorted(name for (name,) in cursor.fetchall())[0]
            cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute("SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE tgname LIKE 'havre_keep_%'")
            name, table = sorted(cursor.fetchall())[0]
            cursor.execute(f'DROP TRIGGER "{name}" ON {table}')
    assert missing_triggers() == [name]
    (warning,) = check_triggers(None, databases=["default"])
    assert name in warning.msg
    install_triggers()
    assert missing_triggers() == []


def test_an_unset_or_wrong_port_fails_the_check(settings) -> None:
    settings.AGE_PROVIDERS = ["tests.community.answers.Upstairs"]
    settings.COMMUNITY_NAME_SCREEN = ""
    assert len(check_ports(None)) == 2
    settings.AGE_PROVIDERS = ["no.such.module"]
    assert len(check_ports(None)) == 2


@pytest.mark.django_db(transaction=True)
def test_audit_without_a_transaction_raises(bob: Member) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        audit.record(actor=bob, action="test.done", subject=bob)
