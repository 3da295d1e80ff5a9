"""A grave case calls a person until one answers, and says nothing of what it is about."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from community.models import AuditEvent, MailJob
from safeguarding.models import Case, Page, SafetyCard
from safeguarding.selectors import cards_of
from safeguarding.services.cases import open_or_extend_case
from safeguarding.services.casework import claim_case
from safeguarding.services.paging import acknowledge_page, send_due_pages, show_unseen_cards

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(alice, bob, room):
    return open_or_extend_case(
        actor=None, component="test", code="M1", severity="P1", subject=bob, protects=[alice], room=room, automated=True
    )


@pytest.fixture
def calls(settings):
    settings.PAGING_URLS = ["json://officer.invalid"]
    settings.PAGING_DEPUTY_URLS = ["json://deputy.invalid"]
    made = SimpleNamespace(to=[], texts=[], answer=True)

    def notify(urls, title, body):
        made.to.append(list(urls))
        made.texts.append(f"{title} {body}")
        return made.answer

    made.ring = lambda: send_due_pages(notify=notify)
    return made


def later(minutes):
    Page.objects.update(next_at=timezone.now() - dt.timedelta(minutes=minutes))


def test_page_rings_the_officer_first_then_the_deputy_too(case, calls, sam, dana):
    assert calls.ring() == 1
    assert calls.to == [["json://officer.invalid"]]
    assert set(MailJob.objects.filter(template="page").values_list("member", flat=True)) == {sam.pk}
    assert calls.ring() == 0  # not due yet
    later(1)
    assert calls.ring() == 1
    assert calls.to[1] == ["json://officer.invalid", "json://deputy.invalid"]
    assert MailJob.objects.filter(template="page", member=dana).count() == 1


def test_page_rings_until_somebody_acknowledges(case, calls, sam):
    for _ in range(20):
        later(1)
        assert calls.ring() == 1
    assert acknowledge_page(actor=sam, case=case)
    later(1)
    assert calls.ring() == 0
    assert not acknowledge_page(actor=sam, case=case)
    assert AuditEvent.objects.filter(action="page.acknowledged", actor=sam).count() == 1


def test_claimed_or_closed_case_calls_nobody(case, calls, sam):
    Case.objects.update(assigned_to=sam)
    assert calls.ring() == 0
    Case.objects.update(assigned_to=None, state="closed", open_key=None, closed_at=timezone.now())
    assert calls.ring() == 0


def test_failed_call_is_logged_and_rings_again(case, calls, caplog):
    calls.answer = False
    calls.ring()
    assert "rings again" in caplog.text
    assert Page.objects.get().sent_at is None
    later(1)
    assert calls.ring() == 1


@pytest.mark.invariant(12)
def test_page_says_nothing_of_the_case(case, calls, alice, bob, room):
    calls.ring()
    for secret in (alice.pseudonym, bob.pseudonym, room.name, "M1", "grooming", case.public_id):
        assert secret not in calls.texts[0]
    assert MailJob.objects.values_list("params", flat=True).distinct().count() <= 1
    assert all(job.params == {} for job in MailJob.objects.all())


def test_officer_who_is_party_to_the_case_is_not_called_by_mail(case, calls, sam, dana):
    open_or_extend_case(
        actor=None, component="t", code="M1", severity="P1", subject=case.parties.first().member, witnesses=[sam],
        room=case.room, automated=True,
    )  # fmt: skip
    calls.ring()
    later(1)
    calls.ring()
    assert set(MailJob.objects.filter(template="page").values_list("member", flat=True)) == {dana.pk}


def test_two_workers_make_one_call(case, calls):
    first = Page.objects.get()
    calls.ring()
    Page.objects.filter(pk=first.pk).update(next_at=first.next_at)  # the second worker had read it before
    stale = Page.objects.filter(pk=first.pk, attempts=first.attempts, next_at=first.next_at)
    assert not stale.exists()


def test_unanswered_page_tells_the_person_at_risk_after_fifteen_minutes(case, alice, bob):
    assert show_unseen_cards() == 0
    Page.objects.update(since=timezone.now() - dt.timedelta(minutes=16))
    assert show_unseen_cards() == 1
    assert SafetyCard.objects.get().member == alice
    assert SafetyCard.objects.get().kind == "unseen"
    assert show_unseen_cards() == 0


def test_card_that_nobody_has_looked_goes_when_somebody_does(case, alice, sam):
    Page.objects.update(since=timezone.now() - dt.timedelta(minutes=16))
    show_unseen_cards()
    acknowledge_page(actor=sam, case=case)  # the calls stop; nobody has read anything yet
    assert [card.kind for card in cards_of(alice)] == ["unseen"]
    claim_case(actor=sam, case=case)
    assert list(cards_of(alice)) == []


def test_case_somebody_looked_at_shows_no_unseen_card(case):
    Page.objects.update(since=timezone.now() - dt.timedelta(minutes=16))
    Case.objects.update(first_look_at=timezone.now())
    assert show_unseen_cards() == 0


def test_milder_case_never_pages(bob, room):
    open_or_extend_case(actor=None, component="test", code="H1", severity="P2", subject=bob, room=room, automated=True)
    assert not Page.objects.exists()
