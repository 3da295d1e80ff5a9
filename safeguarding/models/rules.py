"""Rules as rows: what was imported never changes, and which of it is in force is one digest."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Message
from community.models import Member, PublicIdField, one_of

from .checks import Alert


class Stage(models.TextChoices):
    """How far a rule or a pack has come. SHADOW is recorded and never acts; CANARY acts for a share of the members."""

    DRAFT = "draft", _("draft")
    SHADOW = "shadow", _("shadow")
    CANARY = "canary", _("canary")
    LIVE = "live", _("live")
    RETIRED = "retired", _("retired")


_STAGES = ["draft", "shadow", "canary", "live", "retired"]
_STAGED = Q(stage__in=["shadow", "canary", "live"])


class RulePack(models.Model):
    """A whole set of rule files as imported. Its LIVE one is where the words of all rules come from."""

    public_id = PublicIdField()
    digest = models.CharField(max_length=64, unique=True)  # of the names and contents of the files
    engine = models.CharField(max_length=10)  # the meaning of rule files it was written for (rulesets.ENGINE)
    files = models.JSONField()  # name -> YAML text
    words = models.CharField(max_length=64)  # digest of its vocabularies: equal words, equal reading
    note = models.CharField(_("note"), max_length=300, blank=True)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices, default=Stage.DRAFT)
    imported_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")  # null: the machine
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("import of rules")
        verbose_name_plural = _("imports of rules")
        constraints: ClassVar = [
            one_of("stage", _STAGES, name="pack_stage_valid"),
            models.UniqueConstraint(fields=["stage"], condition=_STAGED, name="pack_one_per_stage"),
        ]

    def __str__(self) -> str:
        return self.digest[:12]


class Rule(models.Model):
    """One version of one rule. Everything but its stage is immutable; `version` is the hash every finding names."""

    public_id = PublicIdField()
    key = models.CharField(_("rule"), max_length=80)  # its id in the file
    version = models.CharField(_("version"), max_length=16)
    pack = models.ForeignKey(RulePack, on_delete=models.PROTECT, null=True, related_name="rules")
    file = models.CharField(max_length=80)
    code = models.CharField(_("code"), max_length=10)
    action = models.CharField(_("action"), max_length=10)
    content = models.JSONField()  # the rule as in a file, defaults filled in, examples and all
    watched = models.BooleanField(_("watched expressions"), default=False)  # apart from the rules that come in packs
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices, default=Stage.DRAFT)
    expires_at = models.DateTimeField(_("watched until"), null=True)
    added_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints: ClassVar = [
            one_of("stage", _STAGES, name="rule_stage_valid"),
            models.UniqueConstraint(fields=["key", "version"], name="rule_version_once"),
            models.UniqueConstraint(fields=["key", "stage"], condition=_STAGED, name="rule_one_version_per_stage"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="rule_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.key} · {self.version}"

    @property
    def is_over(self) -> bool:
        """Whether it is an expression whose time is over: it judges nothing any more, whatever stage it stands in."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class RuleMove(models.Model):
    """A step of a rule or of a whole pack: who asked, why, and who agreed where it takes two."""

    public_id = PublicIdField()
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, null=True, related_name="moves")
    pack = models.ForeignKey(RulePack, on_delete=models.PROTECT, null=True, related_name="moves")
    before = models.CharField(max_length=10, choices=Stage.choices)
    after = models.CharField(max_length=10, choices=Stage.choices)
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")  # null: the machine
    asked_at = models.DateTimeField(default=timezone.now)
    second_person = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    took_effect_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("before", _STAGES, name="move_before_valid"),
            one_of("after", _STAGES, name="move_after_valid"),
            models.CheckConstraint(
                condition=Q(rule__isnull=True, pack__isnull=False) | Q(rule__isnull=False, pack__isnull=True),
                name="move_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(second_person__isnull=True) | ~Q(second_person=models.F("asked_by")),
                name="move_two_people",
            ),
            models.CheckConstraint(
                condition=Q(took_effect_at__isnull=True) | Q(refused_at__isnull=True), name="move_ends_once"
            ),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(took_effect_at__isnull=True, refused_at__isnull=True),
                name="move_one_waiting_per_rule",
            ),
            models.UniqueConstraint(
                fields=["pack"], condition=Q(took_effect_at__isnull=True, refused_at__isnull=True),
                name="move_one_waiting_per_pack",
            ),
        ]  # fmt: skip


class RulesInForce(models.Model):
    """The one row that every process reads: when `digest` is another, the rules are read again."""

    digest = models.CharField(max_length=64)
    canary_share = models.PositiveSmallIntegerField(_("share of members, in percent"), default=10)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pk=1), name="rules_in_force_one_row"),
            models.CheckConstraint(
                condition=Q(canary_share__gte=1, canary_share__lte=50), name="canary_share_is_small"
            ),
        ]


class ShadowFinding(models.Model):
    """What a rule in SHADOW would have met. Only figures and replays read it: nothing acts on it."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveSmallIntegerField()
    rule = models.CharField(max_length=80)
    version = models.CharField(max_length=16)
    span_start = models.PositiveIntegerField()
    span_end = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message", "revision", "version", "span_start", "span_end"], name="shadow_finding_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["rule", "version"], name="shadow_of_rule")]


class AlertRule(models.Model):
    """Which rules an alert rests on: what precision and look-alikes are counted by."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="rests_on")
    rule = models.CharField(max_length=80)
    version = models.CharField(max_length=16)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["alert", "rule", "version"], name="alert_rule_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["rule", "version"], name="alerts_of_rule")]


class RuleDay(models.Model):
    """On one day (UTC): how many distinct members a rule met, among how many who wrote."""

    day = models.DateField()
    rule = models.CharField(max_length=80)
    met = models.PositiveIntegerField()  # distinct members
    wrote = models.PositiveIntegerField()  # distinct members
    share = models.PositiveSmallIntegerField(default=100)  # percent of the members judged by it; 0: it changed that day

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "day"], name="rule_day_once")]


class RuleAlarm(models.Model):
    """Something about the rules that people must look at. Once a day and thing, until somebody has seen it."""

    class Kind(models.TextChoices):
        QUOTA = "quota", _("a daily quota is used up")
        PRECISION = "precision", _("a grave rule is often wrong")
        DEMOTED = "demoted", _("a rule was often wrong and is in shadow now")
        PASS_RATE = "pass_rate", _("a rule suddenly meets more or fewer members")
        UNUSABLE = "unusable", _("the rules in force could not be read")

    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    about = models.CharField(max_length=80)  # the rule's id, or the kind of measure
    day = models.DateField()
    facts = models.JSONField(default=dict)  # plain figures
    raised_at = models.DateTimeField(default=timezone.now)
    seen_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("alarm about the rules")
        verbose_name_plural = _("alarms about the rules")
        constraints: ClassVar = [
            one_of("kind", ["quota", "precision", "demoted", "pass_rate", "unusable"], name="rule_alarm_kind_valid"),
            models.UniqueConstraint(fields=["kind", "about", "day"], name="rule_alarm_once_a_day"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-raised_at"], condition=Q(seen_at__isnull=True), name="rule_alarm_unseen"),
        ]


class RuleReplay(models.Model):
    """A candidate tried on what was said: asked for with a reason, run by a worker, kept with its figures."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    public_id = PublicIdField()
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, null=True, related_name="replays")
    pack = models.ForeignKey(RulePack, on_delete=models.PROTECT, null=True, related_name="replays")
    files = models.JSONField(null=True)  # rule files that are not imported: name -> text, over those in force
    since = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")  # null: the operator
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    result = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        constraints: ClassVar = [
            one_of("state", ["waiting", "running", "done", "failed"], name="replay_state_valid"),
            models.CheckConstraint(condition=Q(until__gt=models.F("since")), name="replay_has_a_length"),
            models.CheckConstraint(
                condition=Q(rule__isnull=False, pack__isnull=True, files__isnull=True)
                | Q(rule__isnull=True, pack__isnull=False, files__isnull=True)
                | Q(rule__isnull=True, pack__isnull=True, files__isnull=False),
                name="replay_of_one_thing",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=Q(state__in=["waiting", "running"]), name="replay_waiting"),
        ]

    @property
    def about(self) -> str:
        """What was tried, in words."""
        return str(self.rule or self.pack or ", ".join(sorted(self.files or ())))
