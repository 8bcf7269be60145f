"""Values of tables as JSON has them: times in ISO 8601 and UTC, what is not known as null, problems in one shape."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from eventrail.model.problem import Problem

Document = dict[str, Any]


def as_text(document: Document | Sequence[Document]) -> str:
    """Give it as JSON. Other letters than ASCII are escaped, so that no text can speak to a terminal."""
    return json.dumps(document, indent=2, allow_nan=False)


def json_value(value: Any) -> Any:
    """Give a value of a table; a time with its zone as Z, a missing one as None."""
    if isinstance(value, datetime) and not pd.isna(value):
        return value.isoformat().replace("+00:00", "Z")
    return None if pd.isna(value) else value


def rows(frame: pd.DataFrame, keys: tuple[str, ...]) -> list[Document]:
    """Give the table's rows with these columns; `inferred` becomes a list of names."""
    columns = {key: _column(frame[key], key) for key in keys}
    return [dict(zip(keys, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def problem_documents(problems: Sequence[Problem]) -> list[Document]:
    """Give each problem once."""
    return [
        {"source": each.source, "what": each.what, "remedy": each.remedy, "severity": each.severity}
        for each in dict.fromkeys(problems)
    ]


def _column(column: "pd.Series[Any]", key: str) -> list[Any]:
    values = column.tolist()
    if key == "inferred":
        return [_names(value) for value in values]
    return [json_value(value) for value in values]


def _names(value: Any) -> list[str]:
    return [name.strip() for name in value.split(",")] if isinstance(value, str) and value else []
