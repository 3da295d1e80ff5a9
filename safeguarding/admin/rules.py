"""Rules and imports of rules: what is in force, what is being tried, and the steps between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.errors import Refused
from safeguarding import rule_figures
from safeguarding.errors import BadExpression, Conflict
from safeguarding.models import Rule, RuleMove, RulePack, RulesInForce, Stage
from safeguarding.services import expressions, replays, rule_moves
from safeguarding.services.rules import STEER, import_rules

from .access import may, reader
from .filters import CodeFilter
from .records import RecordAdmin
from .rule_forms import ExpressionForm, ImportForm, ReplayForm, ShareForm, StepForm
from .site import console

STEPS: Mapping[Stage, Any] = {
    Stage.SHADOW: gettext_lazy("Put in shadow: record, never act"),
    Stage.CANARY: gettext_lazy("Try on a share of the members"),
    Stage.LIVE: gettext_lazy("Put in force for everybody"),
    Stage.RETIRED: gettext_lazy("Retire"),
}


class StageFilter(admin.SimpleListFilter):
    title = gettext_lazy("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Stage.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rule]) -> QuerySet[Rule]:
        if self.value():
            return queryset.filter(stage=self.value())
        return queryset.exclude(stage=Stage.RETIRED)


class Stepping(RecordAdmin):
    """What rules and packs share: a step with its reason, agreed to or refused by a second person, and a replay."""

    steps: Mapping[str, tuple[Stage, ...]]

    def steps_from(self, request: HttpRequest, record: Any) -> list[dict[str, Any]]:
        return [{"to": to.value, "label": STEPS[to], "two": self.takes_two(record, to)} for to in self.open_to(record)]

    def open_to(self, record: Any) -> Sequence[Stage]:
        """The stages that it may go to from where it stands."""
        return self.steps[record.stage]

    def takes_two(self, record: Any, to: Stage) -> bool:
        raise NotImplementedError

    def move(self, request: HttpRequest, record: Any, to: Stage, reason: str) -> RuleMove:
        raise NotImplementedError

    def moving(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """The parts of a page that tell and offer steps."""
        moves = list(record.moves.select_related("asked_by", "second_person").order_by("-pk")[:20])
        waiting = next((move for move in moves if move.took_effect_at is None and move.refused_at is None), None)
        return {
            "moves": moves,
            "waiting": waiting,
            "own_move": waiting is not None and waiting.asked_by_id == reader(request).pk,
            "steps": [] if waiting else self.steps_from(request, record),
            "step_form": StepForm(),
            "replay_form": ReplayForm(),
            "replays": record.replays.order_by("-pk")[:5],
        }

    def step(self, request: HttpRequest, record: Any) -> str:
        to = request.POST.get("to", "")
        if to not in Stage.values:
            raise Conflict
        move = self.move(request, record, Stage(to), request.POST.get("reason", "")[:500])
        if move.took_effect_at is None:
            return _("Asked. It happens when a second person agrees.")
        return _("Done. Every process follows within seconds.")

    def approve(self, request: HttpRequest, record: Any) -> str:
        rule_moves.approve_move(actor=reader(request), move=self.waiting(record))
        return _("Agreed and done. Every process follows within seconds.")

    def refuse(self, request: HttpRequest, record: Any) -> str:
        rule_moves.refuse_move(actor=reader(request), move=self.waiting(record))
        return _("Nothing has moved.")

    def waiting(self, record: Any) -> RuleMove:
        move: RuleMove | None = record.moves.filter(took_effect_at__isnull=True, refused_at__isnull=True).first()
        if move is None:
            raise Conflict
        return move

    def replay(self, request: HttpRequest, record: Any) -> str | HttpResponseBase:
        form = ReplayForm(request.POST)
        if not form.is_valid():
            return self.show(request, record, replay_form=form)
        asked = replays.request_replay(actor=reader(request), candidate=record, **form.cleaned_data)
        messages.success(request, _("The replay is under way. This page shows it when it is done."))
        return redirect(reverse("admin:safeguarding_rulereplay_page", args=[asked.public_id]))

    verbs = {"step": step, "approve": approve, "refuse": refuse, "replay": replay}  # noqa: RUF012  a table


@admin.register(Rule, site=console)
class RuleAdmin(Stepping):
    """Every version of every rule, with what people later decided of the cases it led to."""

    permission = rule_moves.WATCH
    page_template = "admin/havre/rule.html"
    change_list_template = "admin/havre/rules.html"
    list_filter = (StageFilter, CodeFilter, "watched")
    search_fields = ("key", "version", "file")
    list_per_page = 100
    steps = rule_moves.STEPS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        rows = Rule.objects.defer("content").select_related("pack").order_by("code", "key", "-pk")
        return rows.annotate(phrases=F("content__patterns"))  # by which people know an expression

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("watch/", wrap(self.watch_view), name="safeguarding_rule_watch"),
            path("share/", wrap(self.share_view), name="safeguarding_rule_share"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        in_force = RulesInForce.objects.filter(pk=1).first()
        shown = {
            "outcomes": rule_figures.outcomes_by_rule(),
            "steers": may(request, STEER),
            "in_force": in_force,
            "share_form": ShareForm(initial={"share": in_force.canary_share if in_force else 10}),
        }
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def page_context(self, request: HttpRequest, record: Rule) -> dict[str, Any]:
        return {
            "title": record.key,
            "outcomes": rule_figures.outcomes_by_rule(record.key).get((record.key, record.version)),
            "met": rule_figures.met_lately(record),
            "others": Rule.objects.filter(key=record.key).exclude(pk=record.pk).defer("content").order_by("-pk"),
            "may_move": may(request, rule_moves.permission_for(record)),
            "grave": rule_moves.is_grave(record.code),
            **self.moving(request, record),
        }

    def open_to(self, record: Rule) -> Sequence[Stage]:
        return [to for to in super().open_to(record) if to == Stage.RETIRED or not record.is_over]

    def takes_two(self, record: Rule, to: Stage) -> bool:
        return rule_moves.takes_two(record, to)

    def move(self, request: HttpRequest, record: Rule, to: Stage, reason: str) -> RuleMove:
        return rule_moves.move_rule(actor=reader(request), rule=record, to=to, reason=reason)

    def watch_view(self, request: HttpRequest) -> HttpResponseBase:
        """The form of a watched expression. Nothing that was typed is lost."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ExpressionForm(request.POST) if request.method == "POST" else ExpressionForm()
        if form.is_valid():
            try:
                rule = expressions.watch_expression(actor=reader(request), **form.given())
            except BadExpression as wrong:
                form.tell(wrong.fields)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Added as a draft. Its sentences hold; replay it, then put it in shadow."))
                return redirect(self.page_url(rule))
        context = {**self.admin_site.each_context(request), "title": _("Watch for an expression"), "form": form}
        return TemplateResponse(request, "admin/havre/expression.html", context)

    def share_view(self, request: HttpRequest) -> HttpResponseBase:
        """Set the share of members on which rules are tried."""
        form = ShareForm(request.POST or None)
        try:
            if request.method == "POST" and form.is_valid():
                rule_moves.set_canary_share(actor=reader(request), share=form.cleaned_data["share"])
                messages.success(request, _("Set."))
            elif request.method == "POST":
                messages.error(request, " ".join(map(str, form.errors["share"])))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect(reverse("admin:safeguarding_rule_changelist"))


@admin.register(RulePack, site=console)
class PackAdmin(Stepping):
    """Imports, newest first; a new one is a draft."""

    permission = STEER
    page_template = "admin/havre/rule_pack.html"
    change_list_template = "admin/havre/rule_packs.html"
    steps = rule_moves.PACK_STEPS

    def get_queryset(self, request: HttpRequest) -> QuerySet[RulePack]:
        return RulePack.objects.defer("files").select_related("imported_by").order_by("-pk")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("import/", wrap(self.import_view), name="safeguarding_rulepack_import"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        return super().changelist_view(request, {"form": ImportForm(), **(extra_context or {})})

    def page_context(self, request: HttpRequest, record: RulePack) -> dict[str, Any]:
        return {
            "title": _("Import %(digest)s") % {"digest": str(record)},
            "change": rule_figures.change_of(record),
            "may_move": may(request, STEER),
            **self.moving(request, record),
        }

    def takes_two(self, record: RulePack, to: Stage) -> bool:
        return rule_moves.pack_takes_two(record, to)

    def move(self, request: HttpRequest, record: RulePack, to: Stage, reason: str) -> RuleMove:
        return rule_moves.move_pack(actor=reader(request), pack=record, to=to, reason=reason)

    def import_view(self, request: HttpRequest) -> HttpResponseBase:
        """Take in rule files; what is wrong is told by file, rule and reason, and nothing is taken in."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
        if form.is_valid():
            said = form.cleaned_data
            try:
                pack = import_rules(actor=reader(request), files=said["sources"], note=said["note"])
            except Refused as refusal:
                form.add_error("sources", str(refusal))
            else:
                messages.success(request, _("Imported as a draft: nothing judges by it yet."))
                return redirect(self.page_url(pack))
        context = {**self.admin_site.each_context(request), "title": _("Import rules"), "form": form}
        return TemplateResponse(request, "admin/havre/rule_import.html", context)
