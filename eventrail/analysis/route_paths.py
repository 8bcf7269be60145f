"""Paths in a forest: the names from a root down to each row, level by level over columns."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Positions

ARROW: Final = " → "
# Deeper flows than any service landscape has; what lies below has no path.
DEPTH_MAX: Final = 64
# Siblings of one name are numbered up to here; the rest share the last number, or a route would grow with its fan-outs.
NUMBERED_SIBLINGS: Final = 3


def taken(column: "pd.Series[Any]", positions: Positions) -> "pd.Series[Any]":
    """Give the values at `positions`, missing where NOWHERE; the column keeps its type."""
    return pd.Series(pd.api.extensions.take(column.array, positions, allow_fill=True))


def paths(names: "pd.Series[Any]", parents: Positions, trees: "pd.Series[Any]", given: "pd.Series[Any]") -> Any:
    """Give the path of each row as text; missing for rows in or beneath a circle and for those too deep.

    names: of each row. parents: position of each row's parent, NOWHERE for a root. trees: what sets the roots of one
    tree apart from those of another. given: paths of roots that do not begin a path of their own; else missing. All
    are indexed from 0.
    """
    numbered = _numbered(names, parents, trees)
    labels, named = pd.factorize(numbered)
    values = np.asarray(named, dtype=object)
    codes: Positions = np.full(len(names), NOWHERE, dtype=np.int64)
    roots = parents == NOWHERE
    codes[roots], begun = pd.factorize(given.fillna(numbered)[roots])
    texts = np.asarray(begun, dtype=object)
    waiting = np.flatnonzero(~roots)
    for _ in range(DEPTH_MAX):
        ready = codes[parents[waiting]] != NOWHERE
        rows, waiting = waiting[ready], waiting[~ready]
        if not len(rows):
            break
        # One number for parent's path and own label; each new one is a new path.
        found, pairs = pd.factorize(codes[parents[rows]] * len(values) + labels[rows])
        codes[rows] = found + len(texts)
        above, own = np.divmod(pairs, len(values))
        texts = np.concatenate([texts, texts[above] + ARROW + values[own]])
    return taken(pd.Series(texts, dtype="str"), codes)


def _numbered(names: "pd.Series[Any]", parents: Positions, trees: "pd.Series[Any]") -> "pd.Series[Any]":
    """Add a number to the second and later siblings of one name."""
    siblings = np.where(parents == NOWHERE, -1 - pd.factorize(trees)[0], parents)
    nth = names.groupby([siblings, names.to_numpy()], sort=False).cumcount() + 1
    number = " #" + nth.astype("str")
    return names + number.mask(nth == 1, "").mask(nth >= NUMBERED_SIBLINGS, f" #{NUMBERED_SIBLINGS}+")
