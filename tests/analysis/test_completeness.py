"""Late logs, silent pods and quiet services, told apart."""

import pandas as pd

from eventrail.analysis.completeness import Completeness, judge_completeness

ASKED = pd.Timestamp("2026-01-31T09:14:20Z")
SEARCHED_FROM = ASKED - pd.Timedelta(minutes=15)


def pods(*rows: tuple[str, str, float, int]) -> pd.DataFrame:
    """Rows of pod, node, age of its newest line in seconds, heartbeats."""
    table = pd.DataFrame(list(rows), columns=["pod", "node", "age", "heartbeats"])
    newest = ASKED - pd.to_timedelta(table["age"], unit="s")
    return table.assign(service="s", documents=table["heartbeats"] + 1, newest=newest)


def judge(table: pd.DataFrame, running: set[str] | None) -> Completeness:
    return judge_completeness(table, None if running is None else frozenset(running), ASKED, SEARCHED_FROM)


def seconds_behind(completeness: Completeness) -> float:
    assert completeness.complete_to is not None
    return (ASKED - completeness.complete_to).total_seconds()


def test_logs_are_complete_up_to_the_pod_that_lags_most() -> None:
    told = judge(pods(("a-1", "node-a", 2, 9), ("b-1", "node-b", 6, 9)), {"a-1", "b-1"})

    assert seconds_behind(told) == 6
    assert told.problems == ()


def test_a_stopped_shipper_holds_back_the_moment_and_is_named() -> None:
    told = judge(pods(("a-1", "node-a", 2, 9), ("b-1", "node-b", 66, 9)), {"a-1", "b-1"})

    assert seconds_behind(told) == 66
    assert told.problems[0].source == "logs of node-b"
    assert "66 s behind" in told.problems[0].what


def test_a_pod_that_runs_no_longer_holds_nothing_back() -> None:
    told = judge(pods(("a-1", "node-a", 2, 9), ("b-1", "node-a", 66, 9)), {"a-1"})

    assert seconds_behind(told) == 2
    assert told.silent_pods == {"b-1"}


def test_a_quiet_service_without_heartbeats_holds_nothing_back() -> None:
    told = judge(pods(("a-1", "node-a", 2, 9), ("foreign-1", "node-a", 600, 0)), {"a-1"})

    assert seconds_behind(told) == 2


def test_a_running_pod_of_which_no_line_arrived_holds_back_everything() -> None:
    told = judge(pods(("a-1", "node-a", 2, 9)), {"a-1", "b-1"})

    assert told.complete_to == SEARCHED_FROM


def test_without_metrics_a_pod_silent_on_a_talking_node_is_taken_as_gone() -> None:
    told = judge(pods(("a-1", "node-a", 2, 9), ("b-1", "node-a", 40, 9), ("c-1", "node-b", 40, 9)), None)

    assert told.silent_pods == {"b-1"}
    assert seconds_behind(told) == 40


def test_lines_after_the_instant_asked_for_show_that_it_is_complete() -> None:
    told = judge(pods(("a-1", "node-a", -20, 9)), {"a-1"})

    assert told.complete_to == ASKED


def test_without_heartbeats_the_newest_line_is_all_there_is_to_go_by() -> None:
    told = judge(pods(("a-1", "node-a", 3, 0), ("b-1", "node-b", 90, 0)), None)

    assert seconds_behind(told) == 3


def test_without_any_line_nothing_is_known() -> None:
    assert judge(pods(), None).complete_to is None
