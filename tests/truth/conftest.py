"""The bank on the real servers, with the servers as Eventrail's live sources."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bank.client import Bank
from eventrail.configuration import Configuration
from eventrail.sources.opening import open_sources
from eventrail.sources.ports import Sources
from stack.compose import Stack
from tests.truth.figures import Figures
from tests.truth.living_broker import LivingBroker

RATE = 10.0
SEED = 7


@pytest.fixture(scope="session")
def bank(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """Nineteen services at 10 events a second."""
    folder = tmp_path_factory.mktemp("bank")
    state: Path = folder / "stack.json"
    stack.save(state)
    with Bank.start(state, folder / "run", rate=RATE, seed=SEED) as running:
        yield running


@pytest.fixture(scope="session")
def live(stack: Stack) -> Sources:
    """The servers as a user of them would configure them: read-only accounts."""
    settings = Configuration(
        elasticsearch={
            "url": stack.elasticsearch.url,
            "username": stack.elasticsearch.reader.username,
            "password": stack.elasticsearch.reader.password,
        },
        prometheus={"url": stack.prometheus.url},
        rabbitmq={
            "url": stack.rabbitmq.management_url,
            "username": stack.rabbitmq.monitoring.username,
            "password": stack.rabbitmq.monitoring.password,
        },
    )
    return open_sources("live", settings)


@pytest.fixture(scope="session")
def broker(stack: Stack) -> LivingBroker:
    """What the broker's own processes say."""
    return LivingBroker(stack.rabbitmq)


@pytest.fixture(scope="session")
def figures() -> Figures:
    """What the run measured; written to .run/exactness.json."""
    return Figures(Path(".run/exactness.json"))
