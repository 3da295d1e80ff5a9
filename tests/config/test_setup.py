"""`manage.py setup`: from nothing to an installation that starts; run again, it keeps what is there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from community.models import AuditEvent, Community, MailJob, Member
from community.roles import OFFICER_DEPUTY, OFFICER_LEAD, roles_of
from config.env import read_env_file
from config.first_run import prepare_environment
from config.keys import SECRET_NAMES
from config.management.commands.setup import cover

PROJECT = Path(__file__).resolve().parent.parent.parent


def manage(var: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": os.environ["PATH"], "HAVRE_VAR": str(var), **environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=PROJECT, env=variables, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_from_nothing_to_an_installation_that_starts(tmp_path: Path) -> None:
    done = manage(
        tmp_path, "setup", "--domain", "havre.example.org", "--mail-host", "mail.example.org", "--name", "Les Amarres",
        "--cover", "mon-fri 18:00-22:00", "--officer", "sam@example.org:Sam", "--officer", "nour@example.org:Nour",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written = read_env_file(tmp_path / "havre.env")
    assert set(SECRET_NAMES) < set(written)
    assert (written["ALLOWED_HOSTS"], written["EMAIL_HOST"]) == ("havre.example.org", "mail.example.org")
    assert stat.S_IMODE((tmp_path / "havre.env").stat().st_mode) == 0o600
    assert not any(written[name] in done.stdout + done.stderr for name in SECRET_NAMES)
    assert manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING").returncode == 0
    again = manage(tmp_path, "setup", "--mail-host", "other.example.org", "--no-input")
    assert again.returncode == 0, again.stderr
    assert read_env_file(tmp_path / "havre.env") == {**written, "EMAIL_HOST": "other.example.org"}


@pytest.mark.parametrize(
    "domain", ["", "havre", "https://havre.example.org", "havre.example.org/x", "*", "a b.example"]
)
def test_what_is_no_domain_is_refused_before_anything_is_written(tmp_path: Path, domain: str) -> None:
    done = manage(tmp_path, "setup", "--domain", domain)
    assert done.returncode != 0
    assert "--domain" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value", "variable"),
    [
        ("--mail-port", "many", "EMAIL_PORT"),
        ("--mail-security", "ssl", "EMAIL_SECURITY"),
        ("--mail-from", "Havre", "EMAIL_FROM"),
        ("--time-zone", "Europe/Pari", "TIME_ZONE"),
    ],
)
def test_an_option_that_the_settings_would_refuse_is_told_in_one_line_and_not_written(
    tmp_path: Path, option: str, value: str, variable: str
) -> None:
    done = manage(tmp_path, "setup", "--domain", "havre.example.org", option, value)
    assert done.returncode != 0
    assert done.stderr.startswith(f"setup: {variable} must be")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_first_questions_are_asked_again_until_sound_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {
        "The name": ["https://havre.example.org", "havre.example.org"],
        "The mail server": ["mail.example.org"],
        "Its port": ["many", "25"],
        "starttls": ["ssl", "tls"],
        "The account": ["havre"],
        "Its password": ["a=b c#d"],
        "A neutral sender": ["Havre", ""],
    }

    def answer(question: str) -> str:
        return next(given for start, given in answers.items() if question.startswith(start)).pop(0)

    for name in ("DEBUG", "HAVRE_DEMO", "ALLOWED_HOSTS", *(name for name in os.environ if name.startswith("EMAIL_"))):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HAVRE_ENV_FILE", str(tmp_path / "havre.env"))
    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("getpass.getpass", answer)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    prepare_environment([])
    assert not any(answers.values())
    written = read_env_file(tmp_path / "havre.env")
    assert (written["EMAIL_PORT"], written["EMAIL_SECURITY"], written["EMAIL_PASSWORD"]) == ("25", "tls", "a=b c#d")
    assert written["EMAIL_FROM"] == "Havre <no-reply@havre.example.org>"
    prepare_environment([])  # nothing left to ask: a question would find no answer
    assert read_env_file(tmp_path / "havre.env") == written


def test_an_environment_file_that_was_mounted_is_used_as_it_is(tmp_path: Path) -> None:
    """In a container it is a secret of the orchestrator: setup asks the rest, and says where a change belongs."""
    secrets = tmp_path / "secrets"
    made = manage(
        tmp_path, "setup", "--environment-only", "--domain", "havre.example.org", HAVRE_ENV_FILE=str(secrets / "env")
    )
    assert made.returncode == 0, made.stderr
    written = (secrets / "env").read_bytes()
    # A link into /proc cannot be replaced, not even by root: as good as a read-only mount.
    mounted = f"/proc/{os.getpid()}/fd/{os.open(secrets / 'env', os.O_RDONLY)}"
    again = manage(tmp_path, "setup", "--no-input", "--environment-only", HAVRE_ENV_FILE=mounted)
    assert again.returncode == 0, again.stderr
    changed = manage(tmp_path, "setup", "--no-input", "--environment-only", "--mail-port", "25", HAVRE_ENV_FILE=mounted)
    assert changed.returncode != 0
    assert "change it where it comes from" in changed.stderr
    assert len(changed.stderr.splitlines()) == 1
    assert (secrets / "env").read_bytes() == written


def test_secrets_that_the_environment_brings_are_not_written(tmp_path: Path) -> None:
    done = manage(
        tmp_path, "setup", "--environment-only", "--domain", "havre.example.org", SECRET_KEY="x" * 50 + "yz1234"
    )
    assert done.returncode == 0, done.stderr
    assert "SECRET_KEY" not in read_env_file(tmp_path / "havre.env")
    assert not (tmp_path / "havre.sqlite3").exists()


@pytest.mark.django_db
class TestQuestions:
    def test_two_officers_are_appointed_once_and_mailed_a_link(self) -> None:
        named = [("sam@example.org", "Sam"), ("nour@example.org", "Nour")]
        call_command("setup", no_input=True, officer=named)
        call_command("setup", no_input=True, officer=named)
        sam, nour = Member.objects.order_by("pk")
        assert (roles_of(sam), roles_of(nour)) == ({OFFICER_LEAD}, {OFFICER_DEPUTY})
        assert MailJob.objects.filter(template="reset_password").count() == 2
        assert {event.component for event in AuditEvent.objects.all()} == {"setup"}

    def test_the_community_is_described_and_what_is_not_asked_stays(self) -> None:
        call_command("setup", no_input=True, name="Les Amarres", digital_majority=16)
        call_command("setup", no_input=True, contact="contact@example.org")
        community = Community.objects.get()
        assert (community.name, community.digital_majority) == ("Les Amarres", 16)
        assert (community.contact_email, community.floor_age) == ("contact@example.org", 15)

    def test_a_test_message_goes_out_and_says_nothing(self) -> None:
        call_command("setup", no_input=True, test_mail="sam@example.org")
        (sent,) = mail.outbox
        assert sent.to == ["sam@example.org"]
        assert sent.subject == "Havre"

    def test_a_mail_server_that_does_not_answer_is_told_and_the_rest_stands(self, settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        with pytest.raises(CommandError, match=r"127\.0\.0\.1:1 did not take the mail"):
            call_command("setup", no_input=True, name="Les Amarres", test_mail="sam@example.org")
        assert Community.objects.get().name == "Les Amarres"

    @pytest.mark.parametrize("floor_age", [14, 16])
    def test_a_floor_age_that_nobody_could_prove_is_refused_before_anything_is_written(self, floor_age: int) -> None:
        with pytest.raises(CommandError, match=str(floor_age)):
            call_command("setup", no_input=True, name="Les Amarres", floor_age=floor_age)
        assert not Community.objects.filter(name="Les Amarres").exists()

    def test_at_a_terminal_it_asks_again_until_the_answer_is_sound(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = {
            "The community's name": ["Les Amarres"],
            "An address people may write to": ["nobody", "contact@example.org"],
            "Who runs it": ["Association Les Amarres"],
            "Its postal address": ["1 quai du Port, 29200 Brest"],
            "A telephone": ["+33 2 00 00 00 00"],
            "Nobody younger is admitted": ["eleven", "12", ""],
            "Below this age a guardian consents": ["16"],
            "Hours of cover": ["always", "sat 14:00-23:00"],
            "ADDRESS:PSEUDONYM of the safeguarding_lead": ["sam@example.org", "sam@example.org:Sam"],
            "ADDRESS:PSEUDONYM of the safeguarding_deputy": ["nour@example.org:Nour"],
            "Send a test message": [""],
        }

        def answer(question: str) -> str:
            return next(given for start, given in answers.items() if question.startswith(start)).pop(0)

        monkeypatch.setattr("builtins.input", answer)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        call_command("setup")
        community = Community.objects.get()
        assert (community.name, community.floor_age, community.digital_majority) == ("Les Amarres", 15, 16)
        assert community.cover_hours == [["sat", "14:00", "23:00"]]
        assert (community.operator, community.country) == ("Association Les Amarres", "FR")
        assert Member.objects.count() == 2
        assert not any(answers.values())


def test_hours_of_cover_are_read_as_people_write_them() -> None:
    assert cover("mon-wed 18:00-22:00, Sat 14:00-24:00") == [
        ["mon", "18:00", "22:00"],
        ["tue", "18:00", "22:00"],
        ["wed", "18:00", "22:00"],
        ["sat", "14:00", "24:00"],
    ]


@pytest.mark.parametrize(
    "text", ["", "always", "mon 22:00-18:00", "fri-mon 18:00-22:00", "lux 18:00-22:00", "mon 18:00-25:00", "mon 18-22"]
)
def test_hours_of_cover_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        cover(text)
