"""Bounds on how far an event's clocks are apart.

Time from cause to effect is never negative. With o the offsets of two clocks, what is logged of a message from clock a
to clock b says o_b - o_a <= elapsed; the least elapsed time of all says most. Such differences are combined over all
clocks by shortest paths (Floyd and Warshall): a way from b back to a that is shorter than nothing is a contradiction.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.analysis.clock_pairs import Sent, StepClocks, sent_between, step_clocks
from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions
from eventrail.analysis.forest import Forest, forest_of
from eventrail.analysis.instants import PER_SECOND
from eventrail.model.clocks import CLOCK_COLUMNS, CLOCK_PAIR_COLUMNS, ClockBounds
from eventrail.model.problem import Problem
from eventrail.model.table import conform
from eventrail.words import age, count

# A line may be logged a moment after what it tells, and stored times are often whole milliseconds.
GRAIN: Final = 1_000_000
# What one clock itself shows in the wrong order is that moment too, up to here; beyond, the cause is wrong.
GRAIN_AT_MOST: Final = 50_000_000
UNBOUNDED: Final = np.inf
# Ways around a contradiction get shorter without end; there is nothing to know beyond.
SHORTEST: Final = -1e18

# Nanoseconds as floats: whole ones are exact up to 104 days, and there is an infinity.
Matrix = npt.NDArray[np.float64]


def clock_bounds(steps: pd.DataFrame, reference: str | None = None, forest: Forest | None = None) -> ClockBounds:
    """Give how far each clock of a trace's steps may be ahead of a reference, from causes and effects alone.

    reference: a clock, KeyError when no step is by it; by default the one that most others can agree with. Clocks
    are taken to be constantly apart over the event. What contradicts itself is left out and marked. forest:
    `forest_of(steps)`, if at hand.
    """
    forest = forest or forest_of(steps)
    clocks = step_clocks(steps, forest)
    if reference is not None and reference not in clocks.names:
        raise KeyError(f"no step is by the clock {reference!r}")
    sent = sent_between(steps, forest, clocks)
    grain = _grain(sent)
    met = _by_pair(sent, len(clocks.names))
    direct, contradictory = _without_contradictions(met.least + grain)
    between = shortest(direct)
    weight = np.bincount(clocks.own[clocks.own != NOWHERE], minlength=len(clocks.names))
    ranking = _ranking(between, weight, NOWHERE if reference is None else clocks.names.index(reference))
    return ClockBounds(
        reference=clocks.names[ranking[0]] if len(ranking) else None,
        clocks=_clock_table(clocks, met, contradictory, between, ranking, grain),
        pairs=_pair_table(clocks, met, contradictory),
        between=between / PER_SECOND,
        grain_seconds=grain / PER_SECOND,
    )


class _Met(NamedTuple):
    """What was sent between each ordered pair of different clocks: how many, how many negative, least elapsed time."""

    messages: Codes
    negative: Codes
    least: Matrix


def _grain(sent: Sent) -> int:
    """Give how long after what it tells a line may be logged, as pairs on one clock show."""
    same = sent.elapsed[sent.cause == sent.effect]
    inexact = -same[(same < 0) & (same >= -GRAIN_AT_MOST)]
    return max(GRAIN, int(inexact.max(initial=0)))


def _by_pair(sent: Sent, size: int) -> _Met:
    across = sent.cause != sent.effect
    pair, elapsed = (sent.cause * size + sent.effect)[across], sent.elapsed[across]
    least = np.full(size * size, UNBOUNDED)
    np.minimum.at(least, pair, elapsed.astype(np.float64))
    messages = np.bincount(pair, minlength=size * size)
    negative = np.bincount(pair[elapsed < 0], minlength=size * size)
    shape = (size, size)
    return _Met(messages.reshape(shape), negative.reshape(shape), least.reshape(shape))


def _without_contradictions(direct: Matrix) -> tuple[Matrix, Mask]:
    """Leave out what cannot be true together, and say which pairs that was.

    First pairs that contradict each other there and back; then, where a longer way around is shorter than nothing,
    all between the clocks on such ways.
    """
    there_and_back = direct + direct.T < 0
    direct = np.where(there_and_back, UNBOUNDED, direct)
    around = np.diagonal(shortest(direct)) < 0
    on_the_way = np.outer(around, around) & np.isfinite(direct)
    return np.where(on_the_way, UNBOUNDED, direct), there_and_back | on_the_way


def shortest(direct: Matrix) -> Matrix:
    """Give the shortest way between each two; one from a clock to itself is 0, or negative by a contradiction."""
    between = np.minimum(direct, np.where(np.eye(len(direct), dtype=bool), 0.0, UNBOUNDED))
    for via in range(len(between)):
        between = np.maximum(np.minimum(between, between[:, via, None] + between[None, via]), SHORTEST)
    return between


def _ranking(between: Matrix, weight: Codes, reference: int) -> Positions:
    """Order the clocks: the reference if one is given, then by how many others each can agree with, and their steps."""
    can_agree = ((between >= 0) & (between.T >= 0)).astype(np.int64)
    score = can_agree.sum(axis=1) * (int(weight.sum()) + 1) + can_agree @ weight
    if reference != NOWHERE:
        score[reference] = np.iinfo(np.int64).max
    return np.argsort(-score, kind="stable")


def _smallest_offsets(between: Matrix, ranking: Positions, grain: int) -> Matrix:
    """Choose an offset for each clock, the first's 0: no other than 0 where 0 fits, else the nearest that does.

    One after another, each within what those before it leave: as `between` has the shortest ways, something is always
    left for the next. Where 0 does not fit, the grain is not made use of, so that no wait is left negative by it.
    """
    offsets = np.zeros(len(ranking))
    for place in range(1, len(ranking)):
        chosen, clock = ranking[:place], ranking[place]
        most = float((offsets[chosen] + between[chosen, clock]).min())
        least = float((offsets[chosen] - between[clock, chosen]).max())
        if most < 0:
            offsets[clock] = max(most - grain, least)
        elif least > 0:
            offsets[clock] = min(least + grain, most)
    return offsets


def _clock_table(
    clocks: StepClocks, met: _Met, contradictory: Mask, between: Matrix, ranking: Positions, grain: int
) -> pd.DataFrame:
    first = ranking[:1]
    unclear, linked = contradictory | contradictory.T, (met.messages + met.messages.T) > 0
    nothing_else = unclear.any(axis=0) & ~(linked & ~unclear).any(axis=0)
    table = {
        "clock": list(clocks.names),
        "steps": np.bincount(clocks.start[clocks.start != NOWHERE], minlength=len(ranking)),
        "messages": met.messages.sum(axis=0) + met.messages.sum(axis=1),
        "lower_seconds": -between[:, first].reshape(-1) / PER_SECOND,
        "upper_seconds": between[first].reshape(-1) / PER_SECOND,
        "offset_seconds": _smallest_offsets(between, ranking, grain) / PER_SECOND,
        "contradictory": nothing_else,
    }
    return conform(table, CLOCK_COLUMNS)


def _pair_table(clocks: StepClocks, met: _Met, contradictory: Mask) -> pd.DataFrame:
    cause, effect = np.nonzero(met.messages)
    table = {
        "cause_clock": pd.Series(clocks.names, dtype="str").take(cause).array,
        "effect_clock": pd.Series(clocks.names, dtype="str").take(effect).array,
        "messages": met.messages[cause, effect],
        "negative": met.negative[cause, effect],
        "least_seconds": met.least[cause, effect] / PER_SECOND,
        "contradictory": contradictory[cause, effect],
    }
    return conform(table, CLOCK_PAIR_COLUMNS)


def clock_problems(bounds: ClockBounds) -> tuple[Problem, ...]:
    """Say which clocks are wrong, and between which nothing can be said."""
    remedy = "look at the time synchronisation of the node"
    problems = []
    wrong, unclear = bounds.wrong, bounds.pairs[bounds.pairs["contradictory"]]
    for clock, offset, messages in zip(wrong["clock"], wrong["offset_seconds"], wrong["messages"], strict=True):
        way = "ahead of" if offset > 0 else "behind"
        what = (
            f"the clock of {clock} is {age(abs(offset))} or more {way} that of {bounds.reference}, "
            f"as {count(messages, 'cause and effect', 'causes and effects')} show"
        )
        problems.append(Problem("clocks", what, remedy))
    for cause, effect in zip(unclear["cause_clock"], unclear["effect_clock"], strict=True):
        what = (
            f"what {cause} sent {effect} fits no one difference of their clocks: "
            "one was set meanwhile, or messages are matched wrongly"
        )
        problems.append(Problem("clocks", what, remedy))
    return tuple(problems)
