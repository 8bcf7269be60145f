"""A queue's lines narrowed by counts lead to what all its lines lead to, or all are read and it is said why."""

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.ledger import count_bounds, outstanding_at
from eventrail.investigate.bounds import window_between
from eventrail.investigate.narrowed import QueueLines, read_narrowed
from eventrail.model.answers import LogAnswer, LogQuery, TableAnswer
from eventrail.model.events import (
    CHANNEL_OPERATIONS,
    DELIVERY_OPERATIONS,
    Outcome,
    as_events,
    concat_events,
    empty_events,
)
from eventrail.model.problem import Problem
from eventrail.model.tallies import TagTally
from eventrail.sources import table_tallies
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.table_logs import LogTable, matches
from tests.analysis.broker_model import QUEUE, BrokerModel, Channel
from tests.analysis.test_ledger_properties import PODS, play, stories

# Short spans, so that there are lines to leave out.
COUNTED = pd.Timedelta(milliseconds=3)


@dataclass(frozen=True)
class CountingLogs(FileLogs):
    """Counts as a server does: a line that was sent again counts again."""

    sent: pd.DataFrame = field(default_factory=empty_events)

    def tally(self, query: LogQuery) -> TagTally:
        return table_tallies.tag_tally(LogAnswer(self.sent[matches(self.sent, query)]))


def logs_of(events: pd.DataFrame) -> FileLogs:
    table = LogTable.of(as_events(events))
    return CountingLogs("told", "told", "1", (), table, sent=table.events)


def narrowed(logs: FileLogs, start: pd.Timestamp, at: pd.Timestamp) -> QueueLines:
    return read_narrowed(logs, question(start, at), "/", at - COUNTED, at)


def question(start: pd.Timestamp, at: pd.Timestamp) -> LogQuery:
    return LogQuery(window_between(start, at), queues=(QUEUE,), operations=DELIVERY_OPERATIONS)


def concluded(logs: FileLogs, events: pd.DataFrame, start: pd.Timestamp, at: pd.Timestamp) -> tuple[Any, ...]:
    """Give what a ledger takes from delivery lines and the channel lines: its list, and between which counts."""
    channels = logs.read(LogQuery(window_between(start, at), operations=CHANNEL_OPERATIONS)).events
    lines, _ = clean(concat_events([events, channels]))
    deliveries, _ = match_deliveries(lines[lines["time"] <= at])
    listed = outstanding_at(deliveries, at).sort_values(["delivered", "channel_id", "delivery_tag"], ignore_index=True)
    channels = set(deliveries["channel_id"][deliveries["delivered"] <= at].dropna())
    return listed, count_bounds(deliveries, at - COUNTED, at), deliveries.empty, channels


def assert_same(logs: FileLogs, start: pd.Timestamp, at: pd.Timestamp) -> QueueLines:
    some, every = narrowed(logs, start, at), logs.read(question(start, at)).events
    one, other = concluded(logs, some.events, start, at), concluded(logs, every, start, at)
    pd.testing.assert_frame_equal(one[0], other[0])
    assert one[1:] == other[1:]
    assert some.narrowed != bool(some.why_all)
    assert set(some.events["document_id"]) <= set(every["document_id"])
    return some


@given(
    story=stories,
    keep=st.lists(st.sampled_from([0, 1, 1, 1, 1, 1, 2, 3]), min_size=61, max_size=61),
    late=st.lists(st.sampled_from([0, 0, 0, 0, 5, -3]), min_size=61, max_size=61),
    strip=st.sets(st.sampled_from(["message_id", "channel_id", "delivery_tag", "pod", "instance_id", "redelivered"])),
    stripped=st.sets(st.integers(0, 60), max_size=3),
    begin=st.integers(0, 20),
)
def test_lost_repeated_late_and_incomplete_lines_change_nothing(
    story: Any, keep: list[int], late: list[int], strip: set[str], stripped: set[int], begin: int
) -> None:
    broker = play(story)
    events = broker.events()
    rows = len(events)
    events["time"] += pd.to_timedelta([late[line % len(late)] for line in range(rows)], unit="ms")
    events.loc[[line for line in stripped if line < rows], sorted(strip)] = pd.NA
    chosen = [line for line in range(rows) for _ in range(keep[line % len(keep)])]
    # Sent again, a line has another document ID; the process does not count its lines.
    again = events.iloc[chosen].reset_index(drop=True)
    again["document_id"] = [f"d{number}" for number in range(len(again))]
    for last in {rows, rows // 2}:
        assert_same(logs_of(again), broker.time(min(begin, last)), broker.time(last))


def busy(messages: int = 400) -> BrokerModel:
    """Three pods settle what they get; one holds its first three."""
    broker = BrokerModel({pod: Channel(pod) for pod in PODS})
    for number in range(messages):
        pod = PODS[number % 3]
        broker.publish()
        broker.deliver(pod)
        if pod == PODS[0] and number < 9:
            continue
        held = len(broker.channels[pod].held)
        broker.process(pod, held - 1)
        broker.settle(pod, held - 1, Outcome.ACK)
    return broker


def test_of_a_busy_queue_only_what_is_stuck_and_what_is_new_is_read() -> None:
    broker = busy()
    logs = logs_of(broker.events())

    read = assert_same(logs, broker.time(0), broker.time(len(broker.rows)))

    assert read.narrowed
    assert len(read.events) < 30 < len(logs.table.events)


def test_a_delivery_known_from_before_the_window_is_followed_to_its_settle_line() -> None:
    broker = busy()
    broker.settle(PODS[0], 0, Outcome.ACK)
    for _ in range(50):
        broker.publish()
        broker.deliver(PODS[1])
        broker.process(PODS[1], 0)
        broker.settle(PODS[1], 0, Outcome.ACK)
    events = broker.events()
    events["message_id"] = events["message_id"].where(events["operation"] != "settle")
    start, at = broker.time(len(events) // 2), broker.time(len(events))
    known = events[(events["pod"] == PODS[0]) & events["delivery_tag"].isin([1, 2]) & (events["time"] < start)]
    logs = logs_of(events)

    read = read_narrowed(logs, question(start, at), "/", at - COUNTED, at, as_events(known))

    listed, *_ = concluded(logs, read.events, start, at)
    assert read.narrowed
    assert listed["delivery_tag"].to_list() == [2]


def lines_of(events: pd.DataFrame, pod: str, tag: int, operation: str) -> list[int]:
    chosen = (events["pod"] == pod) & (events["delivery_tag"] == tag) & (events["operation"] == operation)
    return list(events.index[chosen])


def test_a_lost_settle_line_and_its_neighbours_sent_twice_do_not_hide_each_other() -> None:
    broker = busy()
    events = broker.events()
    lost, twice = (lines_of(events, PODS[1], tag, "settle") for tag in (20, 21))
    sent = pd.concat([events.drop(index=lost), events.loc[twice].assign(document_id="again")])

    read = assert_same(logs_of(sent), broker.time(0), broker.time(len(broker.rows)))

    assert read.narrowed
    assert set(events.loc[lost, "message_id"]) <= set(read.events["message_id"])


def test_a_delivery_of_which_only_the_process_line_is_left_is_read() -> None:
    broker = busy()
    events = broker.events()
    lost = [line for name in ("receive", "settle") for line in lines_of(events, PODS[1], 20, name)]

    read = assert_same(logs_of(events.drop(index=lost)), broker.time(0), broker.time(len(broker.rows)))

    assert read.narrowed
    assert set(events.loc[lost, "message_id"]) <= set(read.events["message_id"])


def test_of_two_processes_that_speak_for_a_pod_at_once_the_older_one_ends_nothing() -> None:
    older, newer = Channel("payments-1", instance=1), Channel("payments-1", instance=2)
    broker = BrokerModel({"older": older, "newer": newer})

    def settles(name: str) -> None:
        broker.publish()
        broker.deliver(name)
        broker.settle(name, len(broker.channels[name].held) - 1, Outcome.ACK)

    for _ in range(40):
        settles("older")
    broker.publish()
    broker.deliver("newer")
    for _ in range(40):
        settles("older")

    logs, end = logs_of(broker.events()), broker.time(len(broker.rows))
    read = assert_same(logs, broker.time(0), end)

    assert read.narrowed
    assert concluded(logs, read.events, broker.time(0), end)[0]["channel_id"].tolist() == [newer.channel_id]


def test_a_restart_is_known_though_all_lines_of_the_new_process_are_settled() -> None:
    broker = busy(60)
    broker.kill(PODS[0])
    opened = broker.rows.pop()  # the line about the new channel is lost
    broker.held_at.pop()
    assert opened["operation"] == "channel-opened"
    broker.ready.clear()
    for _ in range(40):
        broker.publish()
        broker.deliver(PODS[0])
        broker.settle(PODS[0], 0, Outcome.ACK)
    for _ in range(20):
        broker.publish()  # time goes by

    read = assert_same(logs_of(broker.events()), broker.time(0), broker.time(len(broker.rows)))

    assert read.narrowed
    assert concluded(logs_of(broker.events()), read.events, broker.time(0), broker.time(len(broker.rows)))[0].empty


def test_a_redelivery_settled_long_ago_is_read_for_what_it_proves() -> None:
    broker = busy(60)
    broker.lose_channel(PODS[0])
    broker.rows.pop()  # nobody wrote that the channel was lost
    broker.held_at.pop()
    for _ in range(3):
        broker.deliver(PODS[1])
        broker.settle(PODS[1], 0, Outcome.ACK)
    for _ in range(40):
        broker.publish()

    logs, end = logs_of(broker.events()), broker.time(len(broker.rows))
    read = assert_same(logs, broker.time(0), end)

    assert read.narrowed
    assert concluded(logs, read.events, broker.time(0), end)[0].empty


@pytest.mark.parametrize(
    ("column", "why"),
    [("channel_id", "state no channel or no delivery tag"), ("delivery_tag", "state no channel or no delivery tag")],
)
def test_lines_that_cannot_be_counted_are_all_read_and_it_is_said(column: str, why: str) -> None:
    broker = busy()
    events = broker.events()
    events.loc[events.index[-1], column] = pd.NA

    read = assert_same(logs_of(events), broker.time(0), broker.time(len(broker.rows)))

    assert why in read.why_all


def test_consumers_without_receive_lines_are_read_whole() -> None:
    broker = busy()
    events = broker.events()

    read = assert_same(logs_of(events[events["operation"] != "receive"]), broker.time(0), broker.time(len(broker.rows)))

    assert read.why_all == "no receive line is among them"


class OnlyCounts(FileLogs):
    """Counts, and processes, that cannot be had."""

    def tally(self, query: LogQuery) -> TagTally:
        return replace(table_tallies.tag_tally(self.read(query)), unusable="the index cannot count")


class NoProcesses(FileLogs):
    def processes(self, query: LogQuery) -> TableAnswer:
        return TableAnswer(super().processes(query).frame.iloc[:0], (Problem("logs", "took too long"),))


@pytest.mark.parametrize(("kind", "why"), [(OnlyCounts, "cannot count"), (NoProcesses, "took too long")])
def test_what_a_source_cannot_tell_is_said(kind: type[FileLogs], why: str) -> None:
    broker = busy(30)
    logs = kind("told", "told", "1", (), LogTable.of(broker.events()))

    assert why in assert_same(logs, broker.time(0), broker.time(len(broker.rows))).why_all
