"""Fixtures that every test may use. The servers' ones start real servers once per session; mark such tests `servers`.

EVENTRAIL_STACK=.run/stack.json makes them use servers that run already (`python -m stack up`), for a quick inner loop.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from stack.compose import Stack
from stack.elasticsearch import VERSION_9, Elasticsearch, why_not
from stack.places import temporary_root
from stack.prometheus import Prometheus
from stack.rabbitmq import RabbitMQ

TEST_HEAP = "512m"

# How many examples a property is tried with: few in the inner loop, many in `make test`.
settings.register_profile("quick", max_examples=20, deadline=None)
settings.register_profile("thorough", max_examples=150, deadline=None)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one switch that writes golden files anew; look at the difference before committing it."""
    parser.addoption("--regenerate", action="store_true", help="write golden files anew instead of comparing")


@pytest.fixture
def regenerate(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--regenerate"))


@pytest.fixture(scope="session")
def servers_folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Where the session's servers keep their data; removed unless a test failed."""
    root = temporary_root("eventrail-tests-")
    yield root
    if request.session.testsfailed:
        print(f"\nThe servers' logs and data are kept in {root}")
    else:
        shutil.rmtree(root)


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """All servers, running. Tests share them: each uses index, queue and metric names of its own."""
    running = os.environ.get("EVENTRAIL_STACK")
    if running:
        yield Stack.load(Path(running))
        return
    servers = Stack.create(request.getfixturevalue("servers_folder"), heap=TEST_HEAP)
    servers.start()
    try:
        yield servers
    finally:
        servers.stop()


@pytest.fixture(scope="session")
def elasticsearch(stack: Stack) -> Elasticsearch:
    """Elasticsearch 8."""
    return stack.elasticsearch


@pytest.fixture(scope="session")
def elasticsearch_9(servers_folder: Path) -> Iterator[Elasticsearch]:
    """Elasticsearch 9; skips where it cannot run."""
    if reason := why_not(VERSION_9):
        pytest.skip(reason)
    server = Elasticsearch.create(servers_folder / "elasticsearch-9", VERSION_9, TEST_HEAP)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def prometheus(stack: Stack) -> Prometheus:
    """Prometheus, scraping the stack's servers every 5 s."""
    return stack.prometheus


@pytest.fixture(scope="session")
def rabbitmq(stack: Stack) -> RabbitMQ:
    """The broker."""
    return stack.rabbitmq
