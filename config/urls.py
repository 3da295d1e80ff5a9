"""Every address: accounts, members' pages, rooms, reports, the console, and the health of it all."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from community.information import home
from config.health import healthz

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("", include("community.urls")),
    path("accounts/", include("allauth.urls")),
]
