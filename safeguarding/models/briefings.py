from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.models import Member, one_of

from .cases import Case


class Briefing(models.Model):
    """What a person knows of a case that no row tells: danger, family, the facts a qualification turns on.

    Append-only: the newest row of a case counts, the earlier ones say what was thought before. Leaves with a dossier.
    """

    class Answer(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        UNKNOWN = "unknown", _("unknown")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="briefings")
    danger_now = models.CharField(_("danger now"), max_length=7, choices=Answer.choices, default=Answer.UNKNOWN)
    danger_why = models.CharField(_("why"), max_length=500, blank=True)
    summary = models.TextField(_("what is suspected, in your words"), max_length=2000, blank=True)
    family_knows = models.CharField(_("the parents know"), max_length=7, choices=Answer.choices, default=Answer.UNKNOWN)
    family_may_know = models.CharField(
        _("the parents may be told"), max_length=7, choices=Answer.choices, default=Answer.UNKNOWN
    )
    family_note = models.CharField(_("about the parents"), max_length=500, blank=True)
    opinion = models.TextField(_("what you think (told as an opinion)"), max_length=2000, blank=True)
    # {key of dossier.parts.CircumstanceKey: {"answer": Answer, "detail": text}}
    circumstances = models.JSONField(default=dict)
    written_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            one_of("danger_now", ["yes", "no", "unknown"], name="briefing_danger_valid"),
            one_of("family_knows", ["yes", "no", "unknown"], name="briefing_family_knows_valid"),
            one_of("family_may_know", ["yes", "no", "unknown"], name="briefing_family_may_know_valid"),
        ]
