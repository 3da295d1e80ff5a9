from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from community.models import Member, PublicIdField, one_of

from .cases import Case


class IncidentExport(models.Model):
    """A dossier to hand over. One that names a minor is built only after a second officer agrees."""

    class State(models.TextChoices):
        AWAITING_SECOND = "awaiting_second", _("waiting for a second officer")
        APPROVED = "approved", _("to be built")
        BUILDING = "building", _("being built")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")
        REFUSED = "refused", _("refused by the second officer")

    class Recipient(models.TextChoices):
        POLICE = "police", _("police or gendarmerie")
        PROSECUTOR = "prosecutor", _("public prosecutor")
        CHILD_PROTECTION = "child_protection", _("child protection (CRIP, 119)")
        REGULATOR = "regulator", _("regulator")
        NCMEC = "ncmec", _("NCMEC (United States)")
        NCA = "nca", _("National Crime Agency (United Kingdom)")

    class Encryption(models.TextChoices):
        NONE = "none", _("not encrypted: handed over in person, or through a channel of the recipient")
        AGE = "age", _("to the recipient’s own age key")
        ZIP = "zip", _("AES zip; the passphrase is told by another way, never in the same channel")

    public_id = PublicIdField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exports")
    requested_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    recipient = models.CharField(_("recipient"), max_length=20, choices=Recipient.choices)
    recipient_name = models.CharField(_("which one"), max_length=200, blank=True)  # "Commissariat de Lyon 3e"
    request = models.CharField(_("what is asked of them"), max_length=1000, blank=True)
    # The request it answers, from the order desk.
    order = models.ForeignKey("safeguarding.AuthorityOrder", on_delete=models.PROTECT, null=True, related_name="+")
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    language = models.CharField(_("language"), max_length=5)
    names_minor = models.BooleanField()
    # Third parties, revealing rooms and the notifier told as they are: for police and prosecutor, by two officers.
    unredacted = models.BooleanField(_("unredacted"), default=False)
    with_connections = models.BooleanField(_("with connection records"), default=False)  # by two officers
    encryption = models.CharField(_("encryption"), max_length=4, choices=Encryption.choices, default=Encryption.NONE)
    encrypt_to = models.CharField(_("public age key of the recipient"), max_length=100, blank=True)
    state = models.CharField(_("state"), max_length=20, choices=State.choices)
    frozen = models.JSONField(null=True)  # header of the frozen case: ids and counts, no content
    file_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    claim_token = models.CharField(max_length=32, blank=True)
    claimed_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    built_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("incident export")
        verbose_name_plural = _("incident exports")
        constraints: ClassVar = [
            one_of(
                "state",
                ["awaiting_second", "approved", "building", "ready", "failed", "refused"],
                name="export_state_valid",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("requested_by")),
                name="export_two_people",
            ),
            models.CheckConstraint(
                condition=Q(names_minor=False, unredacted=False, with_connections=False)
                | Q(state__in=["awaiting_second", "refused"])
                | Q(approved_by__isnull=False),
                name="export_of_minor_approved",
            ),
            one_of("encryption", ["none", "age", "zip"], name="export_encryption_valid"),
            models.CheckConstraint(
                condition=~Q(encryption="age") | ~Q(encrypt_to=""), name="export_encrypted_to_somebody"
            ),
            models.CheckConstraint(
                condition=Q(unredacted=False) | Q(recipient__in=["police", "prosecutor"]),
                name="export_unredacted_to_whom",
            ),
        ]

    def __str__(self) -> str:
        asked = formats.date_format(timezone.localtime(self.requested_at), "SHORT_DATETIME_FORMAT")
        return f"{self.get_recipient_display()}, {asked}"


class ExportDownload(models.Model):
    """Who took a copy, and when."""

    export = models.ForeignKey(IncidentExport, on_delete=models.PROTECT, related_name="downloads")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
