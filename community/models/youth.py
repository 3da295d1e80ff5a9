from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import PublicIdField
from .members import Member


class YouthWorkerQuerySet(models.QuerySet["YouthWorker"]):
    def in_force(self, today: dt.date) -> YouthWorkerQuerySet:
        """Appointments that hold on `today`, a day of the community's zone."""
        return self.filter(appointed_at__isnull=False, ended_at__isnull=True, ends_on__gt=today)


class YouthWorker(models.Model):
    """An adult who may be in one minors' room: named by one safeguarding officer, appointed by another, for a time."""

    public_id = PublicIdField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="youth_work")
    room_ref = models.CharField(max_length=16)  # Room.public_id: the ground floor knows no rooms
    vetted_on = models.DateField(_("day on which the certificate was seen"))
    named_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField(default=timezone.now)
    appointed_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    appointed_at = models.DateTimeField(null=True)
    ends_on = models.DateField(_("until"))  # it ends as this day begins, in the community's zone
    ended_at = models.DateTimeField(null=True)

    objects = YouthWorkerQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "room_ref"], condition=Q(ended_at__isnull=True), name="youth_worker_once_a_room"
            ),
            models.CheckConstraint(
                condition=Q(appointed_at__isnull=True, appointed_by__isnull=True)
                | (Q(appointed_at__isnull=False, appointed_by__isnull=False) & ~Q(appointed_by=F("named_by"))),
                name="youth_worker_two_officers",
            ),
            models.CheckConstraint(
                condition=~Q(member=F("named_by")) & (Q(appointed_by__isnull=True) | ~Q(member=F("appointed_by"))),
                name="youth_worker_not_by_oneself",
            ),
        ]
