"""Says what a line tells, and how it ended, from the signals that vocabularies use for it. Columns in, columns out."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.events import Operation, Outcome

Values = list[Any]
Texts = npt.NDArray[np.object_]

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
_OUTCOMES_OF: Final[Mapping[Operation, frozenset[Outcome]]] = {
    Operation.SEND: frozenset({Outcome.CONFIRMED, Outcome.UNROUTABLE, Outcome.REFUSED}),
    Operation.SETTLE: frozenset({Outcome.ACK, Outcome.REQUEUE, Outcome.DISCARD}),
    Operation.CALL: frozenset({Outcome.OK, Outcome.ERROR}),
}
# A settlement that only names the broker's method: nack gives back and reject throws away, unless `requeue` says.
_SETTLED_BY: Final[Mapping[str, Outcome]] = {
    "ack": Outcome.ACK,
    "nack": Outcome.REQUEUE,
    "reject": Outcome.DISCARD,
}
_GOOD_STATUS: Final = frozenset({"0", "ok"})


def operations(signals: Mapping[str, Values], span_kinds: Values | None, rows: int) -> Texts:
    """Give each row's Operation, as text. signals: by their names in queries.vocabularies; absent ones are left out."""
    operation = np.full(rows, str(Operation.LOG), dtype=object)
    told = [] if span_kinds is None else [_known(span_kinds, _CALL_SIDES)]
    # The later wins: a call's kind says less than the name of what was done, and that less than its type.
    told += [
        _known(signals[signal], meanings)
        for signal, meanings in (
            ("operation_name", OPERATION_NAMES),
            ("operation_type", OPERATION_TYPES),
            ("action", ACTIONS),
        )
        if signal in signals
    ]
    for meaning in told:
        operation = np.where(pd.notna(meaning), meaning, operation)
    return operation


def outcomes(operation: Texts, signals: Mapping[str, Values], failed: npt.NDArray[np.bool_]) -> Texts:
    """Give each row's Outcome as text, None where it has none. failed: the line names an error."""
    outcome = np.full(len(operation), None, dtype=object)
    is_call, is_settle = operation == str(Operation.CALL), operation == str(Operation.SETTLE)
    if is_call.any():
        outcome[is_call] = _call_outcomes(signals, failed)[is_call]
    if is_settle.any() and "operation_name" in signals:
        outcome[is_settle] = _settled_by(signals)[is_settle]
    if "outcome" in signals:
        told = _known(signals["outcome"], _OUTCOMES)
        for kind, fitting in _OUTCOMES_OF.items():
            says = (operation == str(kind)) & np.isin(told.astype("str"), [str(each) for each in fitting])
            outcome[says] = told[says]
    return outcome


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


def _call_outcomes(signals: Mapping[str, Values], failed: npt.NDArray[np.bool_]) -> Texts:
    ended = np.where(failed, str(Outcome.ERROR), str(Outcome.OK)).astype(object)
    if "status_code" in signals:
        codes = ["" if code is None else str(code).lower() for code in signals["status_code"]]
        told = {code: str(Outcome.OK if code in _GOOD_STATUS else Outcome.ERROR) for code in set(codes) if code}
        by_status = np.array([told.get(code) for code in codes], dtype=object)
        ended = np.where(pd.notna(by_status), by_status, ended)
    return ended


def _settled_by(signals: Mapping[str, Values]) -> Texts:
    settled = _known(signals["operation_name"], _SETTLED_BY)
    if "requeue" in signals:
        said = np.array([None if flag is None else str(flag).lower() for flag in signals["requeue"]], dtype=object)
        given_up = (settled == str(Outcome.REQUEUE)) | (settled == str(Outcome.DISCARD))
        settled[given_up & (said == "true")] = str(Outcome.REQUEUE)
        settled[given_up & (said == "false")] = str(Outcome.DISCARD)
    return settled


def _known(values: Values, meanings: Mapping[str, Any]) -> Texts:
    """Give each value's meaning as text, None where it has none; capitals do not matter."""
    texts = [value if type(value) is str else "" for value in values]
    told = {text: meanings.get(text.lower()) for text in set(texts)}
    written = {text: None if meaning is None else str(meaning) for text, meaning in told.items()}
    return np.array([written[text] for text in texts], dtype=object)
