"""Accounts that act together are parties of one case: real rules, the real drain, the console, the dossier."""

from __future__ import annotations

import pytest
from django.urls import reverse

from community.models import Member, Restriction
from community.policies import AgeBand
from safeguarding.errors import Conflict
from safeguarding.models import Alert, Case, IncidentExport
from safeguarding.selectors import visible_cases
from safeguarding.services.casework import claim_case
from safeguarding.services.checks import drain_rooms
from safeguarding.services.exports import request_export
from safeguarding.services.freezing import freeze_case
from tests.cast import open_member, open_room
from tests.safeguarding.rules.conftest import write

pytestmark = pytest.mark.django_db


def roles(case: Case) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for party in case.parties.select_related("member"):
        found.setdefault(party.role, set()).add(party.member.pseudonym)
    return found


def case_of(code: str) -> Case:
    return Alert.objects.filter(code=code).latest("pk").case


@pytest.fixture
def hook(db: None) -> Member:
    return open_member("hook", AgeBand.ADULT)


@pytest.fixture
def second(db: None) -> Member:
    return open_member("second", AgeBand.ADULT)


@pytest.fixture
def ambush(bob: Member, charlie: Member, hook: Member, second: Member) -> Case:
    """Hook gives charlie the place, second has him come alone; bob, a friend, only proposed to meet."""
    pub = open_room("pub", bob, charlie, hook, second, language="fr")
    write(bob, pub, "on se voit samedi ?", charlie)
    write(hook, pub, "on se retrouve derrière la zone industrielle ?", charlie)
    write(second, pub, "viens seul, et pas d'appel", charlie)
    drain_rooms()
    return case_of("V1")


@pytest.fixture
def gang(db: None) -> list[Member]:
    return [open_member(name, AgeBand.TEEN_15_17) for name in ("eve", "finn", "gus")]


@pytest.fixture
def pile_on(alice: Member, gang: list[Member]) -> Case:
    """Eve and finn attack alice, gus applauds, alice answers, dan defends her."""
    eve, finn, gus = gang
    dan = open_member("dan", AgeBand.TEEN_15_17)
    hall = open_room("hall", alice, eve, finn, gus, dan, minors=True, language="fr")
    write(alice, hall, "salut")
    for author, text in (
        (eve, "personne t'aime ici"), (gus, "mdr"), (finn, "grosse vache"), (gus, "ptdr"), (eve, "dégage du groupe"),
        (gus, "mdr"),
    ):  # fmt: skip
        write(author, hall, text, *([alice] if author != gus else []))
    write(alice, hall, "laissez-moi tranquille, c'est pas vrai", eve)
    write(dan, hall, "laissez-la tranquille, c'est nul de s'en prendre à elle", eve)
    write(finn, hall, "quitte le groupe", alice)
    write(eve, hall, "sale grosse, tout le monde te déteste", alice)
    drain_rooms()
    return case_of("C1")


def test_an_ambush_by_two_accounts_names_both_and_no_friend_who_only_proposed_to_meet(ambush):
    assert roles(ambush) == {"subject": {"Second", "Hook"}, "to_protect": {"Charlie"}}


def test_only_the_account_that_an_alert_is_about_is_kept_from_contact(ambush, hook, second):
    pauses = Restriction.objects.filter(kind=Restriction.Kind.CONTACT_PAUSE)
    assert {pause.member for pause in pauses} == {second}


def test_a_pile_on_names_all_who_attack_who_applauds_as_a_witness_and_no_defender(pile_on):
    assert roles(pile_on) == {"subject": {"Eve", "Finn"}, "witness": {"Gus"}, "to_protect": {"Alice"}}


def test_three_who_attack_are_three_subjects(alice, gang):
    hall = open_room("hall", alice, *gang, minors=True, language="fr")
    write(alice, hall, "salut")
    for author, text in zip(
        [*gang, *gang],
        (
            "personne t'aime ici",
            "grosse vache",
            "dégage du groupe",
            "tu pues",
            "sale grosse",
            "tout le monde te déteste",
        ),
        strict=True,
    ):
        write(author, hall, text, alice)
    drain_rooms()
    assert roles(case_of("C1")) == {"subject": {"Eve", "Finn", "Gus"}, "to_protect": {"Alice"}}


@pytest.mark.parametrize(
    ("innocent", "named"),
    [
        ("rdv derrière la gare ce soir, viens avec tes amis", {"A0", "A1"}),
        ("on m'a écrit « rdv derrière la gare ce soir, viens seul », fais attention", {"A0", "A1"}),
        ("rdv derrière la gare ce soir, viens seul", {"A0", "A1", "Dana"}),  # the twin: that is the same lure
    ],
)
def test_who_writes_a_like_sentence_is_not_drawn_in_unless_it_is_the_lure(innocent, named, alice, bob, charlie, dana):
    pair = [open_member(name, AgeBand.ADULT) for name in ("a0", "a1")]
    pub = open_room("pub", bob, charlie, dana, *pair, language="fr")
    write(pair[0], pub, "rdv derrière la gare ce soir, viens seul", bob)
    write(dana, pub, innocent, bob)
    write(pair[1], pub, "rdv derrière la gare ce soir, viens seul", charlie)
    drain_rooms()
    case = case_of("V1")
    assert roles(case)["subject"] == named
    assert "Dana" not in roles(case)["to_protect"] | roles(case).get("witness", set())


def test_console_and_dossier_list_every_account_with_its_role(ambush, sam, visit, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    claim_case(actor=sam, case=ambush)
    page = visit(sam).get(reverse("admin:safeguarding_case_page", args=[ambush.public_id])).content.decode()
    assert "<strong>Hook</strong><span" in page and "<strong>Second</strong><span" in page
    export = request_export(
        actor=sam, case=ambush, recipient="prosecutor", legal_basis="Requisition 2026/114", language="fr"
    )
    told = freeze_case(export=IncidentExport.objects.get(pk=export.pk))
    assert {person.name for person in told.with_role("subject")} == {"Hook", "Second"}
    assert {person.name for person in told.with_role("to_protect")} == {"Charlie"}


@pytest.mark.parametrize(("name", "sees"), [("mo", True), ("eve", False)])
def test_a_moderator_who_attacked_too_neither_sees_nor_works_the_case(name, sees, alice, mo, pile_on, gang):
    eve = gang[0]
    eve.groups.set(mo.groups.all())
    Case.objects.filter(pk=pile_on.pk).update(severity="P2")
    actor = {"mo": mo, "eve": eve}[name]
    assert visible_cases(actor, officer=False).filter(pk=pile_on.pk).exists() is sees
    if sees:
        assert claim_case(actor=actor, case=pile_on).assigned_to == actor
    else:
        with pytest.raises(Conflict):
            claim_case(actor=actor, case=pile_on)
