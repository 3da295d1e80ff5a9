"""Accounts: opening, naming, blocking, closing, and what a member may take away of their own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_otp import devices_for_user

from community import audit, terms
from community.client import Client
from community.errors import (
    AccountClosed,
    CannotBlockYourself,
    PseudonymRefused,
    PseudonymTaken,
    StaffCannotClose,
    TermsOutdated,
)
from community.models import (
    AgeCheck,
    AgeContest,
    AgeFact,
    Block,
    ConnectionLog,
    DeviceSeen,
    GuardianConsent,
    MailJob,
    Member,
    PseudonymChange,
    Restriction,
    YouthWorker,
)
from community.names import clean_pseudonym, pseudonym_key
from community.ports import held_members, name_screen, personal_data
from community.roles import roles_of

from .access import bump_access
from .connections import record_connection
from .mail import queue_mail
from .signs import notice_return


def check_pseudonym(text: str, *, member: Member | None = None) -> str:
    """The pseudonym as it will be shown. Raises BadText, PseudonymRefused, or PseudonymTaken when somebody else
    carries it, or one that looks like it, or carried it in an account that is closed."""
    shown = clean_pseudonym(text)
    refusal = name_screen().refusal(shown)
    if refusal:
        raise PseudonymRefused(refusal)
    others = Member.objects.filter(pseudonym_key=pseudonym_key(shown))
    if member is not None:
        others = others.exclude(pk=member.pk)
    if others.exists():
        raise PseudonymTaken
    return shown


def open_account(
    *, email: str, pseudonym: str, password: str, language: str, terms_version: str, client: Client
) -> Member:
    """Make a member, with the record of where the sign-up came from. Nothing opens before the address is confirmed.

    Raises what check_pseudonym raises, TermsOutdated unless `terms_version` is the one in force.
    """
    shown = check_pseudonym(pseudonym)
    now = timezone.now()
    _require_current(terms_version)
    member = Member(
        email=email,
        pseudonym=shown,
        pseudonym_key=pseudonym_key(shown),
        language=_known_language(language),
        terms_version=terms_version,
        terms_accepted_at=now,
    )
    member.set_password(password)
    try:
        with transaction.atomic():
            member.save()
            PseudonymChange.objects.create(member=member, pseudonym=shown, since=now)
            record_connection(member=member, kind=ConnectionLog.Kind.SIGNUP, client=client)
            audit.record(actor=member, action="account.opened", subject=member, data={"terms": terms_version})
    except IntegrityError as error:  # somebody took the name between the check and the writing
        if Member.objects.filter(pseudonym_key=member.pseudonym_key).exists():
            raise PseudonymTaken from error
        raise
    return member


def record_login(*, member: Member, client: Client) -> None:
    """Keep where a login came from; a banned person who comes back under a confirmed address is seen here."""
    record_connection(member=member, kind=ConnectionLog.Kind.LOGIN, client=client)
    notice_return(member=member)


def request_password_reset(*, email: str, language: str) -> None:
    """Have a link sent to an address if it has an account. Whether it has one is looked up when the mail goes out."""
    with transaction.atomic():
        queue_mail(template="reset_password", to_email=email, language=_known_language(language))


def accept_terms(*, actor: Member, version: str) -> None:
    """The member agrees to the terms in force; TermsOutdated when they read an older version."""
    _require_current(version)
    with transaction.atomic():
        Member.objects.filter(pk=actor.pk).update(terms_version=version, terms_accepted_at=timezone.now())
        audit.record(actor=actor, action="terms.accepted", subject=actor, data={"version": version})
    actor.terms_version = version


def choose_language(*, actor: Member, language: str) -> None:
    """The language of the member's pages and mail."""
    language = _known_language(language)
    if actor.language == language:
        return
    with transaction.atomic():
        Member.objects.filter(pk=actor.pk).update(language=language)
        audit.record(actor=actor, action="language.chosen", subject=actor, data={"language": language})
    actor.language = language


def change_pseudonym(*, actor: Member, pseudonym: str) -> Member:
    """Take another pseudonym. The former ones stay on record, and nobody else can take them before it changes."""
    shown = check_pseudonym(pseudonym, member=actor)
    with transaction.atomic():
        member = _lock(actor)
        before = member.pseudonym
        member.pseudonym, member.pseudonym_key = shown, pseudonym_key(shown)
        try:
            with transaction.atomic():
                member.save(update_fields=["pseudonym", "pseudonym_key"])
        except IntegrityError as error:
            raise PseudonymTaken from error
        PseudonymChange.objects.create(member=member, pseudonym=shown)
        bump_access(member)
        audit.record(actor=actor, action="pseudonym.changed", subject=member, data={"before": before, "after": shown})
    return member


def block_member(*, actor: Member, member: Member) -> Block:
    """From now on neither sees the other; whatever is evidence stays. Doing it twice changes nothing."""
    if actor.pk == member.pk:
        raise CannotBlockYourself
    with transaction.atomic():
        block, created = Block.objects.get_or_create(blocker=actor, blocked=member)
        if created:
            bump_access(actor, member)
            audit.record(actor=actor, action="member.blocked", subject=block, data={"blocked": member.public_id})
    return block


def unblock_member(*, actor: Member, member: Member) -> bool:
    """Take one's own block back; whether there was one. The other's block, if any, stays."""
    with transaction.atomic():
        block = Block.objects.filter(blocker=actor, blocked=member).first()
        if block is None:
            return False
        audit.record(actor=actor, action="member.unblocked", subject=block, data={"blocked": member.public_id})
        block.delete()
        bump_access(actor, member)
    return True


def close_account(*, actor: Member | None, member: Member, component: str = "") -> Member:
    """Turn an account into a tombstone: no address, no password, no second factor, no age fact in force; sockets and
    sessions end. Everything that points to it stays (PROTECT), and its name is never given to another.

    A member closes their own; the machine closes accounts that were never confirmed, with a `component`.
    Raises AccountClosed, StaffCannotClose.
    """
    now = timezone.now()
    with transaction.atomic():
        member = _lock(member)
        if roles_of(member):
            raise StaffCannotClose
        for floor in personal_data():
            floor.close(member)
        AgeCheck.objects.filter(member=member).delete()
        AgeFact.objects.filter(member=member, revoked_at__isnull=True).update(revoked_at=now)
        DeviceSeen.objects.filter(member=member).delete()
        GuardianConsent.objects.filter(child=member, ended_at__isnull=True).update(
            ended_at=now, ended_by=GuardianConsent.Ended.CHILD
        )
        YouthWorker.objects.filter(member=member, ended_at__isnull=True).update(ended_at=now)
        MailJob.objects.filter(member=member).delete()
        EmailAddress.objects.filter(user=member).delete()
        for device in devices_for_user(member, confirmed=None):
            device.delete()
        member.email = None
        member.pseudonym = f"#{member.public_id[:6]}"  # who carried which name stays in PseudonymChange
        member.set_unusable_password()
        member.is_active = False
        member.closed_at = now
        member.save()
        bump_access(member)
        audit.record(actor=actor, component=component, action="account.closed", subject=member)
    return member


def export_personal_data(*, actor: Member) -> dict[str, Any]:
    """Everything held about the member that is theirs to have, as plain JSON (GDPR art. 15 and 20).

    Left out: connection records, which the law has kept for the authorities alone, and who attested an age.
    """
    data: dict[str, Any] = {
        "exported_at": timezone.now().isoformat(),
        "account": {
            "id": actor.public_id,
            "email": actor.email,
            "pseudonym": actor.pseudonym,
            "pseudonyms": [
                {"pseudonym": change.pseudonym, "since": change.since.isoformat()}
                for change in actor.pseudonym_changes.all()
            ],
            "language": actor.language,
            "joined_at": actor.joined_at.isoformat(),
            "last_login": actor.last_login.isoformat() if actor.last_login else None,
            "terms": {
                "version": actor.terms_version,
                "accepted_at": actor.terms_accepted_at.isoformat() if actor.terms_accepted_at else None,
            },
        },
        "age_facts": [
            {
                "threshold": fact.threshold,
                "is_over": fact.is_over,
                "method": fact.method,
                "level": fact.level,
                "issuer": fact.issuer_ref,
                "verified_on": fact.verified_on.isoformat(),
                "expires_on": fact.expires_on.isoformat(),
                "in_force": fact.revoked_at is None and fact.superseded_at is None,
            }
            for fact in AgeFact.objects.filter(member=actor).order_by("pk")
        ],
        "consents": [
            {
                "asked_at": consent.created_at.isoformat(),
                "granted_on": consent.granted_on.isoformat() if consent.granted_on else None,
                "until": consent.expires_on.isoformat() if consent.expires_on else None,
                "ended_by": consent.ended_by,
            }
            for consent in GuardianConsent.objects.filter(child=actor).order_by("pk")
        ],
        "age_contests": [
            {
                "made_at": contest.created_at.isoformat(),
                "text": contest.text,
                "state": contest.state,
                "answer": contest.answer,
            }
            for contest in AgeContest.objects.filter(member=actor).order_by("pk")
        ],
        "youth_work": [
            {"room": worker.room_ref, "until": worker.ends_on.isoformat(), "ended": worker.ended_at is not None}
            for worker in YouthWorker.objects.filter(member=actor).order_by("pk")
        ],
        "restrictions": [
            {
                "kind": restriction.kind,
                "from": restriction.starts_at.isoformat(),
                "until": restriction.ends_at.isoformat() if restriction.ends_at else None,
                "lifted_at": restriction.lifted_at.isoformat() if restriction.lifted_at else None,
                "automated": restriction.automated,
            }
            for restriction in Restriction.objects.filter(member=actor).order_by("pk")
        ],
        "blocked": [
            {"pseudonym": block.blocked.pseudonym, "since": block.created_at.isoformat()}
            for block in Block.objects.filter(blocker=actor).select_related("blocked").order_by("pk")
        ],
    }
    for floor in personal_data():
        data[floor.section] = floor.export(actor)
    with transaction.atomic():
        audit.record(actor=actor, action="data.exported", subject=actor)
    return data


def expired_pseudonyms(*, held: bool = True) -> QuerySet[PseudonymChange]:
    """The names of accounts closed longer ago than their term; with `held`, without members whom a floor above holds.
    The key that keeps a name from being taken by another stays with the tombstone."""
    before = timezone.now() - dt.timedelta(days=settings.RETENTION_DAYS["accounts"])
    expired = PseudonymChange.objects.filter(member__closed_at__lte=before)
    return expired.exclude(member__in=held_members()) if held else expired


def purge_pseudonyms() -> int:
    """Delete the names of accounts long closed, held by nobody; return how many."""
    with transaction.atomic():
        deleted, _by_model = expired_pseudonyms().delete()
    return deleted


def close_unconfirmed(*, before: dt.datetime) -> int:
    """Close accounts opened before a moment whose address was never confirmed; return how many.

    Somebody else may own the address: it must not be held for ever.
    """
    confirmed = EmailAddress.objects.filter(verified=True).values("user")
    stale = Member.objects.open().filter(joined_at__lte=before, last_login__isnull=True, is_staff=False)
    count = 0
    for member in stale.exclude(pk__in=confirmed)[:500]:
        close_account(actor=None, member=member, component="unconfirmed accounts")
        count += 1
    return count


def _lock(member: Member) -> Member:
    locked: Member = Member.objects.select_for_update().get(pk=member.pk)
    if locked.closed_at is not None:
        raise AccountClosed
    return locked


def _require_current(version: str) -> None:
    if version != terms.current().version:
        raise TermsOutdated


def _known_language(language: str) -> str:
    known = [code for code, _name in settings.LANGUAGES]
    return language if language in known else known[0]
