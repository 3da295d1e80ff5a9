"""Whom a community believes about an age: brought in a file, compared by digest, never fetched, always on record."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.checks.registry import Tags
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from community.age.eu_wallet.certificates import Certificate, load_pem
from community.errors import NotAllowed
from community.models import AuditEvent, AuditPayload, GuardianConsent, MailJob, Member, TrustList
from community.policies import AgeBand
from community.services.access import access_of
from community.services.revocations import issuers, revoke_facts
from community.services.trust import anchor_ref, current_anchors
from tests.cast import open_member

from .holder import Wallet
from .issuer import Provider, certificate, new_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wallet_on")]


def run(file: Path, **options: str) -> str:
    out = io.StringIO()
    call_command("import_trust_anchors", str(file), stdout=out, **options)
    return out.getvalue()


def written(tmp_path: Path, *providers: Provider) -> tuple[Path, str]:
    file = tmp_path / "list.pem"
    file.write_text("".join(provider.pem for provider in providers), encoding="utf-8")
    return file, hashlib.sha256(file.read_bytes()).hexdigest()


def test_nothing_is_imported_before_its_digest_was_repeated(tmp_path: Path) -> None:
    file, digest = written(tmp_path, Provider())
    shown = run(file)
    assert digest in shown
    assert "Nothing was imported" in shown
    assert not TrustList.objects.exists()
    with pytest.raises(CommandError, match="not the one"):
        run(file, sha256="00" * 32)
    assert not TrustList.objects.exists()
    assert "Imported" in run(file, sha256=digest.upper())
    assert len(current_anchors()) == 1


def test_an_import_takes_the_place_of_the_former_one_shows_what_changes_and_is_on_record(tmp_path: Path) -> None:
    one, two, three = Provider(name="One"), Provider(name="Two"), Provider(name="Three")
    file, digest = written(tmp_path, one, two)
    run(file, sha256=digest)
    file, digest = written(tmp_path, two, three)
    shown = run(file, sha256=digest)
    marks = {line[0]: line for line in shown.splitlines() if line[:2] in {"+ ", "- ", "  "}}
    assert ("CN=Three" in marks["+"], "CN=One" in marks["-"], "CN=Two" in marks[" "]) == (True, True, True)
    fingerprints = {certificate.fingerprint for certificate in _loaded(two, three)}
    assert current_anchors().fingerprints == fingerprints
    events = AuditEvent.objects.filter(action="trust.imported")
    assert events.count() == 2
    data = AuditPayload.objects.get(event=events.last()).data
    assert data["sha256"] == digest
    assert [len(data[name]) for name in ("added", "removed", "kept")] == [1, 1, 1]


def _loaded(*providers: Provider) -> list[Certificate]:
    return [load_pem(provider.pem)[0] for provider in providers]


def test_what_was_imported_cannot_be_rewritten(tmp_path: Path) -> None:
    file, digest = written(tmp_path, Provider())
    run(file, sha256=digest)
    for change in (
        lambda: TrustList.objects.update(pem=Provider().pem),
        lambda: TrustList.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_a_file_that_is_no_list_is_refused_whole(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "list.pem"
    file.write_bytes(content)
    with pytest.raises(CommandError, match="pas de liste de certificats"):
        run(file)


def test_a_certificate_that_is_no_authority_spoils_the_list(tmp_path: Path) -> None:
    signer = Provider()
    signer.ca = certificate("A signer", new_key())
    file, _digest = written(tmp_path, Provider(), signer)
    with pytest.raises(CommandError, match="pas de liste de certificats"):
        run(file)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.pem")


def test_without_anybody_to_believe_the_wallet_is_not_offered_and_a_check_says_so(charlie: Member) -> None:
    here = Client()
    here.force_login(charlie)
    assert "In person" in here.get("/age/").content.decode()
    assert "European age wallet" not in here.get("/age/").content.decode()
    assert here.post("/age/eu_wallet/begin/").status_code == 404
    found = run_checks(tags=[Tags.database], databases=["default"])
    assert [message.id for message in found if message.id == "community.W002"] == ["community.W002"]


@pytest.mark.usefixtures("provider")
def test_with_somebody_to_believe_it_is_offered_and_no_check_complains(charlie: Member) -> None:
    here = Client()
    here.force_login(charlie)
    assert "European age wallet" in here.get("/age/").content.decode()
    found = run_checks(tags=[Tags.database], databases=["default"])
    assert "community.W002" not in [message.id for message in found]


def proved_by(member: Member, wallet: Wallet, browse: Callable[..., Any], post: Callable[..., Any]) -> None:
    here = browse(member)
    here.get(post(*wallet.answer(here.begin()))[1]["redirect_uri"].removeprefix("https://havre.example"))
    assert access_of(member).band == AgeBand.ADULT


def test_what_a_removed_provider_vouched_for_stands_until_somebody_takes_it_back(
    charlie: Member, provider: Provider, adult: Wallet, browse, post, tmp_path: Path
) -> None:
    proved_by(charlie, adult, browse, post)
    other = Provider(name="Other", now=timezone.now().replace(microsecond=0))
    dana = open_member("dana")
    file, digest = written(tmp_path, provider, other)
    run(file, sha256=digest)
    proved_by(dana, Wallet(other, {"age_over_18": True}), browse, post)
    assert "rest on" not in run(file)

    file, digest = written(tmp_path, other)
    shown = run(file)
    assert "! 1 people’s proofs rest on CN=" in shown
    assert "stands until it ends" in run(file, sha256=digest)
    assert access_of(charlie).band == AgeBand.ADULT
    assert [one.believed for one in issuers()] == [False, True] or [one.believed for one in issuers()] == [True, False]
    assert "Revoked 1 facts" in run(file, sha256=digest, revoke=True)
    assert access_of(charlie).band == AgeBand.NONE
    assert access_of(dana).band == AgeBand.ADULT
    assert MailJob.objects.get().member == charlie
    assert "In person" in browse(charlie).told()  # another way, at once
    line = AuditPayload.objects.get(event=AuditEvent.objects.get(action="age.revoked")).data
    assert (line["facts"], line["members"], digest in line["reason"]) == (1, 1, True)
    assert "Revoked" not in run(file, sha256=digest, revoke=True)  # nothing is left to take back


def test_who_renewed_with_another_provider_loses_nothing_and_is_told_nothing(
    charlie: Member, provider: Provider, adult: Wallet, browse, post, tmp_path: Path
) -> None:
    proved_by(charlie, adult, browse, post)
    other = Provider(name="Other", now=timezone.now().replace(microsecond=0))
    file, digest = written(tmp_path, other)
    run(file, sha256=digest)
    proved_by(charlie, Wallet(other, {"age_over_18": True}), browse, post)
    run(file, sha256=digest, revoke=True)
    assert access_of(charlie).band == AgeBand.ADULT
    assert not MailJob.objects.exists()


def test_an_answer_that_waits_when_its_provider_is_removed_proves_nothing(
    charlie: Member, adult: Wallet, browse, post, tmp_path: Path
) -> None:
    here = browse(charlie)
    told = post(*adult.answer(here.begin()))[1]
    file, digest = written(tmp_path, Provider(name="Other", now=timezone.now().replace(microsecond=0)))
    run(file, sha256=digest)
    here.get(told["redirect_uri"].removeprefix("https://havre.example"))
    assert access_of(charlie).band == AgeBand.NONE


def test_a_guardian_whom_a_removed_provider_vouched_for_proves_anew(
    charlie: Member, provider: Provider, tmp_path: Path
) -> None:
    today = timezone.localdate()
    ref = anchor_ref(next(iter(current_anchors().fingerprints)))
    consent = GuardianConsent.objects.create(
        child=charlie, link_hash="x", issuer_ref=ref, method="eu_wallet", email_confirmed_on=today, proved_on=today,
        child_agreed_on=today, granted_on=today, expires_on=today + dt.timedelta(days=300),
    )  # fmt: skip
    file, digest = written(tmp_path, Provider(name="Other", now=timezone.now().replace(microsecond=0)))
    run(file, sha256=digest, revoke=True)
    consent.refresh_from_db()
    assert (consent.granted_on, consent.proved_on, consent.method, consent.ended_at) == (None, None, "", None)
    assert MailJob.objects.get().member == charlie


def test_a_member_or_a_machine_without_a_name_revokes_nothing(bob: Member) -> None:
    for who in ({"actor": bob}, {"actor": None}):
        with pytest.raises(NotAllowed):
            revoke_facts(issuer="anchor:x", reason="x", **who)


def test_the_date_at_which_an_authority_ends_is_shown(tmp_path: Path) -> None:
    ends = timezone.now() + dt.timedelta(days=700)
    file, _digest = written(tmp_path, Provider(about_ca={"ends": ends}))
    assert f"until {ends:%Y-%m-%d}" in run(file)
