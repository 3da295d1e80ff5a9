from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from chat.models import Message, Room
from community.models import PublicIdField, one_of

from .cases import Case


class Evidence(models.Model):
    """A frozen piece of a case: header and ciphertext. Append-only; erasure destroys its key, not the row."""

    class Kind(models.TextChoices):
        MESSAGE = "message"  # a message with every version, state and finding at the moment of freezing
        PROFILE = "profile"
        MEMBERSHIP = "membership"
        ROOM = "room"
        REPORT = "report"
        CONNECTIONS = "connections"  # sign-ups and logins, still sealed under CONNECTION_LOG_KEY
        REDACTION = "redaction"  # the key of the labels of one export: who P1 is

    public_id = PublicIdField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    source_ref = models.CharField(max_length=40)  # public id of what was frozen
    ordinal = models.PositiveIntegerField(default=0)  # a message frozen again after an edit has the next one
    commitment = models.CharField(
        max_length=64
    )  # SHA-256 over salt and plaintext; the salt is in the plaintext's key row
    nonce = models.BinaryField(max_length=12)
    ciphertext = models.BinaryField()  # AES-256-GCM, the header as associated data
    frozen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        # Whether some case still needs what a message says.
        indexes: ClassVar = [models.Index(fields=["source_ref"], name="evidence_of_source")]
        constraints: ClassVar = [
            one_of(
                "kind",
                ["message", "profile", "membership", "room", "report", "connections", "redaction"],
                name="evidence_kind_valid",
            ),
            models.UniqueConstraint(fields=["case", "kind", "source_ref", "ordinal"], name="evidence_once_per_version"),
        ]


class EvidenceKey(models.Model):
    """The wrapped data key and salt of one piece. Deleting this row erases the piece for ever."""

    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="key")
    key_id = models.CharField(max_length=32)  # which envelope key of EVIDENCE_KEYS wraps it
    wrapped = models.BinaryField()
    salt = models.CharField(max_length=64)


class FreezeWindow(models.Model):
    """Messages after an anchor still to be frozen as they come (15 of them)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="windows")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    remaining = models.PositiveSmallIntegerField(default=15)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["room"], condition=models.Q(remaining__gt=0), name="window_open"),
        ]
