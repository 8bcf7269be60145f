"""Which step a log line belongs to: by its span or its message where it names one, else by pod and time."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.trace import OPEN_STATES, StepKind

# A step's own lines are written a moment before its first and after its last instant.
MARGIN: Final = pd.Timedelta(milliseconds=1)
# What no step covers, such as a line before the first publish, belongs to one of its pod that is so near.
NEAR: Final = pd.Timedelta(seconds=1)
# A pod that works at more steps of one event at a time is looked through this far only.
_MOST_AT_A_TIME: Final = 16

Rows = npt.NDArray[np.int64]


def steps_of_lines(lines: pd.DataFrame, steps: pd.DataFrame) -> "pd.Series[str]":
    """Give for each line the ID of the step that it belongs to, missing where it belongs to none.

    lines: time, pod, span_id and message_id of the canonical event table; steps: STEP_COLUMNS. Of several steps that
    a pod works at, a line belongs to the one that began last: the call, not the handling that makes it.
    """
    worked = steps[(steps["kind"] != StepKind.WAIT) & steps["pod"].notna()]
    nothing = pd.Series(index=lines.index, dtype="str")
    if lines.empty or worked.empty:
        return nothing
    work = _work(worked)
    by_span = lines["span_id"].map(work.dropna(subset="span_id").drop_duplicates("span_id").set_index("span_id")["id"])
    handled = work[work["lasts"] & work["message_id"].notna()]
    by_message = _covering(lines, handled, ["pod", "message_id"])
    by_time = _covering(lines, work[work["lasts"]], ["pod"])
    found = nothing
    for way in (by_span, by_message, by_time, _nearest(lines, work)):
        found = found.fillna(way.astype("str"))
    return found


def _work(steps: pd.DataFrame) -> pd.DataFrame:
    """Give what pods did from when to when, as far as lines may belong to it."""
    is_open = steps["state"].isin(OPEN_STATES) & steps["end"].isna()
    return pd.DataFrame(
        {
            "id": steps["id"],
            "pod": steps["pod"],
            "message_id": steps["message_id"],
            "span_id": steps["span_id"],
            "begin": steps["start"] - MARGIN,
            "until": steps["end"].fillna(steps["start"]).mask(is_open, pd.Timestamp.max.tz_localize("UTC")),
            "lasts": steps["kind"] != StepKind.PUBLISH,
        }
    ).sort_values(by="begin", kind="stable", ignore_index=True)


def _covering(lines: pd.DataFrame, work: pd.DataFrame, same: list[str]) -> "pd.Series[str]":
    """Give the work of the same pod (and message) that began last before a line and had not ended."""
    known = lines.dropna(subset=same)[["time", *same]].sort_values(by="time", kind="stable")
    if known.empty or work.empty:
        return pd.Series(index=lines.index, dtype="str")
    work = work.reset_index(drop=True)
    numbered = work[["begin", *same]].assign(row=np.arange(len(work)))
    joined = pd.merge_asof(known, numbered, left_on="time", right_on="begin", by=same)
    rows: Rows = joined["row"].fillna(-1).to_numpy(dtype=np.int64)
    before: Rows = numbered.groupby(same)["row"].shift(fill_value=-1).to_numpy(dtype=np.int64)
    until, written = work["until"].to_numpy(), (known["time"] - MARGIN).to_numpy()
    for _ in range(_MOST_AT_A_TIME):
        ended = (rows >= 0) & (until[rows] < written)
        if not ended.any():
            break
        rows = np.where(ended, before[rows], rows)
    rows = np.where((rows >= 0) & (until[rows] >= written), rows, -1)
    found = work["id"].reindex(rows)
    return found.set_axis(known.index).reindex(lines.index)


def _nearest(lines: pd.DataFrame, work: pd.DataFrame) -> "pd.Series[str]":
    """Give the work of the same pod that began nearest to a line, if near at all."""
    known = lines.dropna(subset="pod")[["time", "pod"]].sort_values(by="time", kind="stable")
    begun = work[["begin", "pod", "id"]]
    joined = pd.merge_asof(
        known, begun, left_on="time", right_on="begin", by="pod", direction="nearest", tolerance=NEAR
    )
    return joined["id"].set_axis(known.index).reindex(lines.index)
