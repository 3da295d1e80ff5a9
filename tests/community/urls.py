"""The ground floor's addresses under stand-ins for the floors above: one page that is gated, one that stays open."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from community.account_views import SignupView
from community.information import home
from community.views import set_language


def page(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("a page upstairs")


urlpatterns = [
    path("", home, name="home"),
    path("language/", set_language, name="set_language"),
    path("", include("community.urls")),
    path("accounts/signup/", SignupView.as_view(), name="account_signup"),
    path("accounts/", include("allauth.urls")),
    path("rooms/", include(([path("", page, name="rooms")], "chat"))),
    path(
        "",
        include(
            (
                [
                    path("decisions/", page, name="my_decisions"),
                    path("reports/", page, name="my_reports"),
                    path("erasure/", page, name="erase"),
                    path("transparency/", page, name="transparency"),
                ],
                "safeguarding",
            )
        ),
    ),
    path("console/", include(([path("", page, name="index")], "admin"))),
]
