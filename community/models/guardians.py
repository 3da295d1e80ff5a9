from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import PublicIdField, one_of
from .members import Member


class GuardianConsentQuerySet(models.QuerySet["GuardianConsent"]):
    def open(self) -> GuardianConsentQuerySet:
        """Consents asked for or given, and not withdrawn."""
        return self.filter(ended_at__isnull=True)

    def in_force(self, today: dt.date) -> GuardianConsentQuerySet:
        """Consents that hold on `today`, a day of the community's zone."""
        return self.open().filter(granted_on__lte=today, expires_on__gt=today)


class GuardianConsent(models.Model):
    """A guardian's and a child's joint agreement (GDPR art. 8; loi 78-17 art. 45). No name, no address: keyed hashes.

    It is granted on the day on which the last of three stands: the address was confirmed, an adult was proved, the
    child agreed too. An adult proof shows that somebody is an adult, not that they are the parent.
    """

    class Ended(models.TextChoices):
        CHILD = "child", _("by the child")
        GUARDIAN = "guardian", _("by the guardian")

    public_id = PublicIdField()
    child = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="consents")
    text_version = models.CharField(max_length=20)  # of what the guardian read
    # Keyed hashes of the link the child hands over, of the one mailed to the guardian, of the guardian's address.
    link_hash = models.CharField(max_length=64, unique=True)
    mail_hash = models.CharField(max_length=64, blank=True, db_index=True)
    email_hash = models.CharField(max_length=64, blank=True, db_index=True)
    proof_tag = models.CharField(max_length=64, blank=True, db_index=True)
    method = models.SlugField(max_length=30, blank=True)
    level = models.CharField(max_length=10, blank=True)
    issuer_ref = models.CharField(max_length=80, blank=True)
    attested_by = models.ForeignKey("community.AgeOfficer", on_delete=models.PROTECT, null=True, related_name="+")
    email_confirmed_on = models.DateField(null=True)
    proved_on = models.DateField(null=True)
    child_agreed_on = models.DateField(null=True)
    granted_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=10, choices=Ended.choices, blank=True)
    # Another child's consent rests on the same adult: an officer looks, for one proof can stand for strangers.
    shared_since = models.DateField(null=True)
    shared_seen_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    # The guardian carries the mark of a ban: while it is in force nothing is granted.
    carries = models.ForeignKey("community.BanMark", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = GuardianConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("guardian’s consent")
        verbose_name_plural = _("guardians’ consents")
        constraints: ClassVar = [
            one_of("ended_by", ["", "child", "guardian"], name="consent_ended_by_valid"),
            models.UniqueConstraint(fields=["child"], condition=Q(ended_at__isnull=True), name="consent_one_open"),
            models.CheckConstraint(
                condition=Q(granted_on__isnull=True)
                | Q(
                    email_confirmed_on__isnull=False,
                    proved_on__isnull=False,
                    child_agreed_on__isnull=False,
                    expires_on__isnull=False,
                ),
                name="consent_granted_by_both",
            ),
        ]
