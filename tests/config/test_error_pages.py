"""What somebody reads when something cannot be: calm, in their language, with the help lines and the way out."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory, override_settings
from django.urls import get_resolver, reverse
from django.utils import translation
from django.views.defaults import server_error

from community.policies import AgeBand
from community.services.settings import cover_text
from tests.cast import open_member

pytestmark = pytest.mark.django_db


def _is_calm(page: str, words: str) -> None:
    assert words in page
    assert 'id="quick-exit"' in page
    assert 'href="tel:119"' in page


@pytest.mark.parametrize(("language", "words"), [("fr", "Il n’y a rien ici"), ("en", "There is nothing here")])
def test_an_address_that_is_none_is_told_in_the_readers_language(client: Client, language: str, words: str) -> None:
    page = client.get("/nowhere/", headers={"accept-language": language})
    assert page.status_code == 404
    _is_calm(page.content.decode(), words)
    assert str(cover_text()) in page.content.decode()


def test_a_form_sent_without_its_token_loses_no_words_in_silence() -> None:
    page = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "x"})
    assert page.status_code == 403
    _is_calm(page.content.decode(), "Le formulaire n’a pas été envoyé")


@pytest.mark.parametrize(("language", "words"), [("fr", "Ceci n’a pas été fait"), ("en", "This was not done")])
def test_an_address_that_only_a_button_opens_says_so(language: str, words: str) -> None:
    # Who presses "Block" when the session has ended logs in, and is led to the button's address.
    member = open_member("bob", AgeBand.ADULT, language=language)
    client, address = Client(), reverse("community:block", args=[member.public_id])
    assert client.post(address).url == f"{reverse('account_login')}?next={address}"
    client.force_login(member)
    page = client.get(address)
    assert (page.status_code, page["Allow"]) == (405, "POST")
    _is_calm(page.content.decode(), words)
    assert not client.get(address, headers={"accept": "application/json"}).content


def test_a_host_that_is_not_ours_is_told_without_a_traceback(client: Client) -> None:
    page = client.get("/", headers={"host": "elsewhere.example"})
    assert page.status_code == 400
    _is_calm(page.content.decode(), "n’a pas pu être lu")


def test_a_page_one_has_no_right_to_says_so(rf: RequestFactory) -> None:
    with translation.override("fr"):
        page = get_resolver().resolve_error_handler(403)(rf.get("/age/desk/"), exception=PermissionDenied())
    assert page.status_code == 403
    _is_calm(page.content.decode(), "Cette page ne vous est pas ouverte")


@override_settings(ACCOUNT_RATE_LIMITS={"reset_password": "1/h/ip"})
@pytest.mark.parametrize(("language", "words"), [("fr", "Attendons un moment"), ("en", "Let us wait a moment")])
def test_too_many_attempts_are_told_kindly(client: Client, language: str, words: str) -> None:
    for _attempt in range(2):
        page = client.post(
            reverse("account_reset_password"), {"email": "a@example.org"}, headers={"accept-language": language}
        )
    assert page.status_code == 429
    _is_calm(page.content.decode(), words)


def test_when_everything_is_broken_the_page_asks_nothing_of_the_database(
    django_assert_num_queries, rf: RequestFactory
) -> None:
    with django_assert_num_queries(0), translation.override("fr"):
        page = server_error(rf.get(reverse("community:account")))
    assert page.status_code == 500
    _is_calm(page.content.decode(), "Quelque chose s’est cassé ici")
