"""Every address: accounts, members' pages, rooms, reports, the console, and the health of it all."""

from __future__ import annotations

from django.urls import include, path

from community.account_views import SignupView
from community.information import home
from community.views import set_language
from config.health import healthz
from safeguarding.admin import console

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("language/", set_language, name="set_language"),
    path("", include("community.urls")),
    path("rooms/", include("chat.urls")),
    path("", include("safeguarding.urls")),
    path("console/", console.urls),
    path("accounts/signup/", SignupView.as_view(), name="account_signup"),
    path("accounts/", include("allauth.urls")),
]

handler400 = "community.error_views.bad_request"
handler403 = "community.error_views.forbidden"
handler404 = "community.error_views.not_found"
handler429 = "community.error_views.too_many"  # allauth's
