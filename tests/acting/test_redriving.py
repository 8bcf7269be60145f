"""Dead letters are sent back whole, to where they came from, once; what cannot go stays."""

import json
import struct
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pika
import pytest

from eventrail.acting.amqp import CONNECTION_NAME
from eventrail.acting.choice import Choice, Order
from eventrail.acting.connections import close_connection, show_connection
from eventrail.acting.exact_properties import ExactProperties
from eventrail.acting.journal import Actor, unsettled
from eventrail.acting.outcomes import Redriven, State, plan
from eventrail.acting.permission import Allowed
from eventrail.acting.planning import planned
from eventrail.acting.queue_facts import queue_facts
from eventrail.acting.redriving import redrive
from eventrail.errors import NotFoundError, SourceUnavailableError
from stack.rabbitmq import VIRTUAL_HOST, RabbitMQ
from tests.acting.conftest import MakePost, Post, by_port, look
from tests.contract.loopback import proxy
from tests.stack.polling import eventually

pytestmark = pytest.mark.servers

ACTOR = Actor("A. Ng", "ops", "host-1")
LETTERS = 1000
ANSWER_BYTES = 50_000
"""What the broker says in handing out some dozens of them."""


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as made:
        yield made


def order(post: Post, **keys: Any) -> Order:
    return Order(VIRTUAL_HOST, post.dead, **keys)


def send(allowed: Allowed, wanted: Order) -> Redriven:
    return redrive(allowed, queue_facts(allowed, VIRTUAL_HOST, wanted.queue), wanted, ACTOR)


def journal_of(allowed: Allowed) -> list[dict[str, Any]]:
    return [json.loads(line) for line in allowed.journal.read_text().splitlines()]


def test_chosen_letters_go_back_and_the_others_stay_in_their_order(post: Post, allowed: Allowed) -> None:
    post.die("m-1", "m-2", "m-3", type="payment.requested")
    post.die("m-4", type="account.opened")

    made = send(allowed, order(post, choice=Choice(message_ids=("m-2", "m-4"))))

    assert [(outcome.letter.message_id, outcome.target, outcome.state) for outcome in made.outcomes] == [
        ("m-2", post.work, State.SENT),
        ("m-4", post.work, State.SENT),
    ]
    assert (made.problem, made.looked_at) == (None, 4)
    assert post.ids(post.work) == ["m-2", "m-4"]
    assert post.ids(post.dead) == ["m-1", "m-3"]


def test_a_plan_says_what_a_redrive_then_does(post: Post, allowed: Allowed) -> None:
    post.die(*(f"m-{number}" for number in range(6)))
    wanted = order(post, limit=4)

    outlook = plan(wanted, look(allowed, post.dead, wanted.scan), frozenset())
    assert post.count(post.work) == 0
    assert not allowed.journal.exists()
    made = send(allowed, wanted)

    told = [(outcome.letter.message_id, outcome.target) for outcome in outlook.outcomes]
    assert [(outcome.letter.message_id, outcome.target) for outcome in made.outcomes] == told
    assert (outlook.count(State.WOULD_GO), made.count(State.SENT)) == (4, 4)
    assert post.ids(post.dead) == ["m-4", "m-5"]


def test_a_plan_names_a_queue_that_there_is_no_more(post: Post, allowed: Allowed) -> None:
    post.die("m-1", "m-2")
    wanted = order(post, to_queue="gone")

    outlook = planned(allowed, wanted, look(allowed, post.dead, wanted.scan))

    assert [(outcome.target, outcome.state) for outcome in outlook.outcomes] == [("gone", State.UNROUTABLE)] * 2
    assert send(allowed, wanted).count(State.UNROUTABLE) == 2
    assert post.ids(post.dead) == ["m-1", "m-2"]


def test_letters_without_an_id_are_chosen_by_having_been_seen(post: Post, allowed: Allowed) -> None:
    for body in (b"one", b"two", b"three"):
        post.publish(post.work, body)
    post.reject(3)
    seen = look(allowed, post.dead, 100)

    made = send(allowed, order(post, choice=Choice(fingerprints=frozenset({seen[0].fingerprint, seen[2].fingerprint}))))

    assert made.count(State.SENT) == 2
    assert [body for _, _, body in post.take_all(post.work)] == [b"one", b"three"]
    assert [body for _, _, body in post.take_all(post.dead)] == [b"two"]
    assert '"fingerprints": 2' in allowed.journal.read_text()


def test_an_operator_closes_the_connection_that_sends(
    post: Post, allowed: Allowed, rabbitmq: RabbitMQ, pool: ThreadPoolExecutor
) -> None:
    post.die(*(f"m-{number}" for number in range(LETTERS)))
    with proxy(rabbitmq.amqp_port, ANSWER_BYTES, holds=True) as held_up:
        sending = pool.submit(send, by_port(allowed, held_up.port), order(post, limit=LETTERS))
        assert eventually(lambda: closed_if_known(allowed, CONNECTION_NAME))
        held_up.released.set()
        broken = sending.result()
    rest = send(allowed, order(post, limit=LETTERS))

    assert "closed by " in str(broken.problem)
    assert 0 < broken.count(State.SENT) < LETTERS
    assert rest.problem is None
    assert post.total(post.dead) == (0, 0)
    arrived = Counter(post.ids(post.work))
    assert set(arrived) == {f"m-{number}" for number in range(LETTERS)}
    assert arrived.total() - LETTERS <= rest.perhaps_twice


def closed_if_known(allowed: Allowed, name: str) -> bool:
    """The broker's page knows a connection some seconds after it was opened."""
    try:
        shown = show_connection(allowed, name)
    except (NotFoundError, SourceUnavailableError):
        return False
    close_connection(allowed, name, shown.code, Actor("operator", "test", "test"))
    return True


def test_properties_headers_and_body_arrive_byte_by_byte(post: Post, allowed: Allowed) -> None:
    sent = ExactProperties(
        content_type="application/json",
        content_encoding="gzip",
        delivery_mode=2,
        priority=3,
        correlation_id="c-1",
        reply_to="answers",
        message_id="m-1",
        timestamp=1_760_000_000,
        type="payment.requested",
        app_id="payments",
    )
    # A fraction, a narrow number and a time beyond Python's years: the client library would change or refuse them.
    sent.raw_headers = (
        (b"amount", b"d" + struct.pack(">d", 12.75)),
        (b"small", b"b\x07"),
        (b"when", b"T" + struct.pack(">Q", 2**62)),
        (b"causation-id", b"S" + struct.pack(">I", 3) + b"m-0"),
        (b"odd", b"S" + struct.pack(">I", 2) + b"\xff\xfe"),
    )
    body = bytes(range(256)) * 1024
    post.publish(post.work, body, sent)
    post.reject(1)

    assert send(allowed, order(post)).count(State.SENT) == 1
    ((_, came, arrived),) = post.take_all(post.work)

    assert arrived == body
    assert set(sent.raw_headers) <= set(came.raw_headers)
    names = [name for name in vars(sent) if name not in ("headers", "raw_headers")]
    assert {name: getattr(came, name) for name in names} == {name: getattr(sent, name) for name in names}


def test_what_the_broker_would_obey_is_taken_off_and_kept_beside(post: Post, allowed: Allowed) -> None:
    copies = post.channel.queue_declare("", exclusive=True).method.queue
    post.die("m-1")
    # Applications publish into dead-letter queues too, and keep properties that the broker takes off.
    ((_, properties, body),) = post.take_all(post.dead)
    properties.expiration = "3600000"
    properties.user_id = "bank"
    cc = _text(copies)
    properties.raw_headers += ((b"CC", b"A" + struct.pack(">I", len(cc)) + cc),)
    post.publish(post.dead, body, properties)
    assert len(post.take_all(copies)) == 1

    assert send(allowed, order(post)).count(State.SENT) == 1
    ((_, came, _),) = post.take_all(post.work)

    assert post.count(copies) == 0
    assert (came.expiration, came.user_id) == (None, "bank")
    assert came.headers["eventrail-was-cc"] == [copies]
    assert came.headers["eventrail-was-expiration"] == "3600000"
    assert came.headers["eventrail-was-x-death"][0]["queue"] == post.work
    assert not {name for name in came.headers if name.startswith("x-")}
    assert came.headers["eventrail-redriven-from"] == post.dead


def _text(value: str) -> bytes:
    return b"S" + struct.pack(">I", len(value)) + value.encode()


def test_a_letter_that_expires_again_and_again_is_not_dropped_by_the_broker(post: Post, allowed: Allowed) -> None:
    """A broker before 4.0 drops what expires in a queue of its x-death, where no rejection is between."""
    channel = post.channel
    leads = {"x-dead-letter-exchange": "", "x-message-ttl": 1}
    second = channel.queue_declare("", exclusive=True, arguments=leads | {"x-dead-letter-routing-key": post.dead})
    first = channel.queue_declare(
        "", exclusive=True, arguments=leads | {"x-dead-letter-routing-key": second.method.queue}
    )
    post.publish(first.method.queue, b"x", pika.BasicProperties(message_id="m-1"))
    for _ in range(2):
        assert eventually(lambda: post.count(post.dead) == 1)
        made = send(allowed, order(post))
        assert [outcome.target for outcome in made.outcomes] == [first.method.queue]
    assert eventually(lambda: post.count(post.dead) == 1)


def test_a_letter_that_dies_again_is_counted_and_not_chased(post: Post, allowed: Allowed) -> None:
    post.die("m-1")
    for times in (1, 2):
        assert send(allowed, order(post)).count(State.SENT) == 1
        post.reject(1)
        (letter,) = look(allowed, post.dead, 10)
        assert (letter.redriven, letter.deaths.count) == (times, 1)
    assert unsettled(allowed.journal, VIRTUAL_HOST, post.dead) == frozenset()


def test_a_letter_whose_queue_is_gone_stays_and_is_told(post: Post, allowed: Allowed) -> None:
    post.die("m-1", "m-2")
    made = send(allowed, order(post, to_queue="no-such-queue"))

    assert [outcome.state for outcome in made.outcomes] == [State.UNROUTABLE, State.UNROUTABLE]
    assert made.problem is None
    assert post.ids(post.dead) == ["m-1", "m-2"]
    assert [line["stage"] for line in journal_of(allowed)].count("not sent") == 2


def test_a_full_queue_refuses_and_the_letter_stays(post: Post, allowed: Allowed) -> None:
    limits = {"x-max-length": 1, "x-overflow": "reject-publish"}
    full = post.channel.queue_declare("", exclusive=True, arguments=limits).method.queue
    post.die("m-1", "m-2")

    made = send(allowed, order(post, to_queue=full))

    assert [outcome.state for outcome in made.outcomes] == [State.SENT, State.REFUSED]
    assert post.ids(post.dead) == ["m-2"]


def test_a_letter_without_an_origin_stays_until_a_queue_is_named(post: Post, allowed: Allowed) -> None:
    post.publish(post.dead, b"x", pika.BasicProperties(message_id="m-1"))
    post.publish(post.dead, b"x", pika.BasicProperties(message_id="m-2", headers={"x-death": ["?", 7, {"queue": 1}]}))

    made = send(allowed, order(post))
    assert [outcome.state for outcome in made.outcomes] == [State.NO_ORIGIN, State.NO_ORIGIN]
    assert send(allowed, order(post, to_queue=post.work)).count(State.SENT) == 2
    assert post.ids(post.work) == ["m-1", "m-2"]


def test_a_letter_is_never_sent_into_the_queue_it_lies_in(post: Post, allowed: Allowed) -> None:
    post.die("m-1")

    (outcome,) = send(allowed, order(post, to_queue=post.dead)).outcomes
    assert outcome.state is State.SAME_QUEUE
    assert post.ids(post.dead) == ["m-1"]


def test_first_and_last_queue_differ_where_a_letter_died_twice(make_post: MakePost, allowed: Allowed) -> None:
    orders, parking = make_post(), make_post()
    orders.die("m-1")
    # The dead letters of orders are consumed, rejected, and land in another dead-letter queue.
    method, properties, body = orders.channel.basic_get(orders.dead)
    orders.publish(parking.work, body, properties)
    orders.channel.basic_ack(method.delivery_tag)
    parking.reject(1)
    letters = look(allowed, parking.dead, 10)

    assert [order(parking, origin="first").target(letter) for letter in letters] == [orders.work]
    assert [order(parking, origin="last").target(letter) for letter in letters] == [parking.work]


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_every_act_is_in_the_journal_with_who_and_what(make_post: MakePost, allowed: Allowed, kind: str) -> None:
    post = make_post(kind)
    post.die("m-1", correlation_id="c-1")
    made = send(allowed, order(post))
    lines = journal_of(allowed)

    assert [line["stage"] for line in lines] == ["began", "sending", "sent", "ended"]
    assert {(line["act"], line["who"], line["account"]) for line in lines} == {(made.act, "A. Ng", "ops@host-1")}
    assert (lines[1]["message_id"], lines[1]["correlation_id"], lines[1]["to"]) == ("m-1", "c-1", post.work)
    assert (lines[3]["clean"], lines[3]["sent"]) == (True, 1)
    assert allowed.journal.stat().st_mode & 0o077 == 0
