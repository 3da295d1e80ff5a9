"""From a case to a dossier: what a person wrote down, what was frozen, who may be handed what, and how it is closed."""

from __future__ import annotations

import json
import zipfile

import pyrage
import pytest
import pyzipper
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from community.client import Client
from community.errors import BadText, NotAllowed, ReasonRequired
from community.models import AuditEvent, ConnectionLog
from community.services.connections import purge_connections, record_connection
from community.services.members import block_member
from community.services.settings import update_community
from safeguarding.dossier.missing import missing_pieces
from safeguarding.dossier.verify import verify
from safeguarding.errors import BadRecipientKey, CaseMoved, Conflict, NotAParty, NotForThem, OfficersOnly
from safeguarding.models import Alert, Briefing, Case, Evidence, IncidentExport
from safeguarding.services import building, exports
from safeguarding.services.briefing import BadBriefing, brief_case
from safeguarding.services.casework import claim_case, look_at_case
from safeguarding.services.evidence import freeze_more, freeze_relationship
from safeguarding.services.freezing import freeze_case
from safeguarding.services.transmissions import record_acknowledged, record_sent
from safeguarding.services.vault import open_evidence

GIVEN = {"recipient": "police", "legal_basis": "Requisition 2026/114", "language": "en"}
BRIEF = {
    "danger_now": "yes",
    "danger_why": "A meeting on Saturday.",
    "summary": "An adult asks a minor for secrecy.",
    "family_knows": "unknown",
    "family_may_know": "no",
    "family_note": "She wants to tell them herself.",
    "opinion": "The insistence worries me.",
}


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path / "exports"


def frozen_for(case, actor, **given):
    wished = {**GIVEN, **given}
    export = exports.request_export(actor=actor, case=case, **wished)
    return freeze_case(export=IncidentExport.objects.get(pk=export.pk))


def built(export):
    assert building.build_export(export_pk=export.pk)
    export.refresh_from_db()
    return export


# -- what a person writes down ---------------------------------------------------------------------------------------


def test_what_an_officer_wrote_opens_the_dossier(sam, severe_case):
    brief_case(
        actor=sam, case=severe_case, circumstances={"meeting": {"answer": "yes", "detail": "Saturday, 3 pm"}}, **BRIEF
    )
    told = frozen_for(severe_case, sam, request="Identify the account.", recipient_name="Lyon")
    assert (told.situation.danger_now, told.situation.family_may_know) == ("yes", "no")
    assert told.situation.summary == BRIEF["summary"]
    assert [(one.text, one.by.name) for one in told.opinions] == [(BRIEF["opinion"], "Sam")]
    assert [(one.key, one.answer, one.detail) for one in told.circumstances] == [("meeting", "yes", "Saturday, 3 pm")]
    assert (told.handover.request, told.handover.recipient_name) == ("Identify the account.", "Lyon")


def test_later_words_count_and_the_earlier_ones_stay(sam, severe_case):
    brief_case(actor=sam, case=severe_case, **BRIEF)
    brief_case(actor=sam, case=severe_case, danger_now="no", circumstances={"meeting": {"answer": "no"}})
    assert frozen_for(severe_case, sam).situation.danger_now == "no"
    assert [one.danger_now for one in Briefing.objects.order_by("pk")] == ["yes", "no"]
    assert Briefing.objects.last().summary == BRIEF["summary"]
    with pytest.raises(DatabaseError), transaction.atomic():
        Briefing.objects.update(danger_now="unknown")


@pytest.mark.parametrize(("name", "error"), [("mo", OfficersOnly), ("charlie", NotAllowed), ("alice", NotAllowed)])
def test_nobody_else_briefs_a_severe_case(people, severe_case, name, error):
    with pytest.raises(error):
        brief_case(actor=people[name], case=severe_case, danger_now="no")
    assert not Briefing.objects.exists()


def test_officer_who_is_in_the_case_does_not_brief_it(sam, severe_case):
    severe_case.parties.create(member=sam, role="witness", band_then="adult")
    with pytest.raises(Conflict):
        brief_case(actor=sam, case=severe_case, danger_now="no")


@pytest.mark.parametrize(
    "said",
    [
        {"danger_now": "perhaps"},
        {"summary": "x" * 2001},
        {"danger_why": "x" * 501},
        {"circumstances": {"weather": {"answer": "yes"}}},
        {"circumstances": {"meeting": {"answer": "maybe"}}},
        {"circumstances": {"meeting": {"answer": "yes", "detail": "x" * 301}}},
    ],
)
def test_answer_nobody_offered_is_refused(sam, severe_case, said):
    with pytest.raises(BadBriefing):
        brief_case(actor=sam, case=severe_case, **said)
    assert not Briefing.objects.exists()


def test_text_no_document_could_carry_is_refused(sam, severe_case):
    with pytest.raises(BadText):
        brief_case(actor=sam, case=severe_case, summary="a\x00b")


def test_alert_is_confirmed_by_a_person_who_wrote_down_or_decided_and_by_no_reading(sam, dana, severe_case):
    message = severe_case.reports.get().message
    Alert.objects.create(
        case=severe_case, message=message, code="M1", severity="P1", score=80.0, ruleset="x", tactics=[], evidence=[]
    )
    look_at_case(actor=dana, case=severe_case, reason="a look")
    assert frozen_for(severe_case, sam).alerts[0].confirmed_by is None
    brief_case(actor=dana, case=severe_case, danger_now="no")
    assert frozen_for(severe_case, sam).alerts[0].confirmed_by is None
    brief_case(actor=dana, case=severe_case, summary="An adult asks a minor for secrecy.")
    assert frozen_for(severe_case, sam).alerts[0].confirmed_by.name == "Dana"


def test_register_of_transmissions_is_told(sam, severe_case):
    claim_case(actor=sam, case=severe_case)
    line = severe_case.transmissions.get(channel="crip")
    record_sent(
        actor=sam, line=line, recipient="CRIP du Rhône", basis="CASF L226-2-1", reference="", sent_at=timezone.now()
    )
    record_acknowledged(actor=sam, line=line, reference="2026-77")
    told = {one.channel: one for one in frozen_for(severe_case, sam).transmissions}
    assert (told["crip"].state, told["crip"].recipient, told["crip"].reference) == (
        "acknowledged",
        "CRIP du Rhône",
        "2026-77",
    )
    assert told["crip"].by.name == "Sam"
    assert told["pharos"].state == "due"


# -- what was frozen -------------------------------------------------------------------------------------------------


def test_what_the_subject_addressed_to_the_child_elsewhere_is_frozen(
    severe_case, alice, bob, charlie, make_room, say, mo
):
    elsewhere = make_room("chess", alice, bob, minors=True)
    hers = say(alice, elsewhere, "good game")
    answer = say(bob, elsewhere, "want to play in private?", held=True)
    answer.reply_to = hers
    answer.save(update_fields=["reply_to"])
    named = say(bob, elsewhere, "@alice write to me")
    named.mentions = [alice.public_id]
    named.save(update_fields=["mentions"])
    other = say(bob, elsewhere, "nothing to do with her")
    severe_case.parties.create(member=alice, role="to_protect", band_then="teen_15_17")
    asked = severe_case.reports.get().message
    freeze_relationship(actor=None, component="test", case=severe_case, anchors=[asked])
    pinned = set(Evidence.objects.filter(case=severe_case, kind="message").values_list("source_ref", flat=True))
    assert {answer.public_id, named.public_id} <= pinned
    assert other.public_id not in pinned
    assert elsewhere.public_id in Evidence.objects.filter(kind="room").values_list("source_ref", flat=True)


def test_block_between_the_parties_is_told_even_when_it_was_lifted(sam, severe_case, alice, bob):
    block_member(actor=alice, member=bob)
    alice.blocks_made.all().delete()
    told = frozen_for(severe_case, sam)
    assert [(one.by, one.against) for one in told.blocks] == [(alice.public_id, bob.public_id)]


def test_every_sealed_piece_and_every_reading_is_told(sam, dana, severe_case):
    look_at_case(actor=dana, case=severe_case, reason="second opinion")
    told = frozen_for(severe_case, sam)
    assert {piece.id for piece in told.pieces} == set(severe_case.evidence.values_list("public_id", flat=True))
    assert [(one.by.name, one.action, one.reason) for one in told.accesses] == [("Dana", "case.read", "second opinion")]


def test_age_somebody_claims_is_told_beside_the_assured_one(sam, case, bob, make_room, say, eve):
    room = make_room("talk", bob, eve)
    said = say(
        bob,
        room,
        "by the way I am 16 you know",
        findings=[{"code": "M6", "rule": "x", "version": "1", "span": [11, 18], "tactic": "says_minor"}],
    )
    freeze_relationship(actor=None, component="test", case=case, anchors=[said])
    subject = next(person for person in frozen_for(case, sam).persons if person.id == bob.public_id)
    assert subject.declared_age.startswith("“I am 16” (")
    assert subject.age_disagrees


def test_more_of_a_conversation_is_frozen_on_order(sam, severe_case, alice, say):
    anchor = severe_case.reports.get().message
    later = [say(alice, anchor.room, f"line {n}") for n in range(30)]
    with pytest.raises(ReasonRequired):
        freeze_more(actor=sam, case=severe_case, message=anchor, reason=" ")
    freeze_more(actor=sam, case=severe_case, message=anchor, before=0, after=25, reason="the prosecutor asks")
    pinned = set(Evidence.objects.filter(case=severe_case, kind="message").values_list("source_ref", flat=True))
    assert {message.public_id for message in later[:25]} <= pinned
    assert later[25].public_id not in pinned
    assert AuditEvent.objects.filter(action="evidence.ordered", actor=sam).count() == 1


def test_order_to_freeze_reaches_no_room_the_case_does_not_touch(sam, mo, charlie, severe_case, make_room, say, eve):
    message = say(eve, make_room("elsewhere", eve), "private matters")
    with pytest.raises(NotAParty):
        freeze_more(actor=sam, case=severe_case, message=message, reason="curious")
    anchor = severe_case.reports.get().message
    for somebody, error in ((mo, OfficersOnly), (charlie, NotAllowed)):
        with pytest.raises(error):
            freeze_more(actor=somebody, case=severe_case, message=anchor, reason="curious")
    Case.objects.filter(pk=severe_case.pk).update(state="closed", open_key=None, closed_at=timezone.now())
    with pytest.raises(CaseMoved):
        freeze_more(actor=sam, case=severe_case, message=anchor, reason="late")


def test_officer_freezes_more_from_the_page_of_the_case(sam, mo, visit, severe_case, alice, say):
    anchor = severe_case.reports.get().message
    later = say(alice, anchor.room, "and this came after")
    claim_case(actor=sam, case=severe_case)
    page = reverse("admin:safeguarding_case_page", args=[severe_case.public_id])
    assert b"freeze_message" in visit(sam).get(page).content
    verb = reverse("admin:safeguarding_case_verb", args=[severe_case.public_id, "freeze"])
    wished = {"message": anchor.public_id, "before": 0, "after": 5, "reason": "the prosecutor asks"}
    wrong = visit(sam).post(verb, {**wished, "after": 5000})
    assert wrong.status_code == 200
    assert b"the prosecutor asks" in wrong.content  # nothing that was typed is lost
    assert not Evidence.objects.filter(source_ref=later.public_id).exists()
    assert visit(mo).post(verb, wished).status_code in (403, 404)
    assert not Evidence.objects.filter(source_ref=later.public_id).exists()
    visit(sam).post(verb, wished)
    assert Evidence.objects.filter(source_ref=later.public_id).exists()


# -- connections -----------------------------------------------------------------------------------------------------


@pytest.fixture
def online(bob, severe_case):
    record_connection(member=bob, kind="login", client=Client(address="203.0.113.9", port=50123))
    anchor = severe_case.reports.get().message
    freeze_relationship(actor=None, component="test", case=severe_case, anchors=[anchor])
    return severe_case


def test_connections_are_frozen_sealed(online, bob):
    piece = Evidence.objects.get(kind="connections", source_ref=bob.public_id)
    assert "203.0.113.9" not in json.dumps(open_evidence(piece))


def test_connections_leave_by_two_officers_even_after_the_year(sam, dana, online, bob):
    ConnectionLog.objects.all().delete()  # as the year's end would
    assert purge_connections() == 0
    export = exports.request_export(actor=sam, case=online, **GIVEN, with_connections=True)
    assert export.state == "awaiting_second"
    exports.approve_export(actor=dana, export=export)
    told = freeze_case(export=IncidentExport.objects.get(pk=export.pk))
    assert [(one.address, one.port, one.person) for one in told.connections] == [("203.0.113.9", 50123, bob.public_id)]
    assert AuditEvent.objects.filter(action="connections.read", actor=sam).exists()


def test_connections_leave_neither_unasked_nor_by_one_officer_nor_to_anybody(sam, online):
    assert frozen_for(online, sam).connections == ()
    asked = frozen_for(online, sam, with_connections=True)  # nobody has approved
    assert asked.connections == ()
    with pytest.raises(NotForThem):
        exports.request_export(
            actor=sam, case=online, **{**GIVEN, "recipient": "child_protection"}, with_connections=True
        )
    assert not AuditEvent.objects.filter(action="connections.read").exists()


# -- who may be handed what ------------------------------------------------------------------------------------------


def test_unredacted_copy_waits_for_a_second_officer_and_names_the_notifier(sam, dana, case, eve):
    export = exports.request_export(actor=sam, case=case, **GIVEN, unredacted=True)
    assert export.state == "awaiting_second"
    exports.approve_export(actor=dana, export=export)
    told = freeze_case(export=IncidentExport.objects.get(pk=export.pk))
    [notifier] = told.with_role("notifier")
    assert [name.name for name in notifier.pseudonyms] == ["Eve"]


@pytest.mark.parametrize("recipient", ["child_protection", "regulator", "ncmec", "nca"])
def test_unredacted_copy_is_for_no_other_recipient(sam, case, recipient):
    with pytest.raises(NotForThem):
        exports.request_export(actor=sam, case=case, **{**GIVEN, "recipient": recipient}, unredacted=True)
    made = exports.request_export(actor=sam, case=case, **GIVEN, unredacted=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        IncidentExport.objects.filter(pk=made.pk).update(recipient=recipient)


def test_database_builds_no_unredacted_copy_by_one_officer(sam, case):
    made = exports.request_export(actor=sam, case=case, **GIVEN, unredacted=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        IncidentExport.objects.filter(pk=made.pk).update(state="approved")


def test_key_of_the_labels_stays_in_the_vault(sam, case, charlie, eve, say, insult):
    say(charlie, insult.room, "I was only passing by.")
    freeze_more(actor=sam, case=case, message=insult, reason="what was said after")
    export = built(exports.request_export(actor=sam, case=case, **GIVEN))
    key = open_evidence(Evidence.objects.get(kind="redaction", source_ref=export.public_id))
    assert key["key"] == {"P1": eve.public_id, "P2": charlie.public_id}
    with zipfile.ZipFile(building.folder() / export.file_name) as bag:
        for name in bag.namelist():
            if "/data/" in name and not name.endswith((".pdf", ".schema.json")):
                text = bag.read(name).decode()
                for somebody in (charlie, eve):  # who passed by, and who reported
                    assert somebody.pseudonym not in text, name
                    assert somebody.public_id not in text, name


def test_preview_stores_nothing_and_says_what_is_missing(sam, mo, case):
    before = (IncidentExport.objects.count(), AuditEvent.objects.filter(action="connections.read").count())
    told = exports.preview_case(
        actor=sam, case=case, language="fr", recipient="prosecutor", legal_basis="", with_connections=True
    )
    fields = {one.field for one in missing_pieces(told, "prosecutor", "fr") if one.blocking}
    assert {"handover.legal_basis", "platform.address", "situation.summary"} <= fields
    assert (IncidentExport.objects.count(), AuditEvent.objects.filter(action="connections.read").count()) == before
    with pytest.raises(NotAllowed):
        exports.preview_case(actor=mo, case=case, recipient="police", legal_basis="x")


def test_sender_is_who_the_lead_officer_says(sam, mo, case):
    said = {
        "operator": "Association Le Préau",
        "address": "12 rue des Lilas",
        "contact_phone": "+33 1",
        "country": "FR",
    }
    update_community(actor=sam, public_body=True, **said)
    platform = frozen_for(case, sam).platform
    assert (platform.operator, platform.address, platform.public_body) == (said["operator"], said["address"], True)
    with pytest.raises(NotAllowed):
        update_community(actor=mo, operator="Somebody else")


def test_name_of_who_reported_is_masked_where_others_wrote_it(sam, case, bob, eve, say, insult):
    told = say(bob, insult.room, "I bet it was Eve who told on me.")
    freeze_relationship(actor=None, component="test", case=case, anchors=[told])
    export = built(exports.request_export(actor=sam, case=case, **GIVEN))
    with zipfile.ZipFile(building.folder() / export.file_name) as bag:
        transcript = bag.read(next(name for name in bag.namelist() if name.endswith("transcript.csv"))).decode()
    assert "I bet it was [" in transcript
    assert "Eve" not in transcript


# -- how it is closed ------------------------------------------------------------------------------------------------


def test_dossier_for_an_age_key_opens_with_it_alone(sam, case, tmp_path):
    identity = pyrage.x25519.Identity.generate()
    export = exports.request_export(
        actor=sam, case=case, **GIVEN, encryption="age", encrypt_to=str(identity.to_public())
    )
    built(export)
    assert export.file_name.endswith(".zip.age")
    sealed = (building.folder() / export.file_name).read_bytes()
    plain = tmp_path / "plain.zip"
    plain.write_bytes(pyrage.decrypt(sealed, [identity]))
    assert verify.judge(str(plain), None)[1] == 3
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])
    assert [path.name for path in building.folder().iterdir()] == [export.file_name]


@pytest.mark.parametrize("key", ["", "age1nothing", "AGE-SECRET-KEY-1QQQ", "ssh-ed25519 AAAA"])
def test_what_is_no_age_key_is_refused(sam, case, key):
    with pytest.raises(BadRecipientKey):
        exports.request_export(actor=sam, case=case, **GIVEN, encryption="age", encrypt_to=key)


def test_passphrase_of_an_aes_zip_is_told_apart_and_leaves_its_line(sam, mo, case, tmp_path):
    export = built(exports.request_export(actor=sam, case=case, **GIVEN, encryption="zip"))
    path = building.folder() / export.file_name
    passphrase = exports.show_passphrase(actor=sam, export=export)
    assert AuditEvent.objects.filter(action="export.passphrase_shown", actor=sam).count() == 1
    assert passphrase.encode() not in path.read_bytes()
    with pyzipper.AESZipFile(path) as archive:
        [name] = archive.namelist()
        with pytest.raises(RuntimeError):
            archive.read(name)
        archive.setpassword(passphrase.encode())
        (tmp_path / "plain.zip").write_bytes(archive.read(name))
    assert verify.judge(str(tmp_path / "plain.zip"), None)[1] == 3
    with pytest.raises(NotAllowed):
        exports.show_passphrase(actor=mo, export=export)


def test_there_is_no_passphrase_where_nothing_was_closed_by_one(sam, case):
    export = built(exports.request_export(actor=sam, case=case, **GIVEN))
    with pytest.raises(exports.ExportNotReady):
        exports.show_passphrase(actor=sam, export=export)


def test_each_copy_has_a_passphrase_of_its_own(sam, case):
    told = set()
    for _ in range(2):
        export = built(exports.request_export(actor=sam, case=case, **GIVEN, encryption="zip"))
        told.add(exports.show_passphrase(actor=sam, export=export))
    assert len(told) == 2
    assert all(len(one) == 29 for one in told)


def test_installation_that_stamps_and_signs_puts_both_on_a_dossier(sam, case, stamping, settings, tmp_path):
    settings.PDF_CERTIFICATE, settings.PDF_CERTIFICATE_PASSWORD = str(stamping.pkcs12), stamping.PASSWORD
    export = built(exports.request_export(actor=sam, case=case, **GIVEN))
    lines, code = verify.judge(str(building.folder() / export.file_name), None)
    assert code == 3
    assert "stamped" in [key for key, _ in lines]
    with zipfile.ZipFile(building.folder() / export.file_name) as bag:
        pdf = next(name for name in bag.namelist() if name.endswith("report.en.pdf"))
        assert b"/ETSI.CAdES.detached" in bag.read(pdf)


def test_authority_that_is_away_delays_no_dossier(sam, case, stamping):
    stamping.broken = True
    export = built(exports.request_export(actor=sam, case=case, **GIVEN))
    lines, _code = verify.judge(str(building.folder() / export.file_name), None)
    assert "unstamped" in [key for key, _ in lines]


def test_wrong_password_of_the_certificate_fails_loudly(sam, case, authority, settings):
    settings.PDF_CERTIFICATE, settings.PDF_CERTIFICATE_PASSWORD = str(authority.pkcs12), "wrong"
    export = exports.request_export(actor=sam, case=case, **GIVEN)
    assert not building.build_export(export_pk=export.pk)
    export.refresh_from_db()
    assert (export.state, export.error) == ("failed", "BadCertificate")
