"""Numbers, ages, times and foreign text for cells and labels; what is missing is a dash, never "nan"."""

import json
import re
from datetime import datetime
from typing import Any, Final

import pandas as pd

from eventrail.words import age

MISSING: Final = "–"

# Control characters would act on a terminal or vanish in a browser; direction marks would reorder what is read.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DIRECTION: Final = re.compile("[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_FIRST_PICTURE: Final = 0x2400
_DELETE_PICTURE: Final = "\u2421"
_LAST_CONTROL_WITH_PICTURE: Final = 0x1F
_DELETE: Final = 0x7F
_SIZES: Final = ("B", "KiB", "MiB", "GiB", "TiB")


def duration_text(seconds: float | None) -> str:
    """Say a length of time: "38 ms", "2.3 s", "14 min 02 s", "3 h 05 min"; a missing one as "–"."""
    return MISSING if seconds is None or pd.isna(seconds) else age(seconds)


def count_text(number: float | None) -> str:
    """Say a whole number with thousands apart: "1,204"."""
    return MISSING if number is None or pd.isna(number) else f"{number:,.0f}"


def rate_figure(per_second: float | None) -> str:
    """Say a rate where "per second" stands beside it: "4.2"; below one in ten seconds with two decimals, so that little
    is not called none.
    """
    if per_second is None or pd.isna(per_second):
        return MISSING
    return f"{per_second:.2f}" if 0 < abs(per_second) < 0.1 else f"{per_second:.1f}"


def share_text(ratio: float | None) -> str:
    """Say a share: "4.2 %"."""
    if ratio is None or pd.isna(ratio):
        return MISSING
    percent = ratio * 100
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"


def moment_text(instant: datetime | pd.Timestamp | None, day: datetime | pd.Timestamp | None = None) -> str:
    """Say an instant with its zone: "09:14:20 UTC"; with the date where it is on another day than `day`."""
    if instant is None or pd.isna(instant):
        return MISSING
    utc = pd.Timestamp(instant).tz_convert("UTC")
    same_day = day is not None and pd.Timestamp(day).tz_convert("UTC").date() == utc.date()
    return f"{utc:%H:%M:%S} UTC" if same_day else f"{utc:%Y-%m-%d %H:%M:%S} UTC"


def clock_text(instants: "pd.Series[Any]") -> "pd.Series[Any]":
    """Say instants of one day as "09:14:20.123", UTC, a column at a time; missing ones as "–"."""
    texts: pd.Series[Any] = instants.dt.tz_convert("UTC").dt.strftime("%H:%M:%S.%f").str.slice(0, -3)
    return texts.where(instants.notna(), MISSING)


def visible_text(text: str) -> str:
    """Make foreign text harmless to the eye: control characters and direction marks become visible signs.

    Escape sequences of terminals lose their power that way and can be read; line breaks and tabs stay.
    """
    return _DIRECTION.sub(_named, _CONTROL.sub(_pictured, text.replace("\r\n", "\n")))


def visible_texts(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    """Make a column of foreign texts harmless to the eye, each different one once; missing ones stay missing."""
    codes, different = pd.factorize(texts)
    shown = pd.array([visible_text(text) for text in different.astype("str")], dtype="str")
    return pd.Series(shown.take(codes, allow_fill=True), index=texts.index)


def readable_json(text: str) -> str:
    """Give JSON with a line a value; any other text, and both made harmless to the eye."""
    try:
        shown = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        shown = text
    return visible_text(shown)


def _pictured(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= _LAST_CONTROL_WITH_PICTURE:
        return chr(_FIRST_PICTURE + code)
    return _DELETE_PICTURE if code == _DELETE else f"⟨{code:02X}⟩"


def _named(match: re.Match[str]) -> str:
    return f"⟨{ord(match.group()):04X}⟩"


def bytes_text(size: float | None) -> str:
    """Say a size: "42 MiB"."""
    if size is None or pd.isna(size):
        return MISSING
    exponent = min(max(int(size), 1).bit_length() - 1, 49) // 10
    return f"{size / 1024**exponent:,.{0 if exponent == 0 or size >= 10 * 1024**exponent else 1}f} {_SIZES[exponent]}"
