"""Filters of the console's lists: a few words to choose from, of which the first is chosen by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy

from safeguarding.incidents import INCIDENTS


class ChoiceFilter(admin.SimpleListFilter):
    """`choices_there_are` in order; without a choice the list shows the first of them."""

    choices_there_are: ClassVar[tuple[tuple[str, Any], ...]] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.choices_there_are)

    def value(self) -> str:
        given = super().value()
        known = [value for value, _title in self.choices_there_are]
        return given if given in known else known[0]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, title in self.choices_there_are:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.chosen(queryset, self.value())

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows that `value` stands for."""
        raise NotImplementedError


class CodeFilter(admin.SimpleListFilter):
    """What incident a row is about."""

    title = gettext_lazy("kind")
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        language = get_language() or "fr"
        return [(code, incident.words.in_language(language)) for code, incident in INCIDENTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(code=self.value()) if self.value() else queryset
