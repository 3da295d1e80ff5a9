"""What every page of the console shares: records are read; changing one is a POST to a verb, which calls a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from community.errors import Refused
from safeguarding.errors import Conflict

from .access import may
from .places import title_of

# A verb gets the request and the record, calls a service and says what was done (or answers itself).
Verb = Callable[[Any, HttpRequest, Any], str | HttpResponseBase]


class PublicChangeList(ChangeList):
    """A list whose links carry public ids: keys never leave the database."""

    def url_for_result(self, result: Any) -> str:
        admin: RecordAdmin = self.model_admin  # type: ignore[assignment]  # the list is only used by ours
        return admin.page_url(result)


class RecordAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """A read-only list and a page per record. `permission` is a codename of community.roles.PERMISSIONS."""

    permission: ClassVar[str]
    page_template: ClassVar[str] = ""
    verbs: ClassVar[Mapping[str, Verb]] = {}
    key: ClassVar[str] = "public_id"
    # A record that is written down here: its form (which gets `request`), and `write_down`, which calls a service.
    new_form: ClassVar[type[Form] | None] = None
    new_title: ClassVar[Any] = ""
    new_help: ClassVar[Any] = ""

    actions = None
    change_list_template = "admin/havre/list.html"
    show_full_result_count = False
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request, self.permission)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request, self.permission)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PublicChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        title = title_of(f"{self.opts.app_label}_{self.opts.model_name}")
        response: HttpResponseBase = super().changelist_view(request, {"title": title, **(extra_context or {})})
        context = getattr(response, "context_data", None) or {}
        if self.new_form:
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_new"
            context |= {"new_url": reverse(name), "new_title": self.new_title}
        changelist = context.get("cl")
        if changelist and changelist.multi_page:
            context["pages"] = [
                {
                    "number": number,
                    "url": changelist.get_query_string({"p": number}),
                    "here": number == changelist.page_num,
                }
                for number in changelist.paginator.page_range
            ]
        return response

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        urls = [path("", wrap(self.changelist_view), name=f"{name}_changelist")]
        if self.new_form:
            urls.append(path("new/", wrap(self.new_view), name=f"{name}_new"))
        if self.page_template:
            urls += [
                path("<slug:key>/", wrap(self.page_view), name=f"{name}_page"),
                path("<slug:key>/<slug:verb>/", wrap(self.verb_view), name=f"{name}_verb"),
            ]
        return urls

    def page_url(self, record: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_page"
        return reverse(name, args=[getattr(record, self.key)])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the reader may know of; whatever is not here answers 404."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows

    def find(self, request: HttpRequest, key: str) -> Any:
        record = self.get_queryset(request).filter(**{self.key: key}).first()
        if record is None or not self.has_view_permission(request, record):
            raise Http404
        return record

    def new_view(self, request: HttpRequest) -> HttpResponseBase:
        """Write down a new record. Whatever is refused, nothing that was typed is lost."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        assert self.new_form is not None
        posted = request.POST if request.method == "POST" else None
        form = self.new_form(posted, request=request, initial=request.GET.dict())  # type: ignore[call-arg]  # ours
        if posted is not None and form.is_valid():
            try:
                record = self.write_down(request, form.cleaned_data)
            except Conflict as conflict:
                raise Http404 from conflict
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Written down."))
                return redirect(self.page_url(record))
        request.current_app = self.admin_site.name  # what Django's admin sets for {% url %}
        context = {
            **self.admin_site.each_context(request),
            "title": self.new_title,
            "help": self.new_help,
            "form": form,
        }
        return TemplateResponse(request, "admin/havre/new.html", context, status=422 if form.errors else 200)

    def write_down(self, request: HttpRequest, given: dict[str, Any]) -> Any:
        """Have the service make the record from the form's cleaned values."""
        raise NotImplementedError

    def page_view(self, request: HttpRequest, key: str) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.show(request, self.find(request, key))

    def show(self, request: HttpRequest, record: Any, **extra: Any) -> TemplateResponse:
        """The page of one record."""
        request.current_app = self.admin_site.name  # what Django's admin sets for {% url %}
        context = {
            **self.admin_site.each_context(request),
            "title": str(record),
            "record": record,
            "verb_url": self.page_url(record),
            **self.page_context(request, record),
            **extra,
        }
        return TemplateResponse(request, self.page_template, context)

    def page_context(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """What the page shows besides the record."""
        return {}

    def verb_view(self, request: HttpRequest, key: str, verb: str) -> HttpResponseBase:
        """Do one thing by its service. A refusal is told on the page; a conflict is told as nothing there."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if verb not in self.verbs:
            raise Http404
        record = self.find(request, key)
        try:
            done = self.verbs[verb](self, request, record)
        except Conflict as conflict:
            raise Http404 from conflict
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            if isinstance(done, HttpResponseBase):
                return done
            messages.success(request, done)
        return redirect(self.after(request, record))

    def do_beside(self, request: HttpRequest, verb: Callable[[HttpRequest], str]) -> HttpResponseBase:
        """Do something by its service that is about no record yet, and go back to the list."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise Http404
        try:
            messages.success(request, verb(request))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def after(self, request: HttpRequest, record: Any) -> str:
        """Where to go once a verb is done: the record's page, or the list if it may no longer be seen."""
        still = self.get_queryset(request).filter(pk=record.pk).exists()
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return self.page_url(record) if still else reverse(name)
