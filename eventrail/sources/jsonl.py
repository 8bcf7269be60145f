"""A file of log lines as a log source: for a first look, a bug report, or a machine without servers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd

from eventrail.errors import SourceUnavailableError
from eventrail.model.answers import RawDocument
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.documents import Converted, convert, field_map, join_converted
from eventrail.sources.file_cache import FileCache
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.json_lines import LinesRead, line_text, read_batches
from eventrail.sources.ports import Sources
from eventrail.sources.table_logs import LogTable

_LINE: Final = "line "  # begins a document ID; the number follows
_TO_SECONDS: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A file's lines as a table; fields: canonical column → the fields it came from. lines: how many, all told."""

    table: LogTable
    fields: Mapping[str, tuple[str, ...]]
    lines: int
    extent: Window | None


def _load(path: Path, house_map: Path | None) -> _Loaded:
    fields = field_map(house_map)
    read = LinesRead(path)
    parts: list[Converted] = []
    for batch in read_batches(path, read):
        document_ids = [f"{_LINE}{number}" for number in batch.numbers]
        parts.append(convert(batch.documents, fields, document_ids=document_ids))
    if refusal := read.refusal():
        raise SourceUnavailableError(f"{path}: {refusal}")
    whole = join_converted(parts)
    table = LogTable.of(
        whole.events,
        set_aside=whole.set_aside + read.broken,
        problems=(*read.problems(), *whole.problems(path.name)),
    )
    return _Loaded(table, whole.fields, read.good + read.broken, _extent(table.events))


def _extent(events: pd.DataFrame) -> Window | None:
    """Give the window of whole microseconds that holds all events."""
    if events.empty:
        return None
    first, last = events["time"].iloc[0].floor("us"), events["time"].iloc[-1].ceil("us")
    return Window(first.to_pydatetime(), last.to_pydatetime())


# house map, or None → the files read with it
_CACHES: Final[dict[Path | None, FileCache[_Loaded]]] = {}


def open_jsonl(path: Path, house_map: Path | None = None) -> Sources:
    """Give the sources that a file of JSON lines stands for: logs alone, opening at the newest line.

    house_map: a vocabulary map that says which field holds what; the shipped ones are always known.
    Raises SourceUnavailableError when the file cannot be read or no line of it is a JSON object, ConfigurationError
    when the map is wrong.
    """
    cache = _CACHES.setdefault(house_map, FileCache(partial(_load, house_map=house_map)))
    loaded = cache.get(path)
    return Sources(
        logs=_logs(path, loaded),
        metrics=None,
        broker=None,
        description=f"log file {path.name}",
        opening=loaded.extent.end if loaded.extent else None,
        extent=loaded.extent,
    )


def _logs(path: Path, loaded: _Loaded) -> FileLogs:
    extent = loaded.extent
    held = "nothing" if extent is None else f"{extent.start:{_TO_SECONDS}} to {extent.end:{_TO_SECONDS}} UTC"
    facts = (
        ("holds", held),
        ("lines", f"{loaded.lines:,}"),
        ("lines used", f"{len(loaded.table.events):,}"),
        *((column, ", ".join(names)) for column, names in loaded.fields.items()),
    )
    name = f"log file {path.name}"
    return FileLogs(name, path.name, "JSON lines", facts, loaded.table, original=partial(_original_line, path))


def _original_line(path: Path, document_id: str) -> RawDocument:
    """Give the line that a document ID of `_load` names."""
    number = document_id.removeprefix(_LINE)
    try:
        text = line_text(path, int(number)) if number.isdecimal() else None
    except SourceUnavailableError as error:
        return RawDocument("", (Problem(path.name, str(error), "put the file back where it was", "error"),))
    if text is None:
        what = f"{document_id} is not in {path.name} any more"
        return RawDocument("", (Problem(path.name, what, "the file was changed: open it again", "error"),))
    return RawDocument(text)
