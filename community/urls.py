"""The members' pages of the ground floor."""

from __future__ import annotations

from django.urls import path

from . import information

app_name = "community"

urlpatterns = [
    path("help/", information.help_lines, name="help"),
    path("terms/", information.terms_page, name="terms"),
    path("terms/simple/", information.terms_teen, name="terms_teen"),
    path("terms.json", information.terms_json, name="terms_json"),
    path("terms/<slug:version>/", information.terms_page, name="terms_version"),
    path("privacy/", information.privacy, name="privacy"),
]
