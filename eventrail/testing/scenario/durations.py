"""Times of a scenario: lengths after its start, such as 250ms, 1.5s, 14m2s or 1d; exact to the nanosecond."""

import re
from decimal import Decimal
from typing import Final

import pandas as pd

NANOSECONDS: Final = {
    "d": 86_400 * 10**9,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(d|h|ms|m|s|us|ns)")
_WHOLE: Final = re.compile(rf"([+-]?)((?:{_PART.pattern})+)")

EXAMPLES: Final = "write 250ms, 1.5s, 14m2s or 1d"


def read_duration(text: str) -> pd.Timedelta | None:
    """Give the length that a text says, None where it says none. A sign before it is allowed."""
    found = _WHOLE.fullmatch(text)
    if found is None:
        return None
    parts = _PART.findall(found[2])
    nanoseconds = sum(int(Decimal(number) * NANOSECONDS[unit]) for number, unit in parts)
    return pd.Timedelta(-nanoseconds if found[1] == "-" else nanoseconds, unit="ns")


def duration_text(length: pd.Timedelta) -> str:
    """Say a length as `read_duration` reads it, in its shortest exact form: 0s, 250ms, 1.5s, 14m2s, 1d."""
    nanoseconds = length.value
    if nanoseconds < 0:
        return "-" + duration_text(-length)
    if nanoseconds < NANOSECONDS["s"]:
        return _decimal(nanoseconds, "ms") if nanoseconds else "0s"
    said = ""
    for unit in ("d", "h", "m"):
        count, nanoseconds = divmod(nanoseconds, NANOSECONDS[unit])
        said += f"{count}{unit}" if count else ""
    return said + (_decimal(nanoseconds, "s") if nanoseconds else "")


def _decimal(nanoseconds: int, unit: str) -> str:
    number = Decimal(nanoseconds) / NANOSECONDS[unit]
    return f"{number.normalize():f}{unit}"
