"""The socket of a page that waits for a proof of age: one's own check, and nothing else."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from chat import broadcast
from chat.age_consumer import AgeConsumer
from chat.login import MemberOfSession
from chat.routing import websocket_urlpatterns
from community.models import AgeCheck, AgeOfficer, Association, Member
from community.policies import AgeBand
from community.roles import AGE_OFFICER
from community.services.age_checks import begin_check, cancel_check, code_of
from community.services.attesting import attest_check
from community.services.restrictions import restrict_member
from community.services.wallet import begin_exchange, decline_exchange
from community.services.wallet_request import wallet_link
from tests.harness.sessions import session_of

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 5.0
do = sync_to_async


class Waiting:
    """One page that waits."""

    def __init__(self, member: Member | AnonymousUser | None) -> None:
        self.communicator = WebsocketCommunicator(AgeConsumer.as_asgi(), "/ws/age/")
        self.communicator.scope["user"] = member

    async def open(self) -> Waiting:
        await self.communicator.connect(timeout=WITHIN)
        return self

    async def next(self) -> Any:
        """The next frame, or the code with which the socket closes."""
        output = await self.communicator.receive_output(timeout=WITHIN)
        return output["code"] if output["type"] == "websocket.close" else json.loads(output["text"])

    async def close(self) -> None:
        await self.communicator.disconnect(timeout=WITHIN)


@pytest.fixture
def run():
    def run(story) -> None:
        pages: list[Waiting] = []

        async def tell() -> None:
            async def page(member) -> Waiting:
                pages.append(Waiting(member))
                return await pages[-1].open()

            try:
                await story(page)
            finally:
                for one in pages:
                    await one.close()

        asyncio.run(tell())

    return run


def age(state: str) -> dict[str, str]:
    return {"type": "age", "state": state}


def begin(member: Member) -> AgeCheck:
    return begin_check(actor=member, provider="in_person")


@pytest.fixture
def seen(make_member) -> Callable[[AgeCheck], None]:
    """Two officers look, one after the other."""
    club = Association.objects.create(name="The judo club")
    officers = [make_member(name, AgeBand.ADULT, AGE_OFFICER) for name in ("olive", "oscar")]
    for officer in officers:
        AgeOfficer.objects.create(association=club, member=officer)

    def see(check: AgeCheck) -> None:
        attest_check(actor=officers.pop(), code=code_of(check), band=AgeBand.TEEN_15_17)

    return see


def test_a_member_without_an_age_hears_how_their_check_goes_on(run, charlie: Member, seen) -> None:
    check = begin(charlie)

    async def story(page) -> None:
        one = await page(charlie)
        assert await one.next() == age("pending")
        await do(seen)(check)
        assert await one.next() == age("awaiting_second")
        await do(seen)(check)
        assert await one.next() == age("closed")
        assert await one.next() == 1000

    run(story)


def test_it_closes_at_once_where_no_check_runs(run, charlie: Member) -> None:
    async def story(page) -> None:
        one = await page(charlie)
        assert [await one.next(), await one.next()] == [age("closed"), 1000]

    run(story)


def test_it_closes_when_the_time_of_the_check_is_over(run, charlie: Member) -> None:
    check = begin(charlie)
    AgeCheck.objects.filter(pk=check.pk).update(expires_at=timezone.now() + dt.timedelta(seconds=0.5))

    async def story(page) -> None:
        one = await page(charlie)
        assert [await one.next(), await one.next(), await one.next()] == [age("pending"), age("closed"), 1000]

    run(story)


def test_a_wallet_is_followed_as_it_goes_on(run, charlie: Member) -> None:
    begin_check(actor=charlie, provider="eu_wallet")

    async def story(page) -> None:
        one = await page(charlie)
        assert await one.next() == age("pending")
        exchange = await do(begin_exchange)(holder=charlie, band=AgeBand.ADULT, session_key="here")
        assert await one.next() == age("waiting")
        (state,) = parse_qs(urlsplit(wallet_link(exchange)).query)["state"]
        await do(decline_exchange)(state=state, address="")
        assert await one.next() == age("refused")
        await do(cancel_check)(actor=charlie)
        assert [await one.next(), await one.next()] == [age("closed"), 1000]

    run(story)


def test_nobody_hears_of_anothers_check_nor_anything_of_a_room(run, charlie: Member, make_member, seen) -> None:
    dora = make_member("dora", AgeBand.NONE)
    begin(charlie)
    other = begin(dora)

    async def story(page) -> None:
        one, two = await page(charlie), await page(dora)
        assert [await one.next(), await two.next()] == [age("pending")] * 2
        await do(seen)(other)
        assert await two.next() == age("awaiting_second")
        await do(broadcast.tell_member)(charlie, {"type": "notice", "text": "of a room"})
        await do(cancel_check)(actor=charlie)
        assert await one.next() == age("closed")  # and nothing before it

    run(story)


@pytest.mark.parametrize("who", [None, AnonymousUser()])
def test_nobody_opens_it_without_a_login(who, run) -> None:
    async def story(page) -> None:
        assert await (await page(who)).next() == 4401

    run(story)


def test_whoever_is_shut_out_is_turned_away_and_closed(run, charlie: Member, sam: Member) -> None:
    begin(charlie)

    async def story(page) -> None:
        one = await page(charlie)
        assert await one.next() == age("pending")
        await do(restrict_member)(actor=sam, member=charlie, kind="ban", reason="test")
        assert await one.next() == 4403
        assert await (await page(charlie)).next() == 4403

    run(story)


@pytest.mark.parametrize("frame", [{"text_data": '{"type":"resume","room":"x"}'}, {"bytes_data": b"\x00"}])
def test_a_frame_that_comes_closes_it(frame, run, charlie: Member) -> None:
    begin(charlie)

    async def story(page) -> None:
        one = await page(charlie)
        assert await one.next() == age("pending")
        await one.communicator.send_to(**frame)
        assert await one.next() == 4429

    run(story)


@pytest.mark.parametrize(("origin", "opens"), [("http://localhost", True), ("https://elsewhere.example", False)])
def test_another_site_opens_it_for_nobody(origin: str, opens: bool, charlie: Member, settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    begin(charlie)
    headers = [(b"host", b"localhost"), (b"origin", origin.encode()), (b"cookie", session_of(charlie).encode())]

    async def story() -> None:
        application = AllowedHostsOriginValidator(MemberOfSession(URLRouter(websocket_urlpatterns)))  # as config.asgi
        socket = WebsocketCommunicator(application, "/ws/age/", headers=headers)
        accepted, _code = await socket.connect(timeout=WITHIN)
        assert accepted is opens
        if opens:
            assert json.loads(await socket.receive_from(timeout=WITHIN)) == age("pending")
        await socket.disconnect(timeout=WITHIN)

    asyncio.run(story())
