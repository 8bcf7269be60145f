"""The words of a load line: what a service does, what must be said of it, and how a value is read."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from eventrail.model.events import EVENT_COLUMNS, Outcome
from eventrail.model.table import TIME_TYPE
from eventrail.testing.builders import EventBook
from eventrail.testing.scenario.durations import EXAMPLES, read_duration
from eventrail.testing.scenario.errors import Place, ScenarioError
from eventrail.testing.scenario.text import Line

SETTLEMENTS: Final = (Outcome.ACK, Outcome.REQUEUE, Outcome.DISCARD)

# Columns that the line's place in the story gives.
GIVEN: Final = ("time", "operation", "pod")
FIELDS: Final = tuple(name for name in EVENT_COLUMNS if name not in GIVEN)


@dataclass(frozen=True, slots=True)
class Verb:
    """What a service may do. required and optional: what is said of it, in order; write: how its line is written."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    write: Callable[..., None]


VERBS: Final[Mapping[str, Verb]] = {
    "publish": Verb(("message_id", "event_type"), (), EventBook.publish),
    "receive": Verb(("message_id", "queue"), (), EventBook.receive),
    "process": Verb(("message_id",), ("queue",), EventBook.process),
    "settle": Verb(("message_id", "outcome"), ("queue",), EventBook.settle),
    "call": Verb(("method", "peer_service"), (), EventBook.call),
    "log": Verb(("message",), (), EventBook.log),
    "heartbeat": Verb((), (), EventBook.heartbeat),
    "channel-opened": Verb(("queue",), (), EventBook.channel_opened),
    "channel-lost": Verb((), (), EventBook.channel_closed),
}
# The pod begins anew and writes nothing, as one that was killed.
RESTART: Final = "restart"
_SILENT: Final = Verb((), (), lambda: None)

START_TIME: Final = EventBook().time(0)


def _length(said: str) -> pd.Timedelta:
    """Read a time after the start. Raises ValueError."""
    length = read_duration(said)
    if length is None:
        raise ValueError(said)
    return length


# type of a column → how its values are read, and an example for who writes one that does not fit
READERS: Final[Mapping[str, tuple[Callable[[str], Any], str]]] = {
    "Int64": (int, "a whole number"),
    "Float64": (float, "a number"),
    TIME_TYPE: (lambda said: START_TIME + _length(said), "a time after the start, such as 14m2s"),
    "boolean": ({"true": True, "false": False}.__getitem__, "true or false"),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of a load block: who did what when. said: the words after the verb by name; fields: name=value."""

    place: Place
    after: Any
    pod: str
    verb: str
    said: Mapping[str, str]
    fields: Mapping[str, Any]


def read_deed(line: Line, text: str) -> Deed:
    """Read "100ms fraud-1 receive m1 fraud.card-requested redelivered=true".

    text: the line's text without marks. Raises ScenarioError.
    """
    words = split_words(line.place, text)
    if len(words) < 3:
        remedy = "say when, who and what, such as: 100ms fraud-1 process m1"
        raise ScenarioError(line.place, f"“{text}” is too short", remedy)
    after = read_duration(words[0])
    if after is None:
        raise ScenarioError(line.place, f"“{words[0]}” is no time", f"{EXAMPLES}, counted from the start")
    pod, name = words[1], words[2]
    verb = VERBS.get(name, _SILENT if name == RESTART else None)
    if verb is None:
        raise ScenarioError(line.place, f"“{name}” is no verb", f"take one of {', '.join(VERBS)}, {RESTART}")
    plain = [word for word in words[3:] if not _is_field(word)]
    said = _said(line.place, name, verb, plain)
    return Deed(line.place, after, pod, name, said, read_fields(line.place, words[3:], len(plain)))


def split_words(place: Place, text: str) -> list[str]:
    """Split at spaces; quotes hold a value with spaces together. Raises ScenarioError for a quote that never ends."""
    try:
        return shlex.split(text)
    except ValueError as fault:
        remedy = "end the quote, or put a backslash before it"
        raise ScenarioError(place, f"“{text}” cannot be split into words", remedy) from fault


def read_fields(place: Place, words: list[str], plain_words: int = 0) -> dict[str, Any]:
    """Read name=value words; nothing after the = leaves the column empty.

    plain_words: so many of the words are no fields. Raises ScenarioError for more of them, and for wrong values.
    """
    fields: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        if _is_field(word):
            fields[name] = _read_value(place, name, value)
        elif plain_words == 0:
            remedy = f"write name=value, the name one of {', '.join(FIELDS)}"
            raise ScenarioError(place, f"“{word}” is no field of a line", remedy)
        else:
            plain_words -= 1
    return fields


def _is_field(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name in FIELDS


def _read_value(place: Place, field: str, value: str) -> Any:
    """Give the value in the type of its column."""
    if value == "":
        return None
    reader, example = READERS.get(EVENT_COLUMNS[field][0], (str, ""))
    try:
        return reader(value)
    except (ValueError, KeyError) as fault:
        raise ScenarioError(place, f"“{value}” does not fit {field}", f"write {example}") from fault


def _said(place: Place, name: str, verb: Verb, plain: list[str]) -> dict[str, str]:
    """Give the words after a verb by their names."""
    names = (*verb.required, *verb.optional)
    if not len(verb.required) <= len(plain) <= len(names):
        optional = [f"[{part.upper()}]" for part in verb.optional]
        form = " ".join([name, *map(str.upper, verb.required), *optional])
        what = f"“{' '.join([name, *plain])}” says too {'little' if len(plain) < len(verb.required) else 'much'}"
        raise ScenarioError(place, what, f"write {form}, then fields as name=value, their names {', '.join(FIELDS)}")
    said = dict(zip(names, plain, strict=False))
    if name == "settle" and said["outcome"] not in set(SETTLEMENTS):
        raise ScenarioError(place, f"“{said['outcome']}” is no settlement", f"take one of {', '.join(SETTLEMENTS)}")
    return said
