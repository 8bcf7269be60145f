"""Says what a line tells, and how it ended, from the signals that vocabularies use for it. Columns in, columns out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eventrail.model.events import Operation, Outcome

Values = list[Any]
# One a row; None where nothing is told.
Told = list[str | None]

ACTIONS: Final[Mapping[str, Operation]] = {
    "heartbeat": Operation.HEARTBEAT,
    "channel-opened": Operation.CHANNEL_OPENED,
    "channel-closed": Operation.CHANNEL_CLOSED,
}
# `messaging.operation.type`, and what it was before OpenTelemetry 1.26 and in OpenTracing.
OPERATION_TYPES: Final[Mapping[str, Operation]] = {
    "send": Operation.SEND,
    "publish": Operation.SEND,
    "receive": Operation.RECEIVE,
    "process": Operation.PROCESS,
    "deliver": Operation.PROCESS,
    "settle": Operation.SETTLE,
}
# `messaging.operation.name`: the broker's word; it decides only where the type is absent.
OPERATION_NAMES: Final[Mapping[str, Operation]] = {
    "publish": Operation.SEND,
    "send": Operation.SEND,
    "deliver": Operation.RECEIVE,
    "receive": Operation.RECEIVE,
    "process": Operation.PROCESS,
    "handle": Operation.PROCESS,
    "ack": Operation.SETTLE,
    "nack": Operation.SETTLE,
    "reject": Operation.SETTLE,
    "settle": Operation.SETTLE,
}
_CALL_SIDES: Final = {"client": Operation.CALL, "server": Operation.CALL}
_OUTCOMES: Final[Mapping[str, Outcome]] = {
    **{str(outcome): outcome for outcome in Outcome},
    "acked": Outcome.ACK,
    "acknowledged": Outcome.ACK,
    "requeued": Outcome.REQUEUE,
    "discarded": Outcome.DISCARD,
    "dead-lettered": Outcome.DISCARD,
    "success": Outcome.OK,
    "failure": Outcome.ERROR,
}
# What each kind of line can end in; another word for its outcome says nothing.
_ENDS: Final = frozenset(
    (str(operation), str(outcome))
    for operation, outcomes in {
        Operation.SEND: (Outcome.CONFIRMED, Outcome.UNROUTABLE, Outcome.REFUSED),
        Operation.SETTLE: (Outcome.ACK, Outcome.REQUEUE, Outcome.DISCARD),
        Operation.CALL: (Outcome.OK, Outcome.ERROR),
    }.items()
    for outcome in outcomes
)
# A settlement that only names the broker's method: nack gives back and reject throws away, unless `requeue` says.
_SETTLED_BY: Final[Mapping[str, Outcome]] = {
    "ack": Outcome.ACK,
    "nack": Outcome.REQUEUE,
    "reject": Outcome.DISCARD,
}
_GOOD_STATUS: Final = frozenset({"0", "ok"})


def operations(signals: Mapping[str, Values], span_kinds: Values, rows: int) -> list[str]:
    """Give each row's Operation, as text.

    signals: by their names in queries.vocabularies; absent ones are left out. span_kinds: empty where no row has one.
    """
    # The earlier wins: the type says more than the name of what was done, and that more than a call's kind.
    told = [
        _known(signals[signal], meanings)
        for signal, meanings in (
            ("action", ACTIONS),
            ("operation_type", OPERATION_TYPES),
            ("operation_name", OPERATION_NAMES),
        )
        if signal in signals
    ]
    told += [_known(span_kinds, _CALL_SIDES)] if span_kinds else []
    log = str(Operation.LOG)
    return [next(filter(None, row), log) for row in zip(*told, strict=True)] if told else [log] * rows


def outcomes(operation: Sequence[str], signals: Mapping[str, Values], failed: Sequence[bool]) -> Told:
    """Give each row's Outcome as text, None where it has none. failed: the line names an error."""
    rows = len(operation)
    stated = _known(signals["outcome"], _OUTCOMES) if "outcome" in signals else [None] * rows
    nothing: Told = [None] * rows
    by_kind = {
        str(Operation.SETTLE): _settled_by(signals, rows) if str(Operation.SETTLE) in operation else nothing,
        str(Operation.CALL): _call_outcomes(signals, failed) if str(Operation.CALL) in operation else nothing,
    }
    return [
        said if (kind, said) in _ENDS else by_kind.get(kind, nothing)[position]
        for position, (kind, said) in enumerate(zip(operation, stated, strict=True))
    ]


def call_methods(signals: Mapping[str, Values]) -> Values | None:
    """Give "service/method" of calls; None when no row names a method."""
    names = signals.get("call_name")
    if names is None:
        return None
    services = signals.get("call_service") or [None] * len(names)
    return [
        name if service is None or name is None else f"{service}/{name}"
        for service, name in zip(services, names, strict=True)
    ]


def _call_outcomes(signals: Mapping[str, Values], failed: Sequence[bool]) -> Told:
    by_error: Told = [str(Outcome.ERROR if each else Outcome.OK) for each in failed]
    if "status_code" not in signals:
        return by_error
    by_status = [
        None if code is None else str(Outcome.OK if str(code).lower() in _GOOD_STATUS else Outcome.ERROR)
        for code in signals["status_code"]
    ]
    return [status or error for status, error in zip(by_status, by_error, strict=True)]


def _settled_by(signals: Mapping[str, Values], rows: int) -> Told:
    if "operation_name" not in signals:
        return [None] * rows
    settled = _known(signals["operation_name"], _SETTLED_BY)
    if "requeue" not in signals:
        return settled
    said = {"true": str(Outcome.REQUEUE), "false": str(Outcome.DISCARD)}
    return [
        outcome if outcome in (None, str(Outcome.ACK)) else said.get(str(flag).lower(), outcome)
        for outcome, flag in zip(settled, signals["requeue"], strict=True)
    ]


def _known(values: Values, meanings: Mapping[str, Any]) -> Told:
    """Give each value's meaning as text, None where it has none; capitals do not matter."""
    texts = [value if type(value) is str else "" for value in values]
    told = {text: meanings.get(text.lower()) for text in set(texts)}
    written = {text: None if meaning is None else str(meaning) for text, meaning in told.items()}
    return [written[text] for text in texts]
