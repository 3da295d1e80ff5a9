from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import identify_hasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community import terms
from community.models import AuditEvent, Block, Community, ConnectionLog, MailJob, Member, PseudonymChange
from community.names import pseudonym_key
from community.services.mail import render_mail, send_mail_job
from config import settings as real_settings
from tests.community.conftest import PASSWORD

pytestmark = pytest.mark.django_db

FORM = {"email": "dora@example.org", "pseudonym": "Dora", "password1": "a long enough passphrase", "agreed": "on"}


def sign_up(client: Client, **changes: str):
    return client.post(reverse("account_signup"), {**FORM, "terms_version": terms.current().version, **changes})


def log_in(client: Client, email: str = "dora@example.org", password: str = FORM["password1"]):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def link_of(job: MailJob) -> str:
    (url,) = re.findall(r"https?://\S+", str(render_mail(job).body))
    return urlsplit(url).path


# -- signing up ------------------------------------------------------------------------------------------------------


def test_signing_up_opens_an_account_that_nothing_opens_before_the_address_is_confirmed(client: Client) -> None:
    answer = sign_up(client)
    assert answer.url == reverse("account_email_verification_sent")
    dora = Member.objects.get(email="dora@example.org")
    assert dora.pseudonym_key == pseudonym_key("Dora")
    assert dora.terms_version == terms.current().version
    assert PseudonymChange.objects.get(member=dora).pseudonym == "Dora"
    assert AuditEvent.objects.filter(action="account.opened", subject_id=str(dora.pk)).exists()
    assert client.get(reverse("community:account")).status_code == 302
    assert log_in(client).url == reverse("account_email_verification_sent")

    page = link_of(MailJob.objects.get(template="confirm_email"))
    assert client.get(page).status_code == 200
    assert not EmailAddress.objects.get(user=dora).verified  # a mail scanner that follows links confirms nothing
    client.post(page)
    assert EmailAddress.objects.get(user=dora).verified
    log_in(client)
    assert client.get(reverse("community:account")).status_code == 200


def test_passwords_are_hashed_with_argon2(client: Client, settings) -> None:
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    sign_up(client)
    assert identify_hasher(Member.objects.get().password).algorithm == "argon2"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("pseudonym", "forbidden", "Not this one."),
        ("pseudonym", "06 12 34 56 78", "cannot be used"),
        ("pseudonym", "adm\x00in", "Null characters"),
        ("password1", "short", "too short"),
        ("email", "no address", "not an e-mail address"),
        ("terms_version", "1999-01-01", "rules have changed"),
        ("agreed", "", "agree to the terms"),
    ],
)
def test_bad_input_is_told_and_loses_nothing(client: Client, field: str, value: str, told: str) -> None:
    client.cookies["django_language"] = "en"
    answer = sign_up(client, **{field: value})
    assert answer.status_code == 200
    assert told in answer.content.decode()
    if field != "email":
        assert 'value="dora@example.org"' in answer.content.decode()
    assert not Member.objects.exists()
    assert not MailJob.objects.exists()


def test_after_the_terms_changed_the_form_offers_the_new_ones(client: Client) -> None:
    answer = sign_up(client, terms_version="1999-01-01")
    assert f'value="{terms.current().version}"' in answer.content.decode()


def test_a_pseudonym_that_looks_like_another_is_taken(client: Client, bob: Member) -> None:
    assert sign_up(client, pseudonym="B0B").status_code == 200
    assert Member.objects.count() == 1


def test_a_name_taken_between_check_and_writing_is_told_on_the_form(client: Client, monkeypatch) -> None:
    checked = []

    def race(text: str, *, member: Member | None = None) -> str:
        if not checked:
            Member.objects.create(email="first@example.org", pseudonym="Dora", pseudonym_key=pseudonym_key("Dora"))
        checked.append(text)
        return text

    monkeypatch.setattr("community.forms.check_pseudonym", race)
    answer = sign_up(client)
    assert answer.status_code == 409
    assert 'value="dora@example.org"' in answer.content.decode()
    assert Member.objects.count() == 1


# -- no enumeration --------------------------------------------------------------------------------------------------


def test_sign_up_answers_the_same_for_a_known_and_an_unknown_address(bob: Member, monkeypatch) -> None:
    hashed: list[str] = []
    monkeypatch.setattr("community.forms.make_password", lambda password: hashed.append(password) or "")
    known, unknown = Client(), Client()
    one = sign_up(known, email="bob@example.org", pseudonym="Somebody")
    other = sign_up(unknown)
    assert (one.status_code, one.url) == (other.status_code, other.url)
    pages = [re.sub(r'value="[^"]*"', "", c.get(one.url).content.decode()) for c in (known, unknown)]
    assert pages[0].replace("bob@example.org", "X") == pages[1].replace("dora@example.org", "X")
    assert not Member.objects.filter(pseudonym="Somebody").exists()
    assert hashed == [FORM["password1"]]  # as long as hashing the password of a new account takes


def test_the_mails_of_a_known_and_an_unknown_address_have_one_shape(bob: Member) -> None:
    sign_up(Client(), email="bob@example.org", pseudonym="Somebody")
    sign_up(Client())
    one, other = (render_mail(job) for job in MailJob.objects.order_by("pk"))
    assert one.subject == other.subject
    assert one.from_email == other.from_email
    assert str(one.body).count("\n") == str(other.body).count("\n")
    assert one.to == ["bob@example.org"]


def test_reset_answers_the_same_for_a_known_and_an_unknown_address(bob: Member) -> None:
    one, other = Client(), Client()
    answers = [
        one.post(reverse("account_reset_password"), {"email": "bob@example.org"}),
        other.post(reverse("account_reset_password"), {"email": "nobody@example.org"}),
    ]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, reverse("account_reset_password_done"))}
    pages = [re.sub(r'value="[^"]*"', "", c.get(answers[0].url).content.decode()) for c in (one, other)]
    assert pages[0].replace("bob@", "x@") == pages[1].replace("nobody@", "x@")


def test_asking_for_a_reset_does_the_same_work_whether_or_not_there_is_an_account(bob: Member, mailoutbox) -> None:
    statements = []
    for address in ("bob@example.org", "nobody@example.org"):
        client = Client()
        client.get(reverse("account_reset_password"))
        with CaptureQueriesContext(connection) as captured:
            client.post(reverse("account_reset_password"), {"email": address})
        statements.append([re.sub(r"'[^']*'|[0-9]+", "?", query["sql"]) for query in captured])
    assert statements[0] == statements[1]
    assert not any("community_member" in statement for statement in statements[0])
    bobs, nobodys = MailJob.objects.order_by("pk")
    assert (send_mail_job(bobs.pk), send_mail_job(nobodys.pk)) == (True, False)
    assert [mail.to for mail in mailoutbox] == [["bob@example.org"]]
    assert list(MailJob.objects.all()) == [bobs]  # what somebody typed is not kept


def test_a_valid_sign_up_takes_as_long_for_a_known_as_for_an_unknown_address(
    bob: Member, settings, monkeypatch
) -> None:
    settings.SIGN_UP_SECONDS = 60.0
    clock, slept = [0.0], []
    monkeypatch.setattr("community.account_views.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("community.account_views.time.sleep", slept.append)
    sign_up(Client(), email="bob@example.org", pseudonym="Somebody")
    sign_up(Client())
    sign_up(Client(), email="no address")
    assert slept == [60.0, 60.0]


def test_login_answers_the_same_for_a_wrong_password_and_an_unknown_address(bob: Member) -> None:
    pages = [
        re.sub(r'value="[^"]*"', "", log_in(Client(), email, "wrong").content.decode())
        for email in ("bob@example.org", "nobody@example.org")
    ]
    assert pages[0] == pages[1]


# -- mail ------------------------------------------------------------------------------------------------------------


def test_no_token_is_ever_stored(client: Client, bob: Member) -> None:
    sign_up(client)
    client.post(reverse("account_reset_password"), {"email": "bob@example.org"})
    for job in MailJob.objects.all():
        token = link_of(job).rstrip("/").rpartition("/")[2]
        row = " ".join(str(value) for value in MailJob.objects.filter(pk=job.pk).values()[0].values())
        assert token
        assert token not in row
        assert job.params == {}


@pytest.mark.invariant(12)
@pytest.mark.parametrize(
    "template", ["confirm_email", "account_exists", "reset_password", "security_changed", "waiting", "decision"]
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_mail_is_neutral(template: str, language: str, bob: Member) -> None:
    EmailAddress.objects.filter(user=bob).update(verified=template != "confirm_email")
    job = MailJob.objects.create(template=template, member=bob, to_email=bob.email or "", language=language)
    mail = render_mail(job)
    text = f"{mail.subject} {mail.body}".lower()
    for word in ("bob", "pseudonym", "suspen", "report", "signal", "décision", "room", "salon", "age", "âge", "reason"):
        assert word not in re.sub(r"https?://\S+", "", text).split()
    assert len(re.findall(r"https?://", text)) == 1


def test_resetting_a_password_works_once_and_tells_the_owner(client: Client, bob: Member) -> None:
    client.post(reverse("account_reset_password"), {"email": "bob@example.org"})
    page = client.get(link_of(MailJob.objects.get(template="reset_password")), follow=True)
    form = page.request["PATH_INFO"]
    client.post(form, {"password1": "another long passphrase", "password2": "another long passphrase"})
    bob.refresh_from_db()
    assert bob.check_password("another long passphrase")
    assert MailJob.objects.filter(template="security_changed", to_email="bob@example.org").exists()
    client.post(form, {"password1": "a third long passphrase", "password2": "a third long passphrase"})
    bob.refresh_from_db()
    assert bob.check_password("another long passphrase")


def test_a_mail_is_sent_once_and_a_failure_waits_longer_each_time(bob: Member, monkeypatch, mailoutbox) -> None:
    job = MailJob.objects.create(template="waiting", member=bob, to_email="bob@example.org", language="en")

    def fail(message: object) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", fail)
        assert not send_mail_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("pending", 1)
    assert not send_mail_job(job.pk)  # not yet due again
    MailJob.objects.filter(pk=job.pk).update(not_before=job.created_at)
    assert send_mail_job(job.pk)
    assert not send_mail_job(job.pk)
    assert len(mailoutbox) == 1


def test_nothing_is_sent_to_an_address_confirmed_meanwhile(bob: Member, mailoutbox) -> None:
    job = MailJob.objects.create(template="confirm_email", member=bob, to_email="bob@example.org", language="en")
    assert not send_mail_job(job.pk)
    assert mailoutbox == []


# -- one's own account -----------------------------------------------------------------------------------------------


def test_changing_the_address_needs_the_password_and_the_new_address(client: Client, bob: Member) -> None:
    log_in(client, "bob@example.org", PASSWORD)
    answer = client.post(reverse("account_email"), {"email": "bob2@example.org", "action_add": "1"})
    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert not EmailAddress.objects.filter(email="bob2@example.org").exists()
    client.post(answer.url, {"password": "wrong"})
    assert not EmailAddress.objects.filter(email="bob2@example.org").exists()
    client.post(answer.url, {"password": PASSWORD})  # and what was asked before is done now
    page = link_of(MailJob.objects.get(template="confirm_email", to_email="bob2@example.org"))
    bob.refresh_from_db()
    assert bob.email == "bob@example.org"
    client.post(page)
    bob.refresh_from_db()
    assert bob.email == "bob2@example.org"
    assert MailJob.objects.filter(template="security_changed", to_email="bob@example.org").exists()


def test_too_many_wrong_passwords_are_refused_even_when_the_right_one_comes(client: Client, bob: Member) -> None:
    for _ in range(5):
        log_in(client, "bob@example.org", "wrong")
    log_in(client, "bob@example.org", PASSWORD)
    assert "_auth_user_id" not in client.session


def test_login_and_sign_up_leave_a_connection_record(client: Client, bob: Member) -> None:
    sign_up(Client())
    log_in(client, "bob@example.org", PASSWORD)
    assert list(ConnectionLog.objects.order_by("pk").values_list("kind", flat=True)) == ["signup", "login"]


def test_blocking_from_a_page_is_mine_to_undo_and_nobody_elses(client: Client, bob: Member, mo: Member) -> None:
    client.force_login(bob)
    client.post(reverse("community:block", args=[mo.public_id]))
    assert Block.objects.filter(blocker=bob, blocked=mo).exists()
    assert mo.pseudonym in client.get(reverse("community:blocks")).content.decode()
    other = Client()
    other.force_login(mo)
    other.post(reverse("community:unblock", args=[bob.public_id]))
    assert Block.objects.filter(blocker=bob, blocked=mo).exists()
    client.post(reverse("community:unblock", args=[mo.public_id]))
    assert not Block.objects.exists()


def test_blocking_oneself_or_nobody_is_refused_kindly(client: Client, bob: Member) -> None:
    client.force_login(bob)
    assert client.post(reverse("community:block", args=[bob.public_id])).status_code == 302
    assert client.post(reverse("community:block", args=["nobody"])).status_code == 404
    assert not Block.objects.exists()


def test_the_language_chosen_is_the_language_of_pages_and_mail(client: Client, bob: Member) -> None:
    client.force_login(bob)
    client.post(reverse("set_language"), {"language": "fr"})
    bob.refresh_from_db()
    assert bob.language == "fr"
    assert 'lang="fr"' in client.get(reverse("community:account")).content.decode()
    client.post(reverse("set_language"), {"language": "tlh"})
    bob.refresh_from_db()
    assert bob.language == "fr"


def test_a_member_reads_their_own_language_in_a_new_browser(client: Client, bob: Member) -> None:
    Member.objects.filter(pk=bob.pk).update(language="en")
    client.force_login(bob)
    page = client.get(reverse("community:account"), headers={"accept-language": "fr"})
    assert 'lang="en"' in page.content.decode()


def test_changing_the_pseudonym_keeps_the_former_on_record(client: Client, bob: Member, alice: Member) -> None:
    client.force_login(bob)
    assert client.post(reverse("community:pseudonym"), {"pseudonym": "AIice"}).status_code == 422
    assert client.post(reverse("community:pseudonym"), {"pseudonym": "Bobby"}).status_code == 302
    bob.refresh_from_db()
    assert bob.pseudonym == "Bobby"
    assert PseudonymChange.objects.filter(member=bob, pseudonym="Bobby").exists()


def test_new_terms_are_accepted_by_version(client: Client, bob: Member) -> None:
    Member.objects.filter(pk=bob.pk).update(terms_version="1999-01-01")
    client.force_login(bob)
    client.post(reverse("community:accept_terms"), {"version": "1999-01-01"})
    bob.refresh_from_db()
    assert bob.terms_version == "1999-01-01"
    client.post(reverse("community:accept_terms"), {"version": terms.current().version})
    bob.refresh_from_db()
    assert bob.terms_version == terms.current().version


PAGES = [
    "account_login", "account_signup", "account_reset_password", "account_reset_password_done",
    "account_email_verification_sent", "account_reset_password_from_key_done", "account_inactive",
]  # fmt: skip
OWN_PAGES = [
    "account_logout", "account_email", "account_change_password", "account_reauthenticate", "community:account",
    "community:pseudonym", "community:data", "community:close_account", "community:blocks", "community:age",
]  # fmt: skip


@pytest.mark.parametrize("name", PAGES + OWN_PAGES)
def test_every_page_stands_and_every_input_has_a_label(client: Client, name: str, bob: Member) -> None:
    if name in OWN_PAGES:
        client.force_login(bob)
    answer = client.get(reverse(name), follow=True)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert html.count("<h1") == 1
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        if 'type="hidden"' in tag:
            continue
        (found,) = re.findall(r'\bid="([^"]+)"', tag)
        assert f'for="{found}"' in html
    assert not re.search(r"\bstyle=|\bon[a-z]+=|<script(?![^>]*\bsrc=)", html)


@pytest.mark.parametrize("name", OWN_PAGES)
def test_nobody_sees_an_account_page_without_logging_in(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert reverse("account_login") in answer.url or answer.url == reverse("home")


# -- the same words everywhere ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_an_address_is_called_the_same_on_every_page(client: Client, name: str) -> None:
    page = client.get(reverse(name), headers={"accept-language": "fr"}).content.decode()
    assert "Adresse e-mail" in page
    assert "ourriel" not in page
    assert "placeholder=" not in page


def test_no_form_of_an_account_says_its_labels_twice(client: Client, bob: Member) -> None:
    client.force_login(bob)
    for name in ("account_email", "account_change_password", "account_reauthenticate"):
        page = client.get(reverse(name)).content.decode()
        assert "<label" in page
        assert "placeholder=" not in page
    client.post(reverse("account_logout"))
    client.post(reverse("account_reset_password"), {"email": "bob@example.org"})
    page = client.get(link_of(MailJob.objects.get(template="reset_password")), follow=True).content.decode()
    assert page.count('type="password"') == 2
    assert "placeholder=" not in page


def test_what_is_no_address_is_told_in_the_same_words(client: Client) -> None:
    page = client.post(reverse("account_reset_password"), {"email": "x"}, headers={"accept-language": "fr"})
    assert "Ce n’est pas une adresse e-mail." in page.content.decode()


def test_changing_the_password_offers_one_way_out_of_a_forgotten_one_and_a_way_back(
    client: Client, bob: Member
) -> None:
    client.force_login(bob)
    page = client.get(reverse("account_change_password"), headers={"accept-language": "en"}).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert main.count(reverse("account_reset_password")) == 1
    assert f'href="{reverse("community:account")}"' in main
    assert "placeholder=" not in main


def test_the_privacy_page_says_how_long_a_proof_lasts_here(client: Client) -> None:
    Community.objects.update_or_create(pk=1, defaults={"in_person_days": 800, "proof_days_minors": 90})
    page = client.get(reverse("community:privacy"), headers={"accept-language": "en"}).content.decode()
    assert "800 days at most for an adult, 365 for a minor" in page
