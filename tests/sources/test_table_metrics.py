"""Metric answers from stored frames."""

import pandas as pd

from eventrail.model.answers import MetricRequest
from eventrail.model.window import Window
from eventrail.sources.table_metrics import answer_from_frame

TIMES = pd.date_range("2026-01-31T12:00:00Z", periods=3, freq="1min", unit="ns")
STORED = pd.DataFrame(
    {
        "time": [*TIMES, *TIMES],
        "value": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "vhost": "/",
        "queue": ['b"{}'] * 3 + ["a"] * 3,
    }
)


def test_labels_and_window_choose_the_points_and_both_ends_belong_to_it() -> None:
    window = Window(TIMES[1].to_pydatetime(), TIMES[2].to_pydatetime())

    answer = answer_from_frame(MetricRequest("q", window, {"queue": ('b"{}',), "vhost": ()}), STORED, "g")

    assert answer.frame["value"].tolist() == [2.0, 3.0]
    assert answer.generation == "g"


def test_points_are_ordered_by_labels_then_time() -> None:
    window = Window(TIMES[0].to_pydatetime(), TIMES[2].to_pydatetime())

    answer = answer_from_frame(MetricRequest("q", window), STORED, "g")

    assert answer.frame["value"].tolist() == [4.0, 5.0, 6.0, 1.0, 2.0, 3.0]


def test_a_label_the_query_does_not_have_is_said_not_ignored() -> None:
    window = Window(TIMES[0].to_pydatetime(), TIMES[2].to_pydatetime())

    answer = answer_from_frame(MetricRequest("q", window, {"pod": ("p",)}), STORED, "g")

    assert "no label pod" in str(answer.problems[0])
