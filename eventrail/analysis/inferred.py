"""Which columns of a row no line states: a bit a column while comparing, their names with commas in the table."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from eventrail.analysis.columns import Codes, Mask, texts, vocabulary

# In the order in which they are written.
_NAMES: Final = ("delivered", "message_id", "settlement", "queue", "start", "parent_id")
_WRITTEN: Final = vocabulary(
    ",".join(name for bit, name in enumerate(_NAMES) if marks >> bit & 1) for marks in range(1 << len(_NAMES))
)


def inferred(rows: int, marks: Mapping[str, Mask]) -> Codes:
    """Give the rows' marks as bits. marks: column → where it is inferred."""
    bits: Codes = np.zeros(rows, dtype=np.int64)
    for name, marked in marks.items():
        bits |= marked.astype(np.int64) << _NAMES.index(name)
    return bits


def written(bits: Codes) -> Any:
    """Give the names of each row's inferred columns with commas between, empty where there are none."""
    return texts(_WRITTEN, bits)
