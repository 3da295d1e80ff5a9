"""An attempt to prove an age: how it begins, the code that a member shows, how it ends. It is deleted when it closes.

Lock order of this floor, for whoever takes several: an association, a used proof, cases (by the port `AgeWatch`), the
person a check is of (`lock_person`; of a guardian's, the child and then the consent), the check with what belongs to
it. Whoever begins, answers and finishes a check at the same moment therefore waits, and never deadlocks.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from community.errors import CodeUnknown, NotAllowed
from community.keyed import keyed_hash
from community.models import AgeCheck, GuardianConsent, Member
from community.policies import MINOR_BANDS, Ask

from .access import access_of
from .anomalies import place_of
from .consents import locked
from .limits import subscriber, take
from .progress import check_changed

CHECK_MINUTES = 10
INVITATION_DAYS = 7
HOUR = 3600

_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"  # no vowels, so no words; nothing that reads as something else
_CODE_LENGTH = 8


def begin_check(
    *, actor: Member, provider: str, ask: Ask | None = None, address: str = "", on_paper: bool = False
) -> AgeCheck:
    """Begin a check that lives ten minutes; a member has one at a time. `address` is the client's, for the limits.

    `on_paper` makes an invitation to print that is good for a week and for adults alone: a sheet of paper that lies
    about must not tell anybody that a teenager comes here. Raises NotAllowed for a member who is suspended, banned,
    or proved a minor and asks for paper, TooManyAttempts, TryLater.
    """
    access = access_of(actor)
    if access.shut_out or (on_paper and (access.band in MINOR_BANDS or provider != "in_person")):
        raise NotAllowed
    take("age-begin", actor.pk, most=12, seconds=HOUR)
    if address:
        take("age-begin-from", subscriber(address), most=60, seconds=HOUR)
    with transaction.atomic():
        lock_person(member=actor, consent=None)  # two beginnings at once leave one check
        AgeCheck.objects.filter(member=actor).delete()
        check_changed(actor)
        return new_check(
            member=actor, provider=provider, ask=ask, on_paper=on_paper, place="" if on_paper else place_of(address)
        )


def new_check(
    *,
    provider: str,
    member: Member | None = None,
    consent: GuardianConsent | None = None,
    ask: Ask | None = None,
    on_paper: bool = False,
    place: str = "",
) -> AgeCheck:
    """Write the row of a check of a member or of a guardian, in the caller's transaction."""
    now = timezone.now()
    check = AgeCheck(
        member=member,
        consent=consent,
        provider=provider,
        ask={"at_least": list(ask.at_least), "under": list(ask.under)} if ask else {"at_least": [], "under": []},
        expires_at=now + (dt.timedelta(days=INVITATION_DAYS) if on_paper else dt.timedelta(minutes=CHECK_MINUTES)),
        created_at=now,
        on_paper=on_paper,
        place=place,
    )
    check.code_hash = hash_of_code(code_of(check))
    check.save()
    return check


def current_check(member: Member, provider: str) -> AgeCheck | None:
    """The member's running check with this provider."""
    return AgeCheck.objects.filter(member=member, provider=provider, expires_at__gt=timezone.now()).first()


def running_check(*, public_id: str, provider: str) -> AgeCheck | None:
    """The running check of a guardian's browser, by what its session remembers."""
    if not public_id:
        return None
    return (
        AgeCheck.objects.select_related("consent")
        .filter(public_id=public_id, provider=provider, consent__isnull=False, expires_at__gt=timezone.now())
        .first()
    )


def cancel_check(*, actor: Member) -> None:
    """The member ends their own check; nothing of it stays."""
    AgeCheck.objects.filter(member=actor).delete()
    check_changed(actor)


def code_of(check: AgeCheck) -> str:
    """The code the member shows. It is worked out anew from the server's key each time and stored nowhere."""
    digest = hmac.digest(settings.HASH_KEY, f"age code:{check.public_id}".encode(), hashlib.sha256)
    number = int.from_bytes(digest[:16], "big")
    letters = []
    for _ in range(_CODE_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return "".join(letters)


def hash_of_code(code: str) -> str:
    bare = "".join(c for c in code.upper() if c.isalnum())
    return keyed_hash("age code hash", bare)


def lock_person(*, member: Member | None, consent: GuardianConsent | None) -> None:
    """Lock whose check it is, in the caller's transaction, before any row of a check: a member, or a guardian, who has
    no account but a consent. Raises ConsentOver once that has ended."""
    if consent is not None:
        locked(consent)
    elif member is not None:
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)


def close_check(check: AgeCheck) -> None:
    """Delete the row if it still stands as it was read, in the transaction that holds its person: of many closings one
    wins, and the others raise CodeUnknown."""
    deleted, _by_model = AgeCheck.objects.filter(pk=check.pk, state=check.state, expires_at__gt=timezone.now()).delete()
    if not deleted:
        raise CodeUnknown
    check_changed(check.member)


def expire_checks() -> int:
    """Delete the checks whose time is over; return how many."""
    deleted, _by_model = AgeCheck.objects.filter(expires_at__lte=timezone.now()).delete()
    return deleted
