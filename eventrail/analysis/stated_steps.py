"""The steps that lines tell of by themselves: publishes, deliveries and calls."""

from typing import Any, Final

import numpy as np

from eventrail.analysis.columns import NEVER, NOWHERE, Mask, Positions, lengths, pick
from eventrail.analysis.delivery_arrays import SETTLEMENTS, Deliveries
from eventrail.analysis.inferred import inferred, renamed
from eventrail.analysis.lines import Lines
from eventrail.analysis.steps import AS_STATED, KINDS, NO_NUMBER, STATES, Steps
from eventrail.model.events import Operation, Outcome
from eventrail.model.ledger import Settlement
from eventrail.model.trace import StepKind, StepState

STATE_OF_SETTLEMENT: Final = {
    Settlement.ACK: StepState.COMPLETE,
    Settlement.REQUEUE: StepState.REQUEUED,
    Settlement.DISCARD: StepState.FAILED,
    Settlement.RETURNED: StepState.RETURNED,
}
FAILED_SENDS: Final = (Outcome.UNROUTABLE, Outcome.REFUSED)


def publish_steps(lines: Lines, rows: Positions) -> Steps:
    """Make a step of each send line."""
    sends = rows[lines.telling(Operation.SEND)[rows]]
    return Steps(
        **_of_lines(StepKind.PUBLISH, lines, sends, failed=lines.having("outcome", *FAILED_SENDS)[sends]),
        message=lines.codes("message_id")[sends],
        queue=np.full(len(sends), NOWHERE, dtype=np.int64),
        start=lines.times[sends],
        inferred=np.zeros(len(sends), dtype=np.int64),
    )


def call_steps(lines: Lines, rows: Positions) -> Steps:
    """Make a step of each line about a synchronous call; it is written when the call ends."""
    calls = rows[lines.telling(Operation.CALL)[rows]]
    seconds = lines.decimals("duration_seconds")[calls]
    failed = lines.having("outcome", Outcome.ERROR) | lines.present("error_type")
    return Steps(
        **_of_lines(StepKind.CALL, lines, calls, failed=failed[calls]),
        message=lines.codes("causation_id")[calls],
        queue=lines.codes("queue")[calls],
        start=lines.times[calls] - lengths(seconds),
        inferred=inferred(len(calls), {"start": np.isnan(seconds)}),
    )


def handle_steps(deliveries: Deliveries) -> Steps:
    """Make a step of each delivery."""
    settlement = deliveries.settlement
    state_of = [STATES.index(STATE_OF_SETTLEMENT[each]) for each in SETTLEMENTS]
    settled = settlement != NOWHERE
    return Steps(
        kind=np.full(len(deliveries), KINDS.index(StepKind.HANDLE)),
        line=np.full(len(deliveries), NOWHERE),
        stated_by={name: rows for name, rows in deliveries.stated_by.items() if name in AS_STATED},
        message=deliveries.codes("message_id"),
        queue=deliveries.codes("queue"),
        start=deliveries.delivered,
        handling_start=deliveries.handling_start,
        end=deliveries.settled,
        state=pick(np.array(state_of), settlement, STATES.index(StepState.OUTSTANDING)),
        outcome=np.where(settled, len(deliveries.lines.words("outcome")) + settlement, NOWHERE),
        attempt=deliveries.attempt,
        inferred=renamed(deliveries.inferred, {"delivered": "start", "settlement": "outcome"}),
    )


def _of_lines(kind: StepKind, lines: Lines, rows: Positions, *, failed: Mask) -> dict[str, Any]:
    """Give what steps that stand on one line each have from it."""
    return {
        "kind": np.full(len(rows), KINDS.index(kind)),
        "line": rows,
        "stated_by": dict.fromkeys(AS_STATED, rows),
        "handling_start": np.full(len(rows), NEVER),
        "end": lines.times[rows],
        "state": np.where(failed, STATES.index(StepState.FAILED), STATES.index(StepState.COMPLETE)),
        "outcome": lines.codes("outcome")[rows],
        "attempt": lines.numbers("attempt", missing=NO_NUMBER)[rows],
    }
