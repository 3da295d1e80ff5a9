"""What must stand before anything is served: the ports are answered, the tables protected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection
from django.utils.module_loading import import_string

from .age.provider import AgeProvider
from .age.registry import configured
from .models import Community, TrustList
from .ports import AgeWatch, NameScreen, PersonalData
from .services.age_settings import age_setting_problems
from .triggers import missing_triggers


@checks.register
def check_ports(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every port this floor opens is answered by a class of its kind."""
    found: list[checks.CheckMessage] = []
    wanted: list[tuple[str, Any, type]] = [
        ("COMMUNITY_NAME_SCREEN", [getattr(settings, "COMMUNITY_NAME_SCREEN", None)], NameScreen),
        ("COMMUNITY_PERSONAL_DATA", getattr(settings, "COMMUNITY_PERSONAL_DATA", None) or [None], PersonalData),
        ("COMMUNITY_AGE_WATCH", [getattr(settings, "COMMUNITY_AGE_WATCH", None)], AgeWatch),
        ("AGE_PROVIDERS", getattr(settings, "AGE_PROVIDERS", None) or [None], AgeProvider),
    ]
    for name, paths, port in wanted:
        for path in paths:
            problem = _problem(path, port)
            if problem:
                found.append(checks.Error(f"{name}: {problem}", id="community.E001"))
    return found


def _problem(path: str | None, port: type) -> str:
    if not path:
        return "nothing answers this port."
    try:
        answer = import_string(path)
    except ImportError as error:
        return f"{path} cannot be imported ({error})."
    if not (isinstance(answer, type) and issubclass(answer, port)):
        return f"{path} is not a {port.__name__}."
    return ""


@checks.register(checks.Tags.database)
def check_age_providers(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A way of proving an age that is switched on and still lacks something is not offered, and says so here."""
    if not databases or not _migrated():
        return []
    return [
        checks.Warning(
            f"The age provider {one.slug} is switched on and cannot be offered yet.",
            hint="For a wallet: manage.py import_trust_anchors. See docs/age-verification.md.",
            id="community.W002",
        )
        for one in configured()
        if not one.is_ready()
    ]


def _migrated() -> bool:
    return TrustList._meta.db_table in connection.introspection.table_names()


@checks.register(checks.Tags.database)
def check_age_settings(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """The officers' settings fit the operator's: ages that can be asked for, ways that are set up."""
    if not databases or not _migrated():
        return []
    community = Community.objects.filter(pk=1).first() or Community(pk=1)
    wrong = age_setting_problems(community)
    return [
        checks.Error(
            text,
            hint="Add the age to AGE_THRESHOLDS, or change the setting in the console or with manage.py setup.",
            id="community.E002",
        )
        for text in wrong
    ]


@checks.register(checks.Tags.database)
def check_triggers(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A warning, for an error would keep `migrate`, which runs this check first, from repairing it."""
    return [
        checks.Warning(
            f"The trigger {name} is missing: history could be rewritten.",
            hint="Run manage.py migrate, which installs it.",
            id="community.W001",
        )
        for using in databases or ()
        for name in missing_triggers(using=using)
    ]
