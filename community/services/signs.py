"""Signs that an account is not whose it seems: a banned person come back, one proof or one device behind many.

What is compared are keyed hashes with an end. A sign decides nothing: it is put before people through the port
`AgeWatch`, which may hold an account or ask for a fresh proof meanwhile, tells the member why, and how to object.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.utils import timezone

from community import audit
from community.errors import BadAddress, NotAllowed, ReasonRequired, RestrictionInvalid
from community.guardian_links import address_hash, guardian_proof_tag
from community.keyed import canonical_email, keyed_hash, same
from community.models import (
    AgeFact,
    BanMark,
    BanMatch,
    DeviceSeen,
    GuardianConsent,
    Member,
    Restriction,
    UsedProof,
)
from community.ports import age_watch
from community.roles import OFFICER_LEAD, has_role

DEVICE_KEPT = dt.timedelta(days=30)


def email_tag(address: str) -> str:
    """Keyed hash of the mailbox behind an address."""
    return keyed_hash("ban email", canonical_email(address))


def proof_owner(tag: str, member_pk: int) -> str:
    """Keyed hash that says whether `member_pk` is whose proof `tag` is, to whoever asks about that member."""
    return keyed_hash("proof owner", f"{tag}:{member_pk}")


# -- bans ------------------------------------------------------------------------------------------------------------


def mark_ban(restriction: Restriction, *, court_reference: str = "") -> None:
    """Keep what the banned person would come back with, for the term of the ban, in the caller's transaction."""
    member = restriction.member
    tags = [(BanMark.Kind.EMAIL, email_tag(member.email))] if member.email else []
    tags += [(BanMark.Kind.PROOF, tag) for tag in _proofs_of(member)]
    marks = BanMark.objects.bulk_create(
        BanMark(
            kind=kind, tag=tag, restriction=restriction, ends_at=restriction.ends_at, court_reference=court_reference
        )
        for kind, tag in tags
    )
    _tell_consents(marks, member.email or "")


def lift_marks(restriction: Restriction) -> None:
    """A ban that is lifted leaves no mark in force, and nobody held for it."""
    _lift(BanMark.objects.filter(restriction=restriction, lifted_at__isnull=True))


@transaction.atomic
def record_court_ban(*, actor: Member, email: str, reference: str, ends_at: dt.datetime) -> BanMark:
    """Enter a court's order to keep somebody out until `ends_at` (in France, CP art. 131-35-1): the account with this
    address is held until then, if there is one or when it comes. Lead officer only.

    Raises NotAllowed, BadAddress, ReasonRequired without a reference, RestrictionInvalid unless it ends later.
    """
    if not has_role(actor, OFFICER_LEAD):
        raise NotAllowed
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadAddress from error
    if not reference.strip():
        raise ReasonRequired
    if ends_at <= timezone.now():
        raise RestrictionInvalid
    tag = email_tag(email)
    mark = BanMark.objects.create(
        kind=BanMark.Kind.EMAIL, tag=tag, court_reference=reference.strip()[:80], ends_at=ends_at
    )
    audit.record(
        actor=actor,
        action="court_ban.recorded",
        subject=mark,
        data={"reference": mark.court_reference, "ends_at": ends_at.isoformat()},
    )
    for member in Member.objects.open().iterator():
        if member.email and email_tag(member.email) == tag:
            _tell_match(mark, member)
    _tell_consents([mark], email)
    return mark


@transaction.atomic
def lift_court_ban(*, actor: Member, mark: BanMark, reason: str) -> None:
    """The court took its order back, or it was entered wrongly."""
    if not has_role(actor, OFFICER_LEAD):
        raise NotAllowed
    if not reason.strip():
        raise ReasonRequired
    if _lift(BanMark.objects.filter(pk=mark.pk, restriction__isnull=True, lifted_at__isnull=True)):
        audit.record(actor=actor, action="court_ban.lifted", subject=mark, data={"reason": reason.strip()[:500]})


def _lift(marks: models.QuerySet[BanMark]) -> int:
    pks = list(marks.values_list("pk", flat=True))
    lifted = BanMark.objects.filter(pk__in=pks).update(lifted_at=timezone.now())
    for match in BanMatch.objects.filter(mark__in=pks).select_related("member"):
        age_watch().ban_lifted(member=match.member)
    return lifted


@transaction.atomic
def notice_return(*, member: Member) -> bool:
    """Whether the member's address carries the mark of somebody else's ban; told to the officers once."""
    if not member.email:
        return False
    return _tell_matches(member, BanMark.Kind.EMAIL, email_tag(member.email)) is not None


def notice_banned_proof(*, member: Member, tag: str) -> BanMark | None:
    """The mark of somebody else's ban that a proof carries, told to the officers once, in the caller's transaction."""
    return _tell_matches(member, BanMark.Kind.PROOF, tag)


def notice_banned_guardian(*, consent: GuardianConsent, kind: str, tag: str) -> BanMark | None:
    """The mark of a ban that a guardian carries by their address or proof, told to the officers, in the caller's
    transaction and before it locks the child: somebody who was sent away is to answer for a child here."""
    mark = _marks(kind, tag).first()
    if mark is not None:
        age_watch().guardian_banned(child=consent.child, banned=mark.restriction.member if mark.restriction else None)
    return mark


def _marks(kind: str, tag: str) -> models.QuerySet[BanMark]:
    return BanMark.objects.in_force(timezone.now()).filter(tag=tag, kind=kind).select_related("restriction__member")


def _tell_matches(member: Member, kind: str, tag: str) -> BanMark | None:
    matches = [mark for mark in _marks(kind, tag) if _tell_match(mark, member)]
    return matches[0] if matches else None


def _tell_match(mark: BanMark, member: Member) -> bool:
    if mark.restriction is not None and mark.restriction.member_id == member.pk:
        return False  # the banned account itself
    _match, news = BanMatch.objects.get_or_create(mark=mark, member=member)
    if news:
        age_watch().ban_matched(member=member, how=mark.kind, until=mark.ends_at if mark.court_reference else None)
    return True


def _tell_consents(marks: Iterable[BanMark], email: str) -> None:
    """Whoever was just banned may have agreed for a child here: officers look. What was granted stands meanwhile, for
    a parent who wrote insults is a parent still; what lacks something is not granted while the mark is in force."""
    for mark in marks:
        found = GuardianConsent.objects.open().select_related("child")
        if mark.kind == BanMark.Kind.EMAIL:
            found = found.filter(email_hash=address_hash(email))
        else:
            found = found.filter(proof_tag=guardian_proof_tag(mark.tag))
        for consent in found:
            GuardianConsent.objects.filter(pk=consent.pk).update(carries=mark)
            banned = mark.restriction.member if mark.restriction else None
            age_watch().guardian_banned(child=consent.child, banned=banned)


def _proofs_of(member: Member) -> list[str]:
    rows = UsedProof.objects.exclude(owner="").values_list("tag", "owner")
    return [tag for tag, owner in rows.iterator() if same(owner, proof_owner(tag, member.pk))]


# -- one proof, several accounts -------------------------------------------------------------------------------------


def notice_shared_proof(*, member: Member, proof: UsedProof) -> None:
    """A proof that opened one account was shown for another: both are asked for a fresh one, in the caller's
    transaction. The first is looked for among those who hold facts: the proof itself names nobody."""
    holders = AgeFact.objects.filter(revoked_at__isnull=True).order_by().values("member").distinct()
    first = next(
        (
            other
            for other in Member.objects.open().filter(pk__in=holders).exclude(pk=member.pk).iterator()
            if proof.owner and same(proof.owner, proof_owner(proof.tag, other.pk))
        ),
        None,
    )
    age_watch().proof_shared(members=[member, *([first] if first else [])])


# -- one device, many accounts ---------------------------------------------------------------------------------------


def new_device() -> str:
    """A random name for a browser, kept in its cookie."""
    return secrets.token_urlsafe(16)


@transaction.atomic
def note_device(*, member: Member, device: str) -> None:
    """Remember that this account is used in this browser. A proved account that turns up where settings.DEVICE_ACCOUNTS
    others have been within thirty days may have been sold or lent: it is asked for a fresh proof."""
    tag, today = keyed_hash("device", device[:64]), timezone.localdate()
    _seen, news = DeviceSeen.objects.update_or_create(tag=tag, member=member, defaults={"last_on": today})
    most = settings.DEVICE_ACCOUNTS
    if not news or not most:
        return
    others = DeviceSeen.objects.filter(tag=tag, last_on__gt=today - DEVICE_KEPT).exclude(member=member).count()
    if others >= most and AgeFact.objects.filter(member=member).current(today).exists():
        age_watch().device_shared(member=member)


def forget_devices() -> int:
    """Delete what has not been seen for thirty days; return how many."""
    deleted, _by_model = DeviceSeen.objects.filter(last_on__lte=timezone.localdate() - DEVICE_KEPT).delete()
    return deleted


def forget_marks() -> int:
    """Blank the hashes of bans that are over: the row stays as history, the person is no longer recognised."""
    now = timezone.now()
    over = BanMark.objects.exclude(pk__in=BanMark.objects.in_force(now).values("pk")).exclude(tag="")
    return over.update(tag="")
