"""Steps as a forest: any causes, good or bad, against walking them one by one."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from eventrail.analysis.columns import NOWHERE
from eventrail.analysis.forest import ancestor_at, forest_of

# An ID may be there twice, be missing, name a step that is not there, itself, or one below itself.
IDS = st.sampled_from([None, *"abcdefgh"])
TABLES = st.lists(st.tuples(IDS, IDS), max_size=12)


def table(rows: list[tuple[str | None, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["id", "parent_id"]).astype("str")


def causes(rows: list[tuple[str | None, str | None]]) -> list[int]:
    """Find the causes by looking each up, circles included."""
    ids = [row[0] for row in rows]
    return [ids.index(cause) if cause is not None and cause in ids else NOWHERE for _, cause in rows]


def walk(parent: list[int], step: int) -> list[int]:
    """Walk up from a step, itself left out, until the start or until a step comes again."""
    walked: list[int] = []
    at = parent[step]
    while at != NOWHERE and at not in walked:
        walked.append(at)
        at = parent[at]
    return walked


@settings(deadline=None)
@given(TABLES)
def test_every_cause_that_is_there_is_kept_unless_it_closes_a_circle(rows: list[tuple[str | None, str | None]]) -> None:
    named = causes(rows)
    circles = {frozenset(walk(named, step)) for step in range(len(rows)) if step in walk(named, step)}

    forest = forest_of(table(rows))

    assert sorted(forest.cut) == sorted(min(circle) for circle in circles)
    expected = [NOWHERE if step in forest.cut else cause for step, cause in enumerate(named)]
    assert forest.parent.tolist() == expected


@settings(deadline=None)
@given(TABLES, st.data())
def test_depth_and_ancestors_are_those_of_a_walk(
    rows: list[tuple[str | None, str | None]], data: st.DataObject
) -> None:
    forest = forest_of(table(rows))
    walks = [walk(forest.parent.tolist(), step) for step in range(len(rows))]
    climbs = [data.draw(st.integers(-1, 5)) for _ in rows]

    reached = ancestor_at(forest, np.arange(len(rows)), np.array(climbs, dtype=np.int64))

    assert forest.depth.tolist() == [len(walked) for walked in walks]
    above = [[step, *walked] for step, walked in enumerate(walks)]
    expected = [path[max(n, 0)] if n < len(path) else NOWHERE for path, n in zip(above, climbs, strict=True)]
    assert reached.tolist() == expected


def test_a_chain_of_a_hundred_thousand_is_no_trouble_and_neither_is_a_circle_of_as_many() -> None:
    length = 100_000
    names = pd.Series(np.arange(length)).astype("str")
    chain = forest_of(pd.DataFrame({"id": names, "parent_id": names.shift(1)}))
    circle = forest_of(pd.DataFrame({"id": names, "parent_id": names.shift(1).fillna(str(length - 1))}))

    assert chain.depth.tolist() == list(range(length))
    assert circle.cut.tolist() == [0]
    assert circle.depth.max() == length - 1
