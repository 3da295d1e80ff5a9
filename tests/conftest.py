"""What every test may use.

A test that touches the database runs once for each database of `--databases` (default: sqlite; `make test` gives
both), as `test_name[sqlite]` and `test_name[postgresql]`, on a real file and a real server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import TransactionTestCase
from django.utils import translation

from community.services import access
from safeguarding.rules import current_rules
from tests.harness.databases import PostgresDatabase, SqliteDatabase, TestDatabase
from tests.harness.servers import PostgresServer, RedisServer
from tests.settings import TEST_VAR

pytest_plugins = ["tests.harness.authority", "tests.harness.browsers", "tests.harness.live"]

PROJECT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI", "").lower() == "true"
NEEDS_DATABASE = {"db", "transactional_db", "live_havre"}


def missing(reason: str) -> None:
    """A component that is not there: a failure under CI=true, where everything must run, a skip elsewhere."""
    if CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def shared_path(*parts: str) -> Path:
    """A file of the shared data folder beside the project; skips where the folder is not there.

    Under CI=true a folder that is there but lacks the file is a failure.
    """
    folder = PROJECT.parent / "shared"
    path = folder.joinpath(*parts)
    if path.exists():
        return path
    if CI and folder.exists():
        pytest.fail(f"the shared folder has no {'/'.join(parts)}", pytrace=False)
    pytest.skip(f"no shared data here: {'/'.join(parts)}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--databases", default="sqlite", help="comma-separated: sqlite, postgresql")
    parser.addoption("--part", choices=("all", "database", "rest"), default="all", help="see tests/run.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    part = config.getoption("--part")
    if part == "all":
        return
    chosen, others = [], []
    for item in items:
        everywhere = "database" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("one_database")
        (chosen if everywhere == (part == "database") else others).append(item)
    items[:] = chosen
    config.hook.pytest_deselected(items=others)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("django_db") or NEEDS_DATABASE & set(metafunc.fixturenames):
        metafunc.fixturenames.append("database")
        names = metafunc.config.getoption("--databases").split(",")
        if metafunc.definition.get_closest_marker("one_database"):
            names = names[:1]
        metafunc.parametrize("database", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    if not PostgresServer.binary("initdb"):
        missing("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TestDatabase:
    match request.param:
        case "sqlite":
            return SqliteDatabase(tmp_path_factory.mktemp("sqlite"))
        case "postgresql":
            return PostgresDatabase(request.getfixturevalue("postgres_server"))
        case other:
            raise pytest.UsageError(f"--databases: {other!r} is neither sqlite nor postgresql")


@pytest.fixture(scope="session")
def django_db_setup(database, django_test_environment, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        database.prepare()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: database.restore())
        current_rules()  # every process has read its rules before the first message
        yield


@pytest.fixture(scope="session", autouse=True)
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer(TEST_VAR / "redis.sock")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def first_language() -> None:
    """No test speaks the language in which the one before it ended."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def empty_redis(redis_server: RedisServer) -> Iterator[None]:
    """No test finds another's cache, rate limits or queue, nor the rights of another's members of the same number."""
    yield
    redis_server.client.flushall()
    cache.close()
    access.forget_accesses()
