"""The time line of a queue: what went through it, and under that the deliveries that are still open."""

from datetime import timedelta
from typing import Final

import pandas as pd

from dashboard.components import charts, texts
from dashboard.components.unacked_loading import queue_curves
from dashboard.shaping import curves
from dashboard.shaping.holding import holding
from eventrail.model.ledger import QueueLedger
from eventrail.model.window import Window

# Before the oldest delivery this share of the time since then is shown, so that what was usual can be seen.
BEFORE_SHARE: Final = 0.25
MARGIN_SHARE: Final = 0.02
LONGEST: Final = timedelta(hours=24)
PANEL_PIXELS: Final = 64
STEP: Final = "1s"


def queue_time_line(ledger: QueueLedger, window_seconds: float) -> None:
    """Draw it. window_seconds: how much is shown at the least."""
    window = _window(ledger, window_seconds)
    found = queue_curves(ledger.vhost, ledger.queue, window)
    held = holding(ledger.deliveries, ledger.as_of)
    panels = curves.queue_panels(found.frames, curves.owners_of(ledger.deliveries))
    if not panels and held is None:
        return
    how = "thick: a handler has it; thin: it lies in the client’s buffer; dotted: several"
    texts.heading("Time line", f"what went through the queue, and under it each delivery that is still open · {how}")
    if held is not None:
        texts.note(held.sentence)
    texts.problems(found.problems)
    begins = [curves.extent(panels)[0]] if panels else []
    begins += [] if held is None else [held.mark]
    # A recording, or Prometheus itself, may begin later than the window.
    start, end = max(pd.Timestamp(window.start), min(begins)), ledger.as_of
    margin = (end - start) * MARGIN_SHARE
    charts.curve_panels(
        panels,
        key="unacked.time_line",
        alt="Messages of the queue over time, and since when each outstanding delivery is held",
        seen=((start - margin).floor("ms"), (end + margin).ceil("ms")),
        pixels=PANEL_PIXELS,
        held=held,
    )


def _window(ledger: QueueLedger, window_seconds: float) -> Window:
    """Give the time up to the instant that shows the oldest delivery's beginning, LONGEST at most."""
    oldest = timedelta(seconds=(ledger.oldest_age_seconds or 0.0) * (1 + BEFORE_SHARE))
    length = min(max(timedelta(seconds=window_seconds), oldest), max(LONGEST, timedelta(seconds=window_seconds)))
    end = ledger.as_of.ceil("us").to_pydatetime(warn=False)
    return Window(pd.Timestamp(end - length).floor(STEP).to_pydatetime(), end)
