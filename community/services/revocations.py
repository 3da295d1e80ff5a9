"""Taking back what somebody vouched for: an officer, an association, a provider of proofs; or all that one member has.

Nothing of it happens by itself. Whoever is concerned is told neutrally, and every other way is open to them at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from community import audit
from community.errors import NotAllowed, ReasonRequired
from community.models import AgeCheck, AgeFact, AgeOfficer, Association, GuardianConsent, Member, TrustList
from community.roles import may

from .access import bump_access
from .mail import queue_mail
from .settings import get_community
from .trust import anchor_ref, current_anchors, names_of


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who vouched for ages from afar: a wallet's provider, an age service, a vendor. `people` rest on it today."""

    ref: str  # as their facts name it
    name: str
    people: int
    believed: bool  # whether new proofs of theirs are taken


def issuers() -> list[Issuer]:
    """Everybody from afar on whose word somebody's age or a guardian's proof rests today. Three queries."""
    today = timezone.localdate()
    facts = AgeFact.objects.current(today).filter(attested_by=None).order_by()
    consents = GuardianConsent.objects.open().filter(attested_by=None).exclude(issuer_ref="").order_by()
    people: dict[str, int] = {}
    for ref, count in (
        *facts.values_list("issuer_ref").annotate(models.Count("member", distinct=True)),
        *consents.values_list("issuer_ref").annotate(models.Count("pk")),
    ):
        people[ref] = people.get(ref, 0) + count
    names, believed = _anchor_names(), {anchor_ref(one) for one in current_anchors().fingerprints}
    return [
        Issuer(ref, names.get(ref, ref), count, ref in believed or not ref.startswith(anchor_ref("")))
        for ref, count in sorted(people.items())
    ]


def _anchor_names() -> dict[str, str]:
    """What the certificates of all imports were called, the latest import's name last."""
    found: dict[str, str] = {}
    for pem in TrustList.objects.order_by("pk").values_list("pem", flat=True):
        found |= {anchor_ref(fingerprint): name for fingerprint, name in names_of(pem).items()}
    return found


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is taken back, and what the line of audit is about."""

    facts: models.QuerySet[AgeFact]
    checks: models.QuerySet[AgeCheck]
    consents: models.QuerySet[GuardianConsent]  # of whose guardian it was vouched for
    subject: models.Model
    data: dict[str, Any]


def revoke_facts(
    *,
    actor: Member | None,
    reason: str,
    officer: AgeOfficer | None = None,
    association: Association | None = None,
    member: Member | None = None,
    issuer: str = "",
    component: str = "",
) -> int:
    """Revoke every fact that an officer, an association or an issuer (`Issuer.ref`) vouched for, or that a member has;
    end the checks they began, and ask the guardians whom they vouched for to prove themselves anew. Returns how many
    facts were revoked. Members' sockets learn it after commit, and a neutral mail leads whoever lost something that
    held to a page that names every other way.

    Exactly one of the four must be given. Raises NotAllowed unless the actor may oversee age officers; an operator,
    who has no account, acts with `actor=None` by a `component`. ReasonRequired without a reason.
    """
    if not (component if actor is None else may(actor, "oversee_age_officers")):
        raise NotAllowed
    if not reason.strip():
        raise ReasonRequired
    scope = _scope(officer, association, member, issuer)
    today = timezone.localdate()
    with transaction.atomic():
        if group := association or (officer.association if officer else None):
            Association.objects.select_for_update(no_key=True).get(pk=group.pk)  # whoever attests is done, or waits
        holders = set(scope.facts.values_list("member_id", flat=True))
        children = set(scope.consents.values_list("child_id", flat=True))
        checked = {pk for pk in scope.checks.values_list("member_id", flat=True) if pk is not None}
        bump_access(*holders, *children, *checked)  # their rows are locked by it, before those of their checks
        scope.checks.delete()
        facts = list(scope.facts.values_list("pk", flat=True))
        held = AgeFact.objects.current(today).filter(pk__in=facts)
        told = set(held.values_list("member_id", flat=True)) | children
        count = AgeFact.objects.filter(pk__in=facts).update(revoked_at=timezone.now())
        GuardianConsent.objects.filter(pk__in=list(scope.consents.values_list("pk", flat=True))).update(
            proved_on=None, granted_on=None, expires_on=None,
            method="", level="", issuer_ref="", proof_tag="", attested_by=None,
        )  # fmt: skip
        for person in Member.objects.open().filter(pk__in=told):
            queue_mail(template="waiting", member=person)
        audit.record(
            actor=actor,
            component=component,
            action="age.revoked",
            subject=scope.subject,
            data={
                **scope.data,
                "facts": count,
                "members": len(holders),
                "guardians": len(children),
                "reason": reason.strip()[:500],
            },
        )
    return count


def _scope(officer: AgeOfficer | None, association: Association | None, member: Member | None, issuer: str) -> _Scope:
    facts = AgeFact.objects.filter(revoked_at__isnull=True)
    checks = AgeCheck.objects.all()
    consents = GuardianConsent.objects.open().filter(proved_on__isnull=False)
    match officer, association, member, issuer:
        case AgeOfficer() as one, None, None, "":
            both = facts.filter(attested_by=one) | facts.filter(confirmed_by=one)
            return _Scope(both, checks.filter(attested_by=one), consents.filter(attested_by=one), one, {})
        case None, Association() as group, None, "":
            both = facts.filter(attested_by__association=group) | facts.filter(confirmed_by__association=group)
            began, seen = checks.filter(attested_by__association=group), consents.filter(attested_by__association=group)
            return _Scope(both, began, seen, group, {})
        case None, None, Member() as person, "":
            return _Scope(facts.filter(member=person), checks.filter(member=person), consents.none(), person, {})
        case None, None, None, str(ref) if ref:
            theirs = {"attested_by": None, "issuer_ref": ref}
            return _Scope(
                facts.filter(**theirs), checks.none(), consents.filter(**theirs), get_community(), {"issuer": ref}
            )
    raise TypeError("name an officer, an association, a member or an issuer")
