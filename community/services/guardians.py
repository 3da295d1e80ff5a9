"""A guardian agrees that a younger teenager comes here: the way there, for the child and for the guardian.

The child reads what the guardian will read, then hands over a link or a QR code; nobody's address is typed by the
child. The guardian gives theirs, confirms it by a mail, and adds one stronger proof. The child agrees too. Either ends
it at any time. A guardian has no account and learns no pseudonym, room, message, report or case: what their pages show
is made of the consent alone.
"""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from community import audit
from community.errors import BadAddress, ConsentNotNeeded, ConsentOver, NotAllowed
from community.guardian_links import address_hash, link_hash, link_token, mail_token
from community.models import AgeCheck, BanMark, GuardianConsent, Member
from community.policies import Ask
from community.roles import may

from .access import access_of
from .age_checks import code_of, new_check
from .consents import consent_open_here, end_consent, grant_if_complete, locked
from .limits import subscriber, take
from .mail import queue_mail
from .progress import CLOSED, consent_progress
from .signs import email_tag, notice_banned_guardian

TEXT_VERSION = "2026-11"
LINK_DAYS = 7
HOUR = 3600
ADULT = Ask(at_least=(18,))


# -- the child -------------------------------------------------------------------------------------------------------


def consent_of(child: Member) -> GuardianConsent | None:
    """The child's consent, asked for or given; None when there is none or it ran out unanswered."""
    consent = GuardianConsent.objects.open().filter(child=child).first()
    if consent is None or _ran_out(consent):
        return None
    return consent


def ask_guardian(*, actor: Member) -> GuardianConsent:
    """Make the link that the child hands over; the one that is open stays. Raises ConsentNotNeeded where no guardian
    has to agree, or where none can: the operator has not lowered the floor age."""
    take("consent-ask", actor.pk, most=6, seconds=24 * HOUR)
    if not (consent_open_here() and access_of(actor).consent_missing):
        raise ConsentNotNeeded
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=actor.pk)
        open_one = GuardianConsent.objects.open().filter(child=actor).first()
        if open_one is not None and not _ran_out(open_one):
            return open_one
        if open_one is not None:
            open_one.ended_at, open_one.ended_by = timezone.now(), GuardianConsent.Ended.CHILD
            open_one.save(update_fields=["ended_at", "ended_by"])
        consent = GuardianConsent(child=actor, text_version=TEXT_VERSION)
        consent.link_hash = link_hash(link_token(consent.public_id))
        consent.save()
        audit.record(actor=actor, action="consent.asked", subject=consent)
    return consent


@transaction.atomic
def agree_as_child(*, actor: Member) -> GuardianConsent:
    """The child agrees too (loi 78-17 art. 45: jointly). Raises ConsentOver without an open consent."""
    consent = _own(actor)
    if consent.child_agreed_on is None:
        consent.child_agreed_on = timezone.localdate()
        consent.save(update_fields=["child_agreed_on"])
        audit.record(actor=actor, action="consent.child_agreed", subject=consent)
    grant_if_complete(consent)
    return consent


def withdraw_as_child(*, actor: Member) -> None:
    """The child ends it; rooms close at once."""
    end_consent(consent=_own(actor), by=GuardianConsent.Ended.CHILD, actor=actor)


def _own(actor: Member) -> GuardianConsent:
    consent = consent_of(actor)
    if consent is None:
        raise ConsentOver
    with transaction.atomic():
        return locked(consent)


# -- the guardian ----------------------------------------------------------------------------------------------------


def consent_by_link(*, token: str, address: str) -> GuardianConsent:
    """What a link handed over by a child leads to, for a week. Raises ConsentOver, TooManyAttempts, TryLater."""
    return _found("link_hash", token, address)


def consent_by_mail(*, token: str, address: str) -> GuardianConsent:
    """What a mailed link leads to, as long as the consent lasts."""
    return _found("mail_hash", token, address)


def follow_consent(*, token: str, address: str) -> str:
    """How far what a mailed link leads to is, for a page that asks every few seconds. Raises as `consent_by_mail`."""
    if address:
        take("consent-follow-from", subscriber(address), most=3000, seconds=HOUR)
    try:
        return consent_progress(_found("mail_hash", token, ""))
    except ConsentOver:
        return CLOSED


def give_address(*, consent: GuardianConsent, email: str, language: str, address: str) -> None:
    """The guardian's address: a neutral mail with a link goes there, and a keyed hash stays. A new address replaces an
    unconfirmed one. Raises BadAddress, ConsentOver once an address was confirmed, TooManyAttempts, TryLater."""
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadAddress from error
    take("consent-mail", consent.pk, most=4, seconds=HOUR)
    take("consent-mail-from", subscriber(address) if address else "", most=20, seconds=HOUR)
    with transaction.atomic():
        mark = notice_banned_guardian(consent=consent, kind=BanMark.Kind.EMAIL, tag=email_tag(email))
        consent = locked(consent)
        if consent.email_confirmed_on is not None:
            raise ConsentOver
        consent.carries = mark  # they are written to as anybody is: what was recognised is not theirs to learn
        consent.email_hash = address_hash(email)
        consent.mail_hash = link_hash(mail_token(consent.public_id, consent.email_hash))
        consent.save(update_fields=["email_hash", "mail_hash", "carries"])
        queue_mail(template="guardian", to_email=email, params={"consent": consent.public_id}, language=language)


@transaction.atomic
def confirm_address(*, consent: GuardianConsent) -> GuardianConsent:
    """The guardian agrees, from the link that was mailed. The child is told that something waits."""
    consent = locked(consent)
    if consent.email_confirmed_on is None:
        consent.email_confirmed_on = timezone.localdate()
        consent.save(update_fields=["email_confirmed_on"])
        audit.record(actor=None, component="guardian consent", action="consent.address_confirmed", subject=consent)
        queue_mail(template="waiting", member=consent.child)
    grant_if_complete(consent)
    return consent


def begin_guardian_check(*, consent: GuardianConsent, provider: str, address: str) -> AgeCheck:
    """Begin the guardian's own proof of being an adult; one at a time. In person it is good for a week, on paper."""
    take("consent-check", consent.pk, most=12, seconds=HOUR)
    if address:
        take("age-begin-from", subscriber(address), most=60, seconds=HOUR)
    with transaction.atomic():
        consent = locked(consent)
        if consent.email_confirmed_on is None or consent.proved_on is not None:
            raise ConsentOver
        AgeCheck.objects.filter(consent=consent).delete()
        return new_check(consent=consent, provider=provider, ask=ADULT, on_paper=provider == "in_person")


def guardian_check(consent: GuardianConsent, provider: str) -> AgeCheck | None:
    """The guardian's running check with this provider."""
    return AgeCheck.objects.filter(consent=consent, provider=provider, expires_at__gt=timezone.now()).first()


def guardian_code(consent: GuardianConsent) -> str | None:
    """The code a guardian shows to an age officer, while one is open."""
    check = guardian_check(consent, "in_person")
    return code_of(check) if check else None


def withdraw_as_guardian(*, consent: GuardianConsent) -> None:
    """The guardian ends it; rooms close at once, and the child is told neutrally."""
    end_consent(consent=consent, by=GuardianConsent.Ended.GUARDIAN, actor=None)


@transaction.atomic
def mark_shared_seen(*, actor: Member, consent: GuardianConsent) -> None:
    """A safeguarding officer has looked at one adult who agreed for several children."""
    if not may(actor, "oversee_age_officers"):
        raise NotAllowed
    if GuardianConsent.objects.filter(pk=consent.pk, shared_seen_by__isnull=True).update(shared_seen_by=actor):
        audit.record(actor=actor, action="consent.shared_seen", subject=consent)


def _found(field: str, token: str, address: str) -> GuardianConsent:
    if address:
        take("consent-link-from", subscriber(address), most=120, seconds=HOUR)
    consent = GuardianConsent.objects.open().filter(**{field: link_hash(token)}).first() if token else None
    if consent is None or _ran_out(consent):
        raise ConsentOver
    return consent


def _ran_out(consent: GuardianConsent) -> bool:
    """Whether nobody answered within a week, or it is over by its date."""
    if consent.granted_on is None:
        return consent.created_at < timezone.now() - dt.timedelta(days=LINK_DAYS) and consent.email_confirmed_on is None
    return consent.expires_on is not None and consent.expires_on <= timezone.localdate()
