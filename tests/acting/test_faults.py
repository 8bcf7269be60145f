"""The process that sends dead letters back is killed, and its connection cut, again and again: none is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from eventrail.acting.choice import Order
from eventrail.acting.journal import Actor
from eventrail.acting.permission import Allowed
from eventrail.acting.queue_facts import QueueFacts
from eventrail.acting.redriving import redrive
from stack.rabbitmq import VIRTUAL_HOST, RabbitMQ
from tests.acting.conftest import MakePost, Post, by_port
from tests.contract.loopback import proxy
from tests.stack.polling import eventually

pytestmark = pytest.mark.servers

PROGRAM = Path(sys.executable).parent / "eventrail"
LETTERS = 1000
# About how many bytes the broker answers for each letter that is sent.
ANSWER_BYTES = 700
# About how many bytes of the journal tell of it.
JOURNAL_BYTES = 550
RUN_SECONDS = 120.0
# How many courses of faults the long test takes for each kind of queue; each takes about a minute.
COURSES = int(os.environ.get("EVENTRAIL_FAULT_COURSES", "1"))


@dataclass
class Told:
    """What happened on the way."""

    kills: int = 0
    cuts: int = 0
    runs: list[str] = field(default_factory=list)


def environment(rabbitmq: RabbitMQ, journal: Path) -> dict[str, str]:
    return {
        "EVENTRAIL_RABBITMQ__URL": rabbitmq.management_url,
        "EVENTRAIL_RABBITMQ__USERNAME": rabbitmq.monitoring.username,
        "EVENTRAIL_RABBITMQ__PASSWORD": rabbitmq.monitoring.password,
        "EVENTRAIL_RABBITMQ__VHOSTS": VIRTUAL_HOST,
        "EVENTRAIL_ACTING__ALLOWED": "true",
        "EVENTRAIL_ACTING__URL": f"amqp://127.0.0.1:{rabbitmq.amqp_port}",
        "EVENTRAIL_ACTING__USERNAME": rabbitmq.bank.username,
        "EVENTRAIL_ACTING__PASSWORD": rabbitmq.bank.password,
        "EVENTRAIL_ACTING__JOURNAL": str(journal),
    }


def written(journal: Path) -> int:
    return journal.stat().st_size if journal.exists() else 0


def killed(post: Post, rabbitmq: RabbitMQ, journal: Path, after_bytes: int, pause_seconds: float) -> bool:
    """Start the program; kill it after so many bytes of the journal and a moment more. Tells whether in time."""
    wanted = written(journal) + after_bytes
    command = ["dead-letters", "redrive", post.dead, "--limit", "100000", "--user", "test", "--confirm", post.dead]
    with subprocess.Popen(
        [PROGRAM, *command], env=os.environ | environment(rabbitmq, journal), stdout=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + RUN_SECONDS
        while process.poll() is None and written(journal) < wanted:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(pause_seconds)
        in_time = process.poll() is None
        process.send_signal(signal.SIGKILL)
    return in_time


def facts(post: Post) -> QueueFacts:
    return QueueFacts(VIRTUAL_HOST, post.dead, post.kind, None, 0)


def cut(post: Post, allowed: Allowed, rabbitmq: RabbitMQ, answer_bytes: int) -> bool:
    """Send over a connection that breaks after so many bytes of answers; tells whether it broke."""
    with proxy(rabbitmq.amqp_port, answer_bytes) as broken:
        order = Order(VIRTUAL_HOST, post.dead, limit=100_000)
        return (
            redrive(by_port(allowed, broken.port), facts(post), order, Actor("test", "test", "here")).problem
            is not None
        )


def drive(post: Post, allowed: Allowed, rabbitmq: RabbitMQ, kills: int, cuts: int, seed: int) -> Told:
    """Kill and cut so often, at random points, then run until the queue is empty."""
    chance = random.Random(seed)
    told = Told()
    faults = ["kill"] * kills + ["cut"] * cuts
    chance.shuffle(faults)
    # Each gets about as far as leaves letters for all that follow.
    far = LETTERS // len(faults)
    for fault in faults:
        if fault == "kill":
            told.kills += killed(
                post, rabbitmq, allowed.journal, chance.randint(1, far * JOURNAL_BYTES), chance.uniform(0, 0.003)
            )
        else:
            told.cuts += cut(post, allowed, rabbitmq, chance.randint(1, far * ANSWER_BYTES))

    def emptied() -> bool:
        redrive(allowed, facts(post), Order(VIRTUAL_HOST, post.dead, limit=100_000), Actor("test", "test", "here"))
        return post.total(post.dead) == (0, 0)

    assert eventually(emptied, RUN_SECONDS)
    return told


def perhaps_twice(journal: Path) -> set[str]:
    """The messages of which an act said that they may arrive a second time."""
    said = [line for text in journal.read_text().splitlines() if (line := whole(text)) is not None]
    return {line["message_id"] for line in said if line.get("perhaps_twice") is True and line["stage"] == "sending"}


def whole(text: str) -> dict[str, Any] | None:
    """A line of the journal; none where a kill tore it: what it was about to say had not been done."""
    try:
        line: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    return line


def none_is_lost(
    post: Post, allowed: Allowed, rabbitmq: RabbitMQ, *, kills: int, cuts: int, seed: int, persistent: bool
) -> None:
    letters = [f"m-{number}" for number in range(LETTERS)]
    post.die(*letters, persistent=persistent)
    began = time.monotonic()

    told = drive(post, allowed, rabbitmq, kills, cuts, seed)
    arrived = Counter(post.ids(post.work))

    twice = {message for message, times in arrived.items() if times > 1}
    said = perhaps_twice(allowed.journal)
    print(
        f"{LETTERS} letters, {told.kills} kills, {told.cuts} cuts, {time.monotonic() - began:.0f} s: "
        f"{LETTERS - len(arrived)} lost, {arrived.total() - len(arrived)} arrived twice, {len(said)} said to perhaps"
    )
    assert set(arrived) == set(letters), "none is lost"
    assert twice <= said, "whatever arrived twice was told"
    assert arrived.total() - LETTERS <= told.kills + told.cuts, "a fault doubles one letter at most"
    assert told.kills >= kills // 2, "the faults must have struck while letters were on their way"
    assert told.cuts >= cuts // 2


def test_a_process_killed_and_a_connection_cut_lose_no_letter(
    make_post: MakePost, allowed: Allowed, rabbitmq: RabbitMQ
) -> None:
    """The letters are not persistent, so that the broker confirms them without waiting for its disk."""
    none_is_lost(make_post(), allowed, rabbitmq, kills=6, cuts=12, seed=1, persistent=False)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(COURSES))
@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_no_letter_is_lost_over_many_faults(
    make_post: MakePost, allowed: Allowed, rabbitmq: RabbitMQ, kind: str, seed: int
) -> None:
    none_is_lost(make_post(kind), allowed, rabbitmq, kills=20, cuts=30, seed=seed, persistent=True)
