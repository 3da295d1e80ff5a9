"""A rule put in force while everything runs: web and worker follow by themselves, without a restart."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from chat.models import Message
from community.policies import AgeBand
from community.roles import OFFICER_DEPUTY, OFFICER_LEAD
from safeguarding import rules
from safeguarding.models import Stage
from safeguarding.rules import WATCH_SECONDS
from safeguarding.services.rule_moves import move_rule
from safeguarding.services.rules import import_rules
from tests.cast import open_member, open_room
from tests.harness.live import LiveHavre
from tests.harness.sessions import session_of
from tests.harness.talkers import Talker
from tests.safeguarding.rules.conftest import herring

pytestmark = [pytest.mark.live]


def test_a_running_web_process_follows_the_rules_within_seconds(live_havre: LiveHavre) -> None:
    bob = open_member("bob", AgeBand.ADULT)
    sam, _dana = (open_member(n, AgeBand.ADULT, role) for n, role in (("sam", OFFICER_LEAD), ("dana", OFFICER_DEPUTY)))
    room = open_room("Le café", bob)

    def put_in_force() -> None:
        rule = import_rules(actor=sam, files=herring(action="refuse")).rules.get(key="t.herring")
        for stage in (Stage.SHADOW, Stage.CANARY, Stage.LIVE):
            move_rule(actor=sam, rule=rule, to=stage, reason="seen last night")

    def said(client_id: str) -> str:
        return Message.objects.get(client_id=client_id).revisions.get().verdict

    talker = Talker(live_havre.websocket_url, session_of(bob), room.public_id)

    async def verdict_of_a_herring() -> str:
        client_id = await talker.say("voici le hareng bleu")
        await talker.until(lambda one: client_id in one.acks)
        return await sync_to_async(said)(client_id)

    async def story() -> None:
        async with talker:
            assert await verdict_of_a_herring() == "allow"
            await sync_to_async(put_in_force)()
            async with asyncio.timeout(30):  # far more than it takes: what is tested is that it follows at all
                while await verdict_of_a_herring() != "refuse":
                    await asyncio.sleep(WATCH_SECONDS / 4)

    assert WATCH_SECONDS < 5
    try:
        async_to_sync(story)()
    finally:
        rules.forget_rules()
