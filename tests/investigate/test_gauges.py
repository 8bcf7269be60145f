"""The guide of the search in the logs: what each way in which it can mislead comes to."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from eventrail.investigate.gauges import GaugeDoubts, GaugesRead, read_gauges
from eventrail.model.answers import MetricAnswer, MetricRequest
from eventrail.testing.builders import EventBook
from tests.investigate.told import DOWN, ToldMetrics

BOOK = EventBook()
KEY = ("/", "payments")
DOUBTS = GaugeDoubts(5.0, 1.0)
AS_OF = 600.0
Counts = dict[float, float]


def series(
    counts: Counts,
    queue: str = "payments",
    vhost: str = "/",
    instance: str = "a:15692",
    job: str = "",
    cluster: str = "",
) -> pd.DataFrame:
    times = [BOOK.time(second) for second in counts]
    labels = {"vhost": vhost, "queue": queue, "cluster": cluster, "job": job, "instance": instance}
    return pd.DataFrame({"time": times, "value": list(counts.values())} | labels)


def every(seconds: float, first: float, last: float, value: float = 0.0) -> Counts:
    return {first + n * seconds: value for n in range(int((last - first) / seconds) + 1)}


def look(
    *unacked: pd.DataFrame,
    ready: pd.DataFrame | None = None,
    at: float = AS_OF,
    queue: str | None = None,
    identity: dict[str, str] | None = None,
) -> GaugesRead:
    frames = {"queue_messages_unacked": pd.concat(unacked)} if unacked else {}
    if ready is not None:
        frames["queue_messages_ready"] = ready
    if identity:
        named = {"instance": list(identity), "rabbitmq_cluster": list(identity.values()), "job": "", "cluster": ""}
        frames["broker_identity"] = pd.DataFrame(named | {"time": BOOK.time(at), "value": 1.0})
    return read_gauges(ToldMetrics(frames), BOOK.time(at), queue, 1800.0, DOUBTS)


def zero_of(read: GaugesRead) -> pd.Timestamp | None:
    return read.gauges[KEY].nothing_unacked_at


def test_a_gauge_that_was_never_zero_says_how_far_back_it_looked() -> None:
    read = look(series(every(60, -100_000, AS_OF, 3.0)))

    gauge = read.gauges[KEY]
    assert gauge.nothing_unacked_at is None
    assert gauge.looked_back_to == BOOK.time(AS_OF - 24 * 3600)


def test_a_zero_of_hours_ago_is_found_by_looking_further_back_for_that_queue_only() -> None:
    metrics = ToldMetrics(
        {
            "queue_messages_unacked": pd.concat(
                [
                    series(every(60, -20_000, -10_000) | every(60, -9_960, AS_OF, 2.0)),
                    series(every(60, -20_000, AS_OF), queue="idle"),
                ]
            )
        }
    )

    read = read_gauges(metrics, BOOK.time(AS_OF), None, 1800.0, DOUBTS)

    assert read.gauges[KEY].nothing_unacked_at == BOOK.time(-10_040)
    assert [request.labels.get("queue") for request in metrics.requests] == [None, None, ("payments",), ("payments",)]


def test_a_zero_before_a_gap_of_samples_bounds_the_search_as_safely_as_any_other() -> None:
    read = look(series(every(5, 0, 100) | every(5, 400, AS_OF, 2.0)))

    assert zero_of(read) == BOOK.time(100)


def test_a_value_stands_at_its_own_sample_only_and_is_not_carried_into_a_gap() -> None:
    read = look(series({0: 1.0, 5: 0.0, 500: 4.0, 505: 4.0, 510: 4.0, 515: 4.0, 600: 4.0}))

    assert zero_of(read) == BOOK.time(5)


@pytest.mark.parametrize(("scraped_every", "last", "known"), [(5, 545, True), (5, 535, False), (60, 470, True)])
def test_how_old_a_last_sample_may_be_goes_by_how_often_the_gauge_is_scraped(
    scraped_every: float, last: float, known: bool
) -> None:
    read = look(series(every(scraped_every, last - 10 * scraped_every, last, 2.0)))

    assert (KEY in read.gauges) == known
    assert (KEY in read.uncounted) == (not known)


def test_a_gap_up_to_the_instant_leaves_the_bound_and_says_since_when_nothing_was_scraped() -> None:
    read = look(series(every(5, 0, 100) | every(5, 105, 400, 2.0)))

    queue = read.uncounted[KEY]
    assert queue.nothing_unacked_at == BOOK.time(100)
    assert queue.last_count == 2
    assert (
        queue.why
        == "was last counted at 2026-01-31 09:06:40 UTC, 3 min 20 s before: a:15692 has not been scraped since"
    )


def test_a_queue_that_its_node_no_longer_tells_of_was_deleted_or_renamed() -> None:
    renamed = series(every(5, 405, AS_OF), queue="payments.v2")

    read = look(series(every(5, 0, 400, 2.0)), renamed)

    assert list(read.gauges) == [("/", "payments.v2")]
    assert "deleted, renamed, or moved to a node that is not scraped" in read.uncounted[KEY].why
    named = look(series(every(5, 0, 400, 2.0)), renamed, queue="payments")
    assert "deleted, renamed" in named.uncounted[KEY].why


def test_an_empty_queue_that_is_gone_is_no_trouble() -> None:
    read = look(series(every(5, 0, 400)), series(every(5, 0, AS_OF), queue="fraud"))

    assert list(read.gauges) == [("/", "fraud")]
    assert read.uncounted == {}


def test_a_queue_asked_for_that_is_counted_nowhere_is_looked_for_further_back_and_said_to_be() -> None:
    gone = look(series(every(60, -20_000, -10_000, 2.0)), queue="payments")
    never = look(series(every(5, 0, AS_OF)), queue="payment")

    assert "not been scraped since" in gone.uncounted[KEY].why
    assert "renamed or deleted" in str(never.problems[0])


def test_where_no_queue_is_counted_any_more_the_counts_of_before_the_outage_are_looked_for() -> None:
    read = look(series(every(60, -20_000, -10_000) | every(60, -9_960, -2_000, 2.0)))

    queue = read.uncounted[KEY]
    assert (queue.last_count, queue.nothing_unacked_at) == (2, BOOK.time(-10_040))
    assert read.problems == ()


def test_a_prometheus_that_is_down_is_asked_once() -> None:
    class DownMetrics(ToldMetrics):
        def read(self, requests: Sequence[MetricRequest]) -> tuple[MetricAnswer, ...]:
            return tuple(replace(answer, problems=(DOWN,)) for answer in super().read(requests))

    metrics = DownMetrics({})

    read = read_gauges(metrics, BOOK.time(AS_OF), None, 1800.0, DOUBTS)

    assert len(metrics.requests) == 2
    assert DOWN in read.problems


def test_a_queue_deleted_and_made_anew_is_bounded_by_the_new_ones_zero() -> None:
    read = look(series(every(5, 0, 200, 7.0) | every(5, 300, 320) | every(5, 325, AS_OF, 1.0)))

    assert zero_of(read) == BOOK.time(320)
    assert read.gauges[KEY].reading.value == 1


def test_after_a_restart_of_the_broker_its_zero_is_true_and_what_came_back_waits() -> None:
    unacked = every(5, 0, 300, 9.0) | every(5, 360, 365) | every(5, 370, AS_OF, 4.0)
    ready = every(5, 0, 300) | every(5, 360, 365, 9.0) | every(5, 370, AS_OF, 5.0)

    gauge = look(series(unacked), ready=series(ready)).gauges[KEY]

    assert (gauge.reading.value, gauge.ready) == (4, 5)
    assert gauge.nothing_unacked_at == BOOK.time(365)
    assert gauge.empty_at is None


def test_messages_waiting_are_those_of_the_same_scrape_or_not_known() -> None:
    read = look(series(every(5, 0, AS_OF)), ready=series(every(5, 0, 500)))

    assert read.gauges[KEY].ready is None
    assert read.gauges[KEY].empty_at == BOOK.time(500)


def test_when_the_leader_moves_the_new_nodes_count_stands_and_the_old_nodes_last_one_is_past() -> None:
    read = look(series(every(5, 0, 300, 6.0)), series(every(5, 305, AS_OF, 2.0), instance="b:15692"))

    assert read.gauges[KEY].reading.value == 2
    assert read.uncounted == {}


def test_a_zero_that_the_old_node_goes_on_telling_after_the_leader_moved_is_no_zero() -> None:
    frozen = series(every(5, 0, 450))
    moved = series(every(5, 302, AS_OF, 3.0), instance="b:15692")

    read = look(frozen, moved, identity={"a:15692": "bank", "b:15692": "bank"})

    assert zero_of(read) == BOOK.time(300)
    assert read.gauges[KEY].reading.value == 3


def test_two_exporters_of_one_broker_are_not_added_up() -> None:
    counts = every(5, 0, 300) | every(5, 305, AS_OF, 3.0)

    read = look(series(counts), series(counts, instance="b:9419"), identity={"a:15692": "bank", "b:9419": "bank"})

    assert read.gauges[KEY].reading.value == 3
    assert zero_of(read) == BOOK.time(300)


@pytest.mark.parametrize(
    ("mine", "theirs", "identity"),
    [
        ({"cluster": "east"}, {"cluster": "west"}, None),
        ({"job": "east"}, {"job": "west"}, None),
        ({}, {}, {"a:15692": "east", "b:15692": "west"}),
    ],
    ids=["by a cluster label", "by their jobs", "by what the nodes say themselves"],
)
def test_two_brokers_with_a_queue_of_one_name_are_told_and_neither_hides_the_other(
    mine: dict[str, str], theirs: dict[str, str], identity: dict[str, str] | None
) -> None:
    east = series(every(5, 0, 300) | every(5, 305, AS_OF, 3.0), **mine)
    west = series(every(5, 0, 200) | every(5, 205, 400, 1.0) | every(5, 405, AS_OF), instance="b:15692", **theirs)

    read = look(east, west, identity=identity)

    assert read.gauges == {}
    assert "2 brokers (east 3 and west 0)" in read.uncounted[KEY].why
    assert read.uncounted[KEY].nothing_unacked_at == BOOK.time(200)


def test_queues_of_one_name_in_two_virtual_hosts_have_each_their_own_count_and_zero() -> None:
    read = look(series(every(5, 0, 300) | every(5, 305, AS_OF, 3.0)), series(every(5, 0, AS_OF), vhost="test"))

    assert {key: gauge.reading.value for key, gauge in read.gauges.items()} == {KEY: 3, ("test", "payments"): 0}
    assert zero_of(read) == BOOK.time(300)


def test_totals_without_queues_guide_nothing_and_the_remedy_is_named() -> None:
    read = look()

    assert read.gauges == {}
    assert read.uncounted == {}
    assert "/metrics/detailed" in read.problems[0].remedy


def test_the_margin_holds_the_brokers_statistics_and_the_clocks_whatever_the_scrape_interval() -> None:
    often, seldom = (look(series(every(seconds, 0, AS_OF, 0.0))) for seconds in (5, 60))

    assert often.gauges[KEY].margin_seconds == seldom.gauges[KEY].margin_seconds == 6.5
