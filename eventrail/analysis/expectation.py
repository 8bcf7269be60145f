"""Which steps are expected after one that is there: told by what came after it in events that came this far alike."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import Codes
from eventrail.model.usual import PlaceState

# A step is expected when at least so many of the events that came this far by the same steps have it; one that fewer
# have comes sometimes, and its absence says nothing.
EXPECTED_SHARE: Final = 0.5
# A step that is done has published all that it will. If so many events went on from there by just the same steps, that
# is one of its ways and nothing is missing.
WAY_SHARE: Final = 0.01
OPEN: Final = (PlaceState.WAITING, PlaceState.RECEIVED, PlaceState.HANDLING)
# In the place of a bit: the end of the step itself.
END: Final = -1
SITUATION: Final = ["after_path", "came", "state"]


def expected_after(branches: pd.DataFrame, variants: pd.DataFrame) -> pd.DataFrame:
    """Give what is missing in each situation: SITUATION, bit (END for the end of the step itself), share_so_far.

    branches: SITUATION, a row a step that is there: its path on the usual route, what came after it, and its state.
    variants: VARIANT_COLUMNS. There are few situations, however many branches.
    """
    ways = {str(path): _arrays(of) for path, of in variants.groupby("parent_path")}
    rows = [
        (path, came, state, bit, share)
        for path, came, state in branches[SITUATION].drop_duplicates().itertuples(index=False)
        for bit, share in _missing_bits(came, state, *ways[path])
    ]
    table = pd.DataFrame(rows, columns=[*SITUATION, "bit", "share_so_far"])
    types = {"after_path": "str", "came": "int64", "state": "str", "bit": "Int64", "share_so_far": "float64"}
    return table.astype(types)


def _arrays(variants: pd.DataFrame) -> tuple[Codes, Codes]:
    return variants["came"].to_numpy(dtype=np.int64), variants["times"].to_numpy(dtype=np.int64)


def _missing_bits(came: int, state: str, ways: Codes, times: Codes) -> Iterator[tuple[int, float]]:
    """Give what is missing after a place that has this state, and after which `came` came."""
    like = (ways & came) == came
    ways, times = ways[like], times[like]
    if state == PlaceState.COMPLETE and len(times):
        if times[ways == came].sum() >= WAY_SHARE * times.sum():
            return
        ways, times = ways[ways != came], times[ways != came]
    total = times.sum()
    none_missing = True
    for bit in range(int(np.bitwise_or.reduce(ways & ~came, initial=0)).bit_length()):
        share = times[(ways & ~came) >> bit & 1 == 1].sum() / total
        if share >= EXPECTED_SHARE:
            none_missing = False
            yield bit, float(share)
    if none_missing and state in OPEN:
        yield END, 1.0
