"""Tables with a schema: every column is named, typed and explained once, where its table is defined."""

from collections.abc import Mapping
from typing import Any, Final

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
    types = {name: pd.api.types.pandas_dtype(kind) for name, (kind, _) in schema.items()}
    typed = {
        name: frame[name].astype(kind) if name in frame else pd.Series(index=frame.index, dtype=kind)
        for name, kind in types.items()
    }
    return pd.DataFrame(typed, index=frame.index).reset_index(drop=True)
