from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from .roles import install_roles
from .triggers import append_only, install_after_migrate


class CommunityConfig(AppConfig):
    name = "community"
    verbose_name = _("Community")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        autodiscover_modules("checks")
        append_only("community.AuditEvent")
        append_only("community.AuditSeal")
        append_only("community.AuditHead", may_change=("stamp", "stamped_at"))
        append_only("community.AuditPayload", may_delete=True)  # an erasure takes the payload, never the event
        append_only("community.AgeFact", may_change=("superseded_at", "revoked_at"))
        append_only("community.Restriction", may_change=("ends_at", "lifted_at"))
        append_only("community.ConnectionLog", may_delete=True)  # after a year
        append_only("community.PseudonymChange", may_delete=True)  # a year after the account was closed
        append_only("community.TrustList")
        # Without a sender: it protects the tables of whichever app was migrated, as registered by that app.
        post_migrate.connect(install_after_migrate, dispatch_uid="community.triggers")
        post_migrate.connect(install_roles, sender=self, dispatch_uid="community.roles")
