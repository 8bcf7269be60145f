"""Steps of an event that plain log lines alone tell of: the spans that the lines were written in.

Services that log neither messages nor calls often write the span's ID on every line. A span of lines shows that a
service worked for the event, from its first line at the latest to its last at the earliest; what it was, and how it
ended, nobody says.
"""

from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Positions
from eventrail.analysis.span_tree import SpanTree
from eventrail.analysis.step_order import reordered
from eventrail.model.table import conform
from eventrail.model.trace import SERVER, STEP_COLUMNS, StepKind, StepState

# A span named so is a delivery's (OpenTelemetry's messaging conventions, old and new).
_DELIVERY: Final = r"^(?:(?P<before>.+) (?:process|receive|deliver)|(?:process|receive|deliver) (?P<behind>.+))$"
_TAKEN_OVER: Final = [
    *("service", "service_version", "pod", "node", "vhost", "exchange", "routing_key", "event_type", "span_id"),
]
# What no line states of such a step.
_INFERRED: Final = "kind,start,end"
# So many spans that go on in the same pod are looked through for one of another; no event that makes sense has more.
_LOOKED_AT_MAX: Final = 100


def logged_steps(lines: pd.DataFrame) -> pd.DataFrame:
    """Give a step (STEP_COLUMNS, in order) for each span that log lines were written in; none without span IDs.

    lines: the canonical event table, log lines of one event, in order of time. A span within another of the same pod
    is work inside that one's step. Where a span's parent wrote no line, the step that is taken for the cause is the one
    of another pod whose lines begin before and end after, the last to begin; that is marked as inferred. A delivery is
    not caused so: its publisher does not wait for it. Every step's state is unknown.
    """
    tree = SpanTree.of(lines)
    head = _heads(lines, tree)
    rows = np.flatnonzero(tree.own != NOWHERE)
    spans = head[tree.own[rows]]
    if not len(rows):
        return conform({}, STEP_COLUMNS)
    code, first = np.unique(spans, return_index=True)
    last = len(spans) - 1 - np.unique(spans[::-1], return_index=True)[1]
    teller = lines.iloc[tree.row[code]].reset_index(drop=True)
    steps = teller[_TAKEN_OVER].assign(
        start=lines["time"].array[rows[first]], end=lines["time"].array[rows[last]], state=StepState.UNKNOWN.value
    )
    named = teller["call_method"].str.extract(_DELIVERY)
    queue = teller["queue"].fillna(named["before"]).fillna(named["behind"])
    is_call = queue.isna()
    steps = steps.assign(
        queue=queue,
        kind=is_call.map({True: StepKind.CALL.value, False: StepKind.HANDLE.value}),
        span_kind=is_call.map({True: SERVER, False: None}),
        call_method=teller["call_method"].where(is_call),
        id=("call:" + teller["span_id"] + ".server").where(is_call, "handle:" + queue + ":?" + teller["span_id"]),
    )
    above = tree.nearest(np.isin(np.arange(len(tree.parent)), code))[code]
    stated = np.where(above == NOWHERE, NOWHERE, np.searchsorted(code, np.where(above == NOWHERE, 0, above)))
    guessed = np.where((stated == NOWHERE) & is_call.to_numpy(), _enclosing(steps), NOWHERE)
    parent = np.where(stated == NOWHERE, guessed, stated)
    ids = pd.Series(pd.api.extensions.take(steps["id"].array, parent, allow_fill=True))
    marks = pd.Series(_INFERRED, index=steps.index).mask(guessed != NOWHERE, f"{_INFERRED},parent_id")
    return reordered(conform(steps.assign(parent_id=ids, inferred=marks), STEP_COLUMNS))


def _heads(lines: pd.DataFrame, tree: SpanTree) -> Codes:
    """Give for each span the one that it lies within: the highest above it of which every span between, itself
    included, wrote lines in the same pod.
    """
    every = np.arange(len(tree.parent))
    places = lines["pod"].fillna(lines["service"])
    here, above = tree.of_rows(places, every), tree.of_rows(places, tree.parent)
    within = ((here == above) & here.notna()).to_numpy(dtype=bool)
    head = np.where(within, tree.parent, every)
    # Each round doubles how far up is known; a circle ends when that many rounds are done.
    for _ in range(len(head).bit_length() + 1):
        head = head[head]
    return head


def _enclosing(steps: pd.DataFrame) -> Positions:
    """Give for each step the one of another pod that begins no later and ends no earlier, the last to begin of those;
    NOWHERE where there is none.

    Row by row, because each depends on which steps before it are still going on; an event has as many as spans.
    """
    starts, ends = (steps[name].to_numpy(dtype="datetime64[ns]").astype(np.int64) for name in ("start", "end"))
    places, _ = pd.factorize(steps["pod"].fillna(steps["service"]))
    found: Positions = np.full(len(steps), NOWHERE, dtype=np.int64)
    going_on: list[int] = []
    for step in np.lexsort((-ends, starts)):
        while going_on and ends[going_on[-1]] < ends[step]:
            going_on.pop()
        elsewhere = (outer for outer in reversed(going_on[-_LOOKED_AT_MAX:]) if places[outer] != places[step])
        found[step] = next(elsewhere, NOWHERE)
        going_on.append(int(step))
    return found
