from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from chat.models import Message, Room
from community.models import Member, PublicIdField, one_of

from .cases import Case


class RoomLease(models.Model):
    """Who drains a room's unchecked messages. Claimed by a conditional UPDATE, the same on both databases."""

    room = models.OneToOneField(Room, on_delete=models.PROTECT, primary_key=True, related_name="+")
    token = models.CharField(max_length=32, blank=True)
    expires_at = models.DateTimeField(null=True)


class Ledger(models.Model):
    """The engine's bounded memory under one key: "pair:a>b", "author:a", "room:r". Locked in sorted order."""

    key = models.CharField(max_length=80, primary_key=True)
    data = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)


class RiskCheck(models.Model):
    """A finished run of the engine on one revision, kept where there is something to keep."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="checks")
    revision = models.PositiveSmallIntegerField()
    ruleset = models.CharField(max_length=64)  # digest of the rules that judged
    verdict = models.CharField(max_length=10)
    degraded = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "revision"], name="check_once_per_revision"),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="checks_of_a_day")]


class RiskSignal(models.Model):
    """One finding of the engine: which rule, which version, which characters. Machines never sign as people."""

    check_run = models.ForeignKey(RiskCheck, on_delete=models.PROTECT, related_name="signals")
    code = models.CharField(max_length=4)
    rule = models.CharField(max_length=80)
    version = models.CharField(max_length=16)
    tactic = models.CharField(max_length=30, blank=True)
    span_start = models.PositiveIntegerField()
    span_end = models.PositiveIntegerField()
    weight = models.FloatField(default=1.0)


class Alert(models.Model):
    """What the engine says of a relationship, with its explanation; it opens or extends a case."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="alerts")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=4)
    severity = models.CharField(max_length=2)
    score = models.FloatField()
    tactics = models.JSONField(default=list)
    evidence = models.JSONField(default=list)  # Message.public_id
    explanation = models.JSONField(default=dict)
    ruleset = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)


class ProtectiveMeasure(models.Model):
    """What the machine did to protect: always with an end, stored reasons and a way to contest it."""

    class Kind(models.TextChoices):
        HOLD = "hold"
        PAUSE_CONTACT = "pause_contact"
        SLOW_ROOM = "slow_room"
        FRESH_AGE_PROOF = "fresh_age_proof"
        ACCOUNT_HOLD = "account_hold"

    public_id = PublicIdField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="measures")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="measures")
    restriction_ref = models.CharField(max_length=16, blank=True)  # Restriction.public_id
    slow_mode_before = models.PositiveSmallIntegerField(null=True)  # seconds, put back when a room is slow no more
    reason = models.CharField(max_length=500)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    contested_at = models.DateTimeField(null=True)
    contest_text = models.TextField(max_length=2000, blank=True)

    class Meta:
        constraints: ClassVar = [
            one_of(
                "kind",
                ["hold", "pause_contact", "slow_room", "fresh_age_proof", "account_hold"],
                name="measure_kind_valid",
            ),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="measure_has_an_end"),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "starts_at"], name="measures_of_a_day")]


class SafetyCard(models.Model):
    """Private help shown to a person at risk, or the same safe-meeting card to both. Accuses nobody."""

    class Kind(models.TextChoices):
        HELP = "help"  # help lines (D1)
        SAFETY = "safety"  # somebody may be trying to harm you
        MEETING = "meeting"  # advice for any first meeting
        UNSEEN = "unseen"  # a grave report that nobody has looked at yet: whom to call

    kind = models.CharField(max_length=10, choices=Kind.choices)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="cards")
    created_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [one_of("kind", ["help", "safety", "meeting", "unseen"], name="card_kind_valid")]
        indexes: ClassVar = [
            models.Index(fields=["member"], condition=models.Q(dismissed_at__isnull=True), name="card_waiting"),
        ]
