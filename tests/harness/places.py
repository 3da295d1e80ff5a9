"""The main pages of Havre, with something on each, over the invented people of the demo."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.urls import reverse

from chat.models import Message, Room
from community.guardian_links import link_token, mail_token
from community.models import GuardianConsent, Member
from community.services.age_checks import begin_check
from community.services.guardians import begin_guardian_check, confirm_address, give_address
from safeguarding.admin import console as console_site
from safeguarding.models import Appeal, Case, Decision
from safeguarding.services.casework import claim_case
from safeguarding.services.decisions import record_decision
from safeguarding.services.exports import request_export

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Place:
    """One page: who looks at it (a pseudonym of the demo, or nobody), and where it is."""

    name: str
    who: str
    path: str


def seed(environ: Mapping[str, str]) -> None:
    """Fill an empty installation with the demo's people, in a process of its own."""
    subprocess.run([sys.executable, "manage.py", "seed_demo"], cwd=PROJECT, env=dict(environ), check=True)


def furnish() -> list[Place]:
    """Bring the demo to where every main page has something to show, through its services; return the pages.

    Charlie has begun to prove an age, and Malo's guardian to agree. Sam has the case about Tom, has warned him and
    asked for an export of it.
    """
    people = {member.pseudonym: member for member in Member.objects.all()}
    quay = Room.objects.get(name="Le quai des ados")
    teasing = Message.objects.get(author=people["Tom"], reports__isnull=False)
    case = claim_case(actor=people["Sam"], case=Case.objects.get(reports__message=teasing))
    begin_check(actor=people["Charlie"], provider="in_person")
    warning = record_decision(
        actor=people["Sam"],
        case=case,
        version=case.version,
        action=Decision.Action.WARN,
        member=people["Tom"],
        clauses=["respect.harassment"],
        reasons="Un message écrit dans un salon rabaisse une personne et l’invite à partir.",
        private_notes="Parler aussi à la personne visée : voir si cela dure depuis longtemps.",
    )
    consent = GuardianConsent.objects.get(child=people["Malo"])
    give_address(consent=consent, email="parent.malo@demo.example", language="fr", address="")
    consent.refresh_from_db()
    confirm_address(consent=consent)
    begin_guardian_check(consent=consent, provider="in_person", address="")
    mailed = mail_token(consent.public_id, consent.email_hash)
    handed_over = link_token(consent.public_id)
    given = GuardianConsent.objects.get(child=people["Jade"])
    agreed = mail_token(given.public_id, given.email_hash)
    export = request_export(
        actor=people["Sam"], case=case, recipient="police", legal_basis="Réquisition 2026/118", language="fr"
    )
    appeal = Appeal.objects.get()
    console = "/console/safeguarding"
    return [
        Place("home", "", "/"),
        Place("sign-up", "", "/accounts/signup/"),
        Place("log-in", "", "/accounts/login/"),
        Place("help", "", "/help/"),
        Place("terms", "", "/terms/"),
        Place("terms-teen", "", "/terms/simple/"),
        Place("privacy", "", "/privacy/"),
        Place("transparency", "", reverse("safeguarding:transparency")),
        Place("age", "Charlie", "/age/"),
        Place("age-code", "Charlie", "/age/in_person/"),
        Place("invitation", "Bob", "/age/invitation/"),
        Place("consent", "Malo", "/consent/"),
        Place("consent-given", "Jade", "/consent/"),
        Place("guardian-link", "", reverse("community:guardian_link", args=[handed_over])),
        Place("guardian", "", reverse("community:guardian", args=[mailed])),
        Place("guardian-code", "", reverse("community:guardian_check", args=[mailed, "in_person"])),
        Place("guardian-agreed", "", reverse("community:guardian", args=[agreed])),
        Place("rooms", "Alice", "/rooms/"),
        Place("room", "Alice", f"/rooms/{quay.public_id}/"),
        Place("people", "Alice", f"/rooms/{quay.public_id}/people/"),
        Place("propose", "Alice", "/rooms/propose/"),
        Place("report", "Noa", f"/report/message/{teasing.public_id}/"),
        Place("reports", "Alice", "/reports/"),
        Place("account", "Alice", "/account/"),
        Place("decisions", "Farid", "/decisions/"),
        Place("decision", "Farid", f"/decisions/{appeal.decision.public_id}/"),
        Place("appeal", "Tom", f"/decisions/{warning.public_id}/"),
        Place("desk", "Ines", "/age/desk/"),
        Place("console-dashboard", "Sam", "/console/"),
        Place("console-case", "Sam", f"{console}/case/{case.public_id}/"),
        Place("console-export", "Dana", f"{console}/incidentexport/{export.public_id}/"),
        Place("console-appeals", "Mo", f"{console}/appeal/"),
        Place("console-appeal", "Mo", f"{console}/appeal/{appeal.public_id}/"),
        *(
            Place(
                f"console-list-{model._meta.model_name}",
                "Sam",
                reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"),
            )
            for model in console_site._registry
        ),
    ]
