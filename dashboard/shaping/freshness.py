"""How far behind each pod's log lines are."""

from datetime import datetime
from typing import Final

import pandas as pd

from dashboard.shaping.words import MISSING, visible_text

LATE_SECONDS: Final = 15.0
VERY_LATE_SECONDS: Final = 60.0


def freshness_table(pods: pd.DataFrame, instant: datetime) -> pd.DataFrame:
    """Give a row a pod, the one furthest behind first: pod, service, node, behind (seconds), documents, kind, tone.

    pods: LogSource.freshness. A pod without heartbeats may be merely quiet: it is not alarming.
    """
    behind = (pd.Timestamp(instant) - pods["newest"]).dt.total_seconds().clip(lower=0.0)
    beats = pods["heartbeats"].fillna(0) > 0
    tone = pd.Series("plain", index=pods.index).mask(beats & (behind > LATE_SECONDS), "warn")
    tone = tone.mask(beats & (behind > VERY_LATE_SECONDS), "bad")
    rows = pd.DataFrame(
        {
            "pod": pods["pod"].fillna(MISSING).astype("str").map(visible_text),
            "service": pods["service"].fillna(MISSING).astype("str").map(visible_text),
            "node": pods["node"].fillna(MISSING).astype("str").map(visible_text),
            "behind": behind,
            "documents": pods["documents"],
            "kind": beats.map({True: "every 5 s", False: "none: may be merely quiet"}),
            "tone": tone,
        }
    )
    return rows.sort_values(["behind", "pod"], ascending=[False, True], kind="stable", ignore_index=True)
