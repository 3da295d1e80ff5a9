"""A backup brings everything back, its keys lie apart, and a restore never writes over anybody's data."""

from __future__ import annotations

import base64
import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from community import audit
from community.models import AuditEvent, Member
from config.backup import MANIFEST, BackupError, read_backup, write_keys
from tests.harness.databases import TestDatabase, connect_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup of a community of one, whose arrival stands in the audit chain."""
    with transaction.atomic():
        alice = Member.objects.create(email="alice@example.org", pseudonym="alice", pseudonym_key="alice")
        audit.record(actor=alice, action="member.joined", subject=alice, data={"language": "fr"})
    call_command("backup", tmp_path / "backups", keys=tmp_path / "elsewhere" / "keys.env")
    (folder,) = (tmp_path / "backups").iterdir()
    return folder


@pytest.fixture
def empty_database(database: TestDatabase, backup: Path) -> Iterator[None]:
    connect_to(database.empty())
    yield
    connection.close()
    database.connect()


def test_a_restore_brings_everything_back_and_the_audit_chain_verifies(
    backup: Path, empty_database: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert connection.introspection.table_names() == []
    call_command("restore", backup)
    assert Member.objects.get().pseudonym == "alice"
    assert AuditEvent.objects.get().action == "member.joined"
    call_command("migrate", check_unapplied=True, verbosity=0)


def test_what_was_append_only_is_append_only_after_a_restore(backup: Path, empty_database: None) -> None:
    call_command("restore", backup)
    for change in (lambda: AuditEvent.objects.update(action="member.left"), AuditEvent.objects.all().delete):
        with pytest.raises(DatabaseError):
            change()
    assert AuditEvent.objects.get().action == "member.joined"


def test_a_restore_never_writes_over_anybodys_data(backup: Path) -> None:
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", backup)
    assert Member.objects.get().pseudonym == "alice"


@pytest.mark.parametrize("harm", ["flip", "cut", "no manifest", "nonsense", "missing"])
def test_a_damaged_backup_is_refused_and_nothing_is_written(backup: Path, empty_database: None, harm: str) -> None:
    database_file = backup / json.loads((backup / MANIFEST).read_text())["database"]
    content = database_file.read_bytes()
    match harm:
        case "flip":
            database_file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "cut":
            database_file.write_bytes(content[: len(content) // 2])
        case "no manifest":
            (backup / MANIFEST).unlink()
        case "nonsense":
            (backup / MANIFEST).write_text('{"format": 1, "database": 7}')
        case "missing":
            shutil.rmtree(backup)
    with pytest.raises(CommandError):
        call_command("restore", backup)
    assert connection.introspection.table_names() == []


def test_a_backup_without_the_keys_of_its_evidence_is_refused(backup: Path, empty_database: None, settings) -> None:
    settings.EVIDENCE_KEYS = {name: bytes(32) for name in settings.EVIDENCE_KEYS}
    with pytest.raises(CommandError, match="EVIDENCE_KEYS"):
        call_command("restore", backup)
    assert connection.introspection.table_names() == []


def test_keys_added_since_do_not_hinder(backup: Path, settings) -> None:
    settings.EVIDENCE_KEYS = {"newer": bytes(32), **settings.EVIDENCE_KEYS}
    assert read_backup(backup)["vendor"] == connection.vendor


def test_no_secret_lies_in_the_backup(backup: Path, tmp_path: Path, settings) -> None:
    keys = (tmp_path / "elsewhere" / "keys.env").read_text()
    content = b"".join(path.read_bytes() for path in backup.iterdir())
    raw = [settings.SIGNING_KEY, settings.HASH_KEY, settings.CONNECTION_LOG_KEY, *settings.EVIDENCE_KEYS.values()]
    for key in raw:
        encoded = base64.b64encode(key)
        assert key not in content
        assert encoded not in content
        assert encoded.decode() in keys
    assert settings.SECRETS["SECRET_KEY"].encode() not in content


def test_only_its_owner_reads_what_a_backup_wrote(backup: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "elsewhere" / "keys.env").stat().st_mode) == 0o600


def test_keys_are_neither_put_into_the_backup_nor_written_over_older_ones(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="must not lie in the backup"):
        write_keys(backup / "keys.env", backup)
    with pytest.raises(BackupError, match="exists already"):
        write_keys(tmp_path / "elsewhere" / "keys.env", backup)


def test_a_backup_of_another_kind_of_database_is_refused(backup: Path) -> None:
    manifest = json.loads((backup / MANIFEST).read_text())
    manifest["vendor"] = "postgresql" if connection.vendor == "sqlite" else "sqlite"
    (backup / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="DATABASE_URL names"):
        read_backup(backup)
