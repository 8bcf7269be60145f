"""A time axis that is broken where nothing happens, so that milliseconds stay readable beside minutes.

Positions are fractions of the drawing's width, 0 to 1. A stretch between two breaks is linear, and all stretches have
the same scale; a break takes the same small width however long it lasts.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dashboard.shaping.words import duration_text

Seconds = npt.NDArray[np.float64]

SHORTEST_BREAK_SECONDS: Final = 1.0
LEAST_KEPT_SECONDS: Final = 0.001  # with less left to show, leaving pauses out makes nothing more readable
LONGER_THAN_THE_REST: Final = 3.0  # a pause is broken when it lasts at least so many times all that is kept
MOST_BREAKS: Final = 12
BREAK_WIDTH: Final = 0.045  # of the whole drawing, each, while few
MOST_BREAKS_WIDTH: Final = 0.35  # of the whole drawing, together
PAD_OF_KEPT: Final = 0.04  # what is still shown of a pause on either side of its break, as a part of all that is kept
TICKS: Final = 8
_DECADES_UP_TO_SECONDS: Final = 20.0
_SPANS_SECONDS: Final = (
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    900.0,
    1800.0,
    3600.0,
    7200.0,
    10800.0,
    21600.0,
    43200.0,
    86400.0,
)
_LEAST_SECONDS: Final = 1e-6  # a trace of one instant still needs a scale


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis: where, and its words (time since the trace's start)."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Break:
    """A pause left out: from and to where it is drawn, how long it lasts, in words."""

    start: float
    end: float
    label: str


@dataclass(frozen=True, slots=True)
class BrokenAxis:
    """Maps seconds since the trace's start to positions: knots (`seconds`, `positions`), straight lines between."""

    seconds: Seconds
    positions: Seconds
    breaks: tuple[Break, ...]
    ticks: tuple[Tick, ...]

    def place(self, seconds: Seconds) -> Seconds:
        """Give the positions, 0 to 1; NaN stays NaN."""
        return np.interp(seconds, self.seconds, self.positions)


def broken_axis(instants: Seconds) -> BrokenAxis:
    """Make the axis for the instants at which something begins or ends, in seconds since the trace's start."""
    moments = np.unique(instants[~np.isnan(instants)])
    if not len(moments):
        moments = np.zeros(1)
    first, last = float(moments[0]), float(moments[-1])
    pauses = np.diff(moments)
    broken = _pauses_to_break(pauses)
    kept = max(float(pauses[~broken].sum()), _LEAST_SECONDS)
    pad = min(kept * PAD_OF_KEPT, float(pauses[broken].min()) / 4) if broken.any() else 0.0
    stretches = _stretches(moments, broken, pad, first, max(last, first + kept))
    scaled = float((stretches[:, 1] - stretches[:, 0]).sum())
    count = len(stretches) - 1
    break_width = min(BREAK_WIDTH, MOST_BREAKS_WIDTH / count) if count else 0.0
    per_second = (1 - break_width * count) / scaled
    lengths = (stretches[:, 1] - stretches[:, 0]) * per_second
    starts = np.concatenate([[0.0], np.cumsum(lengths[:-1] + break_width)])
    ends = starts + lengths
    breaks = tuple(
        Break(float(end), float(start), duration_text(float(seconds)))
        for end, start, seconds in zip(ends[:-1], starts[1:], pauses[broken], strict=True)
    )
    return BrokenAxis(
        seconds=stretches.reshape(-1),
        positions=np.column_stack([starts, ends]).reshape(-1),
        breaks=breaks,
        ticks=_ticks(stretches, starts, per_second, pad),
    )


def _pauses_to_break(pauses: Seconds) -> npt.NDArray[np.bool_]:
    """Choose as many of the longest pauses as each outlast by far everything that would be kept."""
    broken = np.zeros(len(pauses), dtype=bool)
    if not len(pauses):
        return broken
    order = np.argsort(-pauses, kind="stable")
    longest = pauses[order][:MOST_BREAKS]
    rest = pauses.sum() - np.cumsum(longest)
    far = (longest >= SHORTEST_BREAK_SECONDS) & (longest >= LONGER_THAN_THE_REST * rest) & (rest >= LEAST_KEPT_SECONDS)
    if far.any():
        broken[order[: int(np.flatnonzero(far)[-1]) + 1]] = True
    return broken


def _stretches(moments: Seconds, broken: npt.NDArray[np.bool_], pad: float, first: float, last: float) -> Seconds:
    """Give start and end of each stretch that is drawn to scale."""
    cuts = np.flatnonzero(broken)
    starts = np.concatenate([[first], moments[cuts + 1] - pad])
    ends = np.concatenate([moments[cuts] + pad, [last + (pad if len(cuts) else 0.0)]])
    return np.column_stack([starts, ends])


def _ticks(stretches: Seconds, starts: Seconds, per_second: float, pad: float) -> tuple[Tick, ...]:
    """Mark round times at the same distance on every stretch; one too short for any: its first moment."""
    step = _round_step(1 / per_second / TICKS)
    marks: list[Tick] = []
    for number, ((begin, end), start) in enumerate(zip(stretches, starts, strict=True)):
        rounds = np.arange(np.ceil(begin / step - 1e-9), np.floor(end / step + 1e-9) + 1) * step
        if number and not len(rounds):
            rounds = np.array([begin + pad])
        marks += [Tick(float(start + (at - begin) * per_second), offset_text(float(at), step)) for at in rounds]
    return tuple(marks)


def _round_step(seconds: float) -> float:
    """Round up to 1, 2 or 5 times a power of ten; from half a minute on, to spans that people count in."""
    if seconds > _DECADES_UP_TO_SECONDS:
        spans = (span for span in _SPANS_SECONDS if span >= seconds)
        return next(spans, float(np.ceil(seconds / _SPANS_SECONDS[-1]) * _SPANS_SECONDS[-1]))
    power = 10.0 ** np.floor(np.log10(seconds))
    return float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= seconds * (1 - 1e-9)))


def offset_text(seconds: float, step: float) -> str:
    """Say a time since the start as exactly as ticks `step` seconds apart need it: "0", "100 ms", "+14 min 2.3 s"."""
    if abs(seconds) < step * 1e-6:
        return "0"
    if abs(seconds) < 1 and step < 1:
        decimals = max(0, -int(np.floor(np.log10(step * 1000) + 1e-9)))
        return f"{seconds * 1000:.{decimals}f} ms"
    decimals = max(0, min(6, -int(np.floor(np.log10(step) + 1e-9))))
    minutes, rest = divmod(round(seconds, decimals), 60)
    if not minutes:
        return f"{rest:.{decimals}f} s"
    hours, minutes = divmod(minutes, 60)
    words = f"{hours:.0f} h {minutes:02.0f} min" if hours else f"{minutes:.0f} min"
    return words if step >= 60 or (hours and not rest) else f"{words} {rest:.{decimals}f} s"
