"""The second factor of those who work here: an authenticator's six digits (RFC 6238) and ten recovery codes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.db import transaction
from django_otp import devices_for_user, match_token
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from community import audit
from community.errors import NotAllowed, TooManyAttempts
from community.models import Member

RECOVERY_CODES = 10
_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"


def is_enrolled(member: Member) -> bool:
    """Whether the member has a confirmed authenticator."""
    return bool(TOTPDevice.objects.filter(user=member, confirmed=True).exists())


def begin_enrolment(*, actor: Member) -> TOTPDevice:
    """The authenticator to be confirmed, the same until it is. Only for staff, only while none is confirmed."""
    if not actor.is_staff or is_enrolled(actor):
        raise NotAllowed
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=actor.pk)
        device = TOTPDevice.objects.filter(user=actor, confirmed=False).first()
        return device or TOTPDevice.objects.create(user=actor, name="totp", confirmed=False)


def confirm_enrolment(*, actor: Member, token: str) -> tuple[TOTPDevice, Sequence[str]] | None:
    """Confirm the authenticator with its first code; returns it with fresh recovery codes, to be shown once.
    None for a wrong code; raises TooManyAttempts while one must wait."""
    device = begin_enrolment(actor=actor)
    _require_a_try(device)
    if not device.verify_token(token):
        return None
    with transaction.atomic():
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        codes = _new_recovery_codes(actor)
        audit.record(actor=actor, action="second_factor.enrolled", subject=actor)
    return device, codes


def renew_recovery_codes(*, actor: Member) -> Sequence[str]:
    """Ten new codes in place of the old ones. The caller has verified the second factor in this session."""
    if not is_enrolled(actor):
        raise NotAllowed
    with transaction.atomic():
        codes = _new_recovery_codes(actor)
        audit.record(actor=actor, action="recovery_codes.renewed", subject=actor)
    return codes


def check_token(*, actor: Member, token: str) -> Device | None:
    """The device that a code belongs to, or None. Codes are used once; wrong ones wait longer each time, and while one
    must wait TooManyAttempts is raised: a right code typed too early is not called wrong."""
    _require_a_try(*devices_for_user(actor))
    device: Device | None = match_token(actor, token)
    if device is not None:
        with transaction.atomic():
            audit.record(
                actor=actor,
                action="second_factor.passed",
                subject=actor,
                data={"recovery": isinstance(device, StaticDevice)},
            )
    return device


def _require_a_try(*devices: Device) -> None:
    if devices and not any(device.verify_is_allowed()[0] for device in devices):
        raise TooManyAttempts


def _new_recovery_codes(member: Member) -> list[str]:
    device, _created = StaticDevice.objects.get_or_create(user=member, name="recovery")
    device.token_set.all().delete()
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes
