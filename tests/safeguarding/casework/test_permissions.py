"""Every action of casework and of handing over, tried by everybody: who may, and the twin of each who may not.

Five people try each action on the same case, from the same state: a member, a moderator, the officer who began it, a
second officer, and an officer who is party to the case. The table says what each gets; nobody else's action shows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from community.client import Client
from community.errors import NotAllowed, Refused
from community.services import connections
from safeguarding.errors import AnotherPersonRequired, Conflict, OfficersOnly
from safeguarding.models import Case, ErasureRequest, LegalHold
from safeguarding.services import (
    appeals,
    briefing,
    building,
    casework,
    decisions,
    evidence,
    exports,
    holds,
    naming,
    orders,
    transmissions,
    urgent,
)
from tests.safeguarding.casework.conftest import CLAUSE, REASONS
from tests.safeguarding.casework.test_orders_and_holds import GIVEN as ORDER

WISHES = {"recipient": "police", "legal_basis": "Requisition", "language": "en"}
DONE = None
Act = Callable[[Any, SimpleNamespace], object]


def free(case: Case) -> Case:
    """The case as somebody else may take it."""
    Case.objects.filter(pk=case.pk).update(assigned_to=None, claimed_at=None)
    case.refresh_from_db()
    return case


def claimed(actor: Any, case: Case) -> Case:
    """The case held by whoever tries, so that holding it is not what decides."""
    Case.objects.filter(pk=case.pk).update(assigned_to=actor, claimed_at=timezone.now())
    case.refresh_from_db()
    return case


def decide(actor: Any, case: Case, bob: Any, action: str = "warn") -> object:
    case = claimed(actor, case)
    return decisions.record_decision(
        actor=actor, case=case, version=case.version, action=action, member=bob, reasons=REASONS, clauses=[CLAUSE]
    )


def told(actor: Any, w: SimpleNamespace) -> object:
    now = timezone.now() - dt.timedelta(minutes=1)
    return transmissions.record_sent(actor=actor, line=w.line, recipient="x", basis="y", sent_at=now)


def downloaded(actor: Any, w: SimpleNamespace) -> object:
    return exports.record_download(actor=actor, export=w.built)


WORKERS = {"member": NotAllowed, "moderator": DONE, "officer": DONE, "second": DONE, "party": Conflict}
SEVERE = {**WORKERS, "moderator": OfficersOnly}
OFFICERS = {**WORKERS, "moderator": NotAllowed}
SECOND = {**OFFICERS, "officer": AnotherPersonRequired}  # the officer began it

# What is done, who gets what: by anybody who works the case, by officers, by a second one alone.
ACTIONS: dict[str, tuple[Act, dict[str, type[Refused] | None]]] = {
    "claim": (lambda a, w: casework.claim_case(actor=a, case=free(w.case)), WORKERS),
    "claim a severe one": (lambda a, w: casework.claim_case(actor=a, case=free(w.severe)), SEVERE),
    "release": (lambda a, w: casework.release_claim(actor=a, case=claimed(a, w.case)), WORKERS),
    "read": (lambda a, w: casework.look_at_case(actor=a, case=w.case, reason="x"), WORKERS),
    "read a severe one": (lambda a, w: casework.look_at_case(actor=a, case=w.severe, reason="x"), SEVERE),
    "note": (lambda a, w: casework.add_note(actor=a, case=claimed(a, w.case), text="x"), WORKERS),
    "escalate": (lambda a, w: casework.escalate_case(actor=a, case=w.case, reason="x"), WORKERS),
    "brief": (lambda a, w: briefing.brief_case(actor=a, case=w.case, summary="x"), WORKERS),
    "decide": (lambda a, w: decide(a, w.case, w.bob), WORKERS),
    "decide a severe one": (lambda a, w: decide(a, w.severe, w.bob), SEVERE),
    "approve a ban": (
        lambda a, w: decisions.approve_decision(actor=a, decision=w.ban),
        {**WORKERS, "officer": AnotherPersonRequired},
    ),
    "refuse a ban": (
        lambda a, w: decisions.refuse_decision(actor=a, decision=w.ban, reason="x"),
        {**WORKERS, "officer": AnotherPersonRequired},
    ),
    "judge an appeal": (
        lambda a, w: appeals.judge_appeal(actor=a, appeal=w.appeal, overturn=False, answer="x"),
        {**SEVERE, "officer": AnotherPersonRequired},
    ),
    "freeze more": (
        lambda a, w: evidence.freeze_more(actor=a, case=w.case, message=w.message, reason="x"),
        WORKERS,
    ),
    "name a party": (
        lambda a, w: naming.name_party(
            actor=a, case=claimed(a, w.case), member=w.message.author, role="witness", reason="x"
        ),
        WORKERS,
    ),
    "open the life-at-risk sheet": (lambda a, w: urgent.open_urgent_sheet(actor=a, case=w.severe), OFFICERS),
    "complete it": (lambda a, w: urgent.complete_urgent_sheet(actor=a, sheet=w.sheet, who="x"), OFFICERS),
    "review it": (lambda a, w: urgent.review_urgent_sheet(actor=a, sheet=w.sheet, agreed=True, text="x"), SECOND),
    "add to the register": (lambda a, w: transmissions.add_transmission(actor=a, case=w.case, channel="nca"), OFFICERS),
    "write down who was told": (told, OFFICERS),
    "write down a reference": (
        lambda a, w: transmissions.record_acknowledged(actor=a, line=w.sent, reference="x"),
        OFFICERS,
    ),
    "say it is not needed": (lambda a, w: transmissions.record_not_needed(actor=a, line=w.line, reason="x"), OFFICERS),
    "write down an order": (lambda a, w: orders.record_order(actor=a, case=w.case, **ORDER), OFFICERS),
    "find an order authentic": (lambda a, w: orders.confirm_authentic(actor=a, order=w.order, how="x"), OFFICERS),
    "refuse an order": (lambda a, w: orders.refuse_order(actor=a, order=w.order, grounds="x"), OFFICERS),
    "place a hold": (lambda a, w: holds.place_hold(actor=a, case=w.case, reason="x"), OFFICERS),
    "review a hold": (lambda a, w: holds.review_hold(actor=a, hold=w.hold, reason="x"), OFFICERS),
    "lift a hold": (lambda a, w: holds.lift_hold(actor=a, hold=w.hold, reason="x"), SECOND),
    "preview a dossier": (lambda a, w: exports.preview_case(actor=a, case=w.case, **WISHES), OFFICERS),
    "ask for a dossier": (lambda a, w: exports.request_export(actor=a, case=w.case, **WISHES), OFFICERS),
    "approve a dossier": (lambda a, w: exports.approve_export(actor=a, export=w.asked), SECOND),
    "refuse a dossier": (lambda a, w: exports.refuse_export(actor=a, export=w.asked, reason="x"), SECOND),
    "take a copy": (downloaded, OFFICERS),
    "read a chronology": (
        lambda a, w: casework.read_about_person(actor=a, member=w.bob, reason="x"),
        OFFICERS,  # the party is the person
    ),
}


@pytest.fixture
def world(settings, tmp_path, sam, bob, eve, case, severe_case, insult, people, decide) -> SimpleNamespace:
    """Everything there is to act on, as sam began it; bob, who is party to both cases, is made an officer."""
    settings.VAR_DIR = tmp_path
    banned = decide(sam, case, "ban", member=bob)
    warned = decide(sam, severe_case, "warn", member=bob)
    appeal = appeals.lodge_appeal(actor=bob, decision=warned, text="No.")
    asked = exports.request_export(actor=sam, case=severe_case, **WISHES)
    built = exports.request_export(actor=sam, case=case, **WISHES)
    path = building.folder() / "copy.zip"
    path.write_bytes(b"x")
    type(built).objects.filter(pk=built.pk).update(state="ready", file_name=path.name, built_at=timezone.now())
    sheet = urgent.open_urgent_sheet(actor=sam, case=severe_case)
    sent = transmissions.add_transmission(actor=sam, case=severe_case, channel="pharos")
    told(sam, SimpleNamespace(line=sent))
    bob.groups.set(people["dana"].groups.all())
    return SimpleNamespace(
        case=case,
        severe=severe_case,
        bob=bob,
        message=insult,
        ban=banned,
        appeal=appeal,
        asked=asked,
        built=built,
        sheet=sheet,
        sent=sent,
        line=transmissions.add_transmission(actor=sam, case=case, channel="police"),
        order=orders.record_order(actor=sam, case=case, **ORDER),
        hold=holds.place_hold(actor=sam, case=case, reason="An order."),
        actors={
            "member": people["charlie"],
            "moderator": people["max"],
            "officer": sam,
            "second": people["dana"],
            "party": bob,
        },
    )


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_is_done_by_whom_the_table_says_and_refused_to_the_others(world, name):
    act, expected = ACTIONS[name]
    got: dict[str, object] = {}
    for role, actor in world.actors.items():
        with transaction.atomic():
            try:
                act(actor, world)
                got[role] = DONE
            except Refused as refusal:
                got[role] = type(refusal)
            finally:
                transaction.set_rollback(True)
        for row in vars(world).values():
            if hasattr(row, "refresh_from_db"):
                row.refresh_from_db()
    assert got == expected


def test_every_action_is_allowed_to_somebody_and_refused_to_somebody():
    for _act, expected in ACTIONS.values():
        assert DONE in expected.values()
        assert set(expected) == {"member", "moderator", "officer", "second", "party"}
        assert expected["member"] is NotAllowed
        assert expected["party"] is Conflict


# -- pages -----------------------------------------------------------------------------------------------------------

LISTS = [
    "admin:index",
    "admin:safeguarding_case_changelist",
    "admin:safeguarding_appeal_changelist",
    "admin:safeguarding_incidentexport_changelist",
    "admin:safeguarding_urgentsheet_changelist",
    "admin:safeguarding_transmission_changelist",
    "admin:safeguarding_authorityorder_changelist",
    "admin:safeguarding_legalhold_changelist",
    "admin:safeguarding_erasurerequest_changelist",
    "admin:community_auditevent_changelist",
]


def pages_of(world: SimpleNamespace) -> dict[str, str]:
    rows = {
        "case": world.case,
        "appeal": world.appeal,
        "incidentexport": world.asked,
        "urgentsheet": world.sheet,
        "transmission": world.line,
        "authorityorder": world.order,
        "legalhold": world.hold,
    }
    pages = {name: reverse(f"admin:safeguarding_{name}_page", args=[row.public_id]) for name, row in rows.items()}
    pages["dossier"] = reverse("admin:safeguarding_case_dossier", args=[world.case.public_id])
    pages["chronology"] = reverse("admin:safeguarding_chronology", args=[world.bob.public_id])
    return pages


@pytest.mark.parametrize(("role", "opens"), [("second", True), ("party", False)])
def test_a_second_officer_opens_every_page_and_the_officer_who_is_party_none(world, visit, role, opens):
    browser = visit(world.actors[role])
    for name, url in pages_of(world).items():
        assert (browser.get(url).status_code, name) == (200 if opens else 404, name)


def test_a_moderator_opens_the_pages_of_cases_they_may_work_and_no_officers_page(world, visit):
    browser = visit(world.actors["moderator"])
    for name, url in pages_of(world).items():
        assert (browser.get(url).status_code, name) == (200 if name == "case" else 404, name)


def test_a_member_opens_no_page(world, visit):
    browser = visit(world.actors["member"])
    for url in pages_of(world).values():
        assert browser.get(url, follow=True).status_code in (403, 404)


ASKED = "admin:safeguarding_erasurerequest_changelist"


@pytest.mark.parametrize(
    ("role", "status"), [("member", 403), ("moderator", 403), ("officer", 200), ("second", 200), ("party", 200)]
)
def test_officers_alone_read_who_asked_to_be_forgotten_and_none_of_their_own_cases(world, eve, visit, role, status):
    """Eve is in a case with bob: what is kept of her would tell him of it."""
    ErasureRequest.objects.create(member=eve, code_hash="a", state="restricted", restricted=2)
    answer = visit(world.actors[role]).get(reverse(ASKED), follow=True)
    assert answer.status_code == status
    assert (eve.pseudonym in answer.content.decode()) is (role in ("officer", "second"))


def test_what_is_kept_of_somebody_who_asked_to_be_forgotten_is_told_with_its_reason(world, eve, visit, sam):
    ErasureRequest.objects.create(member=eve, code_hash="a", state="restricted", restricted=2, erased=3)
    browser = visit(sam)
    page = browser.get(reverse(ASKED)).content.decode()
    assert "3 messages erased" in page
    assert "2 messages kept: a legal hold stands" in page
    for hold in LegalHold.objects.filter(holds.standing()):  # one of them came with the order
        holds.lift_hold(actor=world.actors["second"], hold=hold, reason="Nobody asked.")
    assert "2 messages kept: a case still needs them" in browser.get(reverse(ASKED)).content.decode()
    assert "Connection records kept" not in page
    connections.record_connection(member=eve, kind="login", client=Client("192.0.2.7", 4711))
    assert "Connection records kept" in browser.get(reverse(ASKED)).content.decode()
    assert reverse(ASKED) in browser.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("staff", ["moderator", "officer"])
def test_who_is_party_finds_no_trace_in_any_list_or_search(world, visit, people, staff):
    """A moderator or officer who is party does not even see that there is a case."""
    world.bob.groups.set(people["max" if staff == "moderator" else "dana"].groups.all())
    browser = visit(world.bob)
    traces = {
        row.public_id
        for row in vars(world).values()
        if hasattr(row, "public_id") and row not in (world.bob, world.message)
    }
    for name in LISTS:
        for query in (
            "",
            "?state=all",
            "?state=closed",
            "?state=second",
            "?q=case",
            "?q=export",
            "?q=hold",
            "?q=order",
        ):
            answer = browser.get(reverse(name) + query)
            if answer.status_code == 200:
                shown = answer.content.decode()
                assert not [trace for trace in traces if trace in shown], (name, query)
            else:
                assert answer.status_code in (302, 403)


@pytest.mark.parametrize("name", [name for name in LISTS if name != "admin:index"])
def test_a_list_costs_the_same_however_long_it_is(world, visit, sam, make_member, name):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse(name) + "?state=all").status_code in (200, 302)
        return sum('FROM "community_community"' not in query["sql"] for query in captured.captured_queries)

    browser = visit(sam)
    browser.get(reverse(name))
    few = cost()
    for index in range(5):
        case = Case.objects.create(code="C1", severity="P2", open_key=f"k{index}", due_at=timezone.now())
        transmissions.add_transmission(actor=sam, case=case, channel="police")
        exports.request_export(actor=sam, case=case, **WISHES)
        orders.record_order(actor=sam, case=case, **ORDER)
        urgent.open_urgent_sheet(actor=sam, case=case)
        asking = make_member(f"Gone{index}")
        ErasureRequest.objects.create(member=asking, code_hash=f"{index}")
    assert cost() == few
