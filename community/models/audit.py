from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .members import Member


class AuditEvent(models.Model):
    """What was done, by whom, to what. Append-only: triggers refuse UPDATE and DELETE.

    `commitment` is SHA-256 over a salt and the canonical event; payload and salt live in AuditPayload,
    so that erasing a payload leaves the chain of seals valid.
    """

    actor = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    component = models.CharField(max_length=40, blank=True)  # who acted when no person did
    action = models.CharField(max_length=60)  # dotted past tense: "case.opened"
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)
    commitment = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("line of the audit log")
        verbose_name_plural = _("lines of the audit log")
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id"], name="audit_of_subject")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(actor__isnull=False) | ~models.Q(component=""), name="audit_says_who"
            ),
        ]


class AuditPayload(models.Model):
    """The details of an event and the salt of its commitment. May be erased; the event may not."""

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="payload")
    salt = models.CharField(max_length=64)
    data = models.JSONField()


class AuditSeal(models.Model):
    """One link of the chain: SHA-256(previous seal || commitment). Written by one sealer, append-only."""

    seq = models.PositiveBigIntegerField(unique=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="seal")
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=timezone.now)


class AuditHead(models.Model):
    """Where the chain stood at the end of a day, signed and, where an authority is configured, time-stamped.

    Whoever rewrote the chain would have to forge the signature, and a stamp that is kept elsewhere.
    """

    day = models.DateField(unique=True)
    seq = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)  # Ed25519, hexadecimal, over services.heads.statement_of
    public_key = models.CharField(max_length=64)  # hexadecimal
    stamp = models.BinaryField(null=True)  # RFC 3161 TimeStampResp over the bytes of the signature
    signed_at = models.DateTimeField(default=timezone.now)
    stamped_at = models.DateTimeField(null=True)
