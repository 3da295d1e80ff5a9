from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.policies import AgeBand

from .base import PublicIdField, one_of
from .members import Member


class Association(models.Model):
    """A club, school or charity whose officers see people in person and attest an age."""

    public_id = PublicIdField()
    name = models.CharField(_("name"), max_length=120, unique=True)
    active = models.BooleanField(_("active"), default=True)
    daily_quota = models.PositiveSmallIntegerField(_("attestations a day"), default=60)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("association")
        verbose_name_plural = _("associations")

    def __str__(self) -> str:
        return self.name


class AgeOfficer(models.Model):
    """A person an association trusts to look at a document and close it again."""

    association = models.ForeignKey(Association, on_delete=models.PROTECT, related_name="officers")
    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="age_officer")
    active = models.BooleanField(_("active"), default=True)
    daily_quota = models.PositiveSmallIntegerField(_("attestations a day"), default=25)
    appointed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("age officer")
        verbose_name_plural = _("age officers")


class AgeCheck(models.Model):
    """An attempt to prove an age. It lives ten minutes and is deleted when it closes."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        AWAITING_SECOND = "awaiting_second", _("waiting for a second person")

    public_id = PublicIdField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="age_checks")
    provider = models.SlugField(max_length=30)
    ask = models.JSONField()  # {"at_least": [15], "under": [18]}
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    # Keyed hash of the code the member shows; the code itself is never stored.
    code_hash = models.CharField(max_length=64, blank=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    band_seen = models.CharField(max_length=12, choices=AgeBand.choices, blank=True)
    attested_by = models.ForeignKey(AgeOfficer, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [one_of("state", ["pending", "awaiting_second"], name="agecheck_state_valid")]


class AgeFactQuerySet(models.QuerySet["AgeFact"]):
    def current(self, today: dt.date) -> AgeFactQuerySet:
        """Facts that hold on `today` (a date in the community's zone): not revoked, replaced or expired."""
        return self.filter(revoked_at__isnull=True, superseded_at__isnull=True, expires_on__gt=today)


class AgeFact(models.Model):
    """What a check left behind: a threshold and a yes or no. No birth date, no document, no exact time."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="age_facts")
    threshold = models.PositiveSmallIntegerField()
    is_over = models.BooleanField()
    method = models.SlugField(max_length=30)
    level = models.CharField(max_length=10)  # IEEE 2089.1: asserted, standard, enhanced, strict
    issuer_ref = models.CharField(max_length=80)
    # Held so that all an officer attested can be revoked in one action; the member never learns it.
    attested_by = models.ForeignKey(AgeOfficer, on_delete=models.PROTECT, null=True, related_name="attested_facts")
    confirmed_by = models.ForeignKey(AgeOfficer, on_delete=models.PROTECT, null=True, related_name="confirmed_facts")
    verified_on = models.DateField()
    expires_on = models.DateField()  # the fact ends as this day begins, in the community's zone
    superseded_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = AgeFactQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "threshold"],
                condition=models.Q(revoked_at__isnull=True, superseded_at__isnull=True),
                name="agefact_one_current",
            ),
        ]


class UsedProof(models.Model):
    """Keyed hash of a proof that opened an account, so that it opens no second. Linked to nobody."""

    tag = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)
