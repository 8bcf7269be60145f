"""The first sentence of a page: what is wrong, and the figures that say so."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from eventrail.analysis.parts import parts_apart, parts_problem
from eventrail.model.ledger import Ledger, QueueLedger, Stage
from eventrail.model.sentence import Sentence
from eventrail.model.trace import StepKind, StepState, Trace, TraceState
from eventrail.words import age, clock, count, listed

# A delivery held for so long is worth waking somebody; below it messages merely move.
STUCK_SECONDS: Final = 30.0


def ledger_sentence(ledger: Ledger, *, told: bool) -> Sentence:
    """Say which queue is stuck worst, who holds its messages and since when.

    told: whether a gauge or a delivery line said anything; without, an empty ledger means nothing.
    """
    if not told and not ledger.queues:
        return Sentence("unknown", "No gauge and no delivery line is there: nothing can be said about messages.")
    stuck = [queue for queue in ledger.queues if (queue.oldest_age_seconds or 0.0) >= STUCK_SECONDS]
    unexplained = [queue for queue in ledger.queues if queue.unexplained and not queue.agrees]
    if stuck:
        return Sentence("bad", _stuck_headline(stuck[0]), (*_evidence(stuck[0]), *_others(stuck[1:])))
    if unexplained:
        queue = unexplained[0]
        what = (
            f"{count(queue.unexplained, 'message')} of {queue.queue} not acknowledged, and no line says who holds them."
        )
        return Sentence("warn", what, tuple(reason.what for reason in queue.reasons))
    moving = sum(len(queue.deliveries) for queue in ledger.queues)
    if moving:
        oldest = max(queue.oldest_age_seconds or 0.0 for queue in ledger.queues)
        return Sentence(
            "ok", f"Nothing is stuck: {count(moving, 'delivery', 'deliveries')} in hand, the oldest for {age(oldest)}."
        )
    return Sentence("ok", "No message is unacknowledged.")


def _stuck_headline(queue: QueueLedger) -> str:
    """Say how many messages who holds, and for how long."""
    old = queue.deliveries[queue.deliveries["age_seconds"] >= STUCK_SECONDS]
    different = old[["pod", "node"]].drop_duplicates()
    holders = sorted({_holder(pod, node) for pod, node in zip(different["pod"], different["node"], strict=True)})
    return (
        f"{count(len(old), 'message')} of {queue.queue} not acknowledged for up to "
        f"{age(old['age_seconds'].max())}, held by {listed(holders)}."
    )


def _holder(pod: object, node: object) -> str:
    """Name a holder and where it runs."""
    if not isinstance(pod, str):
        return "a consumer that no line names"
    return f"{pod} on {node}" if isinstance(node, str) else pod


def _evidence(queue: QueueLedger) -> tuple[str, ...]:
    """Give the arithmetic."""
    stages = queue.deliveries["stage"].value_counts()
    handling, received = int(stages.get(Stage.HANDLING, 0)), int(stages.get(Stage.RECEIVED, 0))
    inferred = int(queue.deliveries["inferred"].str.contains("stage").sum())
    parts = [f"{handling} being handled", f"{received - inferred} received and in the client's buffer"]
    parts += [f"{inferred} inferred by queue order"] if inferred else []
    said = [f"{len(queue.deliveries)} listed = {' + '.join(parts)}"]
    if queue.gauge is not None and queue.gauge_time is not None:
        said.append(
            f"Prometheus counted {queue.gauge} at {clock(queue.gauge_time)}, {queue.explained} of them explained"
        )
    return (*said, *(reason.what for reason in queue.reasons))


def _others(stuck: list[QueueLedger]) -> tuple[str, ...]:
    """Name the other queues that are stuck."""
    return (f"also stuck: {listed([queue.queue for queue in stuck])}",) if stuck else ()


def trace_sentence(trace: Trace | None, correlation_id: str, searched: str, answered: bool = True) -> Sentence:
    """Say where the event is and what became of it. answered: the logs did; else nothing can be said of the ID."""
    if trace is None and not answered:
        return Sentence("unknown", f"The logs do not answer: the event {correlation_id} cannot be followed.")
    if trace is None:
        return Sentence("unknown", f"No line carries the correlation ID {correlation_id}.", (f"searched {searched}",))
    if trace.state is TraceState.OUTSTANDING:
        return _outstanding_sentence(trace)
    if trace.state is TraceState.WAITING:
        return _waiting_sentence(trace)
    if trace.state is TraceState.FAILED:
        return _failed_sentence(trace)
    if trace.state is TraceState.COMPLETE and trace.started is not None and trace.ended is not None:
        return _complete_sentence(trace, (trace.ended - trace.started).total_seconds())
    return Sentence("unknown", "The lines do not tell how this event stands.", tuple(map(str, trace.warnings)))


def _outstanding_sentence(trace: Trace) -> Sentence:
    """Say who holds the event's oldest unsettled delivery."""
    held = trace.outstanding.sort_values("start").iloc[0]
    seconds = (trace.as_of - held["start"]).total_seconds()
    stage = "received, no handler has taken it" if pd.isna(held["handling_start"]) else "being handled"
    more = len(trace.outstanding) - 1
    evidence = [f"delivered at {clock(held['start'])} from {held['queue']}, {stage}, not settled"]
    evidence += [f"{count(more, 'other delivery', 'other deliveries')} not settled either"] if more else []
    verb = "Stuck" if seconds >= STUCK_SECONDS else "In hand"
    return Sentence(
        "bad" if seconds >= STUCK_SECONDS else "warn",
        f"{verb} at {held['service']} for {age(seconds)}, held by {_holder(held['pod'], held['node'])}.",
        tuple(evidence),
    )


def _complete_sentence(trace: Trace, seconds: float) -> Sentence:
    """Say how long the event took, unless it looks like several with one ID."""
    steps, services = count(len(trace.steps), "step"), count(len(trace.services), "service")
    gaps = parts_apart(trace.steps, trace.as_of)
    if not gaps:
        return Sentence("ok", f"Complete after {age(seconds)}: {steps} through {services}.")
    return Sentence(
        "warn",
        f"Complete: {steps} through {services}, in {len(gaps) + 1} parts that nothing links, hours apart.",
        (parts_problem(gaps).what,),
    )


def _waiting_sentence(trace: Trace) -> Sentence:
    """Say in which queues the event's messages wait, since when the oldest, and what it waits after."""
    waits = trace.steps[trace.steps["state"] == StepState.WAITING]
    first = waits.iloc[0]
    since = age((trace.as_of - first["start"]).total_seconds())
    what = f"Waiting in {listed(sorted(waits['queue'].dropna().unique()))} for {since}."
    before = trace.steps[trace.steps["id"] == first["parent_id"]]
    gave_back = before[before["kind"] == StepKind.HANDLE]
    why = "published, and no consumer has received it" if gave_back.empty else _given_back(gave_back.iloc[0])
    return Sentence("warn", what, (why,))


def _given_back(handle: "pd.Series[Any]") -> str:
    """Say why a message that was delivered waits again."""
    attempt = "" if pd.isna(handle["attempt"]) else f" after attempt {handle['attempt']}"
    if handle["state"] == StepState.FAILED:
        return f"discarded{attempt}{_error_of(handle)}; messages of this queue come back after a delay"
    how = "returned by the broker" if handle["state"] == StepState.RETURNED else "given back"
    return f"{how}{attempt}{_error_of(handle)}, and no consumer has received it since"


def _failed_sentence(trace: Trace) -> Sentence:
    """Name the step at which the event was given up, its error, and the calls that failed within it."""
    steps = trace.steps
    step = _given_up(steps).iloc[-1]
    place = step["queue"] if isinstance(step["queue"], str) else step["service"]
    error = step["error_type"] if isinstance(step["error_type"], str) else str(step["outcome"])
    after = steps[steps["parent_id"] == step["id"]]
    calls = after[(after["kind"] == StepKind.CALL) & (after["state"] == StepState.FAILED)].to_dict("records")
    return Sentence(
        "bad",
        f"Failed at {step['service']}: {error}.",
        (
            f"{step['kind']} at {place}, {clock(step['end'])}",
            *([f"failed within it: {listed([_call(call) for call in calls])}"] if calls else []),
            *_dead_letters(after),
        ),
    )


def _dead_letters(after: pd.DataFrame) -> list[str]:
    """Say in which queues a discarded message lies, or was received. after: the steps that the discard caused."""
    waits = after[after["kind"] == StepKind.WAIT]
    lying = sorted(waits["queue"][waits["state"] == StepState.FAILED])
    received = sorted(waits["queue"][waits["state"] == StepState.COMPLETE])
    said = [f"lies in {listed(lying)}, where others that were discarded there went"] if lying else []
    return said + ([f"dead-lettered to {listed(received)}, and received there"] if received else [])


def _given_up(steps: pd.DataFrame) -> pd.DataFrame:
    """Give the failed publishes and handlings that no later one of the same message made good, in order."""
    tries = steps[steps["kind"].isin([StepKind.PUBLISH, StepKind.HANDLE])]
    failed = tries["state"] == StepState.FAILED
    suspects = tries[tries["message_id"].isin(tries["message_id"][failed])]
    last = suspects.drop_duplicates(["kind", "vhost", "queue", "message_id"], keep="last")
    given_up = last[last["state"] == StepState.FAILED]
    return given_up if len(given_up) else tries[failed]


def _call(call: Mapping[Any, Any]) -> str:
    """Name a call, the service asked, and its error."""
    method, peer = (call[name] if isinstance(call[name], str) else "?" for name in ("call_method", "peer_service"))
    return f"{method} to {peer}{_error_of(call)}"


def _error_of(step: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    return f", {step['error_type']}" if isinstance(step["error_type"], str) else ""
