from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Message, Room
from community.models import Member, PublicIdField, one_of

from .cases import Case


class Report(models.Model):
    """A member's complaint. The reporter is never named to the person reported."""

    class Category(models.TextChoices):
        MINOR = "minor", _("An adult makes a minor uncomfortable, or asks for secrets, photos or a meeting")
        THREAT = "threat", _("Threats, blackmail or a trap")
        HATE = "hate", _("Hate: homophobia, transphobia, racism, sexism…")
        HARASSMENT = "harassment", _("Harassment or bullying")
        SUICIDE = "suicide", _("Somebody may hurt themselves")
        SEX = "sex", _("Sexual proposals or paid sex")
        SCAM = "scam", _("Scam or spam")
        AGE = "age", _("Somebody lies about their age")
        OTHER = "other", _("Something else")

    public_id = PublicIdField()
    reporter = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="reports_made")
    subject = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="reports_received")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="reports")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    category = models.CharField(_("what happens"), max_length=12, choices=Category.choices)
    text = models.TextField(_("in your words"), max_length=2000, blank=True)
    danger_now = models.BooleanField(_("somebody is in danger now"), default=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints: ClassVar = [
            one_of(
                "category",
                ["minor", "threat", "hate", "harassment", "suicide", "sex", "scam", "age", "other"],
                name="report_category_valid",
            ),
            models.UniqueConstraint(
                fields=["reporter", "message"],
                condition=models.Q(message__isnull=False),
                name="report_message_once_per_member",
            ),
            models.CheckConstraint(condition=~models.Q(reporter=models.F("subject")), name="report_somebody_else"),
        ]
