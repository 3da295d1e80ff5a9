from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Community(models.Model):
    """What `manage.py setup` asks once: the one row that describes this installation."""

    name = models.CharField(_("name"), max_length=80, default="Havre")
    contact_email = models.EmailField(_("contact address"), blank=True)
    # Who answers for the community: what a dossier, a letter or an authority's form names as its sender.
    operator = models.CharField(_("who runs it"), max_length=120, blank=True)
    address = models.CharField(_("postal address"), max_length=300, blank=True)
    contact_phone = models.CharField(_("telephone"), max_length=30, blank=True)
    country = models.CharField(_("country (two letters)"), max_length=2, default="FR")
    # A public body reports under article 40 of the code de procédure pénale, anybody else as a citizen.
    public_body = models.BooleanField(_("public body (town, school, hospital...)"), default=False)
    floor_age = models.PositiveSmallIntegerField(_("floor age"), default=15)
    digital_majority = models.PositiveSmallIntegerField(_("age of digital majority"), default=15)
    # Hours in which somebody watches, in the community's zone: [["mon", "18:00", "22:00"], ...]
    cover_hours = models.JSONField(_("hours of cover"), default=list, blank=True)

    # How long a proof opens rooms, in days. A minor's attested in person lasts 12 months, or 3 or 6 near a birthday.
    proof_days_adults = models.PositiveSmallIntegerField(_("days a proof lasts, adults’ rooms"), default=180)
    proof_days_minors = models.PositiveSmallIntegerField(_("days a proof lasts, minors’ rooms"), default=90)
    in_person_days = models.PositiveSmallIntegerField(_("days an adult’s proof in person lasts"), default=730)
    # Slugs of the ways of proving an age that are offered, among those configured; empty: all of them.
    age_methods = models.JSONField(_("ways of proving an age"), default=list, blank=True)

    class Meta:
        verbose_name = _("community")
        verbose_name_plural = _("communities")
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="community_is_one")]
