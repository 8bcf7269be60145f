"""The list of the page Unacknowledged: every outstanding delivery in the words of a table, column by column."""

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from dashboard.shaping.overview import holder_text
from dashboard.shaping.words import MISSING, visible_text, visible_texts
from eventrail.investigate.answers import UnackedAnswer
from eventrail.model.ledger import DELIVERY_COLUMNS
from eventrail.model.table import conform

NO_DELIVERIES: Final = (
    *("age", "held", "since", "stage", "event", "correlation", "attempt", "queue", "holder", "consumer"),
    *("how", "last_line", "correlation_id"),
)
LAST_LINE_CHARACTERS: Final = 300


def all_deliveries(answer: UnackedAnswer) -> pd.DataFrame:
    """Give the outstanding deliveries of all queues, oldest first: as in QueueLedger, and `last_line` of the holder."""
    held = [queue.deliveries for queue in answer.ledger.queues if len(queue.deliveries)]
    if not held:
        none = conform({}, DELIVERY_COLUMNS)
        return none.assign(stage=none["queue"], age_seconds=none["attempt"].astype(float), last_line=none["queue"])
    rows = pd.concat(held, ignore_index=True)
    rows = rows.sort_values("age_seconds", ascending=False, kind="stable", ignore_index=True)
    last = answer.last_lines[["correlation_id", "pod", "message"]].drop_duplicates(
        ["correlation_id", "pod"], keep="last"
    )
    return rows.merge(last.rename(columns={"message": "last_line"}), on=["correlation_id", "pod"], how="left")


def delivery_table(deliveries: pd.DataFrame) -> pd.DataFrame:
    """Give NO_DELIVERIES' columns for all_deliveries' rows, in their order.

    age: seconds; held: the same as a length of time; since: UTC without zone; the others are words. What occurs again
    and again is kept, and sent to the browser, once.
    """
    if deliveries.empty:
        return pd.DataFrame(columns=list(NO_DELIVERIES))
    age = deliveries["age_seconds"].astype(float)
    return pd.DataFrame(
        {
            "age": age,
            "held": pd.to_timedelta(age.round(), unit="s"),
            "since": deliveries["delivered"].dt.tz_convert("UTC").dt.tz_localize(None).dt.floor("ms"),
            "stage": deliveries["stage"].astype("category"),
            "event": _repeated(deliveries["event_type"]),
            "correlation": visible_texts(deliveries["correlation_id"]).fillna(MISSING),
            "attempt": deliveries["attempt"],
            "queue": _repeated(deliveries["queue"]),
            "holder": _holders(deliveries),
            "consumer": _repeated(deliveries["consumer_tag"]),
            "how": _repeated(deliveries["inferred"].fillna(""), _how),
            "last_line": _repeated(deliveries["last_line"].str.slice(0, LAST_LINE_CHARACTERS)),
            "correlation_id": deliveries["correlation_id"].fillna(""),
        }
    )


def _repeated(column: "pd.Series[str]", say: Callable[[str], str] = visible_text) -> "pd.Series[Any]":
    """Say each different text once; a missing one is a dash, which stands last for the code -1."""
    codes, different = pd.factorize(column)
    words = pd.Series([*(say(str(text)) for text in different), MISSING], dtype="str")
    return words.take(codes).set_axis(column.index).astype("category")


def _holders(deliveries: pd.DataFrame) -> "pd.Series[Any]":
    """Say each holder once: there are few of them for many deliveries."""
    different = deliveries[["pod", "node"]].drop_duplicates()
    said = different.assign(holder=holder_text(different["pod"], different["node"]))
    named = deliveries[["pod", "node"]].merge(said, on=["pod", "node"], how="left")["holder"]
    return named.set_axis(deliveries.index).astype("category")


def _how(inferred: str) -> str:
    """Say in a word or two how a delivery is known: by its own line, or inferred, and what."""
    if not inferred:
        return "its own line"
    names = [name.strip().replace("_", " ") for name in inferred.split(",")]
    return f"inferred: {', '.join(names)}"
