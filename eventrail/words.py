"""Figures as people read them; used by sentences, pages and the command line alike."""

import pandas as pd

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def age(seconds: float) -> str:
    """Give a length of time in at most two units: "0.3 s", "14 min 02 s", "3 h 05 min", "2 d 4 h"."""
    if seconds < 0:
        return f"-{age(-seconds)}"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < DAY:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def clock(instant: pd.Timestamp) -> str:
    """Give the time of day with its zone: "09:14:20 UTC"."""
    return f"{instant.tz_convert('UTC'):%H:%M:%S} UTC"


def count(number: float, noun: str, plural: str = "") -> str:
    """Give a number with its noun: "1 message", "4,812 messages"."""
    return f"{number:,.0f} {noun if number == 1 else plural or noun + 's'}"


def listed(names: list[str], most: int = 3) -> str:
    """Give names in a sentence: "a, b and c", "a, b and 4 more"."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
