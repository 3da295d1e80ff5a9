from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import PublicIdField


class MemberQuerySet(models.QuerySet["Member"]):
    def open(self) -> MemberQuerySet:
        """Accounts that have not been closed; a tombstone is never a person to act on."""
        return self.filter(closed_at__isnull=True)


class MemberManager(BaseUserManager["Member"].from_queryset(MemberQuerySet)):  # type: ignore[misc]  # from_queryset builds a class at run time
    def get_by_natural_key(self, username: str | None) -> Member:
        member: Member = self.get(email__iexact=username)
        return member


class Member(AbstractBaseUser, PermissionsMixin):
    """A person's account. Age lives in AgeFact, limits live in Restriction; neither is a flag here.

    `is_active` is never used to sanction: a suspended member still reads their decisions and appeals.
    """

    public_id = PublicIdField()
    email = models.EmailField(_("e-mail address"), unique=True, null=True)  # noqa: DJ001  null on a tombstone, and many may be
    pseudonym = models.CharField(_("pseudonym"), max_length=30)
    # Folded form (see services.members.pseudonym_key): two people never look alike.
    pseudonym_key = models.CharField(max_length=120, unique=True, editable=False)
    language = models.CharField(_("language"), max_length=5, default="fr")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    terms_version = models.CharField(max_length=20, blank=True)
    terms_accepted_at = models.DateTimeField(null=True)
    # Bumped by every restriction, block, fact and membership: what is cached under it expires with it.
    access_version = models.PositiveBigIntegerField(default=1)

    objects: ClassVar[MemberManager] = MemberManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["pseudonym"]

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=False) | models.Q(email__isnull=False),
                name="member_open_has_email",
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym


class PseudonymChange(models.Model):
    """Every pseudonym a member has carried; a report names the one that was seen."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="pseudonym_changes")
    pseudonym = models.CharField(max_length=30)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["since", "pk"]


class Block(models.Model):
    """`blocker` and `blocked` no longer see each other; the evidence stays."""

    blocker = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="blocks_made")
    blocked = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="blocks_received")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once"),
            models.CheckConstraint(condition=~models.Q(blocker=models.F("blocked")), name="block_somebody_else"),
        ]
