from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Message, Room
from community.models import Member, PublicIdField, one_of

from .cases import Case


class Decision(models.Model):
    """A person's finding and action on a case. History is append-only: a change of mind is a new decision."""

    class Action(models.TextChoices):
        NO_ACTION = "no_action", _("no action")
        WARN = "warn", _("warn")
        REMOVE_MESSAGE = "remove_message", _("remove the message")
        RELEASE_MESSAGE = "release_message", _("release the held message")
        PAUSE_CONTACT = "pause_contact", _("pause contact")
        MUTE = "mute", _("mute")
        ROOM_BAN = "room_ban", _("ban from the room")
        SUSPEND = "suspend", _("suspend until")
        BAN = "ban", _("ban")

    public_id = PublicIdField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    decided_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    second_person = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(_("action"), max_length=20, choices=Action.choices)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="decisions")
    counterpart = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    ends_at = models.DateTimeField(_("until"), null=True)
    # On what it rests (DSA art. 17(3)(d), (e)): clauses of the terms by id, and the law, by key of incidents.LAW.
    clauses = models.JSONField(default=list)
    laws = models.JSONField(default=list)
    terms_version = models.CharField(max_length=20, blank=True)
    reasons = models.TextField(_("reasons (sent)"), max_length=4000, blank=True)
    private_notes = models.TextField(_("private notes (never sent)"), max_length=4000, blank=True)
    overrides = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="overridden_by")
    restriction_ref = models.CharField(max_length=16, blank=True)  # Restriction.public_id it caused
    # Null while an irreversible act waits for a second person.
    takes_effect_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)  # the second person said no
    words_erased_at = models.DateTimeField(null=True)  # reasons, notes, statement and appeal: their term was over
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints: ClassVar = [
            one_of(
                "action",
                [
                    "no_action",
                    "warn",
                    "remove_message",
                    "release_message",
                    "pause_contact",
                    "mute",
                    "room_ban",
                    "suspend",
                    "ban",
                ],
                name="decision_action_valid",
            ),
            models.CheckConstraint(
                condition=Q(second_person__isnull=True) | ~Q(second_person=models.F("decided_by")),
                name="decision_two_people",
            ),
            # What cannot be undone takes two people.
            models.CheckConstraint(
                condition=~Q(action="ban") | Q(takes_effect_at__isnull=True) | Q(second_person__isnull=False),
                name="decision_ban_takes_two",
            ),
            # Reasons are owed whenever somebody is affected (DSA art. 17), and stand until their term is over.
            models.CheckConstraint(
                condition=Q(action__in=["no_action", "release_message"])
                | ~Q(reasons="")
                | Q(words_erased_at__isnull=False),
                name="decision_has_reasons",
            ),
        ]


class StatementOfReasons(models.Model):
    """The reasons as rendered and sent, in the recipient's language (DSA art. 17). Never changed;
    emptied when the term of the decision's words is over."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="statement")
    recipient = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="statements")
    language = models.CharField(max_length=5)
    body = models.TextField()
    automated_detection = models.BooleanField()
    source = models.CharField(max_length=12)  # "report" or "own" (DSA art. 17(3)(b))
    appeal_until = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)


class Appeal(models.Model):
    """A person contests a decision; somebody else judges it (DSA art. 20)."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        UPHELD = "upheld", _("decision upheld")
        OVERTURNED = "overturned", _("decision overturned")

    public_id = PublicIdField()
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="appeal")
    lodged_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="appeals")
    # Who decided, copied here so that the database itself refuses a judge in their own cause.
    decided_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("why the decision is wrong"), max_length=4000)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.PENDING)
    judged_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.TextField(_("answer (sent)"), max_length=4000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        constraints: ClassVar = [
            one_of("state", ["pending", "upheld", "overturned"], name="appeal_state_valid"),
            models.CheckConstraint(
                condition=Q(state="pending", judged_by__isnull=True)
                | Q(state__in=["upheld", "overturned"], judged_by__isnull=False),
                name="appeal_judged_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(judged_by__isnull=True) | ~Q(judged_by=models.F("decided_by")),
                name="appeal_judged_by_another",
            ),
        ]
