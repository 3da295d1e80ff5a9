from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.policies import AgeBand

from .base import PublicIdField, one_of
from .guardians import GuardianConsent
from .members import Member


class Association(models.Model):
    """A club, school or charity whose officers see people in person and attest an age.

    School nurses, libraries and town halls are neutral: going there says nothing about why one goes.
    """

    class Kind(models.TextChoices):
        CLUB = "club", _("club or charity")
        SCHOOL = "school", _("school")
        SCHOOL_NURSE = "school_nurse", _("school nurse")
        LIBRARY = "library", _("library")
        TOWN = "town", _("town hall")

    NEUTRAL = frozenset({Kind.SCHOOL_NURSE, Kind.LIBRARY, Kind.TOWN})

    public_id = PublicIdField()
    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.CLUB)
    # Shown to members who look for a place to go; empty: it is not listed.
    whereabouts = models.CharField(_("where and when to come"), max_length=200, blank=True)
    active = models.BooleanField(_("active"), default=True)
    daily_quota = models.PositiveSmallIntegerField(_("attestations a day"), default=60)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("association")
        verbose_name_plural = _("associations")
        constraints: ClassVar = [
            one_of("kind", ["club", "school", "school_nurse", "library", "town"], name="association_kind_valid")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_neutral(self) -> bool:
        return self.kind in self.NEUTRAL


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
    """An attempt to prove an age. It lives ten minutes, on paper a week, and is deleted when it closes."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        AWAITING_SECOND = "awaiting_second", _("waiting for a second person")

    public_id = PublicIdField()
    # Of a member, or of a guardian, who has no account: then it belongs to a consent.
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="age_checks")
    consent = models.ForeignKey(GuardianConsent, on_delete=models.CASCADE, null=True, related_name="checks")
    provider = models.SlugField(max_length=30)
    ask = models.JSONField()  # {"at_least": [15], "under": [18]}
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING)
    # Keyed hash of the code the member shows; the code itself is never stored.
    code_hash = models.CharField(max_length=64, blank=True, db_index=True)
    vendor_ref = models.CharField(max_length=100, blank=True, db_index=True)  # a vendor's session, gone with the check
    rung_at = models.DateTimeField(null=True)  # the vendor says that its result may be fetched
    attempts = models.PositiveSmallIntegerField(default=0)
    on_paper = models.BooleanField(default=False)  # a printed invitation, good for adults alone
    place = models.CharField(max_length=64, blank=True)  # keyed hash of the day and the network it began in
    days_seen = models.PositiveSmallIntegerField(null=True)  # how long a minor's facts last, as the first officer saw
    band_seen = models.CharField(max_length=12, choices=AgeBand.choices, blank=True)
    attested_by = models.ForeignKey(AgeOfficer, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("state", ["pending", "awaiting_second"], name="agecheck_state_valid"),
            models.CheckConstraint(
                condition=models.Q(member__isnull=False, consent__isnull=True)
                | models.Q(member__isnull=True, consent__isnull=False),
                name="agecheck_of_a_member_or_a_guardian",
            ),
        ]


class AgeAlert(models.Model):
    """Something unusual in an age officer's work, for a safeguarding officer to look at. It stops nothing by itself."""

    class Kind(models.TextChoices):
        RATE = "rate", _("many attestations within an hour")
        HOURS = "hours", _("attestations at night")
        PLACE = "place", _("many people from one connection, the officer’s own")

    public_id = PublicIdField()
    officer = models.ForeignKey(AgeOfficer, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    day = models.DateField()
    count = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    seen_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", ["rate", "hours", "place"], name="agealert_kind_valid"),
            models.UniqueConstraint(fields=["officer", "kind", "day"], name="agealert_once_a_day"),
        ]


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
    """Keyed hash of a proof that opened an account, so that it opens no second. Linked to nobody: `owner` is a keyed
    hash over the tag and the account, which tells the same account from another when the proof is shown again."""

    tag = models.CharField(max_length=64, unique=True)
    owner = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(db_index=True)
