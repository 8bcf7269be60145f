"""Metric answers from stored frames: what a recording gives back for a MetricRequest."""

import pandas as pd

from eventrail.model.answers import MetricAnswer, MetricRequest
from eventrail.model.problem import Problem
from queries.catalogue import catalogue


def answer_from_frame(
    request: MetricRequest, stored: pd.DataFrame, generation: str, problems: tuple[Problem, ...] = ()
) -> MetricAnswer:
    """Answer a request from the stored answer to the same query over a longer window and all labels.

    stored: time (UTC), value, and the query's label columns, any order of rows; left unchanged. `step_seconds` of the
    request is not applied: stored points stand where they were taken.
    """
    times = stored["time"]
    marked = (times >= pd.Timestamp(request.window.start)) & (times <= pd.Timestamp(request.window.end))
    for label, values in request.labels.items():
        if label not in stored.columns:
            problems = (*problems, unknown_label("recorded metrics", request, label))
        elif values:
            marked &= stored[label].isin(list(values))
    known = catalogue().get(request.name)
    later = [column for column in (known.columns if known else ()) if column not in stored.columns]
    # What an older recording does not have of a query's labels is missing, as it is where a series lacks them.
    frame = stored[marked].assign(**{column: pd.Series(dtype="str") for column in later})
    labels = [column for column in frame.columns if column not in ("time", "value")]
    frame = frame.sort_values([*labels, "time"], kind="stable").reset_index(drop=True)
    return MetricAnswer(request, frame, generation, problems)


def unknown_label(source: str, request: MetricRequest, label: str) -> Problem:
    """Say that a request names a label that its query does not have."""
    what = f"{request.name} has no label {label}; it was not filtered by"
    return Problem(source, what, "see the query's columns in docs/queries.md")
