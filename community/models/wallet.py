from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from community.policies import AgeBand

from .age import AgeCheck
from .base import PublicIdField, one_of


class TrustList(models.Model):
    """The providers whose attestations are believed, as an operator imported them; the latest row holds."""

    sha256 = models.CharField(max_length=64)  # of the file, as the operator compared it with what was published
    pem = models.TextField()
    imported_at = models.DateTimeField(default=timezone.now)


class WalletExchange(models.Model):
    """One request to a wallet and its one answer, for a few minutes. It goes with the check it belongs to.

    Nothing here was disclosed but the answer itself: nonce, state, codes and key are worked out anew from
    `public_id` and the server's key each time, and of the proof stays a keyed hash.
    """

    class State(models.TextChoices):
        WAITING = "waiting"  # for the wallet
        ANSWERED = "answered"  # for the browser that began
        REFUSED = "refused"

    age_check = models.OneToOneField(AgeCheck, on_delete=models.CASCADE, related_name="wallet")
    public_id = PublicIdField()
    band = models.CharField(max_length=12, choices=AgeBand.choices)
    session_hash = models.CharField(max_length=64)  # keyed hash of the session of the browser that began
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    outcome = models.JSONField(null=True)  # thresholds and yes or no, anchor, keyed hash of the proof and its end
    attempts = models.PositiveSmallIntegerField(default=0)  # wrong codes
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("state", ["waiting", "answered", "refused"], name="walletexchange_state_valid"),
            models.CheckConstraint(
                condition=models.Q(state="answered", outcome__isnull=False)
                | (~models.Q(state="answered") & models.Q(outcome__isnull=True)),
                name="walletexchange_outcome_when_answered",
            ),
        ]
