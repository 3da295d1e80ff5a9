"""Who works here: fixed groups with fixed permissions, written again at every migrate.

Every question here is about groups alone. `is_superuser` answers none of them: owning the machine gives nobody
the right to read a case or to decide one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:  # apps.py imports this module before the models can be loaded
    from .models import Member

MODERATOR = "moderator"
OFFICER_LEAD = "safeguarding_lead"
OFFICER_DEPUTY = "safeguarding_deputy"
AGE_OFFICER = "age_officer"

# codename: what it lets a person do (English: Django stores it once, for operators).
PERMISSIONS: Mapping[str, str] = {
    "open_console": "Open the console",
    "work_cases": "Work and decide cases",
    "watch_expressions": "See the detection rules and watch for expressions",
    "steer_rules": "Import detection rules and move them through their life",
    "review_rooms": "Approve or refuse proposed rooms",
    "work_severe_cases": "Work and decide severe cases",
    "export_cases": "Export incident reports",
    "hold_evidence": "Place and lift legal holds",
    "read_connections": "Read connection records, with a second officer",
    "oversee_age_officers": "Appoint age officers and revoke what they attested",
    "attest_age": "Attest an age seen in person",
}

_OFFICER = frozenset(PERMISSIONS) - {"attest_age"}
ROLES: Mapping[str, frozenset[str]] = {
    MODERATOR: frozenset({"open_console", "work_cases", "watch_expressions", "review_rooms"}),
    OFFICER_LEAD: _OFFICER,
    OFFICER_DEPUTY: _OFFICER,
    AGE_OFFICER: frozenset({"attest_age"}),
}
STAFF_ROLES = frozenset(ROLES)


def roles_of(member: Member) -> frozenset[str]:
    """The names of the roles a member holds; none for an anonymous visitor or a closed account."""
    if member.pk is None or member.closed_at is not None or not member.is_active:
        return frozenset()
    return frozenset(member.groups.filter(name__in=STAFF_ROLES).values_list("name", flat=True))


def has_role(member: Member, *roles: str) -> bool:
    """Whether the member is in one of these groups."""
    return bool(roles_of(member) & set(roles))


def is_moderator(member: Member) -> bool:
    """Whether the member is a moderator. A safeguarding officer is not one by being an officer."""
    return has_role(member, MODERATOR)


def is_officer(member: Member) -> bool:
    """Whether the member is a safeguarding officer, lead or deputy."""
    return has_role(member, OFFICER_LEAD, OFFICER_DEPUTY)


def may(member: Member, codename: str) -> bool:
    """Whether one of the member's roles carries the permission."""
    return any(codename in ROLES[role] for role in roles_of(member))


def workplace_of(member: Member) -> str:
    """Where a member works here: "console", "desk" (of an age officer, whom the console turns away), or ""."""
    if may(member, "open_console"):
        return "console"
    return "desk" if may(member, "attest_age") else ""


def install_roles(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Make the groups and permissions in the database what this file says (a post_migrate receiver).

    A permission that somebody added to a group by hand is taken away again.
    """
    group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
    type_model = apps.get_model("contenttypes.ContentType")
    tables = connections[using].introspection.table_names()
    if not {model._meta.db_table for model in (group_model, permission_model, type_model)} <= set(tables):
        return  # a partial migrate, to a time before these tables
    content_type, _created = type_model.objects.using(using).get_or_create(app_label="community", model="member")
    permissions = {}
    for codename, name in PERMISSIONS.items():
        permissions[codename], _created = permission_model.objects.using(using).update_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
    for role, codenames in ROLES.items():
        group, _created = group_model.objects.using(using).get_or_create(name=role)
        group.permissions.set([permissions[codename] for codename in sorted(codenames)])
