"""Exports: two officers where a minor is named, one file or none, every copy with its line."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import zipfile

import pypdf
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone

from community.errors import NotAllowed, ReasonRequired
from community.models import AuditEvent
from community.services.sealing import seal_audit
from safeguarding import tasks
from safeguarding.errors import AnotherPersonRequired, CaseMoved, Conflict, ExportNotReady, LegalBasisRequired
from safeguarding.models import ExportDownload, IncidentExport
from safeguarding.services import building, exports
from safeguarding.services.casework import add_note, claim_case
from safeguarding.services.freezing import freeze_case
from safeguarding.services.seals import signer

GIVEN = {"recipient": "police", "legal_basis": "Requisition 2026/114", "language": "en"}


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path / "exports"


@pytest.fixture
def export(sam, case):
    return exports.request_export(actor=sam, case=case, **GIVEN)


@pytest.fixture
def of_minor(sam, severe_case):
    return exports.request_export(actor=sam, case=severe_case, **GIVEN)


def built(export):
    assert building.build_export(export_pk=export.pk)
    export.refresh_from_db()
    return export


def opened(export) -> zipfile.ZipFile:
    return zipfile.ZipFile(building.folder() / export.file_name)


def everything(export) -> str:
    """All that is readable in the dossier, every file of it, the words of the PDFs among them."""
    told = []
    with opened(export) as bag:
        for name in bag.namelist():
            raw = bag.read(name)
            if name.endswith(".pdf"):
                told += [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(raw)).pages]
            elif "/data/" in name:
                told.append(raw.decode())
    return "\n".join(told)


# -- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sam", "dana"])
def test_officers_ask_for_an_export(people, case, name):
    assert exports.request_export(actor=people[name], case=case, **GIVEN).state == "approved"


@pytest.mark.parametrize("name", ["alice", "charlie", "mo", "max"])
def test_nobody_else_asks_for_one(people, case, name):
    with pytest.raises(NotAllowed):
        exports.request_export(actor=people[name], case=case, **GIVEN)
    assert not IncidentExport.objects.exists()


def test_an_officer_who_is_party_to_the_case_neither_asks_approves_nor_downloads(bob, dana, sam, severe_case):
    bob.groups.set(dana.groups.all())
    with pytest.raises(Conflict):
        exports.request_export(actor=bob, case=severe_case, **GIVEN)
    export = exports.request_export(actor=sam, case=severe_case, **GIVEN)
    with pytest.raises(Conflict):
        exports.approve_export(actor=bob, export=export)
    exports.approve_export(actor=dana, export=export)
    built(export)
    with pytest.raises(Conflict):
        exports.record_download(actor=bob, export=export)


def test_a_legal_ground_is_compulsory(sam, case):
    with pytest.raises(LegalBasisRequired):
        exports.request_export(actor=sam, case=case, **{**GIVEN, "legal_basis": " "})


# -- two officers ----------------------------------------------------------------------------------------------------


def test_an_export_that_names_a_minor_waits_for_a_second_officer(of_minor):
    assert (of_minor.names_minor, of_minor.state) == (True, "awaiting_second")
    assert not building.build_export(export_pk=of_minor.pk)
    assert building.exports_waiting() == []


def test_an_export_that_names_no_minor_is_built_at_once(export):
    assert (export.names_minor, export.state) == (False, "approved")
    assert built(export).state == "ready"


def test_somebody_who_was_a_minor_when_the_case_met_them_still_is_one_for_it(sam, severe_case, alice):
    alice.age_facts.update(superseded_at=timezone.now())
    assert exports.request_export(actor=sam, case=severe_case, **GIVEN).names_minor


def test_the_officer_who_asked_does_not_approve(sam, of_minor):
    with pytest.raises(AnotherPersonRequired):
        exports.approve_export(actor=sam, export=of_minor)
    of_minor.refresh_from_db()
    assert of_minor.state == "awaiting_second"


@pytest.mark.parametrize("name", ["mo", "charlie"])
def test_only_an_officer_approves(people, of_minor, name):
    with pytest.raises(NotAllowed):
        exports.approve_export(actor=people[name], export=of_minor)


def test_a_second_officer_approves_and_it_is_built(dana, of_minor):
    exports.approve_export(actor=dana, export=of_minor)
    assert built(of_minor).approved_by == dana


@pytest.mark.invariant(8)
def test_the_database_itself_refuses_to_build_a_minors_export_by_one_officer(of_minor):
    with pytest.raises(IntegrityError), transaction.atomic():
        IncidentExport.objects.filter(pk=of_minor.pk).update(state="approved")


def test_a_refused_export_is_not_built_and_not_approved_later(dana, of_minor):
    with pytest.raises(ReasonRequired):
        exports.refuse_export(actor=dana, export=of_minor, reason="")
    exports.refuse_export(actor=dana, export=of_minor, reason="The requisition names another case.")
    with pytest.raises(CaseMoved):
        exports.approve_export(actor=dana, export=of_minor)
    assert not building.build_export(export_pk=of_minor.pk)


# -- building --------------------------------------------------------------------------------------------------------


def test_the_file_is_whole_and_is_what_the_row_says(export, own_folder):
    built(export)
    content = (own_folder / export.file_name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == export.sha256
    assert [path.name for path in own_folder.iterdir()] == [export.file_name]
    assert export.progress == 100


def test_the_dossier_tells_what_was_said_and_what_was_decided(mo, sam, case, bob, decide):
    decide(mo, case, "warn", member=bob, private_notes="Whispered: I went to school with this one.")
    export = built(exports.request_export(actor=sam, case=case, **GIVEN))
    told = everything(export)
    assert "Nobody wants you here, just go." in told
    assert "You wrote hurtful things to a member" in told
    assert "en.exclusion" in told


@pytest.mark.invariant(12)
def test_no_note_and_no_name_of_who_reported_leaves_with_the_dossier(mo, sam, case, bob, eve, decide):
    claim_case(actor=mo, case=case)
    add_note(actor=mo, case=case, text="Murmured: the third time.")
    decide(mo, case, "warn", member=bob, private_notes="Whispered: I went to school with this one.")
    told = everything(built(exports.request_export(actor=sam, case=case, **GIVEN)))
    assert "Whispered" not in told
    assert "Murmured" not in told
    assert re.search(r"\bEve\b", told) is None  # who reported, and is a witness of it
    assert eve.public_id not in told
    assert eve.email not in told
    report = json.loads(opened(IncidentExport.objects.get()).read(next(
        name for name in opened(IncidentExport.objects.get()).namelist() if name.endswith("report.json")
    )))  # fmt: skip
    assert '"N1"' in json.dumps(report)


@pytest.mark.parametrize(("recipient", "named"), [("police", True), ("prosecutor", True), ("regulator", False)])
def test_a_recipient_reads_the_names_it_needs_and_no_others(mo, sam, case, bob, decide, recipient, named):
    decide(mo, case, "warn", member=bob)
    export = built(exports.request_export(actor=sam, case=case, **{**GIVEN, "recipient": recipient}))
    assert ("Bob" in everything(export)) is named


def test_the_sweep_builds_what_a_lost_nudge_left(export):
    tasks.build_exports()
    export.refresh_from_db()
    assert export.state == "ready"


def test_the_custody_log_is_the_cases_own_chain_and_verifies(mo, sam, case, bob, decide):
    decide(mo, case, "warn", member=bob)
    seal_audit(whole=True)
    export = exports.request_export(actor=sam, case=case, **GIVEN)
    frozen = freeze_case(export=IncidentExport.objects.get(pk=export.pk))
    sealed = [entry for entry in frozen.custody if entry.seq is not None]
    assert sealed
    for entry in sealed:
        digest = hashlib.sha256(bytes.fromhex(entry.previous) + bytes.fromhex(entry.commitment)).hexdigest()
        assert digest == entry.digest
    assert "decision.recorded" in [entry.action for entry in frozen.custody]
    # What a member did themselves passes as a commitment alone: the event would name who reported.
    assert not any(entry.action == "case.opened" for entry in frozen.custody)


def test_two_workers_build_one_dossier_once(export):
    assert building.build_export(export_pk=export.pk)
    assert not building.build_export(export_pk=export.pk)


def test_what_a_dead_worker_left_is_built_by_the_next(export):
    IncidentExport.objects.filter(pk=export.pk).update(
        state="building", claim_token="dead", claimed_until=timezone.now() + dt.timedelta(minutes=5)
    )
    assert building.exports_waiting() == []
    IncidentExport.objects.filter(pk=export.pk).update(claimed_until=timezone.now() - dt.timedelta(seconds=1))
    assert building.exports_waiting() == [export.pk]
    assert built(export).state == "ready"


def test_a_worker_that_was_overtaken_writes_nothing(export, own_folder, monkeypatch):
    def overtaken(**kwargs):
        IncidentExport.objects.filter(pk=export.pk).update(claim_token="another")
        return freeze_case(**kwargs)

    monkeypatch.setattr(building, "freeze_case", overtaken)
    assert not building.build_export(export_pk=export.pk)
    export.refresh_from_db()
    assert (export.state, export.claim_token) == ("building", "another")
    assert list(own_folder.iterdir()) == []


def test_a_failure_is_told_leaves_no_half_file_and_may_be_retried(sam, mo, export, own_folder, monkeypatch):
    def fail(**kwargs):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(building, "freeze_case", fail)
        assert not building.build_export(export_pk=export.pk)
    export.refresh_from_db()
    assert (export.state, export.error) == ("failed", "OSError")
    assert list(own_folder.iterdir()) == []
    with pytest.raises(NotAllowed):
        exports.retry_export(actor=mo, export=export)
    exports.retry_export(actor=sam, export=export)
    assert built(export).state == "ready"


# -- taking a copy ---------------------------------------------------------------------------------------------------


def test_a_download_is_streamed_piece_by_piece_by_the_server_that_really_serves_it(sam, visit, export, monkeypatch):
    built(export)
    monkeypatch.setattr("safeguarding.admin.exports.PIECE", 1000)
    browser = AsyncClient()
    browser.cookies = visit(sam).cookies
    download = reverse("admin:safeguarding_incidentexport_verb", args=[export.public_id, "download"])

    async def take() -> list[bytes]:
        answer = await browser.post(download)
        assert answer.is_async
        return [piece async for piece in answer.streaming_content]

    pieces = async_to_sync(take)()
    assert max(map(len, pieces)) == 1000
    assert hashlib.sha256(b"".join(pieces)).hexdigest() == export.sha256


def test_every_download_is_logged_before_it_is_served(sam, dana, visit, export):
    built(export)
    page = reverse("admin:safeguarding_incidentexport_page", args=[export.public_id])
    download = reverse("admin:safeguarding_incidentexport_verb", args=[export.public_id, "download"])
    assert visit(sam).get(download).status_code == 405
    for officer in (sam, dana):
        answer = visit(officer).post(download)
        assert answer.streaming
        assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == export.sha256
        assert "no-store" in answer.headers["Cache-Control"]
    assert list(ExportDownload.objects.values_list("member", flat=True)) == [sam.pk, dana.pk]
    assert AuditEvent.objects.filter(action="export.downloaded").count() == 2
    shown = visit(sam).get(page).content.decode()
    assert signer().fingerprint in shown
    assert "Dana" in shown


@pytest.mark.parametrize("name", ["mo", "charlie"])
def test_nobody_else_takes_a_copy(people, visit, export, name):
    built(export)
    download = reverse("admin:safeguarding_incidentexport_verb", args=[export.public_id, "download"])
    assert visit(people[name]).post(download, follow=True).status_code in (403, 404)
    with pytest.raises(NotAllowed):
        exports.record_download(actor=people[name], export=export)
    assert not ExportDownload.objects.exists()


def test_what_is_not_ready_is_not_served(sam, export):
    with pytest.raises(ExportNotReady):
        exports.record_download(actor=sam, export=export)
    assert not ExportDownload.objects.exists()


def test_a_file_that_went_missing_is_told_and_not_logged_as_taken(sam, export, own_folder):
    built(export)
    (own_folder / export.file_name).unlink()
    with pytest.raises(ExportNotReady):
        exports.record_download(actor=sam, export=export)
    assert not ExportDownload.objects.exists()


def test_a_dossier_does_not_lie_about_for_ever(sam, export, own_folder, monkeypatch):
    built(export)
    assert building.remove_old_files() == 0
    later = timezone.now() + building.FILE_LASTS + dt.timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert building.remove_old_files() == 1
    assert list(own_folder.iterdir()) == []
    with pytest.raises(ExportNotReady):
        exports.record_download(actor=sam, export=export)
    assert AuditEvent.objects.filter(action="export.file_removed").count() == 1


def test_the_signing_key_is_the_installations_own():
    assert len(signer().public_key) == 32
    assert settings.SIGNING_KEY.hex() not in repr(signer())
