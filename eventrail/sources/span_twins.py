"""Consumers' spans that tell of one delivery together (docs/adr: spans of one delivery).

Where both the client library and the framework above it are instrumented, a message that is delivered once has two
spans in the consumer: one while the client puts it into its buffer, one while the handler works. Counted one by one
they would look like a redelivery.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

# Putting a message into a buffer takes microseconds (28 to 222 in the data this was made from). One that took longer
# and had ended before the next span began was a handling, and so was one that caused further spans, however short it is
# (197 of 197 handlings in that data did, and no arrival); what follows it is another delivery.
ARRIVAL_SECONDS_MAX: Final = 0.005

# Spans of one message in one queue, in one pod.
_SAME: Final = ["trace_id", "parent_span_id", "queue", "pod"]


@dataclass(frozen=True, slots=True)
class Twins:
    """arrivals: marks, in the order of the spans, those that tell of a message's arrival, whose handling another tells.

    start, end: when the spans began and ended, index of the spans; of an arrival the earlier start of both, of the
    handling it belongs to the later end.
    """

    arrivals: npt.NDArray[np.bool_]
    start: "pd.Series[Any]"
    end: "pd.Series[Any]"

    @property
    def pairs(self) -> int:
        """How many deliveries two spans tell of."""
        return int(self.arrivals.sum())


def find_twins(spans: pd.DataFrame, caused_by: "pd.Series[str]") -> Twins:
    """Find the pairs among consumers' spans: SPAN_COLUMNS, any index without doubles.

    caused_by: the IDs of all spans that another span names as its parent.

    Two spans with the same parent, which is the span that published the message, of the same queue and pod, are one
    delivery when the later begins within the earlier, or follows one that was too short for a handling, did not fail
    and caused no other span: only a handler's work does. A span belongs to one pair at most, so that a redelivery,
    which again has two, stays a delivery of its own. The longer of both is the handling.
    """
    ordered = spans[["start", "end", *_SAME]].assign(
        seconds=(spans["end"] - spans["start"]).dt.total_seconds(),
        handled=spans["error_type"].notna() | spans["span_id"].isin(caused_by),
    )
    ordered = ordered[ordered["parent_span_id"].notna()].sort_values([*_SAME, "start", "seconds"], kind="stable")
    following = ordered.shift(-1)
    same = (ordered[_SAME] == following[_SAME]).all(axis=1)
    within = following["start"] < ordered["end"]
    brief = (ordered["seconds"] <= ARRIVAL_SECONDS_MAX) & ~ordered["handled"]
    chosen = _every_second(same & (within | brief))
    earlier, later = ordered[chosen], ordered[np.append(False, chosen[:-1])[: len(chosen)]]
    later_is_arrival = later["seconds"].to_numpy() < earlier["seconds"].to_numpy()
    arrivals = np.where(later_is_arrival, later.index, earlier.index)
    handlings = np.where(later_is_arrival, earlier.index, later.index)
    start, end = spans["start"].copy(), spans["end"].copy()
    start.loc[arrivals] = earlier["start"].array
    end.loc[handlings] = np.fmax(earlier["end"].to_numpy(), later["end"].to_numpy())
    return Twins(spans.index.isin(arrivals), start, end)


def _every_second(joined: "pd.Series[bool]") -> npt.NDArray[np.bool_]:
    """Of rows in a row that could each be joined with the next, give the first, the third and so on."""
    marked = joined.to_numpy(dtype=bool)
    run = np.cumsum(~marked)
    nth = pd.Series(marked.astype(np.int64)).groupby(run).cumsum().to_numpy()
    chosen: npt.NDArray[np.bool_] = marked & (nth % 2 == 1)
    return chosen
