"""A guardian's consent as a record: what completes it, what ends it. `services.guardians` leads people there."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from community import audit
from community.age.provider import Outcome
from community.errors import ConsentOver
from community.guardian_links import guardian_proof_tag
from community.models import AgeOfficer, BanMark, GuardianConsent, Member

from .access import bump_access
from .mail import queue_mail
from .settings import get_community

LASTS = dt.timedelta(days=365)


def consent_open_here() -> bool:
    """Whether children under the digital majority may come at all: only where the operator lowered the floor age."""
    community = get_community()
    return community.floor_age < community.digital_majority


def locked(consent: GuardianConsent) -> GuardianConsent:
    """The consent as it is now, locked, and its child before it; ConsentOver once it has ended."""
    Member.objects.select_for_update(no_key=True).get(pk=consent.child_id)
    found = GuardianConsent.objects.select_for_update(of=("self",)).select_related("child").get(pk=consent.pk)
    if found.ended_at is not None:
        raise ConsentOver
    return found


def record_guardian_proof(
    *,
    consent: GuardianConsent,
    outcome: Outcome,
    mark: BanMark | None = None,
    attested_by: AgeOfficer | None = None,
) -> bool:
    """Note that somebody proved to be an adult, or is the guardian an association has on file, in the caller's
    transaction: the method, its level and the day. Nothing of the proof but a keyed hash stays.

    False, and nothing is noted, where the guardian carries the `mark` of a ban, by this proof or as known before: a
    person looks, and the child can ask somebody else.
    """
    consent = locked(consent)
    if mark is not None:
        GuardianConsent.objects.filter(pk=consent.pk).update(carries=mark)
    if mark is not None or _is_marked(consent):
        return False
    consent.proved_on = timezone.localdate()
    consent.method, consent.level = outcome.method, outcome.level
    consent.issuer_ref, consent.attested_by = outcome.issuer_ref[:80], attested_by
    consent.proof_tag = guardian_proof_tag(outcome.replay_tag) if outcome.replay_tag else ""
    consent.save(update_fields=["proved_on", "method", "level", "issuer_ref", "attested_by", "proof_tag"])
    grant_if_complete(consent)
    return True


def _is_marked(consent: GuardianConsent) -> bool:
    """Whether the guardian carries the mark of a ban that runs."""
    return consent.carries_id is not None and (
        BanMark.objects.in_force(timezone.now()).filter(pk=consent.carries_id).exists()
    )


def grant_if_complete(consent: GuardianConsent) -> bool:
    """Grant a locked consent in which all three stand, in the caller's transaction; whether it was granted now."""
    if consent.granted_on or not (consent.email_confirmed_on and consent.proved_on and consent.child_agreed_on):
        return False
    if _is_marked(consent):
        return False
    today = timezone.localdate()
    consent.granted_on, consent.expires_on = today, today + LASTS
    consent.save(update_fields=["granted_on", "expires_on"])
    bump_access(consent.child)
    audit.record(actor=None, component="guardian consent", action="consent.granted", subject=consent)
    _alert_if_shared(consent)
    return True


@transaction.atomic
def end_consent(*, consent: GuardianConsent, by: str, actor: Member | None) -> None:
    """Withdraw: rooms close at once, and the other side is told neutrally that something waits."""
    consent = locked(consent)
    consent.ended_at, consent.ended_by = timezone.now(), by
    consent.save(update_fields=["ended_at", "ended_by"])
    bump_access(consent.child)
    if by == GuardianConsent.Ended.GUARDIAN:
        queue_mail(template="waiting", member=consent.child)
    audit.record(
        actor=actor, component="" if actor else "guardian consent", action="consent.withdrawn", subject=consent,
        data={"by": by},
    )  # fmt: skip


def _alert_if_shared(consent: GuardianConsent) -> None:
    """One adult for several children: brothers and sisters, or somebody who sells agreements. An officer looks."""
    today = timezone.localdate()
    same = GuardianConsent.objects.in_force(today).exclude(child=consent.child)
    by_address = same.filter(email_hash=consent.email_hash)
    by_proof = same.filter(proof_tag=consent.proof_tag) if consent.proof_tag else same.none()
    if (by_address | by_proof).exists():
        GuardianConsent.objects.filter(pk=consent.pk).update(shared_since=today)
        audit.record(actor=None, component="guardian consent", action="consent.shared", subject=consent)
