"""The order desk of authorities, and legal holds: clocks, authenticity, two people, nobody in their own cause."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from community.errors import NotAllowed, ReasonRequired
from safeguarding.errors import AnotherPersonRequired, AuthenticityFirst, CaseMoved, Conflict, EndRequired
from safeguarding.models import AuthorityOrder, Case, LegalHold
from safeguarding.services.holds import held_cases, held_members, lift_hold, place_hold, review_hold
from safeguarding.services.orders import (
    answer_order,
    confirm_authentic,
    extend_preservation,
    record_order,
    refuse_order,
)
from safeguarding.services.reminders import send_reminders

GIVEN = {
    "kind": "production",
    "authority": "Staatsanwaltschaft Köln",
    "file_number": "12 Js 345/26",
    "about": "The account Bob.",
    "categories": ["subscriber", "content"],
}


@pytest.fixture
def order(sam, severe_case, bob) -> AuthorityOrder:
    return record_order(actor=sam, case=severe_case, member=bob, **GIVEN)


@pytest.fixture
def hold(sam, severe_case) -> LegalHold:
    return place_hold(actor=sam, case=severe_case, reason="The prosecutor has asked for it.")


def page_of(row: AuthorityOrder | LegalHold) -> str:
    return reverse(f"admin:safeguarding_{row._meta.model_name}_page", args=[row.public_id])


def verb(row: AuthorityOrder | LegalHold, name: str) -> str:
    return reverse(f"admin:safeguarding_{row._meta.model_name}_verb", args=[row.public_id, name])


# -- orders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "within"),
    [
        ("production", dt.timedelta(days=10)),
        ("emergency", dt.timedelta(hours=8)),
        ("preservation", dt.timedelta(days=60)),
    ],
)
def test_the_clock_is_the_regulations_from_the_moment_of_receipt(sam, kind, within):
    received = timezone.now() - dt.timedelta(hours=2)
    order = record_order(actor=sam, received_at=received, **{**GIVEN, "kind": kind})
    assert order.due_at == received + within


def test_a_requisition_has_the_day_it_names(sam):
    with pytest.raises(EndRequired):
        record_order(actor=sam, **{**GIVEN, "kind": "requisition"})
    due = timezone.now() + dt.timedelta(days=3)
    assert record_order(actor=sam, due_at=due, **{**GIVEN, "kind": "requisition"}).due_at == due


def test_what_an_order_is_about_is_held_at_once(order, severe_case, bob):
    assert {(hold.case, hold.member) for hold in order.holds.all()} == {(severe_case, None), (None, bob)}


def test_nothing_is_handed_over_before_the_order_was_found_authentic(sam, order):
    with pytest.raises(AuthenticityFirst):
        answer_order(actor=sam, order=order, answer="Subscriber data, by the portal.")
    confirm_authentic(actor=sam, order=order, how="Called back on the number of the directory.")
    answered = answer_order(actor=sam, order=order, answer="Subscriber data, by the portal.")
    assert (answered.state, answered.remind_at) == ("answered", None)
    with pytest.raises(CaseMoved):
        refuse_order(actor=sam, order=order, grounds="Changed our mind.")


def test_the_database_itself_refuses_an_answer_to_an_order_of_unknown_origin(sam, order):
    with pytest.raises(IntegrityError), transaction.atomic():
        AuthorityOrder.objects.filter(pk=order.pk).update(
            state="answered", answer="x", answered_by=sam, answered_at=timezone.now(), remind_at=None
        )


def test_an_order_may_be_refused_with_its_grounds(sam, order):
    with pytest.raises(ReasonRequired):
        refuse_order(actor=sam, order=order, grounds="")
    assert refuse_order(actor=sam, order=order, grounds="Not issued by a judge.").state == "refused"


def test_a_preservation_is_extended_once_by_thirty_days(sam, order):
    with pytest.raises(CaseMoved):
        extend_preservation(actor=sam, order=order, reason="Asked for.")
    kept = record_order(actor=sam, **{**GIVEN, "kind": "preservation"})
    assert extend_preservation(actor=sam, order=kept, reason="Asked for.").due_at == kept.due_at + dt.timedelta(days=30)
    with pytest.raises(CaseMoved):
        extend_preservation(actor=sam, order=kept, reason="Again.")


def test_an_order_is_written_down_and_answered_in_the_console(sam, visit, severe_case):
    browser = visit(sam)
    new = reverse("admin:safeguarding_authorityorder_new")
    assert browser.get(new).status_code == 200
    answer = browser.post(
        new,
        {**GIVEN, "received_at": "2026-01-02T10:00", "case": f"INC-2026-{severe_case.public_id}", "account": "Bob"},
    )
    order = AuthorityOrder.objects.get()
    assert answer.url == page_of(order)
    assert order.holds.count() == 2
    page = browser.get(page_of(order)).content.decode()
    assert "no: tell nobody" in page
    browser.post(verb(order, "authentic"), {"how": "e-CODEX"})
    browser.post(verb(order, "answer"), {"answer": "Handed over."})
    order.refresh_from_db()
    assert order.state == "answered"


def test_bad_input_is_told_field_by_field_and_nothing_typed_is_lost(sam, visit):
    page = visit(sam).post(
        reverse("admin:safeguarding_authorityorder_new"),
        {
            **GIVEN,
            "kind": "requisition",
            "received_at": "2026-01-02T10:00",
            "case": "nothing",
            "account": "nobody",
            "period_from": "2026-01-02",
            "period_to": "2026-01-01",
        },
    )
    told = page.content.decode()
    assert page.status_code == 422
    for error in (
        "There is no case of this reference.",
        "There is no such account.",
        "Say by when the requisition must be answered",
        "This day is before the first one.",
    ):
        assert error in told
    assert "12 Js 345/26" in told
    assert not AuthorityOrder.objects.exists()


def test_an_order_is_found_by_a_pseudonym_the_account_no_longer_carries(sam, visit, bob):
    bob.pseudonym_changes.create(pseudonym="Bobby")
    visit(sam).post(
        reverse("admin:safeguarding_authorityorder_new"),
        {**GIVEN, "received_at": "2026-01-02T10:00", "account": "Bobby"},
    )
    assert AuthorityOrder.objects.get().member == bob


def test_an_overdue_order_is_on_the_dashboard_and_officers_are_reminded(sam, visit, order):
    with time_machine.travel(order.due_at + dt.timedelta(days=1)):
        assert "overdue by 1" in visit(sam).get(reverse("admin:index")).content.decode()
        assert send_reminders() >= 1


# -- holds -----------------------------------------------------------------------------------------------------------


def test_a_hold_on_a_case_holds_its_people_and_the_other_way_round(sam, hold, severe_case, case, alice, bob, eve):
    from_case = set(type(bob).objects.filter(held_members()).values_list("pk", flat=True))
    assert from_case == {alice.pk, bob.pk}
    assert list(Case.objects.filter(held_cases())) == [severe_case]
    place_hold(actor=sam, member=bob, reason="An order names him.")
    assert set(Case.objects.filter(held_cases())) == {severe_case, case}


def test_a_hold_is_reviewed_every_ninety_days_and_reminds(sam, dana, hold):
    assert hold.due_at - hold.placed_at == dt.timedelta(days=90)
    with time_machine.travel(hold.due_at):
        assert send_reminders() == 1
        assert review_hold(actor=dana, hold=hold, reason="The trial is in March.").due_at > hold.due_at
        assert send_reminders() == 0


def test_a_hold_is_lifted_by_somebody_else_with_a_reason(sam, dana, hold):
    with pytest.raises(AnotherPersonRequired):
        lift_hold(actor=sam, hold=hold, reason="Done.")
    with pytest.raises(ReasonRequired):
        lift_hold(actor=dana, hold=hold, reason="")
    lift_hold(actor=dana, hold=hold, reason="The judgment is final.")
    assert not Case.objects.filter(held_cases()).exists()
    with pytest.raises(CaseMoved):
        review_hold(actor=sam, hold=hold, reason="x")


def test_a_hold_is_placed_reviewed_and_lifted_in_the_console(sam, dana, visit, severe_case):
    new = reverse("admin:safeguarding_legalhold_new")
    both = {"case": severe_case.public_id, "account": "Bob", "reason": "Kept."}
    page = visit(sam).post(new, both).content.decode()
    assert "one of the two" in page
    assert "Kept." in page
    visit(sam).post(new, {"case": severe_case.public_id, "reason": "The prosecutor asked."})
    hold = LegalHold.objects.get()
    visit(sam).post(verb(hold, "review"), {"reason": "Still asked for."})
    visit(sam).post(verb(hold, "lift"), {"reason": "By myself."})
    hold.refresh_from_db()
    assert (hold.reviewed_by, hold.lifted_at) == (sam, None)
    visit(dana).post(verb(hold, "lift"), {"reason": "It is over."})
    hold.refresh_from_db()
    assert hold.lifted_by == dana


# -- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mo", "charlie", "alice"])
def test_nobody_but_an_officer_works_the_desk_or_holds(people, visit, order, hold, severe_case, name):
    actor = people[name]
    for act in (
        lambda: record_order(actor=actor, **GIVEN),
        lambda: confirm_authentic(actor=actor, order=order, how="x"),
        lambda: refuse_order(actor=actor, order=order, grounds="x"),
        lambda: place_hold(actor=actor, case=severe_case, reason="x"),
        lambda: review_hold(actor=actor, hold=hold, reason="x"),
        lambda: lift_hold(actor=actor, hold=hold, reason="x"),
    ):
        with pytest.raises(NotAllowed):
            act()
    for url in (
        page_of(order),
        page_of(hold),
        reverse("admin:safeguarding_authorityorder_new"),
        reverse("admin:safeguarding_legalhold_new"),
    ):
        assert visit(actor).get(url, follow=True).status_code in (403, 404)


def test_an_officer_an_order_is_about_does_not_know_of_it(bob, dana, sam, visit, severe_case):
    bob.groups.set(dana.groups.all())
    with pytest.raises(Conflict):
        record_order(actor=bob, member=bob, **GIVEN)
    order = record_order(actor=sam, member=bob, **GIVEN)
    (hold,) = order.holds.all()
    with pytest.raises(Conflict):
        lift_hold(actor=bob, hold=hold, reason="It is about me.")
    browser = visit(bob)
    for row in (order, hold):
        assert browser.get(page_of(row)).status_code == 404
        listed = browser.get(reverse(f"admin:safeguarding_{row._meta.model_name}_changelist")).content.decode()
        assert row.public_id not in listed
    assert order.public_id not in browser.get(reverse("admin:index")).content.decode()
    page = browser.post(reverse("admin:safeguarding_legalhold_new"), {"case": severe_case.public_id, "reason": "x"})
    assert "There is no case of this reference." in page.content.decode()
