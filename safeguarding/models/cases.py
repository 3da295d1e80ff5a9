from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Room
from community.models import Member, PublicIdField, one_of


class CaseQuerySet(models.QuerySet["Case"]):
    def waiting(self) -> CaseQuerySet:
        """Cases that are not closed."""
        return self.exclude(state=Case.State.CLOSED)

    def without_party(self, member: Member) -> CaseQuerySet:
        """Cases in which `member` is nobody: nobody works a case they are party to, or even sees it."""
        return self.exclude(parties__member=member).exclude(reports__reporter=member)


class Case(models.Model):
    """What a person works: a relationship, or a room. Clock and severity come from `safeguarding.incidents`."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ESCALATED = "escalated", _("escalated")
        CLOSED = "closed", _("closed")

    class Severity(models.TextChoices):
        P0 = "P0"
        P1 = "P1"
        P2 = "P2"
        P3 = "P3"

    public_id = PublicIdField()
    code = models.CharField(_("code"), max_length=4)
    severity = models.CharField(_("severity"), max_length=2, choices=Severity.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    # "<subject or room>:<code family>" while not closed: one live case a relationship.
    open_key = models.CharField(max_length=80, null=True, unique=True)  # noqa: DJ001  null when closed: many may be
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    automated = models.BooleanField(default=False)  # opened by the machine (told as automated_detection)
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(_("due"))
    first_look_at = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)  # a decision made on an older page is refused (CaseMoved)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        indexes: ClassVar = [models.Index(fields=["state", "severity", "due_at"], name="case_queue")]
        constraints: ClassVar = [
            one_of("state", ["open", "escalated", "closed"], name="case_state_valid"),
            one_of("severity", ["P0", "P1", "P2", "P3"], name="case_severity_valid"),
            models.CheckConstraint(
                condition=Q(state="closed", open_key__isnull=True, closed_at__isnull=False)
                | (~Q(state="closed") & Q(open_key__isnull=False, closed_at__isnull=True)),
                name="case_open_key_while_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.public_id}"


class CaseParty(models.Model):
    """Somebody in the relationship. One person may be both subject and to protect."""

    class Role(models.TextChoices):
        SUBJECT = "subject", _("subject")
        TO_PROTECT = "to_protect", _("person to protect")
        WITNESS = "witness", _("witness")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="parties")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="case_parties")
    role = models.CharField(max_length=12, choices=Role.choices)
    band_then = models.CharField(max_length=12)  # the verified band when the case met them
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "member", "role"], name="party_once_per_role"),
        ]


class CaseNote(models.Model):
    """A moderator's working note. Never sent, never exported unless chosen."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("note"), max_length=4000)
    created_at = models.DateTimeField(default=timezone.now)


class Page(models.Model):
    """A call to the officer on duty for a P0 or P1 case, repeated until somebody acknowledges."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pages")
    since = models.DateTimeField(default=timezone.now)  # it rings since then
    rank = models.PositiveSmallIntegerField(default=1)  # 1 the officer on call, 2 the deputy
    next_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case"], name="page_one_per_case")]
        indexes: ClassVar = [
            models.Index(fields=["next_at"], condition=Q(acknowledged_at__isnull=True), name="page_ringing"),
        ]
