"""Preparing a dossier: what is known, what is missing, page by page, before anything is built."""

from __future__ import annotations

import base64

import pytest
from django.urls import reverse

from community.models import AuditEvent, Community
from community.policies import AgeBand
from community.roles import OFFICER_DEPUTY
from community.services.settings import get_community, update_community
from safeguarding.models import Briefing, IncidentExport
from safeguarding.services import building, exports
from safeguarding.services.freezing import freeze_case
from safeguarding.services.orders import confirm_authentic, record_order
from safeguarding.services.transmissions import add_transmission, record_not_needed, record_sent
from tests.safeguarding.casework.test_orders_and_holds import GIVEN as ORDER
from tests.safeguarding.casework.test_register import given as told

PNG = b"\x89PNG"


@pytest.fixture(autouse=True)
def reachable(db, settings, tmp_path):
    """A community that can be written back to, and a folder of its own for what is built."""
    settings.VAR_DIR = tmp_path
    update_community(actor=None, component="test", contact_email="contact@example.org")


def page_of(case) -> str:
    return reverse("admin:safeguarding_case_dossier", args=[case.public_id])


def wishes(**changes: str) -> dict[str, str]:
    """What the page posts when nothing is known yet."""
    unknown = dict.fromkeys(("danger_now", "family_knows", "family_may_know"), "unknown")
    keys = ("meeting", "place", "money_or_gifts", "images_asked", "images_sent", "threat", "secrecy")
    unknown |= {f"c_{key}": "unknown" for key in (*keys, "other_platform", "hate_words")}
    return {
        **unknown,
        "recipient": "police",
        "legal_basis": "Requisition 2026/114",
        "language": "en",
        "do": "preview",
        **changes,
    }


def test_a_preview_shows_a_page_and_what_is_missing_and_builds_nothing(sam, visit, severe_case):
    page = visit(sam).post(page_of(severe_case), wishes()).content.decode()
    picture = page.split('src="data:image/png;base64,')[1].split('"')[0]
    assert base64.b64decode(picture).startswith(PNG)
    assert "Page 1 of" in page
    assert "What is suspected, in a few words" in page
    assert not IncidentExport.objects.exists()


def test_the_pages_are_turned_one_by_one_and_never_run_out(sam, visit, severe_case):
    browser = visit(sam)
    assert "Page 2 of" in browser.post(page_of(severe_case), wishes(page="2")).content.decode()
    for wrong in ("0", "999", "x", "-1", "²"):
        assert browser.post(page_of(severe_case), wishes(page=wrong)).status_code == 200


def test_looking_at_a_preview_is_a_reading_and_is_logged(sam, visit, severe_case):
    visit(sam).post(page_of(severe_case), wishes())
    assert AuditEvent.objects.get(action="case.read", actor=sam).payload.data["reason"] == "preparing a dossier"


def test_what_is_known_is_written_down_with_the_case_and_kept_on_the_page(sam, visit, severe_case):
    browser = visit(sam)
    known = wishes(
        do="brief",
        summary="He asks for secrecy.",
        danger_now="yes",
        c_secrecy="yes",
        d_secrecy="Twice.",
        legal_basis="",
    )
    page = browser.post(page_of(severe_case), known)
    assert page.status_code == 200
    briefing = Briefing.objects.get()
    assert (briefing.summary, briefing.danger_now, briefing.written_by) == ("He asks for secrecy.", "yes", sam)
    assert briefing.circumstances["secrecy"] == {"answer": "yes", "detail": "Twice."}
    assert "He asks for secrecy." in browser.get(page_of(severe_case)).content.decode()
    browser.post(page_of(severe_case), known)
    assert Briefing.objects.count() == 1  # nothing new was said


def test_a_dossier_is_asked_for_with_all_its_wishes(sam, visit, severe_case):
    asked = wishes(do="ask", recipient_name="Police station, Lyon 3", request="Identify the account.", unredacted="on")
    answer = visit(sam).post(page_of(severe_case), asked)
    export = IncidentExport.objects.get()
    assert answer.url == reverse("admin:safeguarding_incidentexport_page", args=[export.public_id])
    assert (export.recipient_name, export.request, export.unredacted, export.state) == (
        "Police station, Lyon 3", "Identify the account.", True, "awaiting_second"
    )  # fmt: skip


SENDER = {
    "operator": "Association Le Quai", "address": "1 quai de l’Exemple", "contact_phone": "01 99 00 12 34",
    "contact_email": "answer@example.org",
}  # fmt: skip


def test_the_lead_officer_writes_down_who_hands_over_where_it_is_missing(sam, visit, severe_case):
    browser = visit(sam)
    asked = wishes(do="ask", recipient="prosecutor", summary="He asks for secrecy.")
    assert "Address of the organisation" in browser.post(page_of(severe_case), asked).content.decode()
    assert not IncidentExport.objects.exists()
    assert get_community().contact_email == "contact@example.org"  # a page without the fields empties none
    browser.post(page_of(severe_case), {**asked, **SENDER})
    assert IncidentExport.objects.get().recipient == "prosecutor"
    assert {name: getattr(Community.objects.get(), name) for name in SENDER} == SENDER
    assert AuditEvent.objects.filter(action="community.changed", actor=sam).count() == 1


def test_a_wrong_address_of_the_sender_is_told_and_changes_nothing(sam, visit, severe_case):
    wrong = {**SENDER, "contact_email": "nowhere"}
    answer = visit(sam).post(page_of(severe_case), {**wishes(do="ask"), **wrong})
    assert answer.status_code == 422
    assert "Enter a valid email address." in answer.content.decode()
    assert "Association Le Quai" in answer.content.decode()
    assert Community.objects.get().operator == ""
    assert not IncidentExport.objects.exists()


def test_a_deputy_does_not_write_down_who_hands_over(dana, visit, severe_case):
    page = visit(dana).post(page_of(severe_case), {**wishes(), **SENDER}).content.decode()
    assert "the lead safeguarding officer does it on this page" in page
    assert Community.objects.get().operator == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"legal_basis": ""}, "This field is required."),
        ({"recipient": "nobody"}, "Select a valid choice."),
        ({"encryption": "age", "encrypt_to": "age1nonsense"}, "This is no public age key"),
    ],
)
def test_bad_input_is_told_field_by_field_and_loses_nothing(sam, visit, severe_case, changes, told):
    page = visit(sam).post(page_of(severe_case), wishes(do="ask", request="Kept as typed.", **changes))
    assert page.status_code == 422
    assert told in page.content.decode()
    assert "Kept as typed." in page.content.decode()
    assert not IncidentExport.objects.exists()


@pytest.mark.parametrize(
    ("language", "told"), [("en", "What is suspected, in a few words"), ("fr", "Ce que l’on soupçonne")]
)
def test_what_stands_in_the_way_is_told_before_building_in_the_officers_language(
    sam, visit, severe_case, language, told
):
    sam.language = language
    sam.save()
    page = visit(sam).post(page_of(severe_case), wishes(do="ask", recipient="child_protection")).content.decode()
    assert told in page
    assert not IncidentExport.objects.exists()


def test_a_second_officer_looks_at_it_page_by_page_before_agreeing(sam, dana, visit, severe_case):
    visit(sam).post(page_of(severe_case), wishes(do="ask"))
    export = IncidentExport.objects.get()
    verb = reverse("admin:safeguarding_incidentexport_verb", args=[export.public_id, "preview"])
    page = visit(dana).post(verb).content.decode()
    assert "data:image/png;base64," in page
    assert AuditEvent.objects.filter(action="case.read", actor=dana).count() == 1
    export.refresh_from_db()
    assert export.state == "awaiting_second"


def test_an_unredacted_copy_is_shown_whole_to_the_two_who_sign_it_and_to_nobody_before(
    sam, dana, make_member, visit, severe_case
):
    third = make_member("vera", AgeBand.ADULT, OFFICER_DEPUTY)
    page = visit(sam).post(page_of(severe_case), wishes(unredacted="on")).content.decode()
    assert "Masked, although an unredacted copy is asked for" in page
    visit(sam).post(page_of(severe_case), wishes(do="ask", unredacted="on"))
    export = IncidentExport.objects.get()
    verb = reverse("admin:safeguarding_incidentexport_verb", args=[export.public_id, "preview"])
    assert "Masked, although" in visit(dana).post(verb).content.decode()
    assert not exports.preview_export(actor=dana, export=export).handover.unredacted
    exports.approve_export(actor=dana, export=export)
    export.refresh_from_db()
    for officer in (sam, dana):
        assert exports.preview_export(actor=officer, export=export).handover.unredacted
        assert "Unredacted: this is what is sent." in visit(officer).post(verb).content.decode()
        assert AuditEvent.objects.filter(action="export.read_unredacted", actor=officer).count() == 2
    assert not exports.preview_export(actor=third, export=export).handover.unredacted
    assert "Unredacted: this is what is sent." not in visit(third).post(verb).content.decode()
    assert not AuditEvent.objects.filter(action="export.read_unredacted", actor=third).exists()


def test_the_whole_preview_names_whoever_reported_and_the_masked_one_does_not(sam, dana, case):
    asked = {"recipient": "police", "legal_basis": "Requisition", "language": "en", "unredacted": True}
    export = exports.request_export(actor=sam, case=case, **asked)
    notifier = case.reports.get().reporter.pseudonym
    masked = exports.preview_export(actor=sam, export=export)
    exports.approve_export(actor=dana, export=export)
    export.refresh_from_db()
    whole = exports.preview_export(actor=sam, export=export)
    assert notifier in str([person.pseudonyms for person in whole.with_role("notifier")])
    assert notifier not in str([person.pseudonyms for person in masked.with_role("notifier")])


def test_the_passphrase_of_an_aes_zip_is_shown_on_demand_and_logged(sam, mo, visit, case):
    export = exports.request_export(
        actor=sam, case=case, recipient="police", legal_basis="Requisition", language="fr", encryption="zip"
    )
    assert building.build_export(export_pk=export.pk)
    verb = reverse("admin:safeguarding_incidentexport_verb", args=[export.public_id, "passphrase"])
    page = visit(sam).post(verb).content.decode()
    assert exports.show_passphrase(actor=sam, export=export) in page
    assert AuditEvent.objects.filter(action="export.passphrase_shown").count() == 2
    assert visit(mo).post(verb).status_code == 404


@pytest.mark.parametrize("name", ["mo", "charlie"])
def test_nobody_but_an_officer_prepares_one(people, visit, severe_case, name):
    browser = visit(people[name])
    assert browser.get(page_of(severe_case), follow=True).status_code in (403, 404)
    browser.post(page_of(severe_case), wishes(do="ask"))
    assert not IncidentExport.objects.exists()
    assert not Briefing.objects.exists()


def test_an_officer_who_is_party_prepares_none(bob, dana, visit, severe_case):
    bob.groups.set(dana.groups.all())
    browser = visit(bob)
    assert browser.get(page_of(severe_case)).status_code == 404
    assert browser.post(page_of(severe_case), wishes(do="ask")).status_code == 404
    assert not IncidentExport.objects.exists()


# -- the register and the order desk reach the dossier ----------------------------------------------------------------


def test_the_dossier_tells_what_the_register_says(sam, severe_case):
    sent = add_transmission(actor=sam, case=severe_case, channel="police")
    record_sent(actor=sam, line=sent, **told(reference="R-12"))
    needless = add_transmission(actor=sam, case=severe_case, channel="nca")
    record_not_needed(actor=sam, line=needless, reason="No British link.")
    export = exports.request_export(actor=sam, case=severe_case, recipient="police", legal_basis="x", language="en")
    lines = {line.channel: line for line in freeze_case(export=export).transmissions}
    assert (lines["police"].state, lines["police"].reference, lines["police"].by.name) == (
        "acknowledged",
        "R-12",
        "Sam",
    )
    assert "nca" not in lines
    assert lines["ofmin"].state == "due"


def test_a_dossier_that_answers_an_order_carries_it(sam, dana, visit, severe_case):
    order = record_order(actor=sam, case=severe_case, **ORDER)
    assert order.public_id in visit(sam).get(page_of(severe_case)).content.decode()
    blocked = visit(sam).post(page_of(severe_case), wishes(do="ask", order=order.public_id)).content.decode()
    assert "Order of the authority" in blocked
    assert not IncidentExport.objects.exists()
    confirm_authentic(actor=sam, order=order, how="Called back.")
    visit(sam).post(page_of(severe_case), wishes(do="ask", order=order.public_id))
    export = IncidentExport.objects.get()
    carried = freeze_case(export=export).handover.order
    assert (carried.file_number, carried.authentic_by.name) == (ORDER["file_number"], "Sam")
