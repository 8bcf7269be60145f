"""Spans as rows of the canonical event table: what a log line would have told at the instants that a span states.

A producer's span tells of a publish, a consumer's of a delivery taken by its handler and settled when the span ended,
a client's and a server's of a call. What a span does not state is missing: a settlement's outcome, when a message
arrived in the process. Any other span is Operation.WORK.
"""

from typing import Any, Final

import pandas as pd

from eventrail.model.event_order import in_order
from eventrail.model.events import Operation, Outcome, as_events, concat_events
from eventrail.model.table import TIME_TYPE
from eventrail.sources.span_twins import Twins, find_twins

# OpenTelemetry names a messaging span "{destination} {operation}", since 1.26 "{operation} {destination}".
_WORDS: Final = "send|publish|create|receive|deliver|process|settle"
_NAME: Final = rf"^(?:(?P<before>.+) (?P<last>{_WORDS})|(?P<first>{_WORDS}) (?P<behind>.+))$"
# The Java agent's word for the exchange without a name.
_DEFAULT_EXCHANGE: Final = "<default>"
SPAN_DOCUMENT: Final = "span "  # begins the document ID of what a span tells
_CALLS: Final = ("client", "server")
# What a row takes over from its span as it is.
_TAKEN_OVER: Final = (
    *("span_id", "parent_span_id", "service", "service_version", "pod", "node", "namespace"),
    "error_type",
    *("message_id", "exchange", "routing_key", "queue"),
)


def events_of_spans(spans: pd.DataFrame) -> tuple[pd.DataFrame, Twins]:
    """Give the events that spans tell, ordered, and which consumers' spans tell of one delivery together.

    spans: SPAN_COLUMNS, each with an ID and a start; of one span that is there twice both rows are made.
    """
    named = spans["operation"].str.extract(_NAME)
    place = named["before"].fillna(named["behind"])
    word = named["last"].fillna(named["first"])
    produced, consumed, called = spans["kind"] == "producer", spans["kind"] == "consumer", spans["kind"].isin(_CALLS)
    exchange = spans["exchange"].fillna(place.mask(place == _DEFAULT_EXCHANGE, ""))
    sends = spans.assign(exchange=exchange)[produced]
    deliveries = spans.assign(queue=spans["queue"].fillna(place))[consumed]
    twins = find_twins(deliveries, spans["parent_span_id"])
    events = concat_events(
        [
            _rows(sends, Operation.SEND, sends["start"]),
            *_delivery_rows(deliveries, twins, (word == "receive")[consumed]),
            _call_rows(spans[called]),
            _work_rows(spans[~(produced | consumed | called)]),
        ]
    )
    return in_order(events), twins


def _delivery_rows(spans: pd.DataFrame, twins: Twins, receives: "pd.Series[Any]") -> list[pd.DataFrame]:
    """Give the rows of consumers' spans: an arrival is received; any other is taken by its handler, and settled when it
    ends.
    """
    arrived = receives.to_numpy(dtype=bool) | twins.arrivals
    handled, ends = spans[~arrived], twins.end[~arrived]
    settled = ends.notna()
    return [
        _rows(spans[arrived], Operation.RECEIVE, twins.start[arrived]),
        _rows(handled.assign(error_type=None), Operation.PROCESS, handled["start"]),
        _rows(
            handled[settled],
            Operation.SETTLE,
            ends[settled],
            duration_seconds=(ends - handled["start"]).dt.total_seconds()[settled],
        ),
    ]


def _call_rows(spans: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of calls; as in logs a call is told when it has ended."""
    failed = spans["error_type"].notna()
    return _rows(
        spans,
        Operation.CALL,
        spans["end"].fillna(spans["start"]),
        duration_seconds=_seconds(spans),
        span_kind=spans["kind"],
        call_method=spans["operation"],
        outcome=failed.map({True: str(Outcome.ERROR), False: None}).astype("str"),
    )


def _work_rows(spans: pd.DataFrame) -> pd.DataFrame:
    return _rows(
        spans, Operation.WORK, spans["start"], duration_seconds=_seconds(spans), call_method=spans["operation"]
    )


def _rows(spans: pd.DataFrame, operation: Operation, times: "pd.Series[Any]", **columns: Any) -> pd.DataFrame:
    return as_events(
        {
            "time": times.astype(TIME_TYPE),
            "document_id": SPAN_DOCUMENT + spans["span_id"] + " " + str(operation),
            "operation": pd.Series(str(operation), index=spans.index, dtype="str"),
            "correlation_id": spans["trace_id"],
            "message": spans["operation"],
            **{name: spans[name] for name in _TAKEN_OVER},
            **columns,
        }
    )


def _seconds(spans: pd.DataFrame) -> "pd.Series[Any]":
    return (spans["end"] - spans["start"]).dt.total_seconds()
