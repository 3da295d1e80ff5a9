"""Environment variables are read strictly: nonsense names the variable, and never shows its value."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from config.connections import celery_broker_url, database_settings
from config.env import Env, read_env_file
from config.keys import SECRET_NAMES, local_secrets, new_secrets

KEY = base64.b64encode(bytes(range(32))).decode()
ZEROS = "a:" + base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("No", False)])
def test_a_flag_reads_the_usual_words(value: str, meant: bool) -> None:
    assert Env({"DEBUG": value}).flag("DEBUG", default=not meant) is meant


@given(st.text(max_size=12))
def test_a_flag_is_one_of_its_words_or_an_error_that_names_it(value: str) -> None:
    env = Env({"DEBUG": value})
    if not value.strip():
        assert env.flag("DEBUG", default=True) is True
    elif value.strip().lower() not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        with pytest.raises(ImproperlyConfigured, match="DEBUG"):
            env.flag("DEBUG", default=False)


@pytest.mark.parametrize("value", ["eighty", "80.0", "0x50", "0", "65536", "-1", "８０", "1 000"])
def test_a_number_out_of_its_range_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PORT"):
        Env({"PORT": value}).number("PORT", 8000, least=1, most=65535)


def test_a_number_in_its_range_is_read() -> None:
    assert Env({"PORT": " 8123 "}).number("PORT", 8000, least=1, most=65535) == 8123
    assert Env({}).number("PORT", 8000) == 8000


def test_a_list_with_a_lost_item_is_refused() -> None:
    assert Env({"ALLOWED_HOSTS": "a.example, b.example"}).items("ALLOWED_HOSTS") == ["a.example", "b.example"]
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS"):
        Env({"ALLOWED_HOSTS": "a.example,,b.example"}).items("ALLOWED_HOSTS")


def test_a_choice_outside_the_list_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_SECURITY must be one of: starttls, tls"):
        Env({"EMAIL_SECURITY": "ssl"}).choice("EMAIL_SECURITY", "starttls", ("starttls", "tls"))


def test_a_required_value_that_is_missing_or_blank_is_named() -> None:
    for variables in ({}, {"SECRET_KEY": "  "}):
        with pytest.raises(ImproperlyConfigured, match="SECRET_KEY must be set"):
            Env(variables).text("SECRET_KEY")


def test_a_secret_can_come_from_a_file_that_an_orchestrator_mounts(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    assert Env({"SECRET_KEY_FILE": str(tmp_path / "secret")}).text("SECRET_KEY") == "hunter2"


def test_a_secret_set_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("one")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY and SECRET_KEY_FILE"):
        Env({"SECRET_KEY": "two", "SECRET_KEY_FILE": str(tmp_path / "secret")}).text("SECRET_KEY")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE"):
        Env({"SECRET_KEY_FILE": str(tmp_path / "secret")}).text("SECRET_KEY")


def test_keys_are_read_in_order_and_the_first_is_current() -> None:
    other = base64.b64encode(bytes(range(32, 64))).decode()
    keys = Env({"EVIDENCE_KEYS": f"2026-11:{KEY},2026-05:{other}"}).keys("EVIDENCE_KEYS")
    assert list(keys) == ["2026-11", "2026-05"]
    assert keys["2026-11"] == bytes(range(32))


@pytest.mark.parametrize(
    "value",
    [
        KEY,
        "a:" + base64.b64encode(bytes(32)).decode(),
        f":{KEY}",
        f"a b:{KEY}",
        f"a:{KEY},a:{KEY}",
        f"a:{KEY[:-4]}",
        "a:not base64!",
        f"a:{KEY},",
    ],
)
def test_keys_that_are_not_keys_are_refused_without_showing_them(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EVIDENCE_KEYS") as caught:
        Env({"EVIDENCE_KEYS": value}).keys("EVIDENCE_KEYS")
    assert KEY[:20] not in str(caught.value)


def test_former_keys_are_there_or_not_and_each_is_a_key() -> None:
    assert Env({}).old_keys("CONNECTION_LOG_OLD_KEYS") == []
    assert Env({"CONNECTION_LOG_OLD_KEYS": KEY}).old_keys("CONNECTION_LOG_OLD_KEYS") == [bytes(range(32))]
    for value in (f"{KEY},{KEY}", f"{KEY},", f"a:{KEY}", KEY[:-4]):
        with pytest.raises(ImproperlyConfigured, match="CONNECTION_LOG_OLD_KEYS") as caught:
            Env({"CONNECTION_LOG_OLD_KEYS": value}).old_keys("CONNECTION_LOG_OLD_KEYS")
        assert KEY[:20] not in str(caught.value)


def test_the_environment_wins_over_the_written_file() -> None:
    env = Env({"TIME_ZONE": "Europe/Brussels"}, {"TIME_ZONE": "Europe/Paris", "EMAIL_HOST": "mail.example"})
    assert env.text("TIME_ZONE") == "Europe/Brussels"
    assert env.text("EMAIL_HOST") == "mail.example"


def test_an_environment_file_is_lines_of_names_and_values(tmp_path: Path) -> None:
    path = tmp_path / "havre.env"
    path.write_text("# written by setup\n\nTIME_ZONE=Europe/Paris\nSECRET_KEY=a=b#c\n")
    assert read_env_file(path) == {"TIME_ZONE": "Europe/Paris", "SECRET_KEY": "a=b#c"}
    path.write_text("TIME_ZONE=Europe/Paris\nexport X=1\n")
    with pytest.raises(ImproperlyConfigured, match="line 2"):
        read_env_file(path)


def test_fresh_secrets_are_complete_readable_and_never_the_same() -> None:
    one, other = new_secrets(), new_secrets()
    assert set(one) == set(SECRET_NAMES)
    assert not set(one.values()) & set(other.values())
    env = Env(one)
    assert len(env.keys("EVIDENCE_KEYS")) == 1
    assert {len(env.key(name)) for name in ("SIGNING_KEY", "HASH_KEY", "CONNECTION_LOG_KEY")} == {32}


def test_local_secrets_are_made_once_and_read_by_their_owner_only(tmp_path: Path) -> None:
    first = local_secrets(tmp_path / "var")
    assert local_secrets(tmp_path / "var") == first
    assert (tmp_path / "var" / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secrets.env"]


def test_sqlite_writers_queue_for_their_turn() -> None:
    options = database_settings("sqlite:////srv/havre/havre.sqlite3")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] >= 10
    assert "journal_mode=WAL" in options["init_command"]


def test_postgresql_is_reached_by_its_url() -> None:
    settings = database_settings("postgresql://havre:secret@db.example:5433/havre")
    assert (settings["HOST"], settings["PORT"], settings["NAME"]) == ("db.example", 5433, "havre")


@pytest.mark.parametrize("url", ["mysql://u:hunter2@h/d", "hunter2", "postgresql://u:hunter2@h:port/d"])
def test_another_database_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as caught:
        database_settings(url)
    assert "hunter2" not in str(caught.value)


def test_celery_gets_the_same_redis_under_its_own_name() -> None:
    assert (
        celery_broker_url("unix:///srv/havre/redis.sock?db=3") == "redis+socket:///srv/havre/redis.sock?virtual_host=3"
    )
    assert celery_broker_url("rediss://:pw@redis.example:6380/1") == "rediss://:pw@redis.example:6380/1"
    for nonsense in ("redis.example", "http://redis.example", "unix://"):
        with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
            celery_broker_url(nonsense)


def test_several_of_a_list_keep_their_order_and_nothing_else_gets_in() -> None:
    known = ("in_person", "eu_wallet")
    assert Env({}).chosen("AGE_PROVIDERS", ("in_person",), known) == ["in_person"]
    assert Env({"AGE_PROVIDERS": "eu_wallet, in_person"}).chosen("AGE_PROVIDERS", (), known) == [
        "eu_wallet", "in_person",
    ]  # fmt: skip
    for value in ("self_declared", "in_person,in_person", "in_person,,eu_wallet", "IN_PERSON"):
        with pytest.raises(ImproperlyConfigured, match="AGE_PROVIDERS"):
            Env({"AGE_PROVIDERS": value}).chosen("AGE_PROVIDERS", (), known)


@pytest.mark.parametrize(
    "value", ["https://id.example.org", "https://id.example.org/tenant/", "https://id.example.org:8443"]
)
def test_the_address_of_another_server_is_https(value: str) -> None:
    assert Env({"X": value}).url("X") == value.rstrip("/")


@pytest.mark.parametrize(
    "value",
    ["http://id.example.org", "id.example.org", "https://", "https://a:b@id.example.org", "https://id.example.org?x=1",
     "https://id.example.org#x", "ftp://id.example.org", "https://id.example.org:port"],
)  # fmt: skip
def test_any_other_address_of_a_server_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        Env({"X": value}).url("X")
    assert "X" in str(raised.value)
    assert "a:b@" not in str(raised.value)


def test_plain_http_is_read_for_this_machine_alone_and_only_where_it_is_allowed() -> None:
    assert Env({"X": "http://127.0.0.1:9000"}).url("X", loopback=True) == "http://127.0.0.1:9000"
    for value, loopback in (("http://127.0.0.1:9000", False), ("http://192.0.2.1:9000", True)):
        with pytest.raises(ImproperlyConfigured):
            Env({"X": value}).url("X", loopback=loopback)
