"""The page Unacknowledged, where acting is allowed: a stuck holder's connection is closed, after a confirmation."""

import json
from pathlib import Path

import pytest
from pika.exceptions import ConnectionClosedByBroker
from streamlit.testing.v1 import AppTest

from stack.rabbitmq import RabbitMQ
from tests.acting.conftest import Post, consumer
from tests.acting.test_page import page, words
from tests.dashboard.conftest import forget_answers
from tests.stack.polling import eventually

__all__ = ["page"]
pytestmark = pytest.mark.servers

POD = "payments-closing-1"


def offered(app: AppTest) -> list[str]:
    """Ask anew, and give the keys of the buttons that would close a connection of the test's pod."""
    forget_answers()
    app.run()
    cards = [shown.value for shown in app.html if POD in shown.value]
    return [str(button.key) for button in app.button if button.label == "Close connection…"] if cards else []


def submit(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def test_a_holders_connection_is_closed_once_who_and_code_are_given(
    post: Post, page: AppTest, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    for number in range(5):
        post.publish(post.work, str(number).encode())
    with consumer(rabbitmq, f"{POD}/1") as channel:
        channel.basic_qos(prefetch_count=3)
        channel.basic_consume(post.work, lambda *_: None)
        second = channel.connection.channel()
        second.basic_get(post.work)
        channel.connection.process_data_events(time_limit=0.5)
        own = "{}:{}".format(*channel.connection._impl._transport._sock.getsockname()[:2])
        key = f"closing.{own} -> 127.0.0.1:{rabbitmq.amqp_port}"
        assert eventually(lambda: key in offered(page)), offered(page)

        page.button(key=key).click().run()
        said = words(page)
        assert f"4 messages of {post.work}, by the broker’s figures" in said
        assert f"holds 3, prefetch 3, takes from {post.work}" in said
        assert "holds 1, prefetch 0, takes from no queue: it has no consumer" in said
        assert "0 of the 0 that the logs list; of 4 that no line lists it is not known" in said

        code = next(box.label for box in page.text_input if box.label.startswith("type ")).split()[1]
        submit(page, "Close it")
        assert "say who acts" in words(page)
        page.text_input(key="closing.who").set_value("A. Ng")
        page.text_input(key="closing.code").set_value("00000000")
        submit(page, "Close it")
        assert "nothing was closed" in words(page)
        assert not journal.exists()

        page.text_input(key="closing.code").set_value(code)
        submit(page, "Close it")
        assert not page.exception
        assert f"The connection {POD}/1 is closed" in words(page)
        with pytest.raises(ConnectionClosedByBroker, match=r"closed by A\. Ng"):
            channel.connection.process_data_events(time_limit=5)
        assert eventually(lambda: post.count(post.work) == 5)

    began, ended = (json.loads(line) for line in journal.read_text().splitlines())
    assert (began["who"], began["what"], began["unacknowledged"], ended["clean"]) == (
        *("A. Ng", "close connection", 4),
        True,
    )


def test_where_acting_is_off_no_connection_is_offered(
    post: Post, page: AppTest, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTRAIL_ACTING__ALLOWED", "false")
    post.publish(post.work)
    with consumer(rabbitmq, f"{POD}/1") as channel:
        channel.basic_consume(post.work, lambda *_: None)
        channel.connection.process_data_events(time_limit=0.5)

        def shown() -> bool:
            forget_answers()
            page.run()
            return POD in words(page)

        assert eventually(shown)
        assert not [button for button in page.button if button.label == "Close connection…"]
