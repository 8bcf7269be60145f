"""The living broker, asked over its management API."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from eventrail.configuration.sections import RabbitmqSection
from eventrail.sources.rabbitmq import RabbitmqSource
from eventrail.sources.rabbitmq.management import PAGE_SIZE
from stack.rabbitmq import VIRTUAL_HOST, RabbitMQ
from tests.contract.documents import HOSTILE_IDS
from tests.contract.loopback import Certificate, closed_port, proxy, silent_port
from tests.contract.subjects import ALLOWED_SECONDS, PATIENCE_SECONDS

pytestmark = pytest.mark.servers

# The broker refreshes its statistics every 5 s.
STATISTICS_SECONDS = 30.0
_NUMBERS = itertools.count(1)


def section(broker: RabbitMQ, **keys: Any) -> RabbitmqSection:
    account = broker.monitoring
    given = {"url": broker.management_url, "username": account.username, "password": account.password}
    return RabbitmqSection(**given | keys)


def until(ask: Callable[[], pd.DataFrame], holds: Callable[[pd.DataFrame], bool]) -> pd.DataFrame:
    """Ask until the statistics have caught up."""
    deadline = time.monotonic() + STATISTICS_SECONDS
    while not holds(frame := ask()):
        assert time.monotonic() < deadline, frame
        time.sleep(0.2)
    return frame


@pytest.fixture
def source(rabbitmq: RabbitMQ) -> RabbitmqSource:
    return RabbitmqSource(section(rabbitmq))


@pytest.fixture
def channel(rabbitmq: RabbitMQ) -> Iterator[BlockingChannel]:
    """A channel of a pod named payments-1."""
    parameters = pika.URLParameters(rabbitmq.amqp_url)
    parameters.client_properties = {"connection_name": "payments-1/1"}
    with pika.BlockingConnection(parameters) as connection:
        yield connection.channel()


@pytest.fixture
def prefix(channel: BlockingChannel) -> Iterator[str]:
    """The beginning of the names of one test's queues, which are deleted afterwards with their exchange."""
    name = f"test-{next(_NUMBERS)}-"
    channel.exchange_declare(name, "topic")
    yield name
    channel.exchange_delete(name)


def declare(channel: BlockingChannel, prefix: str, name: str) -> str:
    channel.queue_declare(prefix + name, exclusive=True)
    return prefix + name


def of_test(frame: pd.DataFrame, prefix: str) -> pd.DataFrame:
    return frame[frame["queue"].str.startswith(prefix).fillna(value=False)]


def test_the_broker_says_what_it_is(source: RabbitmqSource) -> None:
    check = source.check()

    assert check.reachable
    assert check.version.startswith("3.")
    assert dict(check.details)["cluster"]


def test_a_queue_shows_what_waits_and_what_is_held_and_a_channel_who_holds_it(
    source: RabbitmqSource, channel: BlockingChannel, prefix: str
) -> None:
    queue = declare(channel, prefix, "payments")
    for _ in range(5):
        channel.basic_publish("", queue, b"{}")
    channel.basic_qos(prefetch_count=3)
    channel.basic_consume(queue, lambda *_: None, consumer_tag="the-consumer")
    channel.connection.process_data_events(time_limit=1)

    counted = ["messages_ready", "messages_unacknowledged", "consumers"]
    held = until(
        lambda: of_test(source.queues().frame, prefix),
        lambda frame: frame[counted].fillna(0).to_numpy().tolist() == [[2, 3, 1]],
    ).iloc[0]
    holder = until(
        lambda: of_test(source.channels().frame, prefix),
        lambda frame: frame["messages_unacknowledged"].fillna(0).tolist() == [3],
    ).iloc[0]

    assert (held["vhost"], held["queue"], held["kind"]) == (VIRTUAL_HOST, queue, "classic")
    assert (holder["pod"], holder["client_id"], holder["consumer_tag"]) == (
        "payments-1",
        "payments-1/1",
        "the-consumer",
    )
    assert (holder["queue"], holder["prefetch"], holder["vhost"]) == (queue, 3, VIRTUAL_HOST)
    assert holder["peer_address"].startswith("127.0.0.1:")


def test_a_queue_tells_the_consumer_timeout_of_its_argument(
    source: RabbitmqSource, channel: BlockingChannel, prefix: str
) -> None:
    declare(channel, prefix, "usual")
    channel.queue_declare(prefix + "hasty", exclusive=True, arguments={"x-consumer-timeout": 90_000})

    told = until(
        lambda: of_test(source.queues().frame, prefix).set_index("queue"),
        lambda frame: len(frame) == 2,
    )["consumer_timeout_seconds"]

    assert told[f"{prefix}hasty"] == 90.0
    assert pd.isna(told[f"{prefix}usual"])


def test_a_channel_without_consumers_has_one_row_without_a_queue(
    source: RabbitmqSource, channel: BlockingChannel
) -> None:
    number = channel.channel_number
    frame = until(lambda: source.channels().frame, lambda frame: bool((frame["client_id"] == "payments-1/1").any()))

    own = frame[frame["channel"].str.endswith(f"({number})") & (frame["client_id"] == "payments-1/1")]
    assert own["queue"].isna().all()


def test_bindings_say_where_a_routing_key_leads(source: RabbitmqSource, channel: BlockingChannel, prefix: str) -> None:
    queue = declare(channel, prefix, "payments")
    channel.queue_bind(queue, prefix, "payment.*")

    bindings = of_test(source.bindings().frame, prefix)

    assert bindings[bindings["exchange"] != ""].to_numpy().tolist() == [[VIRTUAL_HOST, prefix, "payment.*", queue]]


def test_names_are_shown_as_they_are(source: RabbitmqSource, channel: BlockingChannel, prefix: str) -> None:
    # The broker takes line ends out of names.
    names = [name for name in HOSTILE_IDS.values() if len((prefix + name).encode()) <= 255 and "\n" not in name]
    declared = {declare(channel, prefix, name) for name in names}

    assert set(of_test(source.queues().frame, prefix)["queue"]) == declared


def test_more_queues_than_a_page_holds_all_come(source: RabbitmqSource, channel: BlockingChannel, prefix: str) -> None:
    declared = {declare(channel, prefix, str(number)) for number in range(PAGE_SIZE + 7)}

    found = until(lambda: of_test(source.queues().frame, prefix), lambda frame: len(frame) >= len(declared))

    assert set(found["queue"]) == declared
    assert len(found) == len(declared)


def test_only_the_virtual_hosts_that_are_configured_are_looked_at(
    rabbitmq: RabbitMQ, channel: BlockingChannel, prefix: str
) -> None:
    declare(channel, prefix, "payments")
    inside = RabbitmqSource(section(rabbitmq, vhosts=(VIRTUAL_HOST,)))
    elsewhere = RabbitmqSource(section(rabbitmq, vhosts=("not/there",)))

    assert len(of_test(inside.queues().frame, prefix)) == 1
    answer = elsewhere.queues()
    assert len(answer.frame) == 0
    assert "no such virtual host" in str(answer.problems[0])


def problems_of(source: RabbitmqSource) -> str:
    """Ask everything; every answer is empty, whole in its form, and says the same kind of problem."""
    answers = (source.queues(), source.channels(), source.bindings())
    assert [len(answer.frame) for answer in answers] == [0, 0, 0]
    assert "vhost" in answers[0].frame.columns
    assert not source.check().reachable
    assert all(answer.problems[0].severity == "error" and answer.problems[0].remedy for answer in answers)
    return str(answers[0].problems[0])


def test_wrong_credentials_are_a_problem_that_says_what_to_do(rabbitmq: RabbitMQ) -> None:
    problem = problems_of(RabbitmqSource(section(rabbitmq, password="not the password")))

    assert "does not accept the credentials" in problem
    assert "not the password" not in problem


def test_a_broker_that_is_down_is_a_problem_that_says_what_to_do(rabbitmq: RabbitMQ) -> None:
    assert "nothing answers" in problems_of(RabbitmqSource(section(rabbitmq, url=f"http://127.0.0.1:{closed_port()}")))


def test_a_broker_that_does_not_answer_is_a_problem_within_the_time_allowed(rabbitmq: RabbitMQ) -> None:
    with silent_port() as port:
        source = RabbitmqSource(section(rabbitmq, url=f"http://127.0.0.1:{port}", timeout_seconds=PATIENCE_SECONDS))
        began = time.monotonic()

        assert "in time" in problems_of(source)

    assert time.monotonic() - began < ALLOWED_SECONDS


def test_a_certificate_is_trusted_by_its_authority_and_refused_without(rabbitmq: RabbitMQ, tmp_path: Path) -> None:
    certificate = Certificate.make(tmp_path)
    with proxy(rabbitmq.management_port, certificate=certificate) as secure:
        address = f"https://127.0.0.1:{secure.port}"

        assert RabbitmqSource(section(rabbitmq, url=address, ca_file=certificate.certificate)).check().reachable
        assert "is not trusted" in problems_of(RabbitmqSource(section(rabbitmq, url=address)))
