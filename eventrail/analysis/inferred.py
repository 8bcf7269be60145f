"""Which columns of a row no line states: a bit a column while comparing, their names with commas in the table."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from eventrail.analysis.columns import Codes, Mask, texts, vocabulary

# In the order in which they are written.
_NAMES: Final = ("delivered", "message_id", "settlement", "queue", "start", "end", "outcome", "parent_id")
_WRITTEN: Final = vocabulary(
    ",".join(name for bit, name in enumerate(_NAMES) if marks >> bit & 1) for marks in range(1 << len(_NAMES))
)


def inferred(rows: int, marks: Mapping[str, Mask]) -> Codes:
    """Give the rows' marks as bits. marks: column → where it is inferred."""
    bits: Codes = np.zeros(rows, dtype=np.int64)
    for name, marked in marks.items():
        bits |= marked.astype(np.int64) << _NAMES.index(name)
    return bits


def marked(bits: Codes, name: str) -> Mask:
    """Mark the rows whose column of that name is inferred."""
    are: Mask = bits >> _NAMES.index(name) & 1 == 1
    return are


def renamed(bits: Codes, names: Mapping[str, str]) -> Codes:
    """Give the marks of a table whose columns have other names there."""
    kept = bits & ~sum(1 << _NAMES.index(name) for name in names)
    return kept | inferred(len(bits), {new: marked(bits, name) for name, new in names.items()})


def written(bits: Codes) -> Any:
    """Give the names of each row's inferred columns with commas between, empty where there are none."""
    return texts(_WRITTEN, bits)
