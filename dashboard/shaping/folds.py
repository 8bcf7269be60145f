"""The rows of a folded trace as steps to draw, and the words about a fold."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from dashboard.shaping.words import clock_text, count_text, duration_text, visible_text, visible_texts
from eventrail.model.folding import Folding, FoldLevel, FoldPage
from eventrail.model.table import TIME_TYPE
from eventrail.model.trace import StepKind

_TITLES: Final = {
    StepKind.PUBLISH: "Publishes",
    StepKind.WAIT: "Waits in the queue",
    StepKind.HANDLE: "Deliveries",
    StepKind.CALL: "Synchronous calls",
}
# What each member of a fold has for itself; the fold has none.
_OF_ONE: Final = ("service_version", "pod", "node", "message_id", "channel_id", "consumer_tag")


@dataclass(frozen=True, slots=True)
class Members:
    """Some of a fold's members. rows: at (its words), took (its words), pod, message_id, step_id, in order."""

    rows: pd.DataFrame
    shown: str
    words: str


def drawn_steps(steps: pd.DataFrame, folding: Folding | None) -> pd.DataFrame:
    """Give the steps to draw, STEP_COLUMNS, with `members` and `fold_words`; a fold lasts from its first to its last.

    Without a folding, or where nothing is folded, these are the steps themselves.
    """
    if folding is None or folding.level is FoldLevel.NOTHING:
        return steps.assign(members=1, fold_words="")
    rows = folding.rows
    first = np.unique(folding.row_of_step, return_index=True)[1]
    drawn = steps.iloc[first].reset_index(drop=True)
    many = (rows["members"] > 1).to_numpy()
    for name in _OF_ONE:
        drawn[name] = drawn[name].mask(many)
    causes = rows["parent_row"].to_numpy()
    ids = rows["id"].to_numpy(dtype=object)
    nothing = pd.Series(pd.NaT, index=drawn.index, dtype=TIME_TYPE)
    return drawn.assign(
        id=rows["id"],
        parent_id=pd.Series(np.where(causes >= 0, ids[causes], None), dtype="str"),
        start=rows["start"].where(many, drawn["start"]),
        end=rows["end"].where(many, drawn["end"]),
        handling_start=drawn["handling_start"].mask(many, nothing),
        attempt=drawn["attempt"].mask(many),
        inferred=drawn["inferred"].mask(many, ""),
        members=rows["members"],
        fold_words=_words(rows).where(many, ""),
    )


def row_of(step_id: str, steps: pd.DataFrame, folding: Folding | None) -> str:
    """Give the ID of the row that a step is drawn in; the ID itself when it is a row's, or nobody's."""
    if folding is None or folding.level is FoldLevel.NOTHING:
        return step_id
    found = np.flatnonzero((steps["id"] == step_id).to_numpy())
    return str(folding.rows["id"].iloc[folding.row_of_step[found[0]]]) if len(found) else step_id


def title(fold: pd.Series) -> str:
    """Name a fold: "Deliveries of statement.wanted · printer.statement-wanted"."""
    what = fold["call_method"] if pd.isna(fold["event_type"]) else fold["event_type"]
    place = fold["service"] if pd.isna(fold["queue"]) else fold["queue"]
    known = [visible_text(str(part)) for part in (what, place) if not pd.isna(part)]
    return f"{_TITLES[StepKind(fold['kind'])]} of {' · '.join(known) or 'the same kind'}"


def members(page: FoldPage, steps: pd.DataFrame, fold: pd.Series) -> Members:
    """Lay out some members. fold: the fold's own row."""
    own = steps.set_index("id").reindex(page.rows["id"])
    rows = pd.DataFrame(
        {
            "at": clock_text(page.rows["start"]),
            "took": page.rows["p50_seconds"].map(duration_text).astype("str"),
            "pod": own["pod"].fillna("").astype("str").pipe(visible_texts).array,
            "message_id": own["message_id"].fillna("").astype("str").pipe(visible_texts).array,
            "step_id": page.rows["id"],
        }
    )
    return Members(rows, page.shown, str(_words(fold.to_frame().T).iloc[0]))


def _words(rows: pd.DataFrame) -> "pd.Series[str]":
    """Say how many steps each row stands for, how long they took, and what stands beside them."""

    def beside(name: str, words: str) -> "pd.Series[str]":
        return (" · " + rows[name].map(count_text).astype("str") + words).where(rows[name] > 0, "")

    def took(name: str, words: str) -> "pd.Series[str]":
        return (f" · {words} " + rows[name].map(duration_text).astype("str")).where(rows[name] > 0, "")

    said = "× " + rows["members"].map(count_text).astype("str")
    figures = took("p50_seconds", "p50") + took("p95_seconds", "p95") + took("max_seconds", "at most")
    return (
        said + figures + beside("failed_beside", " failed, drawn singly") + beside("open_beside", " open, drawn singly")
    )
