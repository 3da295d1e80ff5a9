"""Renew the pictures of the README and look at every main page: `make screenshots`.

Starts the demo on a port and in a data folder of its own, photographs the main pages light and dark, at 360 and
1280 pixels, into var/screenshots/, and writes docs/images/room.png and docs/images/console.png.
`make screenshots ARGS="room account"` takes those pages alone; `ARGS=pictures` the README's pictures alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
VAR = Path(tempfile.mkdtemp(prefix="havre-demo-"))
# The ORM of this process works on the demo's data, beside Playwright's loop.
os.environ.update(
    HAVRE_DEMO="1", HAVRE_VAR=str(VAR), DJANGO_ALLOW_ASYNC_UNSAFE="1",
    DJANGO_SETTINGS_MODULE="config.settings",
)  # fmt: skip

import django  # noqa: E402  the environment must stand before the settings are read

django.setup()

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from community.models import Member  # noqa: E402
from tests.harness.browsers import FLAGS  # noqa: E402
from tests.harness.live import free_port  # noqa: E402
from tests.harness.places import Place, furnish  # noqa: E402
from tests.harness.servers import wait_until  # noqa: E402
from tests.harness.sessions import log_in  # noqa: E402

SHOTS = PROJECT / "var" / "screenshots"
PICTURES = PROJECT / "docs" / "images"
WIDTHS = {360: 740, 1280: 860}


@contextmanager
def demo() -> Iterator[str]:
    """The demo as `make run` starts it; gives its address."""
    port = free_port()
    with (VAR / "run.log").open("wb") as log:
        run = subprocess.Popen(
            [sys.executable, "manage.py", "run"], cwd=PROJECT, env={**os.environ, "PORT": str(port)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_until(lambda: run.poll() is not None or "ready in" in told(), seconds=180, what="the demo is up")
            if run.poll() is not None:
                raise SystemExit(told())
            yield f"http://localhost:{port}"
        finally:
            run.terminate()
            run.wait(timeout=30)


def told() -> str:
    """What the demo has printed so far."""
    return (VAR / "run.log").read_text(encoding="utf-8")


def visit(browser: Browser, url: str, place: Place, *, width: int, height: int, dark: bool, scale: float = 1) -> Page:
    narrow = width < 600
    context = browser.new_context(
        locale="fr-FR", viewport={"width": width, "height": height}, device_scale_factor=scale,
        color_scheme="dark" if dark else "light", has_touch=narrow, is_mobile=narrow,
    )  # fmt: skip
    if place.who:
        member = Member.objects.get(pseudonym=place.who)
        log_in(context, url, member, second_factor=member.is_staff)
    page = context.new_page()
    page.goto(url + place.path)
    page.wait_for_load_state("load")
    if place.name == "room":
        page.locator("#connection", has_text="direct").wait_for()
    return page


def take_all(browser: Browser, url: str, places: list[Place]) -> None:
    for place in places:
        for dark in (False, True):
            for width, height in WIDTHS.items():
                page = visit(browser, url, place, width=width, height=height, dark=dark)
                name = f"{place.name}-{'dark' if dark else 'light'}-{width}.png"
                page.screenshot(full_page=True, path=SHOTS / name)
                page.context.close()
        print(place.name, flush=True)


def take_pictures(browser: Browser, url: str, places: dict[str, Place]) -> None:
    """The two of the README: a teenager's telephone in a room that keeps numbers out, and a case in the console."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page = visit(browser, url, places["room"], width=390, height=910, dark=False, scale=1.5)
    page.locator(".demo").evaluate("one => one.remove()")
    noa = visit(browser, url, Place("room", "Noa", places["room"].path), width=390, height=844, dark=False)
    page.locator("#log .msg", has_text="Merci Alice").locator("[data-act=reply]").click()
    page.locator("#body").fill("Avec plaisir ! On se retrouve ici demain à 17 h ?")
    page.locator("#composer button").click()
    page.locator("#log .msg.own", has_text="Avec plaisir").wait_for()
    page.locator("#body").fill("Sinon appelle-moi au 06 39 98 12 34")
    page.locator("#composer button").click()
    page.locator("#notice:not([hidden])").wait_for()
    noa.locator("#body").press_sequentially("Ça marche")
    page.locator("#typing", has_text="Noa").wait_for()
    page.locator("#log").evaluate("one => { one.scrollTop = one.scrollHeight }")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=PICTURES / "room.png")
    for one in (page, noa):
        one.context.close()
    page = visit(browser, url, places["console-case"], width=1280, height=844, dark=False)
    page.locator(".hv-demo").evaluate("one => one.remove()")
    page.locator("#hv-reveal").check()
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=PICTURES / "console.png")
    page.context.close()


def main(wanted: list[str]) -> None:
    try:
        with demo() as url, sync_playwright() as playwright:
            places = furnish()
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            take_all(browser, url, [place for place in places if not wanted or place.name in wanted])
            if not wanted or "pictures" in wanted:
                take_pictures(browser, url, {place.name: place for place in places})
            browser.close()
    finally:
        shutil.rmtree(VAR, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
