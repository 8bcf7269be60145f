"""Says what a line tells, and how it ended, from the signals that vocabularies use for it.

Columns in, Arrow arrays of texts out, missing where nothing is told.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from eventrail.model.events import Operation, Outcome
from eventrail.sources.documents.columns import TEXT, Values, as_list

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
OUTCOMES: Final[Mapping[str, Outcome]] = {
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
_ENDS: Final[Mapping[Operation, pa.Array]] = {
    operation: pa.array(map(str, outcomes), TEXT)
    for operation, outcomes in {
        Operation.SEND: (Outcome.CONFIRMED, Outcome.UNROUTABLE, Outcome.REFUSED),
        Operation.SETTLE: (Outcome.ACK, Outcome.REQUEUE, Outcome.DISCARD),
        Operation.CALL: (Outcome.OK, Outcome.ERROR),
    }.items()
}
# A settlement that only names the broker's method: nack gives back and reject throws away, unless `requeue` says.
SETTLED_BY: Final[Mapping[str, Outcome]] = {
    "ack": Outcome.ACK,
    "nack": Outcome.REQUEUE,
    "reject": Outcome.DISCARD,
}
_GIVEN_BACK: Final = {"true": Outcome.REQUEUE, "false": Outcome.DISCARD}
_GOOD_STATUS: Final = frozenset({"0", "ok"})


def operations(signals: Mapping[str, Values], span_kinds: Values, rows: int) -> pa.Array:
    """Give each row's Operation.

    signals: by their names in queries.vocabularies; absent ones are left out. span_kinds: empty where no row has one.
    """
    # The earlier wins: the type says more than the name of what was done, and that more than a call's kind.
    told = [
        _meant(signals[signal], meanings)
        for signal, meanings in (
            ("action", ACTIONS),
            ("operation_type", OPERATION_TYPES),
            ("operation_name", OPERATION_NAMES),
        )
        if signal in signals
    ]
    told += [_meant(span_kinds, _CALL_SIDES)] if len(span_kinds) else []
    log = pa.scalar(str(Operation.LOG), TEXT)
    return pc.coalesce(*told, log) if told else pa.repeat(log, rows)


def outcomes(operation: pa.Array, signals: Mapping[str, Values], error_type: pa.Array | None) -> pa.Array:
    """Give each row's Outcome. error_type: the failure that a line names, None where none does."""
    stated = _meant(signals["outcome"], OUTCOMES) if "outcome" in signals else None
    elsewhere: dict[Operation, Callable[[], pa.Array | None]] = {
        Operation.SETTLE: partial(_settled_by, signals),
        Operation.CALL: partial(_call_outcomes, signals, error_type, len(operation)),
    }
    found = pa.nulls(len(operation), TEXT)
    present = set(operation.unique().to_pylist())
    for kind, ends in _ENDS.items():
        if str(kind) not in present:
            continue
        told = [pc.if_else(pc.is_in(stated, ends), stated, None)] if stated is not None else []
        if kind in elsewhere and (other := elsewhere[kind]()) is not None:
            told.append(other)
        if told:
            found = pc.if_else(pc.equal(operation, str(kind)), pc.coalesce(*told), found)
    return found


def call_methods(signals: Mapping[str, Values]) -> Values | None:
    """Give "service/method" of calls; None when no row names a method."""
    if "call_name" not in signals:
        return None
    names = as_list(signals["call_name"])
    services = as_list(signals["call_service"]) if "call_service" in signals else [None] * len(names)
    return [
        name if service is None or name is None else f"{service}/{name}"
        for service, name in zip(services, names, strict=True)
    ]


def _call_outcomes(signals: Mapping[str, Values], error_type: pa.Array | None, rows: int) -> pa.Array:
    no_error = pa.repeat(True, rows) if error_type is None else error_type.is_null()
    by_error = pc.if_else(no_error, str(Outcome.OK), str(Outcome.ERROR)).cast(TEXT)
    if "status_code" not in signals:
        return by_error
    return pc.coalesce(_each_word(signals["status_code"], _by_status), by_error)


def _by_status(code: str) -> str:
    return str(Outcome.OK if code in _GOOD_STATUS else Outcome.ERROR)


def _settled_by(signals: Mapping[str, Values]) -> pa.Array | None:
    if "operation_name" not in signals:
        return None
    settled = _meant(signals["operation_name"], SETTLED_BY)
    if "requeue" not in signals:
        return settled
    said = pc.coalesce(_meant(signals["requeue"], _GIVEN_BACK), settled)
    # What is acknowledged, or tells no settlement, is not given back.
    return pc.if_else(pc.not_equal(settled, str(Outcome.ACK)), said, settled)


def _meant(values: Values, meanings: Mapping[str, Operation] | Mapping[str, Outcome]) -> pa.Array:
    """Give each value's meaning, missing where it has none; capitals do not matter."""

    def meaning(word: str) -> str | None:
        found = meanings.get(word)
        return None if found is None else str(found)

    return _each_word(values, meaning)


def _each_word(values: Values, tell: Callable[[str], str | None]) -> pa.Array:
    """Ask `tell` about each different value, as text in lower case; of a missing value there is nothing to tell."""
    words = _words(values).dictionary_encode()
    told = pa.array([tell(word.lower()) for word in words.dictionary.to_pylist()], TEXT)
    return told.take(words.indices)


def _words(values: Values) -> pa.Array:
    """Give values as texts, whatever they are."""
    if isinstance(values, pa.Array):
        return values if values.type == TEXT else values.cast(TEXT)
    try:
        return pa.array(values, TEXT)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        texts = (None if value is None else str(value) for value in values)
        return pa.array([None if each is None else each.encode("utf-8", "replace").decode() for each in texts], TEXT)
