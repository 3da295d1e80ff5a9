"""A production configuration starts only when it is sound; each test is a process of its own, as in life."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as loaded

from config.keys import new_secrets
from config.processes import web_command, worker_command

PROJECT = Path(__file__).resolve().parent.parent.parent
SOUND = {"ALLOWED_HOSTS": "havre.example", **new_secrets()}


def manage(tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "PATH": os.environ["PATH"],
        "HAVRE_VAR": str(tmp_path),
        **{k: v for k, v in environ.items() if v},
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_deploy_is_clean_on_a_sound_configuration(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **SOUND)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        *((name, "", f"{name} must be set") for name in SOUND),
        ("HTTPS", "0", "HTTPS must not be off"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS must name hosts"),
        ("DEBUG", "maybe", "DEBUG must be 1 or 0"),
        ("TRUSTED_PROXIES", "many", "TRUSTED_PROXIES must be a whole number"),
        ("SECRET_KEY", "changeme", "SECRET_KEY must be fifty random characters"),
        ("SIGNING_KEY", "A" * 43 + "=", "SIGNING_KEY is no random key"),
        ("ALLOWED_HOSTS", "https://havre.example", "ALLOWED_HOSTS must hold names"),
        ("SITE_URL", "havre.example", "SITE_URL must be an address"),
        ("TIME_ZONE", "Europe/Pari", "TIME_ZONE must be a time zone"),
        ("EMAIL_FROM", "Havre", "EMAIL_FROM must be one sender"),
        ("EMAIL_PORT", "0", "EMAIL_PORT must be a whole number"),
        ("EMAIL_SECURITY", "ssl", "EMAIL_SECURITY must be one of"),
        ("PAGING_URLS", "sam@havre.example", "PAGING_URLS must hold apprise addresses"),
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL must be"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL must be"),
        ("PORT", "http", "PORT must be a whole number"),
        ("WORKER_PROCESSES", "0", "WORKER_PROCESSES must be a whole number"),
        ("LOG_LEVEL", "chatty", "LOG_LEVEL must be one of"),
        ("SECRET_KEY_FILE", "/nowhere", "SECRET_KEY and SECRET_KEY_FILE are both set"),
        ("HAVRE_ENV_FILE", "/nowhere", "HAVRE_ENV_FILE names no file"),
        ("CHAT_SAFEGUARD", "nowhere.Safeguard", "chat.E001"),
    ],
)
def test_it_refuses_to_start_and_names_the_variable(tmp_path: Path, variable: str, value: str, said: str) -> None:
    done = manage(tmp_path, "check", **{**SOUND, variable: value})
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_key_in_use_is_no_former_one(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", **SOUND, CONNECTION_LOG_OLD_KEYS=SOUND["CONNECTION_LOG_KEY"])
    assert done.returncode != 0
    assert "CONNECTION_LOG_OLD_KEYS holds the key in use" in done.stderr


def test_where_to_listen_and_which_redis_may_stand_in_the_environment_file(tmp_path: Path) -> None:
    lines = {**SOUND, "PORT": "8123", "WORKER_PROCESSES": "3", "REDIS_URL_FILE": str(tmp_path / "redis")}
    (tmp_path / "redis").write_text("redis://redis.example/0\n")
    (tmp_path / "havre.env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    asked = (
        "from django.conf import settings as s; print(s.LISTEN_PORT, s.WORKER_PROCESSES, s.EMBEDDED_REDIS, s.REDIS_URL)"
    )
    done = manage(tmp_path, "shell", "-v0", "-c", asked)
    assert done.stdout.strip() == "8123 3 False redis://redis.example/0", done.stderr


@pytest.mark.parametrize(
    ("environ", "site"),
    [
        (SOUND, "https://havre.example"),
        ({**SOUND, "SITE_URL": "https://www.havre.example/"}, "https://www.havre.example"),
        ({"HAVRE_DEMO": "1"}, "http://127.0.0.1:8000"),
        ({"HAVRE_DEMO": "1", "HOST": "::1", "PORT": "8123"}, "http://[::1]:8123"),
    ],
)
def test_links_in_mail_lead_to_where_it_is_reached(tmp_path: Path, environ: dict[str, str], site: str) -> None:
    asked = "from django.conf import settings; print(settings.SITE_URL)"
    done = manage(tmp_path, "shell", "-v0", "-c", asked, **environ)
    assert done.stdout.strip() == site, done.stderr


@pytest.mark.parametrize("name", ["web", "worker"])
def test_every_process_refuses_what_the_checks_refuse(tmp_path: Path, name: str) -> None:
    """An ASGI server runs no system checks by itself, and Celery goes on when they fail."""
    command = {"web": web_command(host="127.0.0.1", port=1), "worker": worker_command(beat=False)}[name]
    variables = {
        "PATH": os.environ["PATH"],
        "HAVRE_VAR": str(tmp_path),
        **SOUND,
        "CHAT_SAFEGUARD": "nowhere.Safeguard",
    }
    done = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode != 0
    assert "Havre refuses to start" in done.stderr


def test_the_demo_refuses_any_address_but_loopback(tmp_path: Path) -> None:
    done = manage(tmp_path, "run", HAVRE_DEMO="1", HOST="0.0.0.0", PORT="8999")
    assert done.returncode != 0
    assert "this machine only" in done.stderr
    assert not (tmp_path / "havre.sqlite3").exists()


def test_a_taken_port_is_told_in_one_line(tmp_path: Path, taken_port) -> None:
    done = manage(tmp_path, "run", HAVRE_DEMO="1", PORT=str(taken_port))
    assert done.returncode != 0
    assert done.stderr.strip().splitlines()[-1].startswith(f"CommandError: Cannot listen on 127.0.0.1:{taken_port}")


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_passwords_are_hashed_with_argon2_in_real_settings(tmp_path: Path) -> None:
    done = manage(
        tmp_path,
        "shell",
        "-v0",
        "-c",
        "from django.contrib.auth.hashers import make_password; print(make_password('x')[:6])",
        **SOUND,
    )
    assert done.stdout.strip() == "argon2", done.stderr


def test_every_page_asks_for_a_login_unless_it_says_otherwise() -> None:
    assert "django.contrib.auth.middleware.LoginRequiredMiddleware" in loaded.MIDDLEWARE
