"""What the instrumentation costs a service: messages a second and processor time, with it and with bare pika.

`python -m benchmarks.instrumentation` starts a broker of its own. With and without take turns within one run, so that
what else the machine does falls on both.
"""

import itertools
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pika
from eventrail_instrumentation import Identity, Message, Service
from prometheus_client import CollectorRegistry

from stack.places import temporary_root
from stack.rabbitmq import RabbitMQ

MESSAGES = 5_000
ROUNDS = 5
PREFETCH = 50
HANDLER_SECONDS = 0.005
HANDLER_WORKERS = 10
SLOW_MESSAGES = 2_000
QUEUE = "benchmark.instrumentation"
BODY = b'{"ref":"8c1d2e3f4a","customer":"C10482","amount":412.0}'


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: messages a second, and processor time a message in microseconds (all threads of this process)."""

    messages_per_second: float
    cpu_microseconds: float


@dataclass(frozen=True, slots=True)
class Case:
    """Something done with and without the instrumentation."""

    name: str
    messages: int
    without: Callable[[str, int], None]
    instrumented: Callable[[str, int], None]
    preloaded: bool


def measure(url: str, case: Case, run: Callable[[str, int], None]) -> Measured:
    """Runs once on a queue that holds the case's messages, or none."""
    fill(url, case.messages if case.preloaded else 0)
    wall, cpu = time.perf_counter(), time.process_time()
    run(url, case.messages)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Measured(case.messages / wall, cpu / case.messages * 1e6)


def fill(url: str, count: int) -> None:
    """Makes the queue anew with `count` messages in it."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.queue_delete(QUEUE)
        channel.queue_declare(QUEUE)  # not durable: the disk would be measured, not the client
        for number in range(count):
            properties = pika.BasicProperties(
                message_id=f"m{number:015d}", correlation_id=f"c{number:015d}", type="payment.requested"
            )
            channel.basic_publish("", QUEUE, BODY, properties)
        while count and channel.queue_declare(QUEUE, passive=True).method.message_count < count:
            time.sleep(0.05)


def consume_bare(url: str, count: int) -> None:
    """Bare pika in its simplest form: handled and acknowledged on the connection's thread."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=PREFETCH)
        for handled, (method, _, _) in enumerate(channel.consume(QUEUE), start=1):
            channel.basic_ack(method.delivery_tag)
            if handled == count:
                break


def consume_bare_with_workers(url: str, count: int) -> None:
    """Bare pika with handlers on workers, as its documentation shows it."""
    left = count
    with pika.BlockingConnection(pika.URLParameters(url)) as connection, ThreadPoolExecutor(HANDLER_WORKERS) as pool:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=PREFETCH)

        def acknowledge(tag: int) -> None:
            nonlocal left
            channel.basic_ack(tag)
            left -= 1

        def work(tag: int) -> None:
            time.sleep(HANDLER_SECONDS)
            connection.add_callback_threadsafe(lambda: acknowledge(tag))

        channel.basic_consume(
            QUEUE, lambda _channel, method, _properties, _body: pool.submit(work, method.delivery_tag)
        )
        while left:
            connection.process_data_events(1)


def publish_bare(url: str, count: int) -> None:
    """Bare pika with confirms, one after the other."""
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for number in range(count):
            properties = pika.BasicProperties(message_id=f"m{number}", correlation_id="c", delivery_mode=2)
            channel.basic_publish("", QUEUE, BODY, properties, mandatory=True)


def consume(url: str, count: int) -> None:
    """With the instrumentation and an empty handler."""
    _consume(url, count, lambda _message: None, workers=1)


def consume_with_workers(url: str, count: int) -> None:
    """With the instrumentation and a handler that takes 5 ms."""
    _consume(url, count, lambda _message: time.sleep(HANDLER_SECONDS), workers=HANDLER_WORKERS)


def _consume(url: str, count: int, handler: Callable[[Message], None], workers: int) -> None:
    service, finished = new_service(url)
    handled = itertools.count(1)

    def handle(message: Message) -> None:
        handler(message)
        if next(handled) == count:
            finished.set()

    service.consumer(QUEUE, prefetch=PREFETCH, workers=workers)(handle)
    service.start()
    finished.wait()
    while service.in_flight():
        time.sleep(0.001)
    service.stop()


def publish(url: str, count: int) -> None:
    """With the instrumentation: confirmed, one after the other."""
    service, _ = new_service(url)
    service.start()
    for _ in range(count):
        service.publish("", QUEUE, "payment.requested", BODY)
    service.stop()


def new_service(url: str) -> tuple[Service, threading.Event]:
    """A service that logs into a file, as a container's standard output ends up in one."""
    stream = tempfile.TemporaryFile("w")  # noqa: SIM115 - closed with the service's process
    service = Service(
        "payments", "2.31.0", url=url, identity=Identity("payments"), stream=stream, registry=CollectorRegistry()
    )
    return service, threading.Event()


CASES = (
    Case("consume, empty handler", MESSAGES, consume_bare, consume, preloaded=True),
    Case(
        f"consume, handler of 5 ms, {HANDLER_WORKERS} workers",
        SLOW_MESSAGES,
        consume_bare_with_workers,
        consume_with_workers,
        preloaded=True,
    ),
    Case("publish, confirmed one by one", MESSAGES, publish_bare, publish, preloaded=False),
)


def main() -> None:
    """Measures every case and prints a table in Markdown."""
    folder = temporary_root("eventrail-benchmark-")
    broker = RabbitMQ.create(folder / "rabbitmq")
    broker.start()
    try:
        print(
            "| case | without, messages/s | with, messages/s | ratio | without, CPU µs/message | with, CPU µs/message |"
        )
        print("|---|---|---|---|---|---|")
        for case in CASES:
            print(row(case, broker.amqp_url), flush=True)
    finally:
        broker.stop()
        shutil.rmtree(folder)


def row(case: Case, url: str) -> str:
    """One line of the table: medians over the rounds."""
    pairs = [(measure(url, case, case.without), measure(url, case, case.instrumented)) for _ in range(ROUNDS)]

    def median(value: Callable[[Any], float]) -> float:
        return statistics.median(value(pair) for pair in pairs)

    return (
        f"| {case.name} | {median(lambda pair: pair[0].messages_per_second):,.0f} "
        f"| {median(lambda pair: pair[1].messages_per_second):,.0f} "
        f"| {median(lambda pair: pair[1].messages_per_second / pair[0].messages_per_second):.2f} "
        f"| {median(lambda pair: pair[0].cpu_microseconds):.0f} "
        f"| {median(lambda pair: pair[1].cpu_microseconds):.0f} |"
    )


if __name__ == "__main__":
    main()
