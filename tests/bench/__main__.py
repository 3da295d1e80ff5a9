"""`make bench`: the whole way of a message, measured. Prints a table beside the peers' figures and writes JSON.

The server (web and worker) has one core, the client with Redis and PostgreSQL another, as in the peers' figures.
Nothing is asserted on time: a machine is what it is.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import datetime as dt
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import Message, Room
from chat.services.posting import Post, post_messages
from community.models import Member
from community.policies import AgeBand
from safeguarding.detection import engine
from safeguarding.detection.rulesets import load_ruleset
from safeguarding.detection.types import Person, RoomInfo, Utterance
from tests.bench.age import age_cost
from tests.bench.crowd import Crowd
from tests.bench.sockets import open_socket
from tests.cast import open_member, open_room
from tests.harness.databases import PostgresDatabase, SqliteDatabase, TestDatabase, connect_to
from tests.harness.live import LiveHavre, free_port, live_environment
from tests.harness.servers import PostgresServer, RedisServer, wait_until
from tests.harness.sessions import session_of
from tests.settings import TEST_VAR

MEMBERS, SENDERS = (10, 100, 500), (1, 20)
# deliveries/s at 100 members and 20 senders, felt p50 / p99 in ms: measured elsewhere on two cores, one for the server.
PEERS = {
    "ejabberd MUC (stores and checks nothing)": (56_000, "2.4 / 4.8"),
    "Prosody MUC (stores and checks nothing)": (20_000, "7.5 / 9"),
    "Matrix Synapse (SQLite, /sync)": (1_300, "355 / 436"),
    "a tutorial consumer (group_send, one task a message)": (7_000, "16.8 / -"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each measurement lasts")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--members", default=",".join(map(str, MEMBERS)))
    parser.add_argument("--together", type=int, default=64, help="posts in one commit at most; 1: each pays for itself")
    parser.add_argument("--json", type=Path, default=Path("var") / "bench.json")
    options = parser.parse_args()
    members = [int(one) for one in options.members.split(",")]
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})  # this process, Redis and PostgreSQL; the server gets the first core
    redis = RedisServer(TEST_VAR / "redis.sock")
    redis.start()
    figures: dict[str, Any] = {"machine": platform.platform(), "cores": len(cores), "rooms": []}
    try:
        figures["engine"] = engine_cost()
        figures["age"] = age_cost()
        with tempfile.TemporaryDirectory() as folder:
            for vendor in options.databases.split(","):
                figures["rooms"] += measure(
                    vendor, Path(folder), redis, members, options.seconds, {cores[0]}, options.together, figures
                )
    finally:
        cache.close()
        redis.stop()
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    report(figures)
    print(f"\nwritten: {options.json.name}")


def measure(
    vendor: str,
    folder: Path,
    redis: RedisServer,
    sizes: list[int],
    seconds: float,
    core: set[int],
    together: int,
    into: dict[str, Any],
) -> list[dict[str, Any]]:
    """Every room size on one database, with a server of its own."""
    server: PostgresServer | None = None
    database: TestDatabase
    if vendor == "postgresql":
        server = PostgresServer()
        server.start()
        database = PostgresDatabase(server)
    else:
        database = SqliteDatabase(folder)
    var = folder / vendor
    var.mkdir()
    try:
        database.prepare()
        url = database.clone()
        connect_to(url)
        havre = LiveHavre(
            port=(port := free_port()),
            var=var,
            environ=live_environment(url=url, redis=redis, var=var, port=port)
            | {"SOCKET_FRAMES_PER_SECOND": "100000", "POSTS_TOGETHER": str(together)},
            redis=redis,
            core=core,
        )
        try:
            begun = time.monotonic()
            havre.start_web()
            into.setdefault("start_seconds", {})[vendor] = round(time.monotonic() - begun, 2)
            havre.start_worker()
            print(f"{vendor}: server up", flush=True)
            cookies = people(max(sizes))
            into.setdefault("idle_socket_kb", {})[vendor] = round(asyncio.run(idle_memory(havre, cookies)), 1)
            into.setdefault("statements_a_post", {})[vendor] = statements()
            return [figure for size in sizes for figure in room_figures(vendor, havre, cookies[:size], seconds)]
        finally:
            havre.close()
            database.connect()
    finally:
        connection.close()
        if server:
            server.stop()


def people(count: int) -> list[str]:
    """Cookies of so many adults and, after them in the same order, nobody: rooms are opened for the first of them."""
    return [session_of(open_member(f"m{number:03}", AgeBand.ADULT)) for number in range(count)]


def room_figures(vendor: str, havre: LiveHavre, cookies: list[str], seconds: float) -> list[dict[str, Any]]:
    """What a room of this size feels: deliveries with 1 and 20 senders, latency, and latency behind the check."""
    size = len(cookies)
    members = members_of(size)
    seen = open_room(f"at once {vendor} {size}", *members)
    checked = open_room(f"checked first {vendor} {size}", *members)
    Room.objects.filter(pk=checked.pk).update(delivery=Room.Delivery.CHECK_FIRST)
    figures = []
    for senders in SENDERS:
        if senders > size:
            continue
        a_second, web_us = asyncio.run(deliveries(havre, seen.public_id, cookies, senders, seconds))
        worker_us = check_processor_time(havre, seen)
        figures.append(
            {
                "database": vendor,
                "members": size,
                "senders": senders,
                "deliveries": round(a_second),
                "web_cpu_us": round(web_us, 1),
                "worker_cpu_us": round(worker_us),
            }
        )
        print(
            f"  {size} members, {senders} senders: {a_second:,.0f} deliveries/s; processor: web {web_us:.1f} µs "
            f"a delivery, worker {f'{worker_us:,.0f} µs a message' if worker_us else 'kept up'}",
            flush=True,
        )
    felt = asyncio.run(latency(havre, seen.public_id, cookies, seconds))
    behind = asyncio.run(latency(havre, checked.public_id, cookies, seconds))
    figures[0] |= {"felt_ms": felt, "checked_ms": behind}
    print(f"  {size} members: felt {felt['p50']} / {felt['p99']} ms, checked {behind['p50']} / {behind['p95']} ms")
    return figures


def members_of(size: int) -> list[Member]:
    return list(Member.objects.order_by("pk")[:size])


async def deliveries(
    havre: LiveHavre, room: str, cookies: list[str], senders: int, seconds: float
) -> tuple[float, float]:
    """Deliveries a second, and the web's processor time for one in microseconds (which a busy machine leaves alone)."""
    crowd = Crowd(havre.port, room, cookies)
    await crowd.gather()
    await crowd.deliveries(senders, 1.0)  # warm
    before = processor_seconds(havre.processes["web"].pid)
    rate = await crowd.deliveries(senders, seconds)
    spent = processor_seconds(havre.processes["web"].pid) - before
    heard = crowd.events
    await crowd.disperse()
    return rate, spent / max(1, heard) * 1e6


def check_processor_time(havre: LiveHavre, room: Room) -> float:
    """Microseconds the worker spends on one more message: on the backlog that a busy room left, until it is gone.

    Leaves nothing unchecked behind: what is measured next is not the worker catching up.
    """
    unchecked = room.messages.filter(check_state=Message.CheckState.PENDING)
    worker = havre.processes["worker"].pid
    before, waiting = processor_seconds(worker), unchecked.count()
    wait_until(lambda: not unchecked.exists(), seconds=120, what="everything is checked")
    if waiting < 100:  # it has kept up: too few to tell
        return 0.0
    return (processor_seconds(worker) - before) / waiting * 1e6


def processor_seconds(pid: int) -> float:
    """User and system time that a process and its children have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(processor_seconds(int(child)) for child in children)


async def latency(havre: LiveHavre, room: str, cookies: list[str], seconds: float) -> dict[str, float]:
    crowd = Crowd(havre.port, room, cookies)
    await crowd.gather()
    await crowd.felt(20, 1.0)
    felt = await crowd.felt(20, seconds)
    await crowd.disperse()
    return dataclasses.asdict(felt)


async def idle_memory(havre: LiveHavre, cookies: list[str]) -> float:
    """Kilobytes of resident memory a socket that says nothing, once the process is warm."""
    warm = [await open_socket(havre.port, cookie, lambda *_: None) for cookie in cookies[:5]]
    before = resident_kb(havre.processes["web"].pid)
    sockets = [await open_socket(havre.port, cookie, lambda *_: None) for cookie in cookies]
    await asyncio.sleep(1)
    grown = resident_kb(havre.processes["web"].pid) - before
    for socket in warm + sockets:
        socket.transport.close()
    await asyncio.sleep(1)
    return grown / len(sockets)


def resident_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def statements() -> dict[str, int]:
    """SQL statements of one post, transaction and all, with rights and rules warm."""
    member = members_of(1)[0]
    counts = {}
    for name, delivery in (("seen at once", Room.Delivery.CHECK_AFTER), ("checked first", Room.Delivery.CHECK_FIRST)):
        room = open_room(f"statements {name} {time.monotonic_ns()}", member)
        Room.objects.filter(pk=room.pk).update(delivery=delivery)
        post_messages([Post(member, room, "warm", "Bonsoir")])
        with CaptureQueriesContext(connection) as captured:
            post_messages([Post(member, room, "one", "Bonsoir à toutes et tous")])
        counts[name] = sum(1 for query in captured if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT")))
    return counts


def engine_cost() -> dict[str, Any]:
    """Microseconds of processor time a message of sixty characters: the screen, and the full check."""
    begun = time.perf_counter()
    ruleset = load_ruleset()
    room = RoomInfo("r", "room", "Le café", "", "adult")
    author, other = Person("a", "adult", 300, "Bob"), Person("b", "adult", 300, "Camille")
    texts = [f"on se retrouve au cinéma samedi avec la bande, c'est le {n}" for n in range(400)]
    engine.screen(texts[0], room=room, author=author, ruleset=ruleset)
    load_ms = (time.perf_counter() - begun) * 1e3
    screens = []
    for text in texts * 5:
        start = time.perf_counter_ns()
        engine.screen(text, room=room, author=author, ruleset=ruleset)
        screens.append((time.perf_counter_ns() - start) / 1e3)
    checks, ledgers = [], {}
    people = {"a": author, "b": other}
    for number, text in enumerate(texts):
        at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=20 * number)
        utterance = Utterance(str(number), "ab"[number % 2], at, text)
        start = time.perf_counter_ns()
        assessment = engine.assess(utterance, room=room, people=people, ledgers=ledgers, ruleset=ruleset)
        checks.append((time.perf_counter_ns() - start) / 1e3)
        ledgers |= assessment.ledgers
    return {
        "load_ms": round(load_ms),
        "screen_us": quantiles(screens),
        "check_us": quantiles(checks),
    }


def quantiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": round(ordered[len(ordered) // 2], 1), "p99": round(ordered[int(len(ordered) * 0.99)], 1)}


def report(figures: dict[str, Any]) -> None:
    """The table a person reads."""
    width = shutil.get_terminal_size((110, 24)).columns
    print("\n" + "─" * min(width, 110))
    heads = ("database", "members", "senders", "deliveries/s", "felt p50/p99 ms", "checked p50/p95/p99 ms")
    print("{:<12}{:>8}{:>8}{:>14}{:>18}{:>26}".format(*heads))
    for one in figures["rooms"]:
        felt, checked = one.get("felt_ms"), one.get("checked_ms")
        felt_text = f"{felt['p50']} / {felt['p99']}" if felt else ""
        checked_text = f"{checked['p50']} / {checked['p95']} / {checked['p99']}" if checked else ""
        print(
            f"{one['database']:<12}{one['members']:>8}{one['senders']:>8}{one['deliveries']:>14,}"
            f"{felt_text:>18}{checked_text:>26}"
        )
    print("\npeers, 100 members and 20 senders (measured on another machine of two cores):")
    for name, (rate, felt_text) in PEERS.items():
        print(f"  {name:<56}{rate:>10,} deliveries/s   felt {felt_text} ms")
    engine_figures = figures["engine"]
    print(
        f"\nverify a proof of age: {figures['age']['verify_ms']} ms, sealed: {figures['age']['open_and_verify_ms']} ms"
    )
    print(f"screen a message: {engine_figures['screen_us']} µs   full check: {engine_figures['check_us']} µs")
    print(f"rules ready in {engine_figures['load_ms']} ms   statements a post: {figures['statements_a_post']}")
    print(f"idle socket: {figures['idle_socket_kb']} KB   web up in {figures['start_seconds']} s")


if __name__ == "__main__":
    sys.exit(main())
