"""How it is known that a step of an answered trace comes after the one before it."""

import numpy as np

from eventrail.analysis.corrected import remaining
from eventrail.analysis.order_proofs import order_proof
from eventrail.investigate.answers import TraceAnswer
from eventrail.model.clocks import OrderProof


def proof_of_order(answer: TraceAnswer, step_id: str) -> OrderProof | None:
    """Say why a step is said to begin after the one before it in the table; None where there is no such step."""
    if answer.trace is None or answer.clocks is None or answer.forest is None:
        return None
    found = np.flatnonzero((answer.trace.steps["id"] == step_id).to_numpy())
    if not len(found):
        return None
    bounds = remaining(answer.clocks) if answer.corrected else answer.clocks
    return order_proof(answer.trace.steps, bounds, answer.forest, int(found[0]))
