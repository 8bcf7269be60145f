"""What came last before an instant, or first after it, held to a search through all rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventrail.analysis.columns import NOWHERE
from eventrail.analysis.timeline import Timeline

# Few keys and times, so that many rows share both.
moments = st.lists(st.tuples(st.integers(NOWHERE, 3), st.integers(0, 5)), max_size=12)


def arrays(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    keys, times = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    return keys, times.astype("datetime64[ns]")


@given(rows=moments, asked=moments)
def test_each_question_is_answered_as_a_search_through_all_rows_would(
    rows: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    timeline = Timeline(*arrays(rows))

    until, after = timeline.last_until(*arrays(asked)), timeline.first_after(*arrays(asked))

    for (key, time), last, first in zip(asked, until, after, strict=True):
        own = [(at, position) for position, (its, at) in enumerate(rows) if its == key != NOWHERE]
        latest = max((at for at, _ in own if at <= time), default=None)
        assert last == next((position for at, position in own if at == latest), NOWHERE)
        assert first == min(((at, position) for at, position in own if at > time), default=(0, NOWHERE))[1]


@pytest.mark.parametrize("ask", ["last_until", "first_after"])
def test_without_rows_nothing_is_found(ask: str) -> None:
    keys, times = arrays([(0, 1), (NOWHERE, 2)])

    assert getattr(Timeline(*arrays([])), ask)(keys, times).tolist() == [NOWHERE, NOWHERE]
