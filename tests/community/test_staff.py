"""Roles are given by the lead officer, or by whoever sets the machine up; never by the person themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from community.errors import NotAllowed, PseudonymTaken
from community.models import AuditEvent, AuditPayload, MailJob, Member
from community.policies import AgeBand
from community.roles import MODERATOR, OFFICER_DEPUTY, OFFICER_LEAD, roles_of
from community.services.staff import grant_role, open_staff_account, withdraw_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(make_member: Callable[..., Member]) -> Member:
    return make_member("sam", AgeBand.ADULT, OFFICER_LEAD)


def test_the_lead_officer_appoints_and_it_is_written_down(lead: Member, make_member: Callable[..., Member]) -> None:
    bob = make_member("bob", AgeBand.ADULT)
    version = bob.access_version
    grant_role(actor=lead, member=bob, role=MODERATOR)
    bob.refresh_from_db()
    assert roles_of(bob) == {MODERATOR}
    assert bob.is_staff
    assert bob.access_version > version
    event = AuditEvent.objects.get(action="role.granted")
    assert (event.actor, event.subject_id) == (lead, str(bob.pk))
    assert AuditPayload.objects.get(event=event).data == {"role": MODERATOR}


@pytest.mark.parametrize("role", [MODERATOR, OFFICER_DEPUTY, None])
def test_nobody_else_appoints(make_member: Callable[..., Member], role: str | None) -> None:
    mo = make_member("mo", AgeBand.ADULT, *([role] if role else []))
    mo.is_superuser = True
    bob = make_member("bob", AgeBand.ADULT)
    for change in (grant_role, withdraw_role):
        with pytest.raises(NotAllowed):
            change(actor=mo, member=bob, role=MODERATOR)
    with pytest.raises(NotAllowed):
        open_staff_account(actor=mo, email="x@example.org", pseudonym="Nouvelle", language="fr", role=MODERATOR)
    assert not AuditEvent.objects.filter(action__startswith="role.").exists()


def test_nobody_appoints_themselves(lead: Member) -> None:
    with pytest.raises(NotAllowed):
        grant_role(actor=lead, member=lead, role=MODERATOR)


def test_without_a_person_a_component_must_answer_for_it(make_member: Callable[..., Member]) -> None:
    bob = make_member("bob", AgeBand.ADULT)
    with pytest.raises(NotAllowed):
        grant_role(actor=None, member=bob, role=MODERATOR)
    grant_role(actor=None, component="setup", member=bob, role=MODERATOR)
    assert AuditEvent.objects.get(action="role.granted").component == "setup"


def test_a_role_twice_granted_is_granted_once(lead: Member, make_member: Callable[..., Member]) -> None:
    bob = make_member("bob", AgeBand.ADULT)
    for _ in range(2):
        grant_role(actor=lead, member=bob, role=MODERATOR)
    assert AuditEvent.objects.filter(action="role.granted").count() == 1


def test_who_has_no_role_left_is_no_longer_staff(lead: Member, make_member: Callable[..., Member]) -> None:
    mo = make_member("mo", AgeBand.ADULT, MODERATOR)
    withdraw_role(actor=lead, member=mo, role=MODERATOR)
    mo.refresh_from_db()
    assert not mo.is_staff
    assert roles_of(mo) == frozenset()


def test_the_last_lead_officer_keeps_the_role(lead: Member, make_member: Callable[..., Member]) -> None:
    with pytest.raises(NotAllowed):
        withdraw_role(actor=None, component="setup", member=lead, role=OFFICER_LEAD)
    other = make_member("nour", AgeBand.ADULT, OFFICER_LEAD)
    withdraw_role(actor=other, member=lead, role=OFFICER_LEAD)
    assert roles_of(lead) == frozenset()


def test_a_new_officer_gets_a_link_and_nobody_knows_a_password(lead: Member) -> None:
    officer = open_staff_account(
        actor=lead, email="nour@example.org", pseudonym="Nour", language="fr", role=OFFICER_DEPUTY
    )
    assert roles_of(officer) == {OFFICER_DEPUTY}
    assert not officer.has_usable_password()
    job = MailJob.objects.get()
    assert (job.template, job.to_email, job.params) == ("reset_password", "nour@example.org", {})


def test_a_new_officer_takes_nobodys_name(lead: Member) -> None:
    with pytest.raises(PseudonymTaken):
        open_staff_account(actor=lead, email="x@example.org", pseudonym="Sam", language="fr", role=MODERATOR)
    assert not Member.objects.filter(email="x@example.org").exists()
