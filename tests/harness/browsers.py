"""Headless Chromium, the system's own, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: Playwright's loop counts as running in this thread while it lives, and the ORM would
    refuse to work in tests that know nothing of it."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        reason = "Chromium is not installed (Debian: apt-get install chromium)"
        pytest.fail(reason, pytrace=False) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_person(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of one's own for each person of a story: `new_person(locale="fr-FR", width=360, dark=True)`.

    Errors of a page (uncaught exceptions, refusals of the Content-Security-Policy) fail the test at its end.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(*, locale: str = "fr-FR", width: int = 1200, height: int = 900, dark: bool = False, **options: object):
        context = browser.new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            **options,
        )
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on(
            "console",
            lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not errors, "\n".join(errors)


def sound(page: Page) -> None:
    """No violation of WCAG that axe can see, and nothing wider than the screen. The page is looked at once it is whole:
    without its stylesheet it has another's colours.
    """
    page.wait_for_load_state()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
