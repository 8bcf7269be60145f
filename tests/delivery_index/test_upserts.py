"""Lines in any order, portions and repetition, by any number of workers, give one and the same index."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from eventrail.analysis.delivery_facts import facts_of
from eventrail.model.answers import LogQuery
from eventrail.model.delivery_index import OutstandingQuery
from eventrail.model.events import as_events, concat_events
from eventrail.model.window import Window
from eventrail.sources.elasticsearch import ElasticsearchLogs
from eventrail.sources.elasticsearch.delivery_index.encoding import encode
from eventrail.sources.elasticsearch.delivery_index.feed import OPERATIONS
from tests.analysis.broker_model import START
from tests.analysis.test_delivery_facts import columns_left_out
from tests.analysis.test_ledger_properties import play, stories
from tests.delivery_index.conftest import NOW, Ground
from tests.delivery_index.logged import outstanding

pytestmark = pytest.mark.servers

TOLD_APART = ("pod", "message_id", "channel_id", "instance_id", "queue", "document_id")
# Many stories share an index and its requests; each has names of its own. Making one smaller would take minutes.
many_stories = st.lists(st.tuples(stories, columns_left_out), min_size=4, max_size=8)
a_few_examples = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def lines_of(cases: list[tuple[Any, set[str]]]) -> pd.DataFrame:
    """Give the lines of all stories together."""
    tables = []
    for number, (story, left_out) in enumerate(cases):
        events = play(story).events()
        events = events.assign(**{name: f"{number}-" + events[name] for name in TOLD_APART})
        tables.append(as_events(events.drop(columns=list(left_out - {"document_id"}))))
    return concat_events(tables)


def read_all(ground: Ground) -> pd.DataFrame:
    """Give all lines as the ledger reads them from the logs."""
    window = Window(NOW - timedelta(days=1), NOW)
    return ElasticsearchLogs(ground.section).read(LogQuery(window, operations=OPERATIONS)).events


def index_all(ground: Ground, workers: int, minutes: int) -> None:
    """Let all workers take in what is there; later looks pass over the numbers of replaced documents."""
    for worker in range(1, workers + 1):
        indexer = ground.indexer(worker, workers)
        indexer.begin()
        for look in range(3):
            indexer.look(NOW + timedelta(minutes=minutes + look))


@a_few_examples
@given(cases=many_stories, workers=st.integers(1, 3), randomness=st.randoms(use_true_random=False))
def test_any_order_and_repetition_by_any_number_of_workers_gives_the_documents_of_all_lines(
    ground: Ground, cases: Any, workers: int, randomness: Any
) -> None:
    ground.clear()
    events = lines_of(cases)
    repeated = events.iloc[[*range(len(events)), *range(0, len(events), 5)]]
    shuffled = repeated.sample(frac=1, random_state=randomness.randrange(1000)).reset_index(drop=True)
    for portion in range(3):
        ground.write_events(shuffled.iloc[portion::3])
        # Each time the number of workers differs; the new ones go on where the old ones were.
        index_all(ground, (workers + portion) % 3 + 1, minutes=10 * portion)

    assert ground.documents() == encode(facts_of(read_all(ground)))


@a_few_examples
@given(cases=many_stories, randomness=st.randoms(use_true_random=False))
def test_the_ledger_of_the_index_and_what_is_newer_is_the_ledger_of_all_lines(
    ground: Ground, cases: Any, randomness: Any
) -> None:
    ground.clear()
    shuffled = lines_of(cases).sample(frac=1, random_state=randomness.randrange(1000))
    taken_in = randomness.randrange(len(shuffled) + 1)
    ground.write_events(shuffled.iloc[:taken_in])
    index_all(ground, 1, minutes=0)
    ground.write_events(shuffled.iloc[taken_in:])
    from_scratch = read_all(ground)

    for line in (3, 10, 25, 60):
        at = START + pd.Timedelta(line, unit="ms")
        instant = at.to_pydatetime()
        query = OutstandingQuery(as_of=instant, ended_since=instant)
        answer = ground.deliveries().outstanding(query)
        assert answer.unusable == ""
        assert outstanding(answer.lines.events, at) == outstanding(from_scratch, at)


def test_every_queue_can_be_asked_for_alone(ground: Ground) -> None:
    story = [("deliver", "payments-1"), ("publish",), ("deliver", "payments-2"), ("kill", "payments-2")]
    ground.write_events(lines_of([(story, set()), (story, set())]))
    index_all(ground, 1, minutes=0)
    from_scratch = read_all(ground)
    at = from_scratch["time"].max()

    for queue in from_scratch["queue"].dropna().unique():
        query = OutstandingQuery(as_of=at.to_pydatetime(), ended_since=at.to_pydatetime(), queues={queue: None})
        answer = ground.deliveries().outstanding(query)
        listed = outstanding(answer.lines.events, at)
        assert listed == [row for row in outstanding(from_scratch, at) if row[1] == queue]
        assert len(listed) == 1
