from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import PublicIdField, one_of
from .members import Member


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def in_force(self, now: dt.datetime) -> RestrictionQuerySet:
        """Restrictions that bind at `now`."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), lifted_at__isnull=True, starts_at__lte=now)


class Restriction(models.Model):
    """A dated limit on what a member may do. A row with an end, never a flag (DSA art. 17(1))."""

    class Kind(models.TextChoices):
        MUTE = "mute", _("may read, not write")
        ROOM_BAN = "room_ban", _("may not enter a room")
        CONTACT_PAUSE = "contact_pause", _("contact paused with a member")
        FRESH_AGE_PROOF = "fresh_age_proof", _("asked for a fresh proof of age")
        ACCOUNT_HOLD = "account_hold", _("rooms wait until a person has looked")
        SUSPENSION = "suspension", _("suspended")
        BAN = "ban", _("banned")

    public_id = PublicIdField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="restrictions")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    room_ref = models.CharField(max_length=16, blank=True)  # Room.public_id: the ground floor knows no rooms
    counterpart = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500)
    # True for protective measures taken by the machine: they must end by themselves.
    automated = models.BooleanField(default=False)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["member", "lifted_at", "ends_at"], name="restriction_of_member")]
        constraints: ClassVar = [
            one_of(
                "kind",
                ["mute", "room_ban", "contact_pause", "fresh_age_proof", "account_hold", "suspension", "ban"],
                name="restriction_kind_valid",
            ),
            models.CheckConstraint(
                condition=~Q(kind="room_ban") | ~Q(room_ref=""), name="restriction_room_ban_names_room"
            ),
            models.CheckConstraint(
                condition=~Q(kind="contact_pause") | Q(counterpart__isnull=False),
                name="restriction_pause_names_counterpart",
            ),
            # Machines never punish: what they impose is protective and has an end.
            models.CheckConstraint(
                condition=Q(automated=False)
                | (Q(ends_at__isnull=False) & ~Q(kind__in=["suspension", "ban", "room_ban"])),
                name="restriction_automated_is_protective",
            ),
        ]
