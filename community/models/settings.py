from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Community(models.Model):
    """What `manage.py setup` asks once: the one row that describes this installation."""

    name = models.CharField(_("name"), max_length=80, default="Havre")
    contact_email = models.EmailField(_("contact address"), blank=True)
    floor_age = models.PositiveSmallIntegerField(_("floor age"), default=15)
    digital_majority = models.PositiveSmallIntegerField(_("age of digital majority"), default=15)
    # Hours in which somebody watches, in the community's zone: [["mon", "18:00", "22:00"], ...]
    cover_hours = models.JSONField(_("hours of cover"), default=list, blank=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="community_is_one")]
