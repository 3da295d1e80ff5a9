"""Machines protect for a time and never punish; they name nobody and can be contested."""

from __future__ import annotations

import datetime as dt
import logging
import re

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.models import Message
from chat.services.posting import Post, post_messages
from community.models import AgeFact, AuditEvent, MailJob, Restriction
from community.policies import AgeBand
from community.services.mail import render_mail
from community.services.restrictions import restrict_member
from safeguarding.errors import AlreadyContested, NotYourMeasure, ReasonRequired
from safeguarding.models import Case, Decision, ProtectiveMeasure, SafetyCard
from safeguarding.selectors import cards_of
from safeguarding.services.cards import dismiss_card, show_card
from safeguarding.services.checks import drain_rooms
from safeguarding.services.measures import contest_measure, end_due_measures
from tests.cast import give_facts

pytestmark = pytest.mark.django_db
EVERY = ("hold", "pause_contact", "slow_room", "fresh_age_proof", "safety_card")


@pytest.fixture
def charlie_adult(make_member):
    return make_member("charlie", AgeBand.ADULT)


@pytest.fixture
def alerted(said, say, alice, bob, room):
    said.measures = EVERY
    message = say(bob, room, "alert M1", mentions=[alice.public_id])
    drain_rooms()
    return message


def test_every_measure_has_an_end_a_reason_and_its_case(alerted):
    case = Case.objects.get()
    measures = {measure.kind: measure for measure in ProtectiveMeasure.objects.all()}
    assert set(measures) == {"hold", "pause_contact", "slow_room", "fresh_age_proof"}
    for measure in measures.values():
        assert measure.ends_at > timezone.now()
        assert measure.reason
        assert measure.case == case
    assert AuditEvent.objects.filter(action="measure.taken", actor=None).exclude(component="").count() == 4


@pytest.mark.invariant(12)
def test_whoever_must_prove_their_age_again_is_told_once_that_something_waits(alerted, said, say, alice, bob, room):
    say(bob, room, "alert M1 again", mentions=[alice.public_id])
    drain_rooms()
    [job] = MailJob.objects.all()
    assert (job.member, job.template) == (bob, "decision")
    sent = render_mail(job)
    for word in ("age", "âge", room.name, alice.pseudonym, "alert", "M1", "proof", "preuve"):
        assert not re.search(rf"\b{word}\b", f"{sent.subject}\n{sent.body}", re.IGNORECASE)


@pytest.mark.invariant(10)
def test_machine_never_sanctions(alerted):
    assert not Decision.objects.exists()
    restrictions = Restriction.objects.all()
    assert {r.kind for r in restrictions} == {"contact_pause", "fresh_age_proof"}
    assert all(r.automated and r.ends_at for r in restrictions)


@pytest.mark.invariant(10)
@pytest.mark.parametrize("kind", ["suspension", "ban", "room_ban"])
def test_database_refuses_a_sanction_by_the_machine(bob, kind):
    with pytest.raises(IntegrityError), transaction.atomic():
        Restriction.objects.create(
            member=bob, kind=kind, room_ref="r", automated=True, reason="x", ends_at=timezone.now() + dt.timedelta(1)
        )


def test_no_measure_or_card_names_the_pair_or_the_reason_of_the_alert(alerted, alice, bob):
    texts = [m.reason for m in ProtectiveMeasure.objects.all()] + [r.reason for r in Restriction.objects.all()]
    for text in texts:
        for name in (alice.pseudonym, bob.pseudonym, alice.public_id, bob.public_id, "M1", "grooming"):
            assert name not in text


def test_held_message_reaches_nobody_and_the_room_is_slowed(alerted, room):
    alerted.refresh_from_db()
    room.refresh_from_db()
    assert alerted.visibility == Message.Visibility.HELD
    assert not alerted.events.exists()
    assert room.slow_mode_seconds == 30


def test_same_alert_again_imposes_nothing_twice(alerted, said, say, alice, bob, room):
    say(bob, room, "alert M1 again", mentions=[alice.public_id])
    drain_rooms()
    kinds = list(ProtectiveMeasure.objects.exclude(kind="hold").values_list("kind", flat=True))
    assert sorted(kinds) == ["fresh_age_proof", "pause_contact", "slow_room"]
    assert Restriction.objects.count() == 2
    assert SafetyCard.objects.count() == 1


def test_card_goes_to_the_person_at_risk_alone(alerted, alice, bob):
    assert [card.kind for card in cards_of(alice)] == ["safety"]
    assert list(cards_of(bob)) == []


def test_two_adults_who_plan_a_first_meeting_both_see_the_advice_and_no_case_is_opened(
    say, make_room, bob, charlie_adult
):
    room = make_room("tea", bob, charlie_adult, minors=False)
    say(bob, room, "fancy a coffee on saturday?", mentions=[charlie_adult.public_id])
    drain_rooms()
    assert [card.kind for card in cards_of(bob)] == ["meeting"]
    assert [card.kind for card in cards_of(charlie_adult)] == ["meeting"]
    assert not Case.objects.exists()


def test_the_target_of_an_ambush_gets_a_private_card_though_both_had_the_advice(say, make_room, bob, charlie_adult):
    room = make_room("tea", bob, charlie_adult, minors=False)
    to = [charlie_adult.public_id]
    say(bob, room, "fancy a drink tonight?", mentions=to)
    drain_rooms()
    assert [card.kind for card in cards_of(charlie_adult)] == ["meeting"]
    say(bob, room, "come alone behind the old warehouse, no calls", mentions=to)
    drain_rooms()
    assert Case.objects.get().severity == "P0"
    assert [card.kind for card in cards_of(charlie_adult)] == ["meeting", "safety"]
    assert [card.kind for card in cards_of(bob)] == ["meeting"]


def test_distress_brings_help_at_once_and_stops_nothing(said, say, alice, room):
    said.measures = ("help_card",)
    message = say(alice, room, "alert D1", mentions=[alice.public_id])
    drain_rooms()
    message.refresh_from_db()
    assert message.visibility == Message.Visibility.VISIBLE
    assert [card.kind for card in cards_of(alice)] == ["help"]
    assert not ProtectiveMeasure.objects.exists()


@pytest.mark.parametrize("cry", ["je vais me tuer ce soir", "mon père me frappe tous les soirs", "i want to die"])
def test_a_call_for_help_with_a_number_is_kept_from_the_room_and_put_before_a_person(alice, bob, room, cry):
    [posted] = post_messages([Post(alice, room, "c1", f"{cry}, appelle moi au 06 39 98 12 34")])
    drain_rooms()
    message = Message.objects.get()
    assert message.visibility == Message.Visibility.HELD
    assert not message.events.exists()
    assert "a person to read it" in posted.told
    assert [card.kind for card in cards_of(alice)] == ["help"]
    assert Case.objects.get().evidence.filter(source_ref=message.public_id).exists()


def test_a_number_alone_is_refused_as_ever(alice, bob, room):
    [posted] = post_messages([Post(alice, room, "c1", "appelle moi au 06 39 98 12 34")])
    drain_rooms()
    assert Message.objects.get().visibility == Message.Visibility.REFUSED
    assert "telephone numbers" in posted.told


def test_unknown_measure_is_an_error_and_not_a_silence(said, say, bob, room):
    said.measures = ("look_away",)
    say(bob, room, "alert M1")
    with pytest.raises(ValueError, match="look_away"):
        drain_rooms()
    assert Message.objects.get().check_state == "pending"


def test_card_is_dismissed_by_its_owner_only(alice, bob):
    card = show_card(member=alice, kind=SafetyCard.Kind.HELP, case=None)
    assert show_card(member=alice, kind=SafetyCard.Kind.HELP, case=None) is None
    assert not dismiss_card(actor=bob, card_pk=card.pk)
    assert dismiss_card(actor=alice, card_pk=card.pk)
    assert list(cards_of(alice)) == []


def test_measures_end_by_themselves(alerted, room):
    ProtectiveMeasure.objects.update(
        starts_at=timezone.now() - dt.timedelta(hours=2), ends_at=timezone.now() - dt.timedelta(hours=1)
    )
    assert end_due_measures() == 3  # a proof of age is waited for
    room.refresh_from_db()
    assert room.slow_mode_seconds == 0
    assert end_due_measures() == 0


def test_message_nobody_read_is_withdrawn_loudly_and_never_shown(alerted, caplog):
    past = timezone.now() - dt.timedelta(days=1)
    ProtectiveMeasure.objects.filter(kind="hold").update(starts_at=past - dt.timedelta(days=7), ends_at=past)
    with caplog.at_level(logging.ERROR):
        end_due_measures()
    alerted.refresh_from_db()
    assert alerted.visibility == Message.Visibility.REMOVED
    assert "nobody read it" in caplog.text


def _asked(member):
    return Restriction.objects.in_force(timezone.now()).filter(member=member, kind="fresh_age_proof")


@pytest.fixture
def asked(said, say, alice, bob, room):
    """A case because of which nothing is done but to ask for a fresh proof."""
    said.measures = ("fresh_age_proof",)
    say(bob, room, "alert M1", mentions=[alice.public_id])
    drain_rooms()
    return Case.objects.get()


@pytest.fixture
def near_its_end(bob, time_machine):
    """Waits until the last request ends, or so long before."""

    def wait(before=dt.timedelta(0)):
        time_machine.move_to(Restriction.objects.filter(member=bob).latest("pk").ends_at - before)

    return wait


def _closed():
    Case.objects.waiting().update(state="closed", open_key=None, closed_at=timezone.now())


@pytest.mark.parametrize("before", [dt.timedelta(minutes=1), dt.timedelta(0), dt.timedelta(days=-2)])
def test_the_wait_for_a_fresh_proof_does_not_end_by_waiting(asked, bob, near_its_end, before):
    for _week in range(3):
        near_its_end(before)
        assert end_due_measures() == 0
        [restriction], measure = _asked(bob), ProtectiveMeasure.objects.get()
        assert restriction.automated
        assert restriction.ends_at == measure.ends_at > timezone.now() + dt.timedelta(days=6)
        assert measure.restriction_ref == restriction.public_id
        assert measure.ended_at is None
    assert MailJob.objects.count() == 1


def test_a_new_proof_ends_the_wait(asked, bob, near_its_end):
    _asked(bob).update(lifted_at=timezone.now())  # as a new proof does
    near_its_end()
    assert end_due_measures() == 1
    assert not _asked(bob)


@pytest.mark.parametrize("revoked", [False, True])
def test_a_new_proof_before_a_late_sweep_ends_the_wait_and_one_that_was_revoked_does_not(
    asked, bob, near_its_end, revoked
):
    near_its_end(dt.timedelta(minutes=-5))
    AgeFact.objects.filter(member=bob).update(superseded_at=timezone.now())
    give_facts(bob, {18: True})
    if revoked:
        AgeFact.objects.filter(member=bob).update(revoked_at=timezone.now())
    assert end_due_measures() == (not revoked)
    assert _asked(bob).exists() is revoked


def test_a_person_who_closes_the_case_ends_the_wait(asked, bob, near_its_end):
    _closed()
    near_its_end()
    assert end_due_measures() == 1
    assert not _asked(bob)


@pytest.mark.parametrize("swept", [False, True])
def test_the_wait_goes_on_for_a_case_opened_while_one_asks_that_is_closed(
    asked, say, alice, bob, room, near_its_end, swept
):
    """Also in its last hour, when the measure of the closed case has ended and the request has not."""
    _closed()
    near_its_end(dt.timedelta(minutes=1))
    if swept:
        assert end_due_measures() == 1
    for text in ("alert M1 again", "alert M1 and again"):
        say(bob, room, text, mentions=[alice.public_id])
        drain_rooms()
    former, measure = ProtectiveMeasure.objects.order_by("pk")
    assert (former.case, measure.case) == (asked, Case.objects.waiting().get())
    assert former.ended_at
    assert end_due_measures() == 0
    measure.refresh_from_db()
    assert measure.restriction_ref == _asked(bob).get().public_id
    assert measure.ends_at > timezone.now() + dt.timedelta(days=6)
    assert MailJob.objects.filter(template="decision").count() == 1
    _closed()
    near_its_end()
    assert end_due_measures() == 1
    assert not _asked(bob)


def test_what_a_person_asked_for_is_no_measure_of_the_machine(sam, bob, alice, room, said, say):
    restrict_member(actor=sam, member=bob, kind="fresh_age_proof", reason="x")
    said.measures = ("fresh_age_proof",)
    say(bob, room, "alert M1", mentions=[alice.public_id])
    drain_rooms()
    assert Case.objects.exists()
    assert not ProtectiveMeasure.objects.exists()


def test_hold_ends_when_a_person_has_decided(alerted):
    Message.objects.filter(pk=alerted.pk).update(visibility="visible", shown_revision=1)
    assert end_due_measures() == 1
    assert ProtectiveMeasure.objects.get(kind="hold").ended_at


def test_measure_is_contested_once_by_the_person_it_concerns(alerted, alice, bob):
    measure = ProtectiveMeasure.objects.get(kind="pause_contact")
    with pytest.raises(NotYourMeasure):
        contest_measure(actor=alice, measure=measure, text="not mine")
    with pytest.raises(ReasonRequired):
        contest_measure(actor=bob, measure=measure, text="  ")
    contest_measure(actor=bob, measure=measure, text="We are cousins.")
    with pytest.raises(AlreadyContested):
        contest_measure(actor=bob, measure=measure, text="again")
    assert ProtectiveMeasure.objects.get(pk=measure.pk).contest_text == "We are cousins."
