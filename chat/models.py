from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.models import Member, PublicIdField, one_of
from community.policies import Ask, Level, reaches


class RoomQuerySet(models.QuerySet["Room"]):
    def open(self) -> RoomQuerySet:
        """Rooms that may be entered."""
        return self.filter(state=Room.State.OPEN)


class Room(models.Model):
    """A place to talk, with an age that was checked. Minors or adults, never both (constraint)."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    class Delivery(models.TextChoices):
        CHECK_FIRST = "check_first", _("others see a message when its check has passed")
        CHECK_AFTER = "check_after", _("others see a message at once; it is checked just after")

    public_id = PublicIdField()
    name = models.CharField(_("name"), max_length=80)
    name_key = models.CharField(max_length=200, unique=True, editable=False)
    topic = models.CharField(_("topic"), max_length=200, blank=True)
    rules = models.TextField(_("rules"), max_length=2000, blank=True)
    language = models.CharField(_("language"), max_length=5, default="fr")
    at_least = models.PositiveSmallIntegerField(_("from age"))
    under = models.PositiveSmallIntegerField(_("under age"), null=True, blank=True)
    delivery = models.CharField(max_length=12, choices=Delivery.choices, default=Delivery.CHECK_FIRST)
    slow_mode_seconds = models.PositiveSmallIntegerField(_("seconds between two messages"), default=0)
    # How strong a proof of age must be; a minors' room never goes below ENHANCED (see needs_level).
    min_level = models.CharField(
        _("proof of age at least"), max_length=10, choices=Level.choices, default=Level.STANDARD
    )
    # In the community's zone: [["mon", "17:00", "20:00"], ...]; empty: always open.
    opening_hours = models.JSONField(_("opening hours"), default=list, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    last_seq = models.PositiveBigIntegerField(default=0)  # allocated under this row's lock; gapless
    created_at = models.DateTimeField(default=timezone.now)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints: ClassVar = [
            one_of("state", ["open", "closed"], name="room_state_valid"),
            one_of("min_level", ["asserted", "standard", "enhanced", "strict"], name="room_level_valid"),
            one_of("delivery", ["check_first", "check_after"], name="room_delivery_valid"),
            models.CheckConstraint(
                # "is not null" is said: a CHECK lets pass what is unknown, and so would a room from 15 without an end.
                condition=Q(at_least__gte=18, under__isnull=True)
                | Q(at_least__gte=13, at_least__lt=18, under__isnull=False, under__lte=18),
                name="room_minors_or_adults",
            ),
            models.CheckConstraint(
                condition=Q(under__isnull=True) | Q(under__gt=models.F("at_least")), name="room_ages"
            ),
            # Where minors may be, nothing is read before it is checked.
            models.CheckConstraint(
                condition=Q(under__isnull=True) | Q(delivery="check_first"), name="room_minors_check_first"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ask(self) -> Ask:
        return Ask(at_least=(self.at_least,), under=(self.under,) if self.under else ())

    @property
    def admits_minors(self) -> bool:
        return self.under is not None

    @property
    def needs_level(self) -> str:
        """The weakest proof that opens the room. Being *under* an age is what a predator would claim: among minors it
        must have been signed by an official issuer or witnessed by people, whatever the room itself asks for."""
        if self.admits_minors and not reaches(self.min_level, Level.ENHANCED):
            return Level.ENHANCED
        return self.min_level


class RoomProposal(models.Model):
    """A room that a member would like; moderators decide, two of them when minors may enter."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        APPROVED_ONCE = "approved_once", _("waiting for a second person")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")

    public_id = PublicIdField()
    proposer = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="room_proposals")
    # null: a new room; else a change of name, topic or rules of that room
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="proposals")
    name = models.CharField(_("name"), max_length=80)
    topic = models.CharField(_("topic"), max_length=200, blank=True)
    rules = models.TextField(_("rules"), max_length=2000, blank=True)
    language = models.CharField(_("language"), max_length=5, default="fr")
    at_least = models.PositiveSmallIntegerField(_("from age"))
    under = models.PositiveSmallIntegerField(_("under age"), null=True, blank=True)
    findings = models.JSONField(default=list)  # what the screen saw, for the moderators
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.PENDING)
    first_approver = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("room proposal")
        verbose_name_plural = _("room proposals")
        constraints: ClassVar = [
            one_of("state", ["pending", "approved_once", "approved", "refused"], name="proposal_state_valid"),
            models.CheckConstraint(
                condition=Q(first_approver__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(first_approver=models.F("decided_by"))
                | Q(state="refused"),
                name="proposal_two_people",
            ),
        ]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> MembershipQuerySet:
        """Intervals that are not over."""
        return self.filter(left_at__isnull=True)


class Membership(models.Model):
    """A dated interval in a room: coming back opens a new one, so that who was there when stays known."""

    class Role(models.TextChoices):
        MEMBER = "member", _("member")
        STEWARD = "steward", _("steward")
        YOUTH_WORKER = "youth_worker", _("youth worker")

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="memberships")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.MEMBER)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            one_of("role", ["member", "steward", "youth_worker"], name="membership_role_valid"),
            models.UniqueConstraint(
                fields=["room", "member"], condition=Q(left_at__isnull=True), name="membership_one_current"
            ),
        ]


class Message(models.Model):
    """What a member wrote. Bodies live in its revisions; what others see is told by RoomEvents."""

    class CheckState(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        FAILED = "failed"

    class Visibility(models.TextChoices):
        PENDING = "pending"
        VISIBLE = "visible"
        HELD = "held"
        REFUSED = "refused"
        REMOVED = "removed"

    public_id = PublicIdField()
    # Its index is message_in_room, which also keeps the order.
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="messages", db_index=False)
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="messages")
    client_id = models.CharField(max_length=36)  # the client's idempotency key
    reply_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    mentions = models.JSONField(default=list)  # Member.public_id of those who may be mentioned
    check_state = models.CharField(max_length=10, choices=CheckState.choices, default=CheckState.PENDING)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.PENDING)
    head_revision = models.PositiveSmallIntegerField(default=1)  # last written
    shown_revision = models.PositiveSmallIntegerField(null=True)  # what others see
    removed_by_author = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["author", "room", "client_id"], name="message_once_per_client_id"),
            one_of("check_state", ["pending", "done", "failed"], name="message_check_state_valid"),
            one_of("visibility", ["pending", "visible", "held", "refused", "removed"], name="message_visibility_valid"),
            models.CheckConstraint(
                condition=~Q(visibility__in=["visible"]) | Q(shown_revision__isnull=False), name="message_visible_shows"
            ),
        ]
        indexes: ClassVar = [
            # The drain: pending messages of a leased room, in order.
            models.Index(fields=["room", "id"], condition=Q(check_state="pending"), name="message_unchecked"),
            models.Index(fields=["room", "author", "-id"], name="message_of_author"),
            # What was said just before and after: the context of a piece of evidence.
            models.Index(fields=["room", "id"], name="message_in_room"),
        ]


class MessageRevision(models.Model):
    """One version of a message: never changed, never deleted while anything refers to it."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField()
    body = models.TextField(max_length=2000)
    # What the screen said of this version (opaque to chat): [{"code", "rule", "version", "span"}]
    findings = models.JSONField(default=list)
    verdict = models.CharField(max_length=10, default="allow")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "number"], name="revision_once")]


class RoomEvent(models.Model):
    """What became visible in a room, in order. `seq` is gapless; events carry no bodies."""

    class Kind(models.TextChoices):
        POSTED = "posted"
        EDITED = "edited"
        REMOVED = "removed"

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="events")
    revision = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "seq"], name="event_seq_once"),
            one_of("kind", ["posted", "edited", "removed"], name="event_kind_valid"),
        ]


class ReadMarker(models.Model):
    """How far a member has read in a room."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "member"], name="read_marker_once")]
