"""Puts values into the catalogue's PromQL expressions. Values are text, never syntax, whatever characters they hold."""

import math
import re
from collections.abc import Mapping, Sequence
from string import Template
from typing import Final

from queries.catalogue import Generation

_REGEX_SPECIAL: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def render(
    generation: Generation,
    labels: Mapping[str, Sequence[str]],
    *,
    window_seconds: float = 0.0,
    rate_window_seconds: float = 0.0,
    always: Mapping[str, str] | None = None,
) -> str:
    """Give the expression to send.

    labels: canonical column → wanted values; empty: all. Only columns of the query may stand here. always: the
    installation's own label → the value that every series must have.
    """
    wanted = {generation.labels.get(label, label): values for label, values in labels.items()}
    conditions = [matchers(wanted), matchers({label: (value,) for label, value in (always or {}).items()})]
    return (
        Template(generation.expression)
        .substitute(
            matchers=",".join(condition for condition in conditions if condition),
            window=duration(window_seconds),
            rate_window=duration(rate_window_seconds),
        )
        .strip()
    )


def placeholders(expression: str) -> frozenset[str]:
    """Give the names of the parameters that an expression uses."""
    return frozenset(Template(expression).get_identifiers())


def matchers(labels: Mapping[str, Sequence[str]]) -> str:
    """Give label matchers, comma between: equality for one value, an escaped alternation for several."""
    return ",".join(_matcher(label, values) for label, values in labels.items() if values)


def duration(seconds: float) -> str:
    """Give a PromQL duration, in whole milliseconds rounded up, at least one: the language knows nothing finer."""
    milliseconds = max(1, math.ceil(seconds * 1000))
    return f"{milliseconds}ms" if milliseconds % 1000 else f"{milliseconds // 1000}s"


def _matcher(label: str, values: Sequence[str]) -> str:
    if len(values) == 1:
        return f"{label}={_string(values[0])}"
    return f"{label}=~{_string('|'.join(_REGEX_SPECIAL.sub(_backslashed, value) for value in values))}"


def _backslashed(match: re.Match[str]) -> str:
    return "\\" + match.group()


def _string(text: str) -> str:
    """Give a PromQL string literal. What cannot be written as UTF-8 becomes the replacement character."""
    encodable = text.encode("utf-8", "replace").decode("utf-8")
    escaped = encodable.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", escaped) + '"'
