"""The ways of proving an age that this installation offers (settings.AGE_PROVIDERS), by slug and in order."""

from __future__ import annotations

import functools

from django.conf import settings
from django.utils.module_loading import import_string

from community.errors import ProviderUnavailable
from community.services.settings import get_community

from .provider import AgeProvider


@functools.lru_cache(maxsize=8)
def _load(paths: tuple[str, ...]) -> dict[str, AgeProvider]:
    providers = [import_string(path)() for path in paths]
    return {provider.slug: provider for provider in providers}


def configured() -> list[AgeProvider]:
    """Every provider that the operator set up."""
    return list(_load(tuple(settings.AGE_PROVIDERS)).values())


def label_of(slug: str) -> str:
    """What a way is called, in the language in force; its slug where the operator no longer has it set up."""
    return next((one.label for one in configured() if one.slug == slug), slug)


def providers() -> list[AgeProvider]:
    """Every provider offered: set up, and not switched off by the officers. The demonstration's is always there."""
    chosen = get_community().age_methods
    return [one for one in configured() if not chosen or one.slug in chosen or one.slug == "demo"]


def provider(slug: str) -> AgeProvider:
    """One of them; ProviderUnavailable for any other."""
    for one in providers():
        if one.slug == slug:
            return one
    raise ProviderUnavailable
