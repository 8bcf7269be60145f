"""Which steps of a trace are alike, by how finely one looks."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions
from eventrail.analysis.forest import Forest
from eventrail.model.folding import FoldLevel
from eventrail.model.trace import StepState

ALIKE: Final = ("kind", "service", "queue", "event_type", "call_method")


@dataclass(frozen=True, slots=True)
class Signatures:
    """What a step looks like, as a number. plain: by ALIKE; full: by the state too."""

    plain: Codes
    full: Codes


@dataclass(frozen=True, slots=True)
class Likeness:
    """rows: steps with the same number share a row, numbered in the order of their first step.

    kin: steps with the same number are alike but for their state and for being kept apart.
    """

    rows: Codes
    kin: Codes


def signatures_of(steps: pd.DataFrame) -> Signatures:
    """Give what each step looks like."""
    plain: Codes = np.zeros(len(steps), dtype=np.int64)
    for name in ALIKE:
        plain = _pairs(plain, _values(steps, name))
    return Signatures(plain, _pairs(plain, _values(steps, "state")))


def _values(steps: pd.DataFrame, name: str) -> Codes:
    """Number a column's values, the missing one too."""
    numbers: Codes = pd.factorize(steps[name], use_na_sentinel=False)[0].astype(np.int64)
    return numbers


def likeness(steps: pd.DataFrame, level: FoldLevel, signatures: Signatures, forest: Forest, always: Mask) -> Likeness:
    """Say which steps share a row at a level; a step that is `always` its own row shares it with none."""
    if level is FoldLevel.NOTHING:
        return Likeness(np.arange(len(steps)), np.arange(len(steps)))
    if level is FoldLevel.KINDS:
        return Likeness(_numbered(_told_apart(signatures.full, always)), signatures.plain)
    if level is FoldLevel.SIBLINGS:
        apart = always | (steps["state"] != StepState.COMPLETE).to_numpy()
        routes = route_names(_told_apart(signatures.full, apart), forest.parent)
    else:
        routes = route_names(signatures.full, forest.parent)
    above = np.where(forest.parent == NOWHERE, 0, routes[forest.parent] + 1)
    return Likeness(_numbered(_told_apart(routes, always)), _pairs(above, signatures.plain))


def route_names(labels: Codes, parent: Positions) -> Codes:
    """Number the routes: two steps have the same number if their labels, and those of all their causes, are equal.

    Each round joins the name of a step with that of the step as far up as the name reaches, so that names reach twice
    as far (as the names of substrings do in suffix sorting): log2(deepest) rounds, whatever the shape.
    """
    names, above = _numbered(labels), parent
    while (above != NOWHERE).any():
        names = _pairs(names, np.where(above == NOWHERE, 0, names[above] + 1))
        above = np.where(above == NOWHERE, NOWHERE, above[above])
    return names


def _told_apart(codes: Codes, apart: Mask) -> Codes:
    """Give each step of `apart` a number of its own."""
    free = int(codes.max(initial=0)) + 1
    return np.where(apart, free + np.arange(len(codes)), codes)


def _pairs(first: Codes, second: Codes) -> Codes:
    """Number the pairs of two columns; both count up from 0, to at most some two times the steps."""
    return _numbered(first * (int(second.max(initial=0)) + 1) + second)


def _numbered(codes: Codes) -> Codes:
    """Count the different values up from 0, in the order of their first appearance."""
    numbers: Codes = pd.factorize(codes)[0]
    return numbers
