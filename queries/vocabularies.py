"""Vocabulary maps: what the fields of log documents are called, from `vocabulary/*.toml` or a house's own file.

A map says, for each canonical column, which fields may hold it, the preferred first. Signals are fields that tell
together what a line is about: its operation and outcome.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import field as default
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

VOCABULARY_FOLDER: Final = Path(__file__).parent / "vocabulary"

# Fields are looked for in this order: the most telling vocabulary first, short names that mean anything last.
PREFERENCE: Final = ("eventrail", "opentelemetry", "ecs", "fluentd", "simple")

SIGNALS: Final[Mapping[str, str]] = {
    "action": "what happened to the consumer: heartbeat, channel-opened, channel-closed",
    "operation_type": "send, receive, process, settle, and older spellings",
    "operation_name": "publish, deliver, process, ack, nack, reject",
    "outcome": "how a send, a settlement or a call ended",
    "requeue": "whether a nack or reject gives the message back to its queue",
    "status_code": "gRPC status of a call; 0 or OK is good",
    "call_service": "service of the method called",
    "call_name": "method called",
}

Unit = Literal["seconds", "milliseconds", "microseconds", "nanoseconds"]
Part = Literal["image tag"]

_STRICT: Final = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Field:
    """A field by its full dotted path.

    unit: of numbers that are times (since 1970) or durations; None: the usual. part: what of the text is meant; "image
    tag" is the tag of a container image's name; None: all of it.
    """

    field: str
    unit: Unit | None = None
    part: Part | None = None


Candidates = Mapping[str, tuple[Field, ...]]


@dataclass(frozen=True, slots=True, config=_STRICT)
class Vocabulary:
    """One map: canonical column or signal → candidate fields, the preferred first."""

    name: str
    description: str
    columns: dict[str, tuple[Field, ...]]
    signals: dict[str, tuple[Field, ...]] = default(default_factory=dict)


class VocabularyError(Exception):
    """A map is wrong; the text names the file and the key."""


@cache
def shipped() -> tuple[Vocabulary, ...]:
    """Give the shipped maps in order of preference."""
    return tuple(load_vocabulary(VOCABULARY_FOLDER / f"{name}.toml") for name in PREFERENCE)


def load_vocabulary(path: Path) -> Vocabulary:
    """Load one map. Raises VocabularyError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise VocabularyError(f"{path}: cannot be read as TOML: {error}") from error
    prefixes = content.pop("prefixes", [""])
    record = content.pop("record", {})
    for section in ("columns", "signals"):
        if isinstance(content.get(section), dict):
            content[section] = {key: _spread(fields, prefixes) for key, fields in content[section].items()}
    for column, fields in record.items():
        listed = content.setdefault("columns", {}).setdefault(column, [])
        listed.extend(_spread(fields, [""]))
    try:
        vocabulary = TypeAdapter(Vocabulary).validate_python({"name": path.stem, "description": "", **content})
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise VocabularyError(f"{path}: {told}") from None
    if unknown := set(vocabulary.signals) - set(SIGNALS):
        raise VocabularyError(f"{path}: signals: there is no {sorted(unknown)}; there are {sorted(SIGNALS)}")
    return vocabulary


def _spread(fields: Any, prefixes: list[str]) -> Any:
    """Give each field under each prefix; what is not a list of fields is left for validation to refuse."""
    if not isinstance(fields, list):
        return fields
    whole = [{"field": field} if isinstance(field, str) else field for field in fields]
    return [
        {**field, "field": prefix + field["field"]} if isinstance(field.get("field"), str) else field
        for prefix in prefixes
        for field in whole
        if isinstance(field, dict)
    ]
