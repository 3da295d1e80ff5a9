"""A frozen case for each of five incident codes, at the level of a prevention leaflet: what golden dossiers are of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

from safeguarding.dossier.frozen import (
    Access,
    Alert,
    Block,
    Circumstance,
    Decision,
    FrozenCase,
    Measure,
    Opinion,
    Piece,
    Report,
    Room,
    Situation,
    Statement,
    Stay,
    Transmission,
)
from tests.safeguarding.dossier.cases import ALICE, BOB, CHARLIE, MO, NOOR, NOTIFIER, SAM, START, conversation
from tests.safeguarding.dossier.cases import grooming_case as base

Language = Literal["fr", "en"]
Line = tuple[str, str, tuple[str, ...]]
GROWN = dataclasses.replace(ALICE, age=BOB.age)  # of full age here
STRANGER = dataclasses.replace(BOB, declared_age="", past_decisions=0)
CAFE = Room(
    id="cafe",
    name="Café du soir",
    audience="restricted",
    at_least=18,
    topic="Parler de tout",
    language="fr",
    stays=(
        Stay(person="alice", joined_at=START - timedelta(days=40)),
        Stay(person="bob", joined_at=START - timedelta(days=2)),
    ),
)


def _pieces(case: FrozenCase) -> tuple[Piece, ...]:
    return tuple(
        Piece(
            id=message.sealed.id,
            kind="message",
            source=message.id,
            frozen_at=message.sealed.frozen_at,
            commitment=message.sealed.commitment,
        )
        for message in case.messages
        if message.sealed
    )


def _whole(case: FrozenCase, *, to: str, asked: str) -> FrozenCase:
    """With what every real dossier has: pieces, readings, whom it is for, what is asked, the reference of the copy."""
    read = Access(at=START + timedelta(minutes=13), by=MO, action="case.claimed")
    again = Access(at=START + timedelta(minutes=45), by=NOOR, action="case.read", reason="second regard")
    handover = dataclasses.replace(case.handover, reference="xK2mP9qL", recipient_name=to, request=asked)
    return dataclasses.replace(case, pieces=_pieces(case), accesses=(read, again), handover=handover)


def _either(language: Language, fr: str, en: str) -> str:
    return fr if language == "fr" else en


def _adults(code: str, language: Language, lines: list[Line], **changes: Any) -> FrozenCase:
    """Between two adults, in a room of adults, decided by a moderator."""
    room = CAFE
    given = {
        "id": f"golden{code}",
        "code": code,
        "persons": (GROWN, STRANGER, NOTIFIER),
        "rooms": (room,),
        "messages": conversation(lines, code=code, room=room.id),
        "alerts": (),
        "reports": (),
        "measures": (),
        "decisions": (),
        "opinions": (),
        "circumstances": (),
        "transmissions": (),
        "connections": (),
        "situation": Situation(),
        **changes,
    }
    return base(language, **given)


def m1(language: Language) -> FrozenCase:
    case = base(language, id="goldenM1")
    bob = dataclasses.replace(BOB, age_disagrees=True)
    persons = tuple(bob if person.id == "bob" else person for person in case.persons)
    block = Block(by="alice", against="bob", at=START + timedelta(minutes=8))
    case = dataclasses.replace(case, persons=persons, blocks=(block,))
    return _whole(case, to="Office mineurs (OFMIN)", asked=case.handover.request)


def v1(language: Language) -> FrozenCase:
    """An ambush: bob draws alice to a lonely place; words of hate beside it, the room is one of gay people."""
    lines: list[Line] = [
        ("bob", "On se retrouve ce soir derrière l’entrepôt, viens seul, ne préviens personne.", ("come_alone",)),
        ("alice", "Pourquoi là-bas ?", ()),
        ("bob", "Il n’y a jamais personne, on sera tranquilles.", ("isolated_place",)),
    ]
    room = dataclasses.replace(CAFE, id="arc", name="Arc-en-ciel", topic="Rencontres gays")
    case = _adults(
        "V1",
        language,
        lines,
        severity="P0",
        rooms=(room,),
        messages=conversation(lines, code="V1", room="arc"),
        alerts=(
            Alert(
                code="V1",
                severity="P0",
                raised_at=START + timedelta(minutes=2),
                score=88.0,
                ruleset="9c1d" * 16,
                subject="bob",
                protects=("alice",),
                tactics=("come_alone", "isolated_place"),
                evidence=("m00000", "m00002"),
                confirmed_by=SAM,
                confirmed_at=START + timedelta(minutes=9),
            ),
        ),
        circumstances=(
            Circumstance(key="meeting", answer="yes", detail=_either(language, "ce soir", "tonight")),
            Circumstance(key="place", answer="yes", detail=_either(language, "un entrepôt", "a warehouse")),
            Circumstance(key="hate_words", answer="yes"),
        ),
        situation=Situation(
            danger_now="yes",
            danger_why=_either(
                language, "Rendez-vous ce soir dans un lieu isolé.", "A meeting tonight, in a lonely place."
            ),
            summary=_either(
                language,
                "Un compte récent attire des membres, un par un, vers un lieu isolé.",
                "A recent account draws members, one by one, to a lonely place.",
            ),
        ),
        transmissions=(
            Transmission(
                channel="emergency",
                state="sent",
                recipient="17",
                at=START + timedelta(minutes=11),
                by=SAM,
            ),
        ),
    )
    asked = _either(
        language,
        "Envoyer une patrouille avant ce soir et identifier le compte « Maxime ».",
        "Send a patrol before tonight and identify the account “Maxime”.",
    )
    return _whole(case, to="Commissariat de permanence", asked=asked)


def c1(language: Language) -> FrozenCase:
    """Harassment of an adult, over two days, by two people."""
    lines: list[Line] = [
        ("bob", "Personne ne veut de toi ici.", ("exclude",)),
        ("charlie", "Va-t’en, tu gênes tout le monde.", ("exclude",)),
        ("alice", "Arrêtez de m’écrire.", ()),
        ("bob", "On te suivra partout où tu iras.", ("threat",)),
    ]
    second = dataclasses.replace(CHARLIE, roles=("subject",), age=BOB.age)
    case = _adults(
        "C1",
        language,
        lines,
        severity="P2",
        automated=False,
        persons=(GROWN, STRANGER, second, NOTIFIER),
        reports=(
            Report(
                id="r1",
                kind="report",
                made_at=START + timedelta(minutes=20),
                category="harassment",
                notifier="N1",
                text=_either(language, "Ils s’y mettent à plusieurs.", "They are at it together."),
                subject="bob",
                message="m00003",
            ),
        ),
        decisions=(
            Decision(
                id="d1",
                action="suspend",
                decided_at=START + timedelta(hours=1),
                decided_by=MO,
                effective_at=START + timedelta(hours=1),
                ends_at=START + timedelta(days=7),
                person="bob",
                clauses=("respect.harassment",),
                laws=("CP 222-33-2-2",),
                terms_version="2026-01",
                statement=Statement(
                    language="fr",
                    body="Votre compte est suspendu : des messages répétés enfreignent les conditions.",
                    sent_at=START + timedelta(hours=1),
                    automated_detection=False,
                    source="report",
                    appeal_until=START + timedelta(days=184),
                ),
            ),
        ),
        circumstances=(Circumstance(key="threat", answer="yes"), Circumstance(key="images_sent", answer="no")),
    )
    asked = _either(
        language,
        "Recueillir la plainte et demander les connexions des deux comptes.",
        "Take the complaint and ask for the connections of both accounts.",
    )
    return _whole(case, to="Commissariat de Lyon 3e", asked=asked)


def h1(language: Language) -> FrozenCase:
    """Hate speech: the words are the offence, and stay; what else is known of alice does not leave."""
    lines: list[Line] = [
        ("alice", "Bonsoir tout le monde !", ()),
        ("bob", "Les gens comme toi n’ont rien à faire ici, dehors les gays.", ("insult",)),
    ]
    case = _adults(
        "H1",
        language,
        lines,
        severity="P2",
        reports=(
            Report(
                id="r1",
                kind="notice",
                made_at=START + timedelta(minutes=30),
                category="hate",
                notifier="N1",
                text=_either(language, "Injure homophobe en public.", "A homophobic insult before everybody."),
                subject="bob",
                message="m00001",
            ),
        ),
        circumstances=(Circumstance(key="hate_words", answer="yes"),),
    )
    asked = _either(
        language,
        "Apprécier les suites à donner à une injure à caractère homophobe.",
        "Decide what follows a homophobic insult.",
    )
    return _whole(case, to="Pôle national de lutte contre la haine en ligne", asked=asked)


def d1(language: Language) -> FrozenCase:
    """Distress: a minor to help, nobody to accuse."""
    lines: list[Line] = [
        ("alice", "Je n’en peux plus, je voudrais que tout s’arrête.", ("despair",)),
        ("charlie", "On est là, tu veux parler ?", ()),
    ]
    case = base(
        language,
        id="goldenD1",
        code="D1",
        severity="P0",
        persons=(ALICE, CHARLIE),
        rooms=(dataclasses.replace(base().rooms[0], stays=()),),
        messages=conversation(lines, code="D1"),
        alerts=(
            Alert(
                code="D1",
                severity="P0",
                raised_at=START + timedelta(minutes=1),
                score=71.0,
                ruleset="9c1d" * 16,
                protects=("alice",),
                tactics=("despair",),
                evidence=("m00000",),
            ),
        ),
        reports=(),
        measures=(
            Measure(
                kind="slow_room",
                reason=_either(language, "Laisser le temps de répondre.", "To leave time to answer."),
                starts_at=START + timedelta(minutes=1),
                ends_at=START + timedelta(minutes=31),
            ),
        ),
        decisions=(),
        connections=(),
        circumstances=(),
        opinions=(Opinion(by=SAM, at=START + timedelta(minutes=20), text="Elle répond, elle accepte d’appeler."),),
        situation=Situation(
            danger_now="unknown",
            summary=_either(
                language, "Une mineure dit vouloir que tout s’arrête.", "A minor says she wants everything to stop."
            ),
            family_knows="no",
            family_may_know="unknown",
        ),
        transmissions=(Transmission(channel="medical_emergency", state="due"),),
    )
    asked = _either(
        language,
        "Faire vérifier que la personne est en sécurité, sans révéler ce qu’elle a écrit.",
        "Check that the person is safe, without revealing what she wrote.",
    )
    return _whole(case, to="Commissariat de permanence", asked=asked)


CODES: dict[str, Callable[[Language], FrozenCase]] = {"M1": m1, "V1": v1, "C1": c1, "H1": h1, "D1": d1}
