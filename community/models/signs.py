"""Signs that an account is not whose it seems: keyed hashes, each with an end, none of which can be read back."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import PublicIdField, one_of
from .members import Member
from .restrictions import Restriction


class BanMarkQuerySet(models.QuerySet["BanMark"]):
    def in_force(self, now: dt.datetime) -> BanMarkQuerySet:
        """Marks of bans that run at `now`."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), lifted_at__isnull=True)


class BanMark(models.Model):
    """What a banned person would come back with, as a keyed hash, for as long as the ban lasts and no longer."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail address")
        PROOF = "proof", _("proof of age")

    public_id = PublicIdField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    tag = models.CharField(max_length=64)
    # The ban it stands for; null where a court ordered it before we knew any account.
    restriction = models.ForeignKey(Restriction, on_delete=models.PROTECT, null=True, related_name="marks")
    court_reference = models.CharField(_("reference of the court’s order"), max_length=80, blank=True)
    ends_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = BanMarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("ban mark")
        verbose_name_plural = _("ban marks")
        indexes: ClassVar = [models.Index(fields=["tag"], name="banmark_tag")]
        constraints: ClassVar = [
            one_of("kind", ["email", "proof"], name="banmark_kind_valid"),
            models.CheckConstraint(
                condition=Q(restriction__isnull=False) | (~Q(court_reference="") & Q(ends_at__isnull=False)),
                name="banmark_of_a_ban_or_a_court",
            ),
        ]


class BanMatch(models.Model):
    """An account that carries a mark: told to the officers once, whatever they then decide."""

    mark = models.ForeignKey(BanMark, on_delete=models.PROTECT, related_name="matches")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["mark", "member"], name="banmatch_once")]


class DeviceSeen(models.Model):
    """That an account was used in a browser, by the keyed hash of a random cookie; forgotten after thirty days."""

    tag = models.CharField(max_length=64)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    last_on = models.DateField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tag", "member"], name="device_seen_once")]


class AgeContest(models.Model):
    """Somebody says that a result about their age is wrong: another method at once, a person within thirty days."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        UPHELD = "upheld", _("the result stands")
        OVERTURNED = "overturned", _("the result was withdrawn")

    public_id = PublicIdField()
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="age_contests")
    text = models.TextField(_("what is wrong"), max_length=2000)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    judged_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)
    answer = models.TextField(_("answer (sent)"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("contested age")
        verbose_name_plural = _("contested ages")
        constraints: ClassVar = [
            one_of("state", ["pending", "upheld", "overturned"], name="agecontest_state_valid"),
            models.UniqueConstraint(fields=["member"], condition=Q(state="pending"), name="agecontest_one_pending"),
            models.CheckConstraint(
                condition=Q(state="pending", judged_by__isnull=True)
                | (~Q(state="pending") & Q(judged_by__isnull=False) & ~Q(judged_by=models.F("member"))),
                name="agecontest_judged_by_another",
            ),
        ]
