"""Frozen cases for the tests: the fixed cast, words at the level of a prevention leaflet."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import rfc8785

from safeguarding.dossier.frozen import (
    Alert,
    Appeal,
    AssuredAge,
    Circumstance,
    Connection,
    CustodyEntry,
    Decision,
    Finding,
    FrozenCase,
    Handover,
    Measure,
    Message,
    Officer,
    Opinion,
    Person,
    Platform,
    Pseudonym,
    Report,
    Room,
    Sealed,
    Situation,
    Statement,
    Stay,
    Transmission,
    Version,
)

START = datetime(2026, 3, 28, 20, 15, 0, 250_000, tzinfo=UTC)
MO = Officer(name="Mo Lambert", role="modération")
SAM = Officer(name="Sam Moreau", role="référent protection", contact="sam@havre.example")
NOOR = Officer(name="Noor Petit", role="référente protection adjointe")

PLATFORM = Platform(
    name="Le Préau",
    url="https://preau.example",
    operator="Association Le Préau",
    country="FR",
    timezone="Europe/Paris",
    contact_name="Sam Moreau",
    contact_email="protection@preau.example",
    contact_phone="+33 1 99 00 12 34",
    address="12 rue des Lilas, 75020 Paris",
    software_version="0.1.0",
)

ALICE = Person(
    id="alice",
    roles=("to_protect",),
    pseudonyms=(Pseudonym(name="lune_bleue", since=START - timedelta(days=90)),),
    age=AssuredAge(band="teen_15_17", method="in_person", level="enhanced", verified_on=date(2026, 1, 12)),
    joined_at=START - timedelta(days=90),
    language="fr",
)
BOB = Person(
    id="bob",
    roles=("subject",),
    pseudonyms=(
        Pseudonym(name="Max_17", since=START - timedelta(days=20)),
        Pseudonym(name="Maxime", since=START - timedelta(days=3)),
    ),
    age=AssuredAge(band="adult", method="in_person", level="enhanced", verified_on=date(2026, 3, 8)),
    declared_age="« 17 ans » (28 mars 2026)",
    joined_at=START - timedelta(days=20),
    language="fr",
    past_decisions=1,
)
CHARLIE = Person(
    id="charlie",
    roles=("witness",),
    pseudonyms=(Pseudonym(name="Charlie", since=START - timedelta(days=200)),),
    age=AssuredAge(band="teen_15_17", method="in_person", level="enhanced", verified_on=date(2025, 11, 2)),
)
NOTIFIER = Person(id="N1", roles=("notifier",))

GROOMING = [
    ("bob", "Salut ! Tu as l’air plus mûre que les autres ici.", ()),
    ("alice", "Euh merci… on se connaît ?", ()),
    ("bob", "Pas encore. Moi j’ai 17 ans aussi. Tes parents lisent tes messages ?", ("isolation",)),
    ("alice", "Non, pourquoi ?", ()),
    ("charlie", "Quelqu’un a fini l’exercice de maths ?", ()),
    ("bob", "Garde ça entre nous, ok ? C’est notre secret.", ("secrecy",)),
    ("bob", "Passe sur une autre appli, ici on nous surveille.", ("off_platform",)),
    ("alice", "Je préfère rester ici.", ()),
    ("bob", "Allez, envoie une photo de toi. Rien que pour moi.", ("image_request",)),
    ("bob", "On se voit samedi à 15 h devant la gare ? Ne le dis à personne.", ("meeting", "secrecy")),
]


def conversation(
    lines: list[tuple[str, str, tuple[str, ...]]], *, code: str, room: str = "salon"
) -> tuple[Message, ...]:
    """One message a line, forty seconds apart; each tactic is a finding on the whole text."""
    messages = []
    for index, (author, text, tactics) in enumerate(lines):
        sent = START + timedelta(seconds=40 * index)
        findings = tuple(
            Finding(code=code, rule=f"{code.lower()}.{tactic}", version="3f2a91", start=0, end=len(text), tactic=tactic)
            for tactic in tactics
        )
        messages.append(
            Message(
                id=f"m{index:05}",
                room=room,
                author=author,
                sent_at=sent,
                state="held" if len(tactics) > 1 else "visible",
                versions=(
                    Version(
                        number=1, text=text, written_at=sent, verdict="hold" if tactics else "allow", findings=findings
                    ),
                ),
                shown_version=None if len(tactics) > 1 else 1,
                reply_to=f"m{index - 1:05}" if index else "",
                mentions=("alice",) if author == "bob" else (),
                context=author == "charlie",
                sealed=Sealed(
                    id=f"e{index:05}",
                    frozen_at=START + timedelta(minutes=12),
                    commitment=hashlib.sha256(f"salt{index}{text}".encode()).hexdigest(),
                ),
            )
        )
    return tuple(messages)


def custody_chain(actions: list[str]) -> tuple[CustodyEntry, ...]:
    """A true segment of an audit chain; one link in three belongs to another case and shows its commitment alone."""
    previous = hashlib.sha256(b"the seal before").hexdigest()
    entries = []
    for index, action in enumerate(actions):
        at = START + timedelta(minutes=3 * index)
        event: dict[str, Any] = {
            "actor": 7,
            "component": "",
            "action": action,
            "subject": ["safeguarding.case", "12"],
            "at": at.isoformat(),
            "data": {"order": index},
        }
        salt = hashlib.sha256(f"salt {index}".encode()).hexdigest()
        commitment = hashlib.sha256(bytes.fromhex(salt) + rfc8785.dumps(event)).hexdigest()
        digest = hashlib.sha256(bytes.fromhex(previous) + bytes.fromhex(commitment)).hexdigest()
        link = CustodyEntry(seq=500 + index, previous=previous, commitment=commitment, digest=digest)
        if index % 3 != 2:
            link = dataclasses.replace(link, at=at, action=action, actor="Sam Moreau", salt=salt, event=event)
        entries.append(link)
        previous = digest
    return tuple(entries)


def grooming_case(language: Literal["fr", "en"] = "fr", **changes: Any) -> FrozenCase:
    """M1: bob, an adult who says he is 17, works on alice (15-17)."""
    edited_at = START + timedelta(minutes=4)
    messages = list(conversation(GROOMING, code="M1"))
    first = messages[0]
    messages[0] = dataclasses.replace(
        first,
        versions=(
            *first.versions,
            Version(number=2, text="Salut ! Tu as l’air sympa.", written_at=edited_at, verdict="allow"),
        ),
        shown_version=2,
    )
    case = FrozenCase(
        id="k7Qm2xT9",
        code="M1",
        severity="P0",
        language=language,
        opened_at=START + timedelta(minutes=6),
        automated=True,
        platform=PLATFORM,
        handover=Handover(
            recipient="police",
            recipient_name="Office mineurs (OFMIN)",
            legal_basis="Règlement (UE) 2022/2065, art. 18",
            exported_by=SAM,
            approved_by=NOOR,
            exported_at=START + timedelta(hours=2),
            request="Identifier la personne qui utilise le compte « Maxime » et protéger la mineure avant samedi 15 h."
            if language == "fr"
            else "Identify the person behind the account “Maxime” and protect the minor before Saturday 3 pm.",
        ),
        situation=Situation(
            danger_now="yes",
            danger_why="Rencontre proposée samedi 4 avril 2026 à 15 h, devant une gare."
            if language == "fr"
            else "A meeting is proposed on Saturday 4 April 2026 at 3 pm, outside a station.",
            summary="Un adulte qui se dit âgé de 17 ans demande le secret, une photo et une rencontre à une mineure."
            if language == "fr"
            else "An adult who says he is 17 asks a minor for secrecy, a photo and a meeting.",
            family_knows="unknown",
            family_may_know="no",
            family_note="La mineure demande à en parler elle-même."
            if language == "fr"
            else "The minor asks to tell them herself.",
        ),
        rooms=(
            Room(
                id="salon",
                name="Entraide lycée",
                audience="restricted",
                at_least=15,
                under=18,
                topic="Devoirs et coups de main",
                language="fr",
                stays=(
                    Stay(person="alice", joined_at=START - timedelta(days=80)),
                    Stay(person="bob", joined_at=START - timedelta(minutes=9), left_at=START + timedelta(minutes=30)),
                ),
            ),
        ),
        persons=(ALICE, BOB, CHARLIE, NOTIFIER),
        messages=tuple(messages),
        reports=(
            Report(
                id="r1",
                kind="report",
                made_at=START + timedelta(minutes=7),
                category="minor",
                notifier="N1",
                text="Il insiste pour la voir et lui demande de ne rien dire.",
                danger_now=True,
                subject="bob",
                message="m00009",
            ),
        ),
        alerts=(
            Alert(
                code="M1",
                severity="P0",
                raised_at=START + timedelta(minutes=6),
                score=94.0,
                ruleset="9c1d" * 16,
                subject="bob",
                protects=("alice",),
                tactics=("isolation", "secrecy", "off_platform", "image_request", "meeting"),
                evidence=("m00002", "m00005", "m00006", "m00008", "m00009"),
                explanation={"counterfactual": "without “meeting” the score is 72", "degraded": False},
                confirmed_by=MO,
                confirmed_at=START + timedelta(minutes=14),
            ),
        ),
        measures=(
            Measure(
                kind="pause_contact",
                reason="Pression répétée sur une personne mineure.",
                starts_at=START + timedelta(minutes=6),
                ends_at=START + timedelta(days=3),
                person="bob",
            ),
        ),
        decisions=(
            Decision(
                id="d1",
                action="ban",
                decided_at=START + timedelta(minutes=31),
                decided_by=MO,
                second_person=SAM,
                effective_at=START + timedelta(minutes=33),
                person="bob",
                clauses=("minors.2", "conduct.1"),
                terms_version="2026-01",
                statement=Statement(
                    language="fr",
                    body="Votre compte est fermé : des messages à une personne mineure enfreignent les conditions.",
                    sent_at=START + timedelta(minutes=33),
                    automated_detection=True,
                    source="report",
                    appeal_until=START + timedelta(days=184),
                ),
                appeal=Appeal(lodged_at=START + timedelta(hours=1), text="Je plaisantais.", state="pending"),
            ),
        ),
        opinions=(
            Opinion(by=SAM, at=START + timedelta(minutes=50), text="La demande de secret et le lieu isolé inquiètent."),
        ),
        circumstances=(
            Circumstance(key="meeting", answer="yes", detail="samedi 4 avril 2026, 15 h"),
            Circumstance(key="images_asked", answer="yes"),
            Circumstance(key="images_sent", answer="no"),
            Circumstance(key="secrecy", answer="yes"),
        ),
        transmissions=(
            Transmission(
                channel="emergency",
                state="acknowledged",
                recipient="Commissariat de permanence",
                at=START + timedelta(minutes=40),
                reference="2026-03-0815",
                by=SAM,
            ),
            Transmission(channel="pharos", state="due"),
        ),
        connections=(
            Connection(person="bob", at=START - timedelta(minutes=10), kind="login", address="203.0.113.7", port=51234),
        ),
        custody=custody_chain(["case.opened", "case.claimed", "room.renamed", "decision.recorded", "export.requested"]),
    )
    return dataclasses.replace(case, **changes)
