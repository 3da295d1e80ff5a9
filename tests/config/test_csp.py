"""Nothing inline and nothing from elsewhere may run on a page; the console has a policy of its own."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from config.csp import ContentSecurityPolicyMiddleware


def policy(path: str, answer: HttpResponse | None = None) -> dict[str, str]:
    middleware = ContentSecurityPolicyMiddleware(lambda request: answer or HttpResponse())
    value = middleware(RequestFactory().get(path)).headers["Content-Security-Policy"]
    return dict(directive.strip().split(" ", 1) for directive in value.split(";"))


def test_a_page_runs_only_what_it_serves_itself() -> None:
    strict = policy("/rooms/")
    assert strict["default-src"] == "'none'"
    assert strict["script-src"] == strict["style-src"] == "'self'"
    assert strict["frame-ancestors"] == strict["base-uri"] == "'none'"
    assert not any("unsafe" in sources or "*" in sources for sources in strict.values())


def test_only_the_console_may_evaluate_and_it_runs_nothing_inline() -> None:
    console = policy("/console/")
    assert console["script-src"] == "'self' 'unsafe-eval'"
    assert policy("/consolex/") == policy("/rooms/console/") == policy("/")


def test_an_answer_may_be_stricter_than_the_house() -> None:
    assert policy("/", HttpResponse(headers={"Content-Security-Policy": "sandbox allow-downloads"})) == {
        "sandbox": "allow-downloads"
    }


@pytest.mark.django_db
def test_every_real_answer_carries_a_policy_and_the_other_headers(client: Client) -> None:
    for path in ("/healthz", "/accounts/login/", "/nowhere/"):
        answer = client.get(path)
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert "geolocation=()" in answer["Permissions-Policy"]
