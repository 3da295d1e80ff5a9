"""The only writer of AuditEvent. Called as the last line of the service, in its transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import rfc8785
from django.db import models, transaction
from django.utils import timezone

from .models import AuditEvent, AuditPayload, Member


def commitment_of(*, salt: str, event: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the salt and the RFC 8785 canonical event."""
    return hashlib.sha256(bytes.fromhex(salt) + rfc8785.dumps(dict(event))).hexdigest()


def canonical(
    *, actor_id: int | None, component: str, action: str, subject: tuple[str, str], at: str, data: Any
) -> dict[str, Any]:
    """The event as committed to: what verify_audit rebuilds from the rows."""
    return {
        "actor": actor_id,
        "component": component,
        "action": action,
        "subject": list(subject),
        "at": at,
        "data": data,
    }


def record(
    *,
    actor: Member | None,
    action: str,
    subject: models.Model,
    data: Mapping[str, Any] | None = None,
    component: str = "",
) -> AuditEvent:
    """Append one event in the caller's transaction; without a transaction it raises.

    `action` is dotted past tense ("decision.recorded"). With `actor=None` a `component` must say which
    part of the machine acted. `data` is plain JSON and holds no content of messages.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("audit.record must share the transaction of its change")
    at = timezone.now()
    payload = dict(data or {})
    subject_ref = (subject._meta.label_lower, str(subject.pk))
    salt = secrets.token_hex(32)
    event = AuditEvent.objects.create(
        actor=actor,
        component=component,
        action=action,
        subject_type=subject_ref[0],
        subject_id=subject_ref[1],
        at=at,
        commitment=commitment_of(
            salt=salt,
            event=canonical(
                actor_id=actor.pk if actor else None,
                component=component,
                action=action,
                subject=subject_ref,
                at=at.isoformat(),
                data=payload,
            ),
        ),
    )
    AuditPayload.objects.create(event=event, salt=salt, data=payload)
    return event
