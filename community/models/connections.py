from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import one_of
from .members import Member


class ConnectionLog(models.Model):
    """Address, source port and UTC time of a sign-up or login, sealed for one year (decree 2021-1362).

    Apart from age facts; read only through an export ordered by an authority or for danger to life.
    """

    class Kind(models.TextChoices):
        SIGNUP = "signup", _("sign-up")
        LOGIN = "login", _("login")

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key_id = models.CharField(max_length=20)
    sealed = models.BinaryField()  # AES-GCM over {"address", "port", "at"}
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [one_of("kind", ["signup", "login"], name="connection_kind_valid")]
