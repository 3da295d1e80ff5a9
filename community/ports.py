"""What the ground floor asks of the floors above. Settings name the answers; a system check insists."""

from __future__ import annotations

import datetime as dt
import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from .models import Member


class NameScreen(ABC):
    """Screens what people call themselves (settings.COMMUNITY_NAME_SCREEN)."""

    @abstractmethod
    def refusal(self, pseudonym: str) -> str | None:
        """Return a translated reason to refuse the pseudonym, or None. Pure and fast."""


class PersonalData(ABC):
    """Answers a member's own-data request and a closing account (settings.COMMUNITY_PERSONAL_DATA, a list)."""

    section: str

    @abstractmethod
    def export(self, member: Member) -> Any:
        """Everything this floor holds about the member that is theirs to have, as plain JSON (GDPR art. 15, 20)."""

    # What the keys of `export` are called where it is read by people: {key: translated words}.
    labels: ClassVar[Mapping[str, Any]] = {}
    # What the codes under a key are called there: {key: {code: translated words}}.
    words: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def held(self) -> QuerySet[Member]:
        """Members of whom nothing may be erased for now, whatever its term."""
        nobody: QuerySet[Member] = Member.objects.none()
        return nobody

    @abstractmethod
    def close(self, member: Member) -> None:
        """Called inside the transaction that closes the account; must destroy no evidence."""


class AgeWatch(ABC):
    """Told of signs that an account is not whose it seems (settings.COMMUNITY_AGE_WATCH), in the transaction in which
    they were seen. What it does about them is protective, dated and can be contested; people decide."""

    @abstractmethod
    def ban_matched(self, *, member: Member, how: str, until: dt.datetime | None) -> None:
        """The account carries the address ("email") or the proof ("proof") of somebody banned; `until` is the end of
        a ban that a court ordered."""

    @abstractmethod
    def guardian_banned(self, *, child: Member, banned: Member | None) -> None:
        """Somebody who wants to agree for `child`, or did, carries the mark of a ban: that of the account `banned`, or
        one that a court ordered."""

    @abstractmethod
    def ban_lifted(self, *, member: Member) -> None:
        """What this account was held for is over."""

    @abstractmethod
    def proof_shared(self, *, members: Sequence[Member]) -> None:
        """One proof of age was shown for these accounts."""

    @abstractmethod
    def device_shared(self, *, member: Member) -> None:
        """A proved account turned up in a browser where many others have been."""


@functools.lru_cache(maxsize=8)
def _answer(path: str) -> Any:
    return import_string(path)()


def name_screen() -> NameScreen:
    """The answer that settings name; without one it raises, for nothing passes unscreened."""
    screen: NameScreen = _answer(settings.COMMUNITY_NAME_SCREEN)
    return screen


def age_watch() -> AgeWatch:
    """The answer that settings name; without one it raises, for no sign is passed over."""
    watch: AgeWatch = _answer(settings.COMMUNITY_AGE_WATCH)
    return watch


def held_members() -> QuerySet[Member, int]:
    """Keys of the members whom one of the floors above holds."""
    condition = Q(pk__in=[])
    for floor in personal_data():
        condition |= Q(pk__in=floor.held().values("pk"))
    keys: QuerySet[Member, int] = Member.objects.filter(condition).values_list("pk", flat=True)
    return keys


def personal_data() -> list[PersonalData]:
    """The answers that settings name, in their order."""
    return [_answer(path) for path in settings.COMMUNITY_PERSONAL_DATA]
