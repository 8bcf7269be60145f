"""What is known of one step of a trace, for the panel beside the waterfall."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.shaping.tones import Tone
from dashboard.shaping.words import duration_text, visible_text
from eventrail.model.ledger import Stage
from eventrail.model.trace import SERVER, StepKind, StepState, Trace

_TITLES: Final = {
    StepKind.PUBLISH: "Publish",
    StepKind.WAIT: "Wait in the queue",
    StepKind.HANDLE: "Delivery",
    StepKind.CALL: "Synchronous call",
}
_BEGINNINGS: Final = {
    StepKind.PUBLISH: "published",
    StepKind.WAIT: "published",
    StepKind.HANDLE: "received",
    StepKind.CALL: "began",
}
_NOT_TEXTS: Final = frozenset({"start", "handling_start", "end"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what is known under it."""

    name: str
    words: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. until: its end, or the instant the trace speaks about while it is open; None: its end is not known.

    texts: column → its value as text, for the columns that a line states or that were inferred.
    """

    id: str
    kind: StepKind
    state: StepState
    start: pd.Timestamp
    handling_start: pd.Timestamp | None
    end: pd.Timestamp | None
    until: pd.Timestamp | None
    texts: Mapping[str, str]

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.end is None and self.until is not None

    @property
    def answers(self) -> bool:
        """Whether it is the called side of a synchronous call."""
        return self.texts.get("span_kind") == SERVER

    def said(self, *names: str) -> str:
        """Give the texts of these columns, dots between; what is missing is left out."""
        return " · ".join(self.texts[name] for name in names if name in self.texts)


def chosen_step(trace: Trace, asked: str) -> Step | None:
    """Give the step asked for; else the oldest outstanding one, else the first that waits or failed, else the first."""
    steps = trace.steps
    for found in (
        steps[steps["id"] == asked],
        trace.outstanding.sort_values(by="start"),
        steps[steps["state"] == StepState.WAITING],
        steps[steps["state"] == StepState.FAILED],
        steps,
    ):
        if len(found):
            return _step(trace, found.iloc[0].to_dict())
    return None


def _step(trace: Trace, row: Mapping[Any, Any]) -> Step:
    known = {str(name): value for name, value in row.items() if not pd.isna(value)}
    state, end = StepState(known["state"]), known.get("end")
    is_open = end is None and state in (StepState.OUTSTANDING, StepState.WAITING)
    return Step(
        id=known["id"],
        kind=StepKind(known["kind"]),
        state=state,
        start=known["start"],
        handling_start=known.get("handling_start"),
        end=end,
        until=trace.as_of if is_open else end,
        texts={name: visible_text(str(value)) for name, value in known.items() if name not in _NOT_TEXTS},
    )


def title(step: Step) -> str:
    """Name a step."""
    tag = f" {step.texts['delivery_tag']}" if "delivery_tag" in step.texts else ""
    attempt = f" · attempt {step.texts['attempt']}" if "attempt" in step.texts else ""
    named = "Answer to a synchronous call" if step.answers else _TITLES[step.kind]
    return f"{named}{tag}{attempt}"


def facts(step: Step) -> tuple[Fact, ...]:
    """Say what is known of a step, most wanted first; what no line tells is left out."""
    known = (
        _state(step),
        Fact("service · version", step.said("service", "service_version")),
        Fact("pod · node", step.said("pod", "node")),
        *_times(step),
        Fact("queue", step.said("queue")),
        Fact("event", step.said("event_type")),
        *_call(step),
        Fact("exchange · routing key", step.said("exchange", "routing_key")),
        Fact("message ID", step.said("message_id")),
        Fact("consumer", step.said("consumer_tag")),
        Fact("error", step.said("error_type"), "bad"),
        Fact("how we know", how_we_know(step.said("inferred"))),
    )
    return tuple(fact for fact in known if fact.words)


def how_we_know(inferred: str) -> str:
    """Say whether lines state it, or what is inferred: names of columns, comma between."""
    if not inferred:
        return "stated by its own log lines"
    names = inferred.replace("_", " ").split(",")
    return f"inferred, no line states: {', '.join(name.strip() for name in names)}"


def _call(step: Step) -> tuple[Fact, ...]:
    if step.answers:
        return Fact("answers", step.said("call_method")), Fact("called by", step.said("peer_service"))
    return (Fact("calls", step.said("peer_service", "call_method")),)


def _times(step: Step) -> list[Fact]:
    said = [Fact(_BEGINNINGS[step.kind], _instant(step.start))]
    if step.kind is StepKind.HANDLE:
        begun = step.handling_start
        said.append(Fact("handling", "not begun") if begun is None else Fact("handling since", _instant(begun)))
    if step.until is not None and step.until != step.start:
        lasted = duration_text((step.until - step.start).total_seconds())
        held = step.is_open and step.kind is StepKind.HANDLE
        said.append(Fact("not settled for" if held else "lasted", lasted, "bad" if held else "plain"))
    if step.end is not None and step.end != step.start:
        said.append(Fact("ended", _instant(step.end)))
    return said


def _state(step: Step) -> Fact:
    buffered = step.kind is StepKind.HANDLE and step.handling_start is None
    stage = Stage.RECEIVED if buffered else Stage.HANDLING
    words: dict[StepState, tuple[str, Tone]] = {
        StepState.COMPLETE: (step.said("outcome") or "complete", "ok"),
        StepState.WAITING: ("waiting, not delivered", "warn"),
        StepState.OUTSTANDING: (f"not settled: {stage.value}", "bad"),
        StepState.FAILED: (f"failed: {step.said('outcome') or 'error'}", "bad"),
        StepState.REQUEUED: ("given back by the consumer", "warn"),
        StepState.RETURNED: ("taken back by the broker: channel or pod went away", "warn"),
        StepState.UNKNOWN: ("not told by the logs", "unknown"),
    }
    said, tone = words[step.state]
    return Fact("state", said, tone)


def _instant(instant: pd.Timestamp) -> str:
    return f"{instant.tz_convert('UTC'):%H:%M:%S.%f}"[:-3] + " UTC"
