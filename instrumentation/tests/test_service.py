"""A service on a real broker: what it logs, counts and settles."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from eventrail_instrumentation import Discard, Message, PublishError, Requeue, new_event
from eventrail_instrumentation.testing import wait_for

StartService = Callable[..., Any]

pytestmark = pytest.mark.servers
logger = logging.getLogger("payments")


def ignore(_message: Message) -> None:
    """A handler with nothing to do."""


def test_one_message_leaves_a_complete_trace(queue: str, new_service: StartService) -> None:
    running = new_service()

    @running.service.consumer(queue)
    def handle(message: Message) -> None:
        logger.info("debit %s DKK", message.json()["amount"])

    running.service.start()
    with new_event("event-1"):
        message_id = running.service.publish("test.events", queue, "payment.requested", {"amount": 412})
    running.lines.wait(operation="settle")

    lines = running.lines.matching(correlation_id="event-1")
    by_operation = {line.get("messaging.operation.type", line["message"]): line for line in lines}
    assert set(by_operation) == {"send", "receive", "process", "debit 412 DKK", "settle"}
    operations = ("send", "receive", "process", "settle")
    for operation in operations:
        line = by_operation[operation]
        assert line["messaging.message.id"] == message_id
        assert line["messaging.message.type"] == "payment.requested"
        assert line["messaging.destination.name"] == "test.events"
        assert line["messaging.rabbitmq.destination.routing_key"] == queue
    send, receive, process, settle = (by_operation[name] for name in operations)
    assert send["messaging.operation.outcome"] == "confirmed"
    assert "messaging.message.causation_id" not in send
    assert settle["messaging.operation.outcome"] == "ack"
    assert settle["messaging.operation.name"] == "ack"
    assert settle["event.duration"] > 0
    assert [line["messaging.message.attempt"] for line in (receive, process, settle)] == [1, 1, 1]
    assert [line["messaging.rabbitmq.message.delivery_tag"] for line in (receive, process, settle)] == [
        1,
        1,
        1,
    ]
    assert send["@timestamp"] < receive["@timestamp"] <= process["@timestamp"] < settle["@timestamp"]


def test_what_a_handler_publishes_names_the_message_that_caused_it(
    queue: str, new_service: StartService, channel: Any
) -> None:
    running = new_service()

    @running.service.consumer(queue)
    def handle(message: Message) -> None:
        running.service.publish("", f"{queue}.dead", "payment.completed", {})

    running.service.start()
    first = running.service.publish("test.events", queue, "payment.requested", {})
    sent = running.lines.wait(operation="send", type="payment.completed")[0]

    assert sent["messaging.message.causation_id"] == first
    _, properties, _ = wait_for(lambda: channel.basic_get(f"{queue}.dead"), lambda got: got[1] is not None)
    assert properties.headers["causation-id"] == first
    assert properties.correlation_id == sent["messaging.message.conversation_id"]
    assert properties.type == "payment.completed"
    assert properties.message_id == sent["messaging.message.id"]


def test_a_blocked_handler_holds_up_neither_receive_lines_nor_other_workers(
    queue: str, new_service: StartService, rabbitmq: Any
) -> None:
    running, release = new_service(), threading.Event()

    @running.service.consumer(queue, prefetch=5, workers=2)
    def handle(message: Message) -> None:
        if message.json()["block"]:
            release.wait(30)

    running.service.start()
    for number in range(8):
        running.service.publish("test.events", queue, "payment.requested", {"block": number == 0})
    running.lines.wait(7, operation="settle")
    for _ in range(6):
        running.service.publish("test.events", queue, "payment.requested", {"block": True})
    running.lines.wait(1 + 7 + 4, operation="receive")

    assert len(running.lines.matching(operation="process")) == 1 + 7 + 1
    assert running.service.in_flight() == 5
    assert running.metric("messaging_process_in_flight", queue=queue) == 5
    channels = rabbitmq.control_table(
        "list_channels", "-p", rabbitmq.virtual_host, "connection", "messages_unacknowledged"
    )
    assert sorted(int(row["messages_unacknowledged"]) for row in channels)[-1] == 5
    release.set()
    running.lines.wait(14, operation="settle")
    wait_for(running.service.in_flight, lambda held: held == 0)


@pytest.mark.parametrize(
    ("raised", "outcome", "error_type"),
    [
        (Discard("declined"), "discard", "Discard"),
        (ValueError("no such account"), "discard", "ValueError"),
    ],
)
def test_a_failing_handler_dead_letters_its_message(
    queue: str, new_service: StartService, channel: Any, raised: Exception, outcome: str, error_type: str
) -> None:
    running = new_service()

    @running.service.consumer(queue)
    def handle(message: Message) -> None:
        raise raised

    running.service.start()
    message_id = running.service.publish("test.events", queue, "payment.requested", {})
    settle = running.lines.wait(operation="settle")[0]

    assert settle["messaging.operation.outcome"] == outcome
    assert settle["error.type"] == error_type
    assert str(raised) in settle["message"]
    _, properties, _ = wait_for(lambda: channel.basic_get(f"{queue}.dead"), lambda got: got[1] is not None)
    assert properties.message_id == message_id
    assert running.metric("messaging_process_failed_total", queue=queue) == 1
    assert running.metric("messaging_process_messages_total", queue=queue, outcome=outcome) == 1


def test_the_line_about_a_dead_letter_says_where_and_why_it_died(queue: str, new_service: StartService) -> None:
    running = new_service()

    @running.service.consumer(queue)
    def refuse(message: Message) -> None:
        raise Discard("declined")

    @running.service.consumer(f"{queue}.dead")
    def take(message: Message) -> None:
        """Dead letters are handled like any message."""

    running.service.start()
    running.service.publish("test.events", queue, "payment.requested", {})
    first, dead = running.lines.wait(2, operation="receive")

    assert not [key for key in first if ".death." in key]
    assert dead["messaging.destination.subscription.name"] == f"{queue}.dead"
    assert dead["messaging.rabbitmq.message.death.queue"] == queue
    assert dead["messaging.rabbitmq.message.death.reason"] == "rejected"
    assert dead["messaging.rabbitmq.message.death.count"] == 1
    assert dead["messaging.rabbitmq.message.death.time"].endswith("Z")


def test_a_requeued_message_comes_again_as_second_attempt(queue: str, new_service: StartService) -> None:
    running = new_service()

    @running.service.consumer(queue)
    def handle(message: Message) -> None:
        if not message.redelivered:
            raise Requeue("the ledger is closed")

    running.service.start()
    running.service.publish("test.events", queue, "payment.requested", {})
    running.lines.wait(operation="settle", outcome="ack")

    settled = running.lines.matching(operation="settle")
    assert [line["messaging.operation.outcome"] for line in settled] == ["requeue", "ack"]
    assert [line["messaging.message.attempt"] for line in settled] == [1, 2]
    received = running.lines.matching(operation="receive")
    assert [line["messaging.rabbitmq.message.redelivered"] for line in received] == [False, True]


def test_a_message_that_no_queue_takes_is_unroutable(queue: str, new_service: StartService) -> None:
    running = new_service()
    running.service.start()
    with pytest.raises(PublishError, match="unroutable") as caught:
        running.service.publish("test.events", "nobody.listens", "payment.requested", {})

    assert caught.value.outcome == "unroutable"
    assert running.lines.matching(operation="send", outcome="unroutable")
    assert running.service.publish("test.events", queue, "payment.requested", {})


def test_a_publish_to_a_missing_exchange_is_told_and_the_next_one_works(queue: str, new_service: StartService) -> None:
    running = new_service()
    running.service.start()
    with pytest.raises(PublishError) as caught:
        running.service.publish("no.such.exchange", "key", "payment.requested", {})

    assert (caught.value.outcome, caught.value.error_type) == ("unknown", "ChannelClosedByBroker")
    assert running.service.publish("test.events", queue, "payment.requested", {})


def test_an_id_that_amqp_cannot_carry_is_refused(queue: str, new_service: StartService) -> None:
    running = new_service()
    running.service.start()
    with new_event("x" * 1000), pytest.raises(PublishError, match="refused"):
        running.service.publish("test.events", queue, "payment.requested", {})

    with new_event('%s "*?{}\n\u0434\u0430 💶'):
        running.service.publish("test.events", queue, "payment.requested", {})
    assert running.lines.matching(operation="send", correlation_id='%s "*?{}\n\u0434\u0430 💶')


def test_without_a_broker_a_publish_is_refused_in_time(new_service: StartService) -> None:
    running = new_service(confirm_timeout_seconds=0.3, url="amqp://guest:guest@127.0.0.1:9/%2F")
    running.service.start()
    with pytest.raises(PublishError, match=r"refused \(NotConnected\)"):
        running.service.publish("test.events", "key", "payment.requested", {})


def test_a_lost_connection_drops_its_deliveries_and_they_come_again(
    queue: str, new_service: StartService, rabbitmq: Any
) -> None:
    running, release = new_service(), threading.Event()

    @running.service.consumer(queue, workers=1)
    def handle(message: Message) -> None:
        if not message.redelivered:
            release.wait(30)

    running.service.start()
    sent = {running.service.publish("test.events", queue, "payment.requested", {}) for _ in range(3)}
    running.lines.wait(3, operation="receive")
    end_connections(rabbitmq, running.service.identity.pod)
    closed = running.lines.wait(action="channel-closed")[0]
    running.lines.wait(2, action="channel-opened")
    release.set()
    running.lines.wait(3, operation="settle", outcome="ack")

    assert closed["error.type"] == "ConnectionClosedByBroker"
    opened = running.lines.matching(action="channel-opened")
    assert opened[0]["messaging.rabbitmq.channel.id"] == closed["messaging.rabbitmq.channel.id"]
    assert opened[1]["messaging.rabbitmq.channel.id"] != closed["messaging.rabbitmq.channel.id"]
    settled = running.lines.matching(operation="settle")
    assert {line["messaging.message.id"] for line in settled} == sent
    channels = {line["messaging.rabbitmq.channel.id"] for line in settled}
    assert channels == {opened[1]["messaging.rabbitmq.channel.id"]}
    skipped = [line for line in running.lines.all() if "not sent" in line["message"]]
    assert len(skipped) == 1
    assert "messaging.operation.type" not in skipped[0]
    assert running.metric("messaging_process_messages_total", queue=queue, outcome="lost") == 3
    assert running.service.in_flight() == 0


def test_a_broker_that_goes_and_comes_back_costs_nothing_but_time(
    queue: str, new_service: StartService, rabbitmq: Any
) -> None:
    running = new_service(confirm_timeout_seconds=60)
    running.service.consumer(queue)(ignore)
    running.service.start()
    first = running.service.publish("test.events", queue, "payment.requested", {})
    running.lines.wait(operation="settle", message_id=first)
    rabbitmq.stop()
    running.lines.wait(action="channel-closed")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(running.service.publish, "test.events", queue, "payment.requested", {})
        rabbitmq.start()
        second = waiting.result()

    assert running.lines.wait(operation="settle", message_id=second, outcome="ack")
    assert running.service.ready


def test_channels_lost_again_and_again_leave_one_publisher_that_works(
    queue: str, new_service: StartService, rabbitmq: Any
) -> None:
    running = new_service()
    running.service.consumer(queue)(ignore)
    running.service.start()
    for _ in range(4):
        wait_for(lambda: running.service.ready, bool)
        with pytest.raises(PublishError):
            running.service.publish("no.such.exchange", "key", "payment.requested", {})
        end_connections(rabbitmq, running.service.identity.pod)
        with ThreadPoolExecutor(4) as pool:
            sent = [
                pool.submit(running.service.publish, "test.events", queue, "payment.requested", {}) for _ in range(8)
            ]
        for one in sent:
            outcome = one.exception()
            assert outcome is None or (isinstance(outcome, PublishError) and outcome.outcome == "unknown"), outcome
    wait_for(lambda: running.service.ready, bool)

    channels = rabbitmq.control("list_channels", "-p", rabbitmq.virtual_host, "pid", "confirm").splitlines()
    assert [row.split("\t")[1] for row in channels].count("true") == 1
    assert running.service.publish("test.events", queue, "payment.requested", {})


def end_connections(rabbitmq: Any, pod: str) -> None:
    for row in rabbitmq.control("list_connections", "pid", "client_properties").splitlines():
        if pod in row:
            rabbitmq.control("close_connection", row.split("\t")[0], "a test")


def test_a_consumer_waits_for_its_queue(new_service: StartService, channel: Any) -> None:
    running = new_service()
    running.service.consumer("test.not-there-yet")(ignore)
    running.service.start()
    closed = running.lines.wait(action="channel-closed")[0]
    channel.queue_declare("test.not-there-yet", exclusive=False, auto_delete=True)
    running.lines.wait(action="channel-opened", queue="test.not-there-yet")

    assert closed["error.type"] == "ChannelClosedByBroker"


def test_a_stop_finishes_what_runs_and_gives_back_the_rest(queue: str, new_service: StartService, channel: Any) -> None:
    running, started, release = new_service(), threading.Event(), threading.Event()

    @running.service.consumer(queue, workers=1)
    def handle(message: Message) -> None:
        started.set()
        release.wait(30)

    running.service.start()
    for _ in range(4):
        running.service.publish("test.events", queue, "payment.requested", {})
    started.wait(10)
    running.lines.wait(4, operation="receive")
    threading.Timer(0.3, release.set).start()
    running.service.stop()

    outcomes = [line["messaging.operation.outcome"] for line in running.lines.matching(operation="settle")]
    assert outcomes == ["ack", "requeue", "requeue", "requeue"]
    assert "error.type" not in running.lines.matching(action="channel-closed")[0]
    assert channel.queue_declare(queue, passive=True).method.message_count == 3


def test_a_service_may_stop_consuming_and_live_on(queue: str, new_service: StartService, channel: Any) -> None:
    running, started, release = new_service(), threading.Event(), threading.Event()

    @running.service.consumer(queue, workers=1)
    def handle(message: Message) -> None:
        started.set()
        release.wait(30)

    running.service.start()
    running.service.publish("test.events", queue, "payment.requested", {})
    started.wait(10)
    running.service.stop_consuming()
    wait_for(lambda: channel.queue_declare(queue, passive=True).method.consumer_count, lambda count: count == 0)
    running.service.publish("test.events", queue, "payment.requested", {})
    assert running.service.in_flight() == 1

    release.set()
    settled = running.lines.wait(operation="settle")
    assert [line["messaging.operation.outcome"] for line in settled] == ["ack"]
    assert channel.queue_declare(queue, passive=True).method.message_count == 1


def test_a_service_may_leave_out_receive_lines(queue: str, new_service: StartService) -> None:
    running = new_service(log_receive=False)
    running.service.consumer(queue)(ignore)
    running.service.start()
    running.service.publish("test.events", queue, "payment.requested", {})
    running.lines.wait(operation="settle")

    assert running.lines.matching(operation="process")
    assert not running.lines.matching(operation="receive")


def test_the_broker_knows_the_connection_by_the_pods_name(queue: str, new_service: StartService, rabbitmq: Any) -> None:
    running = new_service(pod="payments-7f9c4d-abcde")
    running.service.consumer(queue)(ignore)
    running.service.start()
    opened = running.lines.wait(action="channel-opened")[0]

    names = rabbitmq.control("list_connections", "client_properties")
    assert opened["messaging.client.id"].startswith("payments-7f9c4d-abcde/")
    assert f'"{opened["messaging.client.id"]}"' in names
    assert opened["messaging.rabbitmq.prefetch"] == 10


def test_the_heartbeat_tells_what_is_in_flight(new_service: StartService) -> None:
    running = new_service()
    running.service.start()

    assert running.lines.wait(action="heartbeat")[0]["eventrail.in_flight"] == 0


PROGRAM = """
import sys
from eventrail_instrumentation import Message, Service

service = Service("payments", "2.31.0", url=sys.argv[1])

@service.consumer(sys.argv[2])
def handle(message: Message) -> None:
    print("handled", message.json()["number"], file=sys.stderr, flush=True)

service.run()
"""


def test_a_program_ends_cleanly_when_its_container_is_stopped(queue: str, rabbitmq: Any, channel: Any) -> None:
    channel.basic_publish("test.events", queue, b'{"number":1}')
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, rabbitmq.amqp_url, queue],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"POD_NAME": "payments-7f9c4d-x2x4k"},
    )
    assert program.stderr is not None
    assert program.stderr.readline() == "handled 1\n"
    program.send_signal(signal.SIGTERM)
    output, errors = program.communicate(timeout=30)

    assert (program.returncode, errors) == (0, "")
    lines = [json.loads(line) for line in output.splitlines()]
    assert [line["messaging.operation.outcome"] for line in lines if line["message"].startswith("ack")] == ["ack"]
    closed = next(line for line in lines if line.get("event.action") == "channel-closed")
    assert closed["messaging.client.id"] == "payments-7f9c4d-x2x4k/2"
    assert "error.type" not in closed
    assert lines[-1]["message"] == "stopped"
