"""A file of spans, Parquet, one row a span: an event's are read by their trace ID alone, however large the file is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from eventrail.errors import SourceUnavailableError
from eventrail.model.table import TIME_TYPE, Schema, conform
from eventrail.model.window import Window

NEEDED: Final = ("trace_id", "span_id", "start_ns")
_ENDS: Final = ("end_ns", "duration_us")
# Of two columns that say a span's kind, the first; the second is of files that name it for messages only.
_KINDS: Final = ("span_kind", "messaging_kind")
_STATED: Final = (
    *("parent_span_id", "service", "service_version", "pod", "node", "namespace", "operation", "error_type"),
    *("message_id", "exchange", "routing_key", "queue"),
)
_KIND_PREFIX: Final = "span_kind_"

# column → (pandas type, meaning)
SPAN_COLUMNS: Final[Schema] = {
    "trace_id": ("str", "the event"),
    "span_id": ("str", "the span"),
    "parent_span_id": ("str", "the span that caused it; missing for a root"),
    "kind": ("str", "producer, consumer, client, server or internal; missing where the file does not say"),
    "operation": ("str", "the span's name"),
    "service": ("str", "service name"),
    "service_version": ("str", "version of the service"),
    "pod": ("str", "pod name"),
    "node": ("str", "node name"),
    "namespace": ("str", "Kubernetes namespace"),
    "start": (TIME_TYPE, "when it began"),
    "end": (TIME_TYPE, "when it ended; missing where the file does not say"),
    "error_type": ("str", "class of the failure"),
    "message_id": ("str", "the message"),
    "exchange": ("str", "exchange"),
    "routing_key": ("str", "routing key"),
    "queue": ("str", "queue"),
}


@dataclass(frozen=True, slots=True)
class SpanFile:
    """A file that has been looked into: its size, and the window that holds all its spans; None when it has none."""

    path: Path
    spans: int
    extent: Window | None

    def read(self, trace_ids: Sequence[str]) -> pd.DataFrame:
        """Give the spans of these traces: SPAN_COLUMNS, in the order of the file.

        Raises SourceUnavailableError when the file cannot be read any more.
        """
        return self._where(ds.field("trace_id").isin(list(trace_ids)), (*NEEDED, *_ENDS, *_KINDS, *_STATED))

    def places(self, window: Window) -> pd.DataFrame:
        """Give service, pod, node, start and end of the spans that began in the window, other columns missing.

        Raises as `read` does.
        """
        first, last = (pd.Timestamp(at).value for at in (window.start, window.end))
        begun = (ds.field("start_ns") >= first) & (ds.field("start_ns") <= last)
        return self._where(begun, ("start_ns", *_ENDS, "service", "pod", "node"))

    def _where(self, condition: ds.Expression, columns: Sequence[str]) -> pd.DataFrame:
        with _refusals(self.path):
            file = ds.dataset(self.path)
            wanted = [name for name in columns if name in file.schema.names]
            if "end_ns" in wanted and "duration_us" in wanted:
                wanted.remove("duration_us")
            return _spans(file.to_table(columns=wanted, filter=condition))


def open_span_file(path: Path) -> SpanFile:
    """Look into a file of spans; no span is read yet.

    Raises SourceUnavailableError when it is no Parquet file or lacks a column without which spans mean nothing.
    """
    with _refusals(path):
        names: list[str] = pq.read_schema(path).names
        missing = [name for name in NEEDED if name not in names]
        missing += [] if set(_ENDS) & set(names) else [" or ".join(_ENDS)]
        if missing:
            raise SourceUnavailableError(
                f"{path}: has no column {', '.join(missing)}, which spans need (docs/spans.md); it has "
                f"{', '.join(names)}"
            )
        times = ds.dataset(path).to_table(columns=[name for name in ("start_ns", *_ENDS) if name in names])
        return SpanFile(path, times.num_rows, _extent(times))


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Say in one line what the file is not."""
    try:
        yield
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceUnavailableError(f"{path}: cannot be read as a Parquet file of spans ({reason})") from None


def _extent(times: pa.Table) -> Window | None:
    """Give the window, of whole microseconds, that holds all spans; None where there is none."""
    starts = pc.min_max(times["start_ns"].cast(pa.int64()))
    if not starts["min"].is_valid:
        return None
    newest = max(starts["max"].as_py(), pc.max(_ends(times)).as_py() or 0)
    first, last = pd.Timestamp(starts["min"].as_py(), tz="UTC"), pd.Timestamp(newest, tz="UTC")
    return Window(first.floor("us").to_pydatetime(), last.ceil("us").to_pydatetime())


def _ends(table: pa.Table) -> pa.ChunkedArray:
    """Give when each span ended, in nanoseconds since 1970."""
    if "end_ns" in table.column_names:
        return table["end_ns"].cast(pa.int64())
    return pc.add(table["start_ns"].cast(pa.int64()), pc.multiply(table["duration_us"].cast(pa.int64()), 1_000))


def _spans(table: pa.Table) -> pd.DataFrame:
    given = {name: _texts(table[name]) for name in ("trace_id", "span_id", *_STATED) if name in table.column_names}
    kinds = [_texts(table[name]) for name in _KINDS if name in table.column_names]
    if kinds:
        told = pc.utf8_lower(pc.coalesce(*kinds))
        given["kind"] = pc.replace_substring_regex(told, f"^{_KIND_PREFIX}", "")
    columns = {name: pd.Series(values.to_pandas(), dtype="str") for name, values in given.items()}
    for name, nanoseconds in (("start", table["start_ns"].cast(pa.int64())), ("end", _ends(table))):
        columns[name] = pd.Series(nanoseconds.cast(pa.timestamp("ns", tz="UTC")).to_pandas(), dtype=TIME_TYPE)
    return conform(columns, SPAN_COLUMNS)


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give a column as texts; the empty one, which many exporters write for none, as missing."""
    texts = column.cast(pa.large_string())
    return pc.if_else(pc.equal(texts, ""), None, texts)
