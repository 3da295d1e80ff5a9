"""The members' pages of the ground floor."""

from __future__ import annotations

from django.urls import path

from . import age_views, guardian_views, information, remote_views, second_factor, views, wallet_views

app_name = "community"

urlpatterns = [
    path("help/", information.help_lines, name="help"),
    path("terms/", information.terms_page, name="terms"),
    path("terms/simple/", information.terms_teen, name="terms_teen"),
    path("terms.json", information.terms_json, name="terms_json"),
    path("terms/<slug:version>/", information.terms_page, name="terms_version"),
    path("privacy/", information.privacy, name="privacy"),
    path("account/", views.account, name="account"),
    path("account/terms/", views.accept, name="accept_terms"),
    path("account/pseudonym/", views.pseudonym, name="pseudonym"),
    path("account/data/", views.data, name="data"),
    path("account/close/", views.close, name="close_account"),
    path("account/blocks/", views.blocks, name="blocks"),
    path("members/<slug:public_id>/block/", views.block, name="block"),
    path("members/<slug:public_id>/unblock/", views.unblock, name="unblock"),
    path("age/", age_views.age_page, name="age"),
    path("consent/", guardian_views.consent, name="consent"),
    path("consent/status/", guardian_views.status, name="consent_status"),
    path("consent/<slug:what>/", guardian_views.act, name="consent_act"),
    # Short and saying nothing: these addresses travel in mail and on paper.
    path("g/l/<str:token>/", guardian_views.guardian_link, name="guardian_link"),
    path("g/<str:token>/", guardian_views.guardian, name="guardian"),
    path("g/<str:token>/status/", guardian_views.guardian_status, name="guardian_status"),
    path("g/<str:token>/<slug:slug>/", guardian_views.check_page, name="guardian_check"),
    path("age/desk/", age_views.desk, name="age_desk"),
    path("age/contest/", age_views.contest, name="age_contest"),
    path("age/invitation/", age_views.invitation, name="age_invitation"),
    path("age/status/", age_views.status, name="age_status"),
    path("age/cancel/", age_views.cancel, name="age_cancel"),
    path("age/demo/answer/", age_views.demo, name="age_demo"),
    path("age/wallet/choose/", wallet_views.choose, name="wallet_choose"),
    path("age/wallet/response/", wallet_views.response, name="wallet_response"),
    path("age/wallet/return/", wallet_views.returned, name="wallet_return"),
    path("age/wallet/code/", wallet_views.code, name="wallet_code"),
    path("age/wallet/browser/", wallet_views.browser, name="wallet_browser"),
    path("age/oidc/return/", remote_views.oidc_return, name="oidc_return"),
    path("age/hosted/return/", remote_views.hosted_return, name="hosted_return"),
    path("age/hosted/webhook/", remote_views.hosted_webhook, name="hosted_webhook"),
    path("age/<slug:slug>/leave/", remote_views.leave, name="age_leave"),
    path("age/<slug:slug>/begin/", age_views.begin, name="age_begin"),
    path("age/<slug:slug>/", age_views.check_page, name="age_check"),
    path("second-factor/", second_factor.verify, name="second_factor"),
    path("second-factor/enrol/", second_factor.enrol, name="second_factor_enrol"),
]
