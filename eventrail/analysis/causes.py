"""Which handling caused a publish or a call."""

from typing import Any

import numpy as np
import pandas as pd

from eventrail.model.table import TIME_TYPE

# A line may stand a moment before the handling that caused it, by the clocks of two threads.
CLOCK_GRAIN = pd.Timedelta(milliseconds=5)


def stated_causes(effects: pd.DataFrame, handles: pd.DataFrame) -> "pd.Series[Any]":
    """Give the ID of the handling of the message that each effect names in `causation_id`.

    effects: causation_id, pod, start. handles: id, message_id, pod, start. Of several deliveries of that message the
    one on the same pod counts that began last before the effect; without one on the pod, the last one that began
    before it; without any before it, the first.
    """
    named = effects[effects["causation_id"].notna()]
    joined = (
        named[["causation_id", "pod", "start"]]
        .reset_index(names="effect")
        .merge(
            handles[["id", "message_id", "pod", "start"]],
            left_on="causation_id",
            right_on="message_id",
            suffixes=("", "_handle"),
        )
    )
    same_pod = joined["pod"] == joined["pod_handle"]
    before = joined["start_handle"] <= joined["start"] + CLOCK_GRAIN
    distance = (joined["start"] - joined["start_handle"]).abs()
    ranked = joined.assign(rank=np.where(before, 0, 2) + np.where(same_pod, 0, 1), distance=distance)
    best = ranked.sort_values(["effect", "rank", "distance"], kind="stable").drop_duplicates("effect")
    return best.set_index("effect")["id"].reindex(effects.index)


def inferred_causes(effects: pd.DataFrame, handles: pd.DataFrame) -> "pd.Series[Any]":
    """Give the ID of the handling in progress on the effect's pod when it began: the one that began last.

    For services that log no causation ID. handles: id, pod, start, end (missing while open).
    """
    on_pods = effects[effects["pod"].notna()][["pod", "start"]].reset_index(names="effect")
    candidates = handles[handles["pod"].notna()][["id", "pod", "start", "end"]]
    if not len(on_pods) or not len(candidates):
        return pd.Series(index=effects.index, dtype="str")
    joined = pd.merge_asof(
        on_pods.sort_values("start").astype({"start": TIME_TYPE}),
        candidates.sort_values("start").rename(columns={"end": "end_handle"}).astype({"start": TIME_TYPE}),
        on="start",
        by="pod",
    )
    in_progress = joined[~(joined["end_handle"] + CLOCK_GRAIN < joined["start"])]
    return in_progress.set_index("effect")["id"].reindex(effects.index)
