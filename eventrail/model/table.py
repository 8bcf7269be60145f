"""Tables with a schema: every column is named, typed and explained once, where its table is defined."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

TIME_TYPE: Final = "datetime64[ns, UTC]"

# column → (pandas type, meaning), in the order of the table
Schema = Mapping[str, tuple[str, str]]


def conform(columns: Mapping[str, Any] | pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Give a table of exactly the schema's columns, in order, of their types; absent ones are missing values.

    Unknown names are an error of the caller (KeyError). Values that do not fit a column's type raise (ValueError,
    TypeError): adapters set such rows aside and count them before they come here.
    """
    frame = columns if isinstance(columns, pd.DataFrame) else pd.DataFrame(dict(columns))
    unknown = set(frame.columns) - set(schema)
    if unknown:
        raise KeyError(f"not columns of this table: {sorted(unknown)}")
    typed = {
        name: frame[name].astype(_dtype(kind)).array if name in frame else _missing(kind, len(frame))
        for name, (kind, _) in schema.items()
    }
    return pd.DataFrame(typed, index=pd.RangeIndex(len(frame)))


@cache
def _dtype(kind: str) -> Any:
    return pd.api.types.pandas_dtype(kind)


@cache
def _empty(kind: str) -> Any:
    return pd.array([], dtype=_dtype(kind))


def _missing(kind: str, rows: int) -> Any:
    """Give missing values of a type. Most columns of most tables are made so, and a pandas series takes ten times as
    long to make as this.
    """
    return pd.api.extensions.take(_empty(kind), np.full(rows, -1), allow_fill=True)
