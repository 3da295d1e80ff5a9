"""A small lively community of invented people, made by the same services that real people use."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from chat.models import Message, Room
from chat.services.posting import Post, post_message
from chat.services.rooms import approve_proposal, join_room, propose_room
from community import terms
from community.age.demo import DemoProvider
from community.client import Client
from community.hours import DAYS
from community.models import Member
from community.policies import AgeBand
from community.roles import MODERATOR, OFFICER_DEPUTY, OFFICER_LEAD
from community.services.age_checks import begin_check
from community.services.age_facts import record_outcome
from community.services.age_settings import change_age_settings
from community.services.associations import appoint_age_officer, describe_association, register_association
from community.services.guardians import (
    agree_as_child,
    ask_guardian,
    begin_guardian_check,
    confirm_address,
    give_address,
)
from community.services.members import open_account
from community.services.settings import update_community
from community.services.staff import grant_role
from config.demo import CODE, CODES, GUARDIAN, PASSWORD, address_of
from safeguarding.models import Decision, Report
from safeguarding.services.appeals import lodge_appeal
from safeguarding.services.casework import claim_case
from safeguarding.services.checks import drain_rooms
from safeguarding.services.decisions import record_decision
from safeguarding.services.reports import file_report

SETTLE_SECONDS = 120.0
# The demo lets people of 13 in: the first two with a guardian's agreement, the third waits for it.
YOUNGEST = ("Jade", "Sacha", "Malo")
TEENS = ("Alice", "Lina", "Tom", "Noa")
ADULTS = ("Bob", "Camille", "Farid", "Hugo")
STAFF = {"Mo": MODERATOR, "Rachid": MODERATOR, "Sam": OFFICER_LEAD, "Dana": OFFICER_DEPUTY}
AGE_OFFICERS = ("Ines", "Paul")

# name, topic, rules, from age, under age, and who says what in it
ROOMS: tuple[tuple[str, str, str, int, int | None, tuple[tuple[str, str], ...]], ...] = (
    (
        "Le quai des ados",
        "Parler de tout, en paix",
        "On s’écoute, on ne se moque pas. Ni numéro ni réseau : ici on reste ici.",
        15,
        18,
        (
            ("Alice", "Salut tout le monde ! Qui vient au ciné-club samedi ?"),
            ("Tom", "Moi, si c’est le film japonais"),
            ("Lina", "J’ai un contrôle de maths lundi, je viens si je finis mes exos avant"),
            ("Noa", "On peut réviser ensemble ici demain si tu veux"),
            ("Tom", "Noa, tout le monde te déteste, dégage d’ici"),
            ("Alice", "Tom, c’est pas drôle. Noa, reste avec nous !"),
            ("Noa", "Merci Alice"),
        ),
    ),
    (
        "Entraide devoirs",
        "Maths, langues, orientation",
        "Une question à la fois, et on explique plutôt que de donner la réponse.",
        15,
        18,
        (
            ("Lina", "Quelqu’un a compris les suites géométriques ?"),
            ("Alice", "Oui ! Chaque terme est le précédent multiplié par la même raison"),
        ),
    ),
    (
        "La cabane",
        "Dessin, musique et animaux",
        "On est gentil, on ne demande ni prénom ni école ni photo.",
        13,
        15,
        (
            ("Jade", "Qui dessine ici ? Je cherche des idées pour un carnet d’automne"),
            ("Sacha", "Des feuilles, des hérissons, et ton chat qui dort"),
            ("Jade", "Le chat, évidemment !"),
        ),
    ),
    (
        "Le café du port",
        "Discussions du soir entre adultes",
        "Courtoisie d’abord.",
        18,
        None,
        (
            ("Bob", "Bonsoir ! Quelqu’un connaît un bon atelier de reliure ?"),
            ("Camille", "Oui, celui de la rue des Tanneurs, ils prennent des débutants"),
            ("Farid", "Les femmes comme toi, on devrait leur interdire de parler"),
            ("Bob", "Farid, ça ne va pas de parler comme ça ?"),
            ("Camille", "Je l’ai signalé."),
        ),
    ),
    (
        "Phare arc-en-ciel",
        "Salon LGBT+ pour adultes : vivre, rire, se soutenir",
        "On ne sort personne du placard. Première rencontre : lieu public, un proche prévenu.",
        18,
        None,
        (
            ("Hugo", "Premier dimanche sans mes parents au téléphone, je respire un peu"),
            ("Camille", "Bravo Hugo, c’est déjà beaucoup. On est là."),
            ("Bob", "La chorale reprend jeudi, venez chanter même faux"),
        ),
    ),
)


class Command(BaseCommand):
    help = "Fill an empty database with the demo’s invented people, rooms and cases. Only under HAVRE_DEMO=1."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.HAVRE_DEMO:
            raise CommandError("The demo exists only under HAVRE_DEMO=1.")
        if Member.objects.exists():
            raise CommandError("There are people here already: the demo fills an empty database only.")
        with transaction.atomic():
            people = self._people()
            update_community(
                actor=people["Sam"],
                cover_hours=[[day, "17:00", "22:00"] for day in DAYS],
                operator="Association Le Vieux-Port (invention)",
                address="1 quai de l’Exemple, 13002 Marseille",
                contact_phone="01 99 00 12 34",
                contact_email="protection@example.org",
            )
            change_age_settings(actor=people["Sam"], floor_age=13)
            for name in YOUNGEST:
                _ask_guardian(people[name], agrees=name != "Malo")
            rooms = [self._room(people, *room[:5]) for room in ROOMS]
        for room, (*_about, lines) in zip(rooms, ROOMS, strict=True):
            for name, body in lines:
                post_message(Post(people[name], room, uuid.uuid4().hex, body))
        _settle()
        self._cases(people)
        self.stdout.write(f"{len(people)} people, {len(rooms)} rooms, {Message.objects.count()} messages")

    def _people(self) -> dict[str, Member]:
        people = {name: _open(name) for name in (*YOUNGEST, *TEENS, *ADULTS, *STAFF, *AGE_OFFICERS, "Charlie")}
        for name in YOUNGEST:
            _prove(people[name], AgeBand.TEEN_13_14)
        for name in TEENS:
            _prove(people[name], AgeBand.TEEN_15_17)
        for name in (*ADULTS, *STAFF, *AGE_OFFICERS):
            _prove(people[name], AgeBand.ADULT)
        for name, role in STAFF.items():
            grant_role(actor=None, component="demo", member=people[name], role=role)
        club = register_association(actor=people["Sam"], name="Club nautique du Vieux-Port")
        describe_association(
            actor=people["Sam"],
            association=club,
            kind=club.kind,
            whereabouts="Quai de l’Exemple, le mercredi 14 h–17 h",
        )
        for name in AGE_OFFICERS:
            appoint_age_officer(actor=people["Sam"], member=people[name], association=club)
        for name in (*STAFF, *AGE_OFFICERS):
            people[name].refresh_from_db()
            # Enrolled with a key nobody knows; the recovery code is what the demo prints.
            TOTPDevice.objects.create(user=people[name], name="totp", confirmed=True)
            device = StaticDevice.objects.create(user=people[name], name="recovery", confirmed=True)
            StaticToken.objects.bulk_create([StaticToken(device=device, token=CODE) for _ in range(CODES)])
        return people

    def _room(
        self, people: dict[str, Member], name: str, topic: str, rules: str, at_least: int, under: int | None
    ) -> Room:
        proposal = propose_room(actor=people["Mo"], name=name, topic=topic, rules=rules, at_least=at_least, under=under)
        room = approve_proposal(actor=people["Sam"], proposal=proposal)
        if room is None:  # for minors: a second person
            room = approve_proposal(actor=people["Dana"], proposal=proposal)
        assert room is not None
        for member in {15: YOUNGEST[:2], 18: TEENS}.get(under or 0, ADULTS):
            join_room(actor=people[member], room=room)
        return room

    def _cases(self, people: dict[str, Member]) -> None:
        """One case that waits for a person, and one that was decided and is appealed."""
        teasing = Message.objects.get(author=people["Tom"], revisions__body__startswith="Noa, tout le monde")
        file_report(
            actor=people["Alice"],
            subject=people["Tom"],
            message=teasing,
            category=Report.Category.HARASSMENT,
            text="Ce n’est pas la première fois qu’il s’en prend à Noa.",
        )
        insult = Message.objects.get(author=people["Farid"], revisions__body__startswith="Les femmes")
        report = file_report(
            actor=people["Camille"], subject=people["Farid"], message=insult, category=Report.Category.HATE
        )
        case = claim_case(actor=people["Rachid"], case=report.case)
        decision = record_decision(
            actor=people["Rachid"],
            case=case,
            version=case.version,
            action=Decision.Action.MUTE,
            member=people["Farid"],
            ends_at=timezone.now() + dt.timedelta(days=3),
            clauses=["respect.hate"],
            reasons="Un message écrit dans un salon injurie des personnes en raison de leur sexe.",
            close=True,
        )
        lodge_appeal(actor=people["Farid"], decision=decision, text="C’était de l’humour, et je me suis excusé depuis.")


def _settle() -> None:
    """Have everything checked that was written. A worker that runs already may hold some of it for a moment."""
    end = time.monotonic() + SETTLE_SECONDS
    while Message.objects.filter(check_state=Message.CheckState.PENDING).exists():
        if not drain_rooms():
            time.sleep(0.1)
        if time.monotonic() > end:
            raise CommandError("The demo’s messages are not checked yet: does a worker hang?")


def _open(name: str) -> Member:
    member = open_account(
        email=address_of(name),
        pseudonym=name,
        password=PASSWORD,
        language="fr",
        terms_version=terms.current().version,
        client=Client(address="127.0.0.1", port=0),
    )
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def _ask_guardian(child: Member, *, agrees: bool) -> None:
    """The child asks and agrees; a guardian of their own does, or has not answered yet."""
    consent = ask_guardian(actor=child)
    if agrees:
        give_address(consent=consent, email=address_of(f"{GUARDIAN}.{child.pseudonym}"), language="fr", address="")
        consent.refresh_from_db()
        confirm_address(consent=consent)
        check = begin_guardian_check(consent=consent, provider=DemoProvider.slug, address="")
        record_outcome(check=check, outcome=DemoProvider().outcome_of(AgeBand.ADULT))
    agree_as_child(actor=child)


def _prove(member: Member, band: AgeBand) -> None:
    check = begin_check(actor=member, provider=DemoProvider.slug)
    record_outcome(check=check, outcome=DemoProvider().outcome_of(band))
