"""The ways of proving an age that this installation offers (settings.AGE_PROVIDERS), by slug and in order."""

from __future__ import annotations

import functools

from django.conf import settings
from django.utils.module_loading import import_string

from community.errors import ProviderUnavailable

from .provider import AgeProvider


@functools.lru_cache(maxsize=8)
def _load(paths: tuple[str, ...]) -> dict[str, AgeProvider]:
    providers = [import_string(path)() for path in paths]
    return {provider.slug: provider for provider in providers}


def providers() -> list[AgeProvider]:
    """Every provider offered."""
    return list(_load(tuple(settings.AGE_PROVIDERS)).values())


def provider(slug: str) -> AgeProvider:
    """One of them; ProviderUnavailable for any other."""
    try:
        return _load(tuple(settings.AGE_PROVIDERS))[slug]
    except KeyError as error:
        raise ProviderUnavailable from error
