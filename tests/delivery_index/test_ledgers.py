"""The ledger by the delivery index beside the ledger from the logs: the same list, the same account."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.log_documents import Shape, documents
from eventrail.analysis.completeness import judge_completeness
from eventrail.configuration.sections import ElasticsearchSection
from eventrail.investigate.answers import Moment
from eventrail.investigate.ledgers import LedgersBuilt, build_ledgers
from eventrail.investigate.moment import MomentFound
from eventrail.model.ledger import QueueLedger
from eventrail.model.summaries import FRESHNESS_COLUMNS
from eventrail.model.table import conform
from eventrail.model.window import Window
from eventrail.recording.contents import RecordedMetric
from eventrail.sources.elasticsearch import ElasticsearchLogs
from eventrail.sources.ports import Sources
from eventrail.sources.recording import RecordedMetrics
from tests.cli.conftest import Eventrail
from tests.delivery_index.conftest import NOW, Ground

pytestmark = pytest.mark.servers

SHAPE = Shape(8_000, end=NOW, long_events=(), stuck_seconds=10.0)
HELD = 10


def gauges(queue: str, begin: pd.Timestamp) -> RecordedMetrics:
    """Give the gauge of a queue that holds ten messages since `begin`."""
    times = pd.date_range(begin - pd.Timedelta(minutes=1), pd.Timestamp(NOW), freq="5s")
    held = pd.DataFrame({"time": times, "value": float(HELD), "vhost": "bank", "queue": queue})
    held.loc[held["time"] <= begin, "value"] = 0.0
    frames = {
        "queue_messages_unacked": RecordedMetric(held, "test"),
        "queue_messages_ready": RecordedMetric(held.assign(value=0.0), "test"),
    }
    return RecordedMetrics("gauge in memory", frames, Window(NOW - timedelta(hours=1), NOW + timedelta(seconds=1)))


def ledger(sources: Sources, at: pd.Timestamp, queue: str | None) -> LedgersBuilt:
    completeness = judge_completeness(conform({}, FRESHNESS_COLUMNS), None, at, at)
    moment = Moment(as_of=at, asked=at, logs_complete_to=at, behind_seconds=0.0, live=False)
    return build_ledgers(sources, MomentFound(moment, completeness, ()), queue, None, 1800.0)


def account(one: QueueLedger) -> tuple[object, ...]:
    return (one.vhost, one.queue, one.gauge, one.explained, one.unexplained, one.surplus, one.lowest, one.highest)


@pytest.fixture
def filled(ground: Ground) -> Ground:
    """Logs with a hung pod, of which half are taken in."""
    lines = [(number, text) for number, (_, text) in enumerate(documents(SHAPE))]
    ground.write_texts(lines[:-4_000])
    indexer = ground.indexer()
    indexer.begin()
    indexer.look(NOW)
    ground.write_texts(lines[-4_000:])
    return ground


@pytest.mark.parametrize("with_gauge", [True, False])
@pytest.mark.parametrize("queue", [SHAPE.stuck_queue, None])
@pytest.mark.parametrize("seconds_before", [0.0, 0.5, 6.0])
def test_both_ways_give_the_same_ledger(
    filled: Ground, with_gauge: bool, queue: str | None, seconds_before: float
) -> None:
    at = pd.Timestamp(NOW - timedelta(seconds=seconds_before))
    metrics = gauges(SHAPE.stuck_queue, pd.Timestamp(NOW - timedelta(seconds=10))) if with_gauge else None
    by_logs = Sources(ElasticsearchLogs(filled.section), metrics, None, "test")
    by_index = replace(by_logs, deliveries=filled.deliveries())

    one, other = ledger(by_logs, at, queue), ledger(by_index, at, queue)

    assert (one.way.by_index, other.way.by_index) == (False, True)
    assert [account(each) for each in one.ledger.queues] == [account(each) for each in other.ledger.queues]
    for first, second in zip(one.ledger.queues, other.ledger.queues, strict=True):
        pd.testing.assert_frame_equal(first.deliveries, second.deliveries)
    assert any(len(each.deliveries) for each in one.ledger.queues)
    assert "newer log lines" in other.way.words


def test_the_command_says_which_way_it_took(ground: Ground, eventrail: Eventrail, tmp_path: Path) -> None:
    ground.write_texts([(number, text) for number, (_, text) in enumerate(documents(SHAPE))])
    config = tmp_path / "eventrail.toml"
    config.write_text(configured(ground.section) + f'[index]\nname = "{ground.index}"\nkeep_days = 400\n')

    before = eventrail("unacked", "--as-of", f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "--json", "--config", str(config))
    made = eventrail("index", "--once", "--config", str(config))
    after = eventrail("unacked", "--as-of", f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "--json", "--config", str(config))
    for_people = eventrail("unacked", "--as-of", f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "--config", str(config))

    assert made.status == 0, made.err
    assert "log documents read" in made.out
    assert json.loads(before.out)["way"] == {"delivery_index": False, "words": "the logs"}
    assert any("`eventrail index` makes it" in each["what"] for each in json.loads(before.out)["problems"])
    assert json.loads(after.out)["way"]["delivery_index"] is True
    assert json.loads(after.out)["queues"] == json.loads(before.out)["queues"]
    assert f"from the delivery index {ground.index}" in " ".join(for_people.out.split())


def configured(section: ElasticsearchSection) -> str:
    assert section.password is not None
    return (
        f'[elasticsearch]\nurl = "{section.url[0]}"\nindex = "{section.index}"\n'
        f'username = "{section.username}"\npassword = "{section.password.get_secret_value()}"\n'
    )
