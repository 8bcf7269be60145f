"""Steps as narrow arrays, and as the table of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import (
    NOWHERE,
    Codes,
    Objects,
    Positions,
    Times,
    instants,
    nth_of,
    pick,
    texts,
    vocabulary,
    whole_numbers,
)
from eventrail.analysis.delivery_arrays import SETTLEMENTS
from eventrail.analysis.inferred import written
from eventrail.analysis.lines import Lines
from eventrail.model.trace import STEP_COLUMNS, StepKind, StepState

KINDS: Final = tuple(StepKind)
STATES: Final = tuple(StepState)
_KINDS: Final = vocabulary(KINDS)
_STATES: Final = vocabulary(STATES)
NO_NUMBER: Final = np.iinfo(np.int64).min
# Columns that a step has as a line states them.
AS_STATED: Final = (
    *("service", "service_version", "pod", "node"),
    *("vhost", "exchange", "routing_key", "event_type", "error_type"),
    *("span_kind", "span_id", "peer_service", "call_method", "channel_id", "consumer_tag", "delivery_tag"),
)


@dataclass(frozen=True, slots=True)
class Steps:
    """Some steps of a trace, an element each.

    kind, state: positions in KINDS and STATES. line: the row of the line that the step stands on; NOWHERE where there
    are several. stated_by: column → the row that states it, NOWHERE where none does; a column that no step has may be
    left out. message: as `Lines.codes`. queue: position in the list of queues. outcome: as `Lines.codes`, or, further
    on, the position of a settlement. attempt: NO_NUMBER where it is missing. inferred: see analysis.inferred.
    """

    kind: Codes
    line: Positions
    stated_by: Mapping[str, Positions]
    message: Codes
    queue: Codes
    start: Times
    handling_start: Times
    end: Times
    state: Codes
    outcome: Codes
    attempt: Codes
    inferred: Codes

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self.kind)

    def at(self, positions: Positions) -> "Steps":
        """Give the steps at the positions, in that order."""
        moved = {name: getattr(self, name)[positions] for name in _ARRAYS}
        return Steps(**moved, stated_by={name: rows[positions] for name, rows in self.stated_by.items()})

    def codes(self, column: str, lines: Lines) -> Codes:
        """Give the numbers of a stated column's values; see `Lines.codes`."""
        return pick(lines.codes(column), self.stated_by[column], NOWHERE)


_ARRAYS: Final = tuple(field.name for field in fields(Steps) if field.name != "stated_by")


def joined(parts: Sequence[Steps]) -> Steps:
    """Give the steps of all parts, one part after another."""
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS}
    nowhere = [np.full(len(part), NOWHERE, dtype=np.int64) for part in parts]
    stated_by = {
        name: np.concatenate([part.stated_by.get(name, none) for part, none in zip(parts, nowhere, strict=True)])
        for name in AS_STATED
    }
    return Steps(**arrays, stated_by=stated_by)


def step_ids(steps: Steps, lines: Lines, queues: Sequence[str]) -> Objects:
    """Name each step by its kind and what it is about; the second of the same name ends in "#2", and so on."""
    # Few queues stand for many steps: what comes before the message is put together once a queue.
    heads = ["publish:", "call:", *(f"{kind}:{queue}:" for kind in ("wait", "handle") for queue in (*queues, "?"))]
    at_queue = np.where(steps.queue == NOWHERE, len(queues), steps.queue)
    head_of_kind = {
        StepKind.PUBLISH: 0,
        StepKind.CALL: 1,
        StepKind.WAIT: 2 + at_queue,
        StepKind.HANDLE: 3 + len(queues) + at_queue,
    }
    head = np.choose(steps.kind, [head_of_kind[kind] for kind in KINDS])
    about = pick(_words(lines, "message_id"), steps.message, "?")
    calls = np.flatnonzero(steps.kind == KINDS.index(StepKind.CALL))
    if len(calls):
        about[calls] = _call_names(lines, steps.line[calls])
    names: Objects = np.array(heads, dtype=object)[head] + about
    nth = nth_of(pd.factorize(names)[0])
    if nth.any():
        names = names + np.array(["", *(f"#{number + 1}" for number in range(1, nth.max() + 1))], dtype=object)[nth]
    return names


def _call_names(lines: Lines, rows: Positions) -> Objects:
    """Name calls by their span, else their document, and the side that logged them."""
    spans, sides = lines.codes("span_id")[rows], lines.codes("span_kind")[rows]
    documents = pick(_words(lines, "document_id"), lines.codes("document_id")[rows], "")
    named = np.where(spans == NOWHERE, documents, pick(_words(lines, "span_id"), spans, ""))
    names: Objects = named + "." + pick(_words(lines, "span_kind"), sides, "")
    return names


def _words(lines: Lines, column: str) -> Objects:
    return np.asarray(lines.words(column), dtype=object)


def steps_table(steps: Steps, ids: Objects, parent_ids: Objects, lines: Lines, queues: Sequence[str]) -> pd.DataFrame:
    """Give STEP_COLUMNS: here, once, the texts are taken."""
    made: dict[str, Any] = {
        "id": pd.array(ids, dtype="str"),
        "parent_id": pd.array(parent_ids, dtype="str"),
        "kind": texts(_KINDS, steps.kind),
        "queue": texts(vocabulary(queues), steps.queue),
        "message_id": texts(lines.words("message_id"), steps.message),
        "attempt": whole_numbers(steps.attempt, steps.attempt == NO_NUMBER),
        "start": instants(steps.start),
        "handling_start": instants(steps.handling_start),
        "end": instants(steps.end),
        "state": texts(_STATES, steps.state),
        "outcome": texts(vocabulary([*lines.words("outcome"), *SETTLEMENTS]), steps.outcome),
        "inferred": written(steps.inferred),
    }
    columns = {name: made[name] if name in made else lines.take(name, steps.stated_by[name]) for name in STEP_COLUMNS}
    return pd.DataFrame(columns, copy=False)
