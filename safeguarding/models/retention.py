from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.models import Member, PublicIdField, one_of


class RetentionRun(models.Model):
    """What one night erased, by rule: [{"rule", "days", "due", "erased", "held"}]. Counts alone."""

    public_id = PublicIdField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField()
    lines = models.JSONField(default=list)

    class Meta:
        verbose_name = _("retention run")
        verbose_name_plural = _("retention runs")


class ErasureRequest(models.Model):
    """A member asks that what is held about them be erased (GDPR art. 17). What a case needs is restricted, and goes
    when the case lets go of it."""

    class State(models.TextChoices):
        WORKING = "working", _("being erased")
        RESTRICTED = "restricted", _("erased, but for what is restricted")
        DONE = "done", _("erased")

    public_id = PublicIdField()
    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="erasure")
    code_hash = models.CharField(max_length=64, unique=True)  # of the code that opens the answer
    state = models.CharField(max_length=12, choices=State.choices, default=State.WORKING)
    erased = models.PositiveIntegerField(default=0)  # messages
    restricted = models.PositiveIntegerField(default=0)  # messages a case still needs: told to nobody but officers
    requested_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("erasure request")
        verbose_name_plural = _("erasure requests")
        constraints: ClassVar = [one_of("state", ["working", "restricted", "done"], name="erasure_state_valid")]
