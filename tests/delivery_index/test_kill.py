"""`eventrail index` killed at random points, again and again: afterwards the index is what all lines say.

EVENTRAIL_KILLS says how often, 10 by default.
"""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.log_documents import Shape, documents
from eventrail.analysis.delivery_facts import facts_of
from eventrail.model.answers import LogQuery
from eventrail.model.delivery_index import OutstandingQuery
from eventrail.model.window import Window
from eventrail.sources.elasticsearch import ElasticsearchLogs
from eventrail.sources.elasticsearch.delivery_index.encoding import encode
from eventrail.sources.elasticsearch.delivery_index.feed import OPERATIONS
from tests.delivery_index.conftest import NOW, Ground
from tests.delivery_index.logged import outstanding

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

KILLS = int(os.environ.get("EVENTRAIL_KILLS", "10"))
DOCUMENTS_MAX = 25_000
PATIENCE_SECONDS = 60.0


def configuration(ground: Ground, folder: Path) -> Path:
    account = ground.server.indexer
    path = folder / "eventrail.toml"
    path.write_text(
        f'[elasticsearch]\nurl = "{ground.server.url}"\nindex = "{ground.section.index}"\n'
        f'username = "{account.username}"\npassword = "{account.password}"\n'
        f'[index]\nname = "{ground.index}"\nkeep_days = 400\npoll_seconds = 0.05\n'
    )
    return path


def started(config: Path, *more: str) -> "subprocess.Popen[bytes]":
    """Start a worker; it says on its standard error what it does."""
    command = [str(Path(sys.executable).with_name("eventrail")), "index", "--config", str(config), *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def ready(process: "subprocess.Popen[bytes]") -> None:
    """Wait until the worker says that it follows the logs."""
    assert process.stderr is not None
    line = process.stderr.readline()
    assert b"follows" in line, line


def test_after_kills_at_random_points_the_index_is_what_all_lines_say(ground: Ground, tmp_path: Path) -> None:
    draw = random.Random(11)
    config = configuration(ground, tmp_path)
    shape = Shape(DOCUMENTS_MAX, end=NOW, long_events=(), stuck_seconds=20.0)
    lines = list(enumerate(text for _, text in documents(shape)))
    # Lines arrive out of order: some of a delivery's long after the others.
    draw.shuffle(lines)
    portion = len(lines) // KILLS
    for kill in range(KILLS):
        worker = started(config)
        ready(worker)
        end = len(lines) if kill == KILLS - 1 else (kill + 1) * portion
        ground.write_texts(lines[kill * portion : end])
        time.sleep(draw.uniform(0.0, 1.5))  # the point at which it is killed
        worker.send_signal(signal.SIGKILL)
        worker.wait(PATIENCE_SECONDS)
        assert worker.stderr is not None
        worker.stderr.close()

    last = started(config, "--once")
    _, said = last.communicate(timeout=5 * PATIENCE_SECONDS)
    assert (last.returncode, said) == (0, b"")

    window = Window(shape.start - timedelta(minutes=1), NOW + timedelta(minutes=1))
    from_scratch = ElasticsearchLogs(ground.section).read(LogQuery(window, operations=OPERATIONS)).events
    assert len(from_scratch) > 0.5 * len(lines)
    assert ground.documents() == encode(facts_of(from_scratch))
    for seconds in (0.0, 5.0, 15.0):
        at = pd.Timestamp(NOW - timedelta(seconds=seconds))
        asked = OutstandingQuery(at.to_pydatetime(), at.to_pydatetime(), {shape.stuck_queue: None})
        answer = ground.deliveries().outstanding(asked)
        listed = outstanding(answer.lines.events, at)
        assert listed == outstanding(from_scratch[from_scratch["queue"] == shape.stuck_queue], at)
        assert seconds > 0 or len(listed) >= 5
