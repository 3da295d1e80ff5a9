"""The real processes, as `make run` starts them: they find each other, and monitoring sees when one is gone."""

from __future__ import annotations

import http.client
import json

import pytest

from community.models import Community
from tests.harness.live import LiveHavre
from tests.harness.servers import wait_until

pytestmark = pytest.mark.live


def health(havre: LiveHavre) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", havre.port, timeout=10)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_web_worker_and_beat_find_each_other(live_havre: LiveHavre) -> None:
    wait_until(lambda: health(live_havre)[0] == 200, seconds=30, what="all is well")
    assert health(live_havre)[1]["status"] == "ok"


def test_the_test_and_the_server_see_one_database(live_havre: LiveHavre) -> None:
    Community.objects.update_or_create(pk=1, defaults={"name": "Les Amarres"})
    connection = http.client.HTTPConnection("127.0.0.1", live_havre.port, timeout=10)
    connection.request("GET", "/", headers={"Accept-Language": "fr"})
    assert "Les Amarres" in connection.getresponse().read().decode()


def test_the_web_answers_again_after_it_was_killed(live_havre: LiveHavre) -> None:
    live_havre.kill("web")
    with pytest.raises(OSError, match="refused"):
        health(live_havre)
    live_havre.start_web()
    assert health(live_havre)[1]["database"] == "ok"


def test_a_redis_that_comes_back_empty_is_found_again(live_havre: LiveHavre) -> None:
    wait_until(lambda: health(live_havre)[0] == 200, seconds=30, what="all is well")
    live_havre.redis.stop()
    status, parts = health(live_havre)
    assert (status, parts["redis"], parts["database"]) == (503, "down", "ok")
    live_havre.redis.start()
    wait_until(lambda: health(live_havre)[0] == 200, seconds=40, what="all is well again")
