"""Documents given to the converter, as the tests of this folder do it."""

from pathlib import Path
from typing import Any

import pandas as pd

from eventrail.sources.documents import Converted, convert, field_map

INSTANT = "2026-01-31T12:00:00.123456789Z"


def converted(*documents: Any, house: Path | None = None, columns: tuple[str, ...] = ()) -> Converted:
    return convert(documents, field_map(house), columns=columns)


def only_row(*documents: Any) -> dict[str, Any]:
    events = converted(*documents).events
    assert len(events) == 1
    return {name: value for name, value in events.iloc[0].items() if not pd.isna(value)}
