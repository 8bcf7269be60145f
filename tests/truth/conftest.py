"""The bank on the real servers, with the servers as Eventrail's live sources."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bank.client import Bank
from eventrail.configuration import Configuration
from eventrail.sources.opening import open_sources
from eventrail.sources.ports import Sources
from stack.compose import Stack
from stack.live import configuration
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
    """The servers as `make live` configures them: accounts that may only look."""
    return open_sources("live", Configuration(**tomllib.loads(configuration(stack))))


@pytest.fixture(scope="session")
def broker(stack: Stack) -> LivingBroker:
    """What the broker's own processes say."""
    return LivingBroker(stack.rabbitmq)


@pytest.fixture(scope="session")
def figures() -> Figures:
    """What the run measured; written to .run/exactness.json."""
    return Figures(Path(".run/exactness.json"))
