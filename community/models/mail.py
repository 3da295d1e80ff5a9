from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from .base import one_of
from .members import Member


class MailJob(models.Model):
    """A mail that must go out: template and parameters. Tokens are minted at sending, never stored."""

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        FAILED = "failed"

    template = models.SlugField(max_length=40)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    to_email = models.EmailField()
    language = models.CharField(max_length=5)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["not_before"], condition=models.Q(state="pending"), name="mail_pending"),
        ]
        constraints: ClassVar = [one_of("state", ["pending", "sent", "failed"], name="mail_state_valid")]
