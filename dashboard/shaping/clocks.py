"""The clocks of an event in words."""

from typing import Final

import numpy as np
import pandas as pd

from dashboard.shaping.words import MISSING, duration_text, visible_text
from eventrail.model.clocks import ClockBounds, OrderProof

ORDER_WORDS: Final = {
    OrderProof.FIRST: "",
    OrderProof.CAUSE: "proved by cause",
    OrderProof.SAME_CLOCK: "by one clock",
    OrderProof.APART: "by clocks that are not so far apart",
    OrderProof.CLOCKS: "by two clocks only",
    OrderProof.DISPROVED: "disproved by cause: a clock is wrong",
}


def clock_rows(bounds: ClockBounds) -> pd.DataFrame:
    """Give clock, ahead (its bounds in words), taken (how far ahead it is taken to be), messages, tone."""
    clocks = bounds.clocks
    of_reference = (clocks["clock"] == bounds.reference).to_numpy()
    ahead = [
        f"{_signed(low)} to {_signed(high)}"
        for low, high in zip(clocks["lower_seconds"], clocks["upper_seconds"], strict=True)
    ]
    right = (clocks["offset_seconds"] == 0).to_numpy()
    way = np.where(clocks["offset_seconds"] > 0, " ahead", " behind")
    taken = np.where(right, "right", clocks["offset_seconds"].abs().map(duration_text).astype("str") + way)
    return pd.DataFrame(
        {
            "clock": clocks["clock"].astype("str").map(visible_text),
            "ahead": np.where(of_reference, "the reference", ahead),
            "taken": np.where(of_reference, MISSING, taken),
            "messages": clocks["messages"],
            "tone": np.where(right, "plain", "warn"),
        }
    )


def _signed(seconds: float) -> str:
    """Say a difference of clocks: "+5.0 s", "−3 ms"; one that nothing bounds is "?"."""
    if not np.isfinite(seconds):
        return "?"
    return ("−" if seconds < 0 else "+") + duration_text(abs(seconds))
