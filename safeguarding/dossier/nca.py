"""nca-schedule1.json: what the United Kingdom asks of a report of CSEA content (Online Safety Act 2023 s. 66;
SI 2026/268, schedule 1), "where available": what the platform does not hold is null, and nothing is collected for it.

There is a portal and an interface for registered providers only; a person submits. Priorities are those of the
regulations: P1 at once, P2 as soon as reasonably practicable, P3 without undue delay.
"""

from __future__ import annotations

from typing import Any

import rfc8785

from safeguarding.incidents import INCIDENTS

from .codec import encode, utc_text
from .frozen import FrozenCase, Person
from .quotes import telling

_LOGINS_DAYS = 92  # three months of login addresses


def nca_priority(case: FrozenCase) -> str:
    """P1: a threat to life or of serious harm now; P2: grave; P3: anything else."""
    if case.situation.danger_now == "yes" or case.severity == "P0":
        return "P1"
    return "P2" if case.severity == "P1" else "P3"


def nca_json(case: FrozenCase) -> bytes:
    """The report as canonical JSON. Same case, same bytes."""
    return rfc8785.dumps(nca_report(case))


def nca_report(case: FrozenCase) -> dict[str, Any]:
    """The items of schedule 1 in its order; null where the platform holds nothing."""
    incident, platform = INCIDENTS[case.code], case.platform
    found = "automated detection, then a person" if case.automated else "a report by a user, then a person"
    previous = [one for one in case.transmissions if one.channel in ("nca", "ncmec") and one.state != "due"]
    return {
        "schedule": "SI 2026/268 schedule 1",
        "priority": nca_priority(case),
        "reporting_person": {
            "provider": platform.operator,
            "name": case.handover.exported_by.name,
            "role": case.handover.exported_by.role,
            "email": platform.contact_email or None,
            "telephone": platform.contact_phone or None,
            "address": platform.address or None,
        },
        "content": {
            "suspected": f"{incident.words.en} ({case.code})",
            "how_detected": found,
            "summary": case.situation.summary or None,
            "items": [
                {
                    "id": message.id,
                    "type": "text",
                    "text": [version.text for version in message.versions],
                    "uploaded_at": utc_text(message.sent_at),
                    "uploaded_by": message.author,
                    "state": message.state,
                    "url": None,
                    "original_hash": message.sealed.commitment if message.sealed else None,
                    "exif": None,
                }
                for message in telling(case)
            ],
        },
        "platform": {"name": platform.name, "url": platform.url, "services": ["chat rooms"]},
        "previous_reports": [encode(one) for one in previous],
        "accounts": [_account(case, person) for person in case.with_role("subject")],
        "children": [_account(case, person) for person in case.with_role("to_protect")],
        "preserved": {"pieces": len(case.pieces), "messages": len(case.messages), "reference": case.reference},
        "declaration": {
            "text": "The information is accurate to the best of the provider's knowledge; it states a suspicion.",
            "by": case.handover.exported_by.name,
            "at": utc_text(case.handover.exported_at),
        },
    }


def _account(case: FrozenCase, person: Person) -> dict[str, Any]:
    """Nothing of a payment, a telephone number or a mailbox: the platform asks for none or hands it over on order."""
    latest = max((one.at for one in case.connections), default=None)
    return {
        "id": person.id,
        "usernames": [{"name": name.name, "since": utc_text(name.since)} for name in person.pseudonyms],
        "assured_age": encode(person.age),
        "claimed_age": person.declared_age or None,
        "age_discrepancy": person.age_disagrees,
        "created_at": utc_text(person.joined_at) if person.joined_at else None,
        "billing": None,
        "email": None,
        "recovery_email": None,
        "telephone": None,
        "profile_url": None,
        "logins": [
            {"ip": one.address, "port": one.port, "at": utc_text(one.at), "event": one.kind}
            for one in case.connections
            if one.person == person.id and latest is not None and (latest - one.at).days <= _LOGINS_DAYS
        ]
        or None,
        "rooms": [
            {"room": room.id, "from": utc_text(stay.joined_at), "to": utc_text(stay.left_at) if stay.left_at else None}
            for room in case.rooms
            for stay in room.stays
            if stay.person == person.id
        ],
    }
