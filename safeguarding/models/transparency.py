from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TransparencyMonth(models.Model):
    """The counts of a month that is over, as they were signed. Nothing of anybody; never changed."""

    month = models.CharField(_("month"), max_length=7, unique=True)  # "2026-10"
    body = models.TextField()  # RFC 8785 canonical JSON (transparency.figures)
    sha256 = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)  # Ed25519 over the body, hexadecimal
    public_key = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("month of figures")
        verbose_name_plural = _("months of figures")
        ordering: ClassVar = ["month"]
