"""Closing a connection: what it holds is shown before, goes back after, and only the one that was shown is closed."""

import json

import pytest
from pika.exceptions import ConnectionClosedByBroker

from eventrail.acting.connections import close_connection, show_connection
from eventrail.acting.journal import Actor
from eventrail.acting.permission import Allowed
from eventrail.errors import NotFoundError, SourceUnavailableError, UsageError
from stack.rabbitmq import RabbitMQ
from tests.acting.conftest import Post, consumer
from tests.stack.polling import eventually

pytestmark = pytest.mark.servers

ACTOR = Actor("A. Ng", "ops", "host-1")


def there(allowed: Allowed, name: str, unacknowledged: int) -> bool:
    """Whether the broker's figures, which come every 5 s, know the connection and what it holds."""
    try:
        return show_connection(allowed, name).unacknowledged == unacknowledged
    except (NotFoundError, SourceUnavailableError):
        return False


def test_a_stuck_connection_is_shown_and_closed_and_its_messages_go_back(
    post: Post, allowed: Allowed, rabbitmq: RabbitMQ
) -> None:
    for number in range(5):
        post.publish(post.work, str(number).encode())
    with consumer(rabbitmq, "payments-1/1") as channel:
        channel.basic_qos(prefetch_count=3)
        channel.basic_consume(post.work, lambda *_: None)
        channel.connection.process_data_events(time_limit=1)
        assert eventually(lambda: there(allowed, "payments-1/1", 3))
        shown = show_connection(allowed, "payments-1/1")

        assert [(held.unacknowledged, held.prefetch, held.queues) for held in shown.channels] == [(3, 3, (post.work,))]
        with pytest.raises(UsageError, match="nothing was closed"):
            close_connection(allowed, shown.name, "00000000", ACTOR)
        assert not allowed.journal.exists()
        assert close_connection(allowed, shown.name, shown.code, ACTOR).unacknowledged == 3
        assert eventually(lambda: post.count(post.work) == 5)
        with pytest.raises(ConnectionClosedByBroker, match=r"closed by A\. Ng"):
            channel.connection.process_data_events(time_limit=5)

    began, ended = (json.loads(line) for line in allowed.journal.read_text().splitlines())
    assert (began["who"], began["what"], began["unacknowledged"]) == ("A. Ng", "close connection", 3)
    assert (began["connection"], began["queues"], ended["clean"]) == (shown.name, [post.work], True)


def test_a_name_that_two_clients_share_or_none_has_closes_nothing(allowed: Allowed, rabbitmq: RabbitMQ) -> None:
    with pytest.raises(NotFoundError, match="no open connection 'nobody'"):
        show_connection(allowed, "nobody")
    with consumer(rabbitmq, "ledger-1/1") as one:
        assert eventually(lambda: there(allowed, "ledger-1/1", 0))
        code = show_connection(allowed, "ledger-1/1").code
        one.connection.close()
        with consumer(rabbitmq, "ledger-1/1"):
            # Another connection of the same name is another connection.
            assert eventually(
                lambda: there(allowed, "ledger-1/1", 0) and show_connection(allowed, "ledger-1/1").code != code
            )
            with pytest.raises(UsageError, match="is not the connection with the code"):
                close_connection(allowed, "ledger-1/1", code, ACTOR)
