from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.models import Member, PublicIdField, one_of

from .cases import Case
from .exports import IncidentExport


class Duty(models.Model):
    """What a person of the staff owes by a time. Officers are reminded at `remind_at`; null once nothing is owed."""

    public_id = PublicIdField()
    due_at = models.DateTimeField(_("due"))
    remind_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class UrgentSheet(Duty):
    """Life at risk: one officer acted at once; a second one reviews it by `due_at`. Their words only, no quotation."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="urgent_sheets")
    opened_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    who = models.TextField(_("who (a name, a telephone number, anything known)"), max_length=1000, blank=True)
    where = models.TextField(_("where (address, town, meeting place)"), max_length=1000, blank=True)
    when = models.TextField(_("when (now, tonight, a date)"), max_length=1000, blank=True)
    target_knows = models.TextField(
        _("what the person at risk knows, and must not be told"), max_length=1000, blank=True
    )
    called = models.TextField(_("whom you called, and when"), max_length=1000, blank=True)
    reviewed_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(null=True)
    review = models.TextField(max_length=2000, blank=True)

    class Meta:
        verbose_name = _("life-at-risk sheet")
        verbose_name_plural = _("life-at-risk sheets")
        indexes: ClassVar = [
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="urgent_remind")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=models.F("opened_by")), name="urgent_two_people"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True, reviewed_at__isnull=True, agreed__isnull=True)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False, agreed__isnull=False, remind_at__isnull=True),
                name="urgent_reviewed_whole",
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(reviewed_at__isnull=True), name="urgent_one_open_per_case"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Transmission(Duty):
    """One line of the register: whom to tell of a case, told by whom, when, on what ground, with which reference.

    Havre sends nothing: a person does, and writes it down here. `channel` is a key of incidents.CHANNELS.
    """

    class State(models.TextChoices):
        DUE = "due", _("to be told")
        SENT = "sent", _("sent")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        NOT_NEEDED = "not_needed", _("not needed")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="transmissions")
    channel = models.CharField(max_length=20)
    state = models.CharField(_("state"), max_length=15, choices=State.choices, default=State.DUE)
    basis = models.CharField(_("legal basis"), max_length=300, blank=True)
    recipient = models.CharField(_("recipient"), max_length=200, blank=True)
    reference = models.CharField(_("reference received"), max_length=100, blank=True)
    export = models.ForeignKey(IncidentExport, on_delete=models.PROTECT, null=True, related_name="transmissions")
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    reason = models.CharField(_("why it is not needed"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("transmission")
        verbose_name_plural = _("transmissions")
        indexes: ClassVar = [
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="transmission_remind")
        ]
        constraints: ClassVar = [
            one_of("state", ["due", "sent", "acknowledged", "not_needed"], name="transmission_state_valid"),
            models.UniqueConstraint(
                fields=["case", "channel"], condition=Q(state="due"), name="transmission_due_once_per_channel"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["due", "not_needed"], sent_at__isnull=True, sent_by__isnull=True)
                | Q(state__in=["sent", "acknowledged"], sent_at__isnull=False, sent_by__isnull=False),
                name="transmission_sent_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(state="acknowledged", acknowledged_at__isnull=False)
                | (~Q(state="acknowledged") & Q(acknowledged_at__isnull=True)),
                name="transmission_acknowledged_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="not_needed") | ~Q(reason=""), name="transmission_not_needed_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "acknowledged"]) | ~Q(basis=""), name="transmission_says_on_what_ground"
            ),
            models.CheckConstraint(
                condition=Q(state="due") | Q(remind_at__isnull=True), name="transmission_settled_is_quiet"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.public_id}"


class AuthorityOrder(Duty):
    """A request of an authority, at the order desk: what is asked, until when, and what was answered.

    Clocks: production 10 days, 8 hours in an emergency, preservation 60 days and 30 more
    (Regulation (EU) 2023/1543, art. 10 and 11); any other request has the day it names.
    """

    class Kind(models.TextChoices):
        PRODUCTION = "production", _("European production order (10 days)")
        EMERGENCY = "emergency", _("European production order, emergency (8 hours)")
        PRESERVATION = "preservation", _("European preservation order (60 days, may be extended by 30)")
        REQUISITION = "requisition", _("National requisition (the day it names)")

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        AUTHENTIC = "authentic", _("authenticity checked")
        ANSWERED = "answered", _("answered")
        REFUSED = "refused", _("not executed, with grounds")

    class Data(models.TextChoices):
        SUBSCRIBER = "subscriber", _("subscriber data")
        IDENTIFICATION = "identification", _("data requested to identify the user")
        TRAFFIC = "traffic", _("traffic data")
        CONTENT = "content", _("content data")

    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.RECEIVED)
    authority = models.CharField(_("issuing or validating authority"), max_length=200)
    file_number = models.CharField(_("file number"), max_length=100)
    contact = models.CharField(_("how to reach it (from an official directory)"), max_length=200, blank=True)
    categories = models.JSONField(_("data asked for"), default=list)
    about = models.TextField(_("about whom or what, as the order says it"), max_length=2000)
    period_from = models.DateField(_("period, from"), null=True)
    period_to = models.DateField(_("period, to"), null=True)
    may_inform = models.BooleanField(_("the order lets the user be informed"), default=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="orders")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    received_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    extended_at = models.DateTimeField(null=True)
    authentic_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    authentic_at = models.DateTimeField(null=True)
    authentic_how = models.CharField(_("how its authenticity was checked"), max_length=300, blank=True)
    export = models.ForeignKey(IncidentExport, on_delete=models.PROTECT, null=True, related_name="orders")
    answered_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(_("what was handed over, or why not"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("order of an authority")
        verbose_name_plural = _("orders of authorities")
        indexes: ClassVar = [
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="order_remind")
        ]
        constraints: ClassVar = [
            one_of("kind", ["production", "emergency", "preservation", "requisition"], name="order_kind_valid"),
            one_of("state", ["received", "authentic", "answered", "refused"], name="order_state_valid"),
            models.CheckConstraint(
                condition=Q(state__in=["received", "authentic"], answered_at__isnull=True)
                | (
                    Q(state__in=["answered", "refused"], answered_at__isnull=False, answered_by__isnull=False)
                    & ~Q(answer="")
                    & Q(remind_at__isnull=True)
                ),
                name="order_answered_whole",
            ),
            # Nothing is handed over on a forged paper.
            models.CheckConstraint(
                condition=~Q(state__in=["authentic", "answered"]) | Q(authentic_by__isnull=False),
                name="order_answered_if_authentic",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authority}, {self.file_number}"


class LegalHold(Duty):
    """Nothing of a case, or of a member, is erased while it stands. It is reviewed by `due_at`, every ninety days."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="holds")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    order = models.ForeignKey(AuthorityOrder, on_delete=models.PROTECT, null=True, related_name="holds")
    reason = models.CharField(_("reason"), max_length=500)
    placed_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=timezone.now)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    lift_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        indexes: ClassVar = [
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="hold_remind")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(case__isnull=False, member__isnull=True) | Q(case__isnull=True, member__isnull=False),
                name="hold_on_one_thing",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_says_why"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False, remind_at__isnull=True) & ~Q(lift_reason="")),
                name="hold_lifted_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
