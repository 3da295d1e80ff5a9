"""The members' pages of the safeguarding floor."""

from __future__ import annotations

from django.urls import path

from . import erasure_views, transparency_views, views

app_name = "safeguarding"

urlpatterns = [
    path("report/message/<slug:public_id>/", views.report_message, name="report_message"),
    path("report/member/<slug:public_id>/", views.report_member, name="report_member"),
    path("reports/", views.my_reports, name="my_reports"),
    path("reports/<slug:public_id>/", views.report_done, name="report_done"),
    path("decisions/", views.my_decisions, name="my_decisions"),
    path("decisions/<slug:public_id>/", views.decision, name="decision"),
    path("measures/<slug:public_id>/", views.contest, name="contest"),
    path("transparency/", transparency_views.page, name="transparency"),
    path("transparency.json", transparency_views.as_json, name="transparency_json"),
    path("erasure/", erasure_views.erase, name="erase"),
    path("erasure/answer/", erasure_views.erasure_answer, name="erasure_answer"),
    path("cards/", views.cards, name="cards"),
    path("cards/<slug:kind>/", views.dismiss, name="dismiss_card"),
]
