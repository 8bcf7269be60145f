"""What usually comes in an event like this one and has not: the steps that the drawings show dashed."""

from typing import Any, Final
from zlib import crc32

import pandas as pd

from dashboard.shaping.details import Fact
from dashboard.shaping.words import count_text, moment_text, share_text, visible_text
from eventrail.analysis.missing_words import expectation_words, missing_sentences
from eventrail.investigate.answers import UsualAnswer
from eventrail.model.folding import Folding, FoldLevel
from eventrail.model.table import TIME_TYPE, Schema, conform
from eventrail.model.usual import Expected, PlaceKind

# One row a step, the longest overdue first.
EXPECTED_COLUMNS: Final[Schema] = {
    "id": ("str", "stands for a step's ID; stays the same while the step does not come"),
    "after_id": ("str", "the step that it follows, the last seen; missing before any"),
    "kind": ("str", "PlaceKind: publish or handle"),
    "service": ("str", "who usually publishes or handles"),
    "event_type": ("str", "event type of the message"),
    "queue": ("str", "publish: the queue it usually goes to; handle: the queue it comes from"),
    "since": (TIME_TYPE, "what the time is counted from, UTC"),
    "due": (TIME_TYPE, "when it should have come, UTC"),
    "late": ("bool", "that instant has passed"),
    "words": ("str", "how soon it usually comes, and how long nothing has"),
    "sentence": ("str", "the same, with what it is and what was last seen"),
    "share": ("float64", "of the events that came this far by the same steps, how many have it"),
    "count": ("int64", "how many steps it stands for"),
}
EXPECTED: Final = "expected"  # the kind of such a bar, arrow or edge
ID_BEGINS: Final = "expected:"
MOST_KEPT: Final = 1_000
MOST_DRAWN: Final = 100


def no_expected_steps() -> pd.DataFrame:
    """Give EXPECTED_COLUMNS with no rows."""
    return conform({}, EXPECTED_COLUMNS)


def expected_steps(answer: UsualAnswer) -> pd.DataFrame:
    """Give what has not come as EXPECTED_COLUMNS.

    An open step that lacks its end is drawn already, and what came without a line of its own is no step to wait for.
    """
    missing = answer.missing
    missing = missing[(missing["expected"] == Expected.STEP) & ~missing["implied"]].head(MOST_KEPT)
    publishes = missing["kind"] == PlaceKind.PUBLISH
    texts = pd.DataFrame(
        {"words": expectation_words(missing), "sentence": missing_sentences(missing)}, index=missing.index, dtype="str"
    )
    paths = missing["path"].map(lambda path: f"{crc32(path.encode()):08x}").astype("str")
    columns = {
        "id": ID_BEGINS + paths + ":" + missing["after_step_id"].fillna(""),
        "after_id": missing["after_step_id"],
        "queue": missing["queue"].mask(publishes, missing["path"].map(_goes_to(answer.usual.steps))),
        "late": missing["age_seconds"] >= 0,
        "share": missing["share_so_far"],
        "count": 1,
        "words": texts["words"].map(visible_text),
        "sentence": texts["sentence"].map(visible_text),
    }
    same = {name: missing[name] for name in EXPECTED_COLUMNS if name in missing}
    return conform(pd.DataFrame({**same, **columns}), EXPECTED_COLUMNS)


def _goes_to(route: pd.DataFrame) -> "pd.Series[str]":
    """Give path of a publish → the queue that most often takes its message."""
    taken = route[(route["kind"] == PlaceKind.HANDLE) & route["queue"].notna()]
    first = taken.sort_values(by="share", ascending=False, kind="stable").drop_duplicates("parent_path")
    queues: pd.Series[str] = first.set_index("parent_path")["queue"]
    return queues


def in_rows(expected: pd.DataFrame, steps: pd.DataFrame, folding: Folding | None) -> pd.DataFrame:
    """Let the expected steps follow the rows that are drawn; those alike after one fold are one, with their count."""
    if expected.empty or folding is None or folding.level is FoldLevel.NOTHING:
        return expected.head(MOST_DRAWN)
    found = pd.Index(steps["id"]).get_indexer(pd.Index(expected["after_id"]))
    rows = folding.rows["id"].take(folding.row_of_step[found]).set_axis(expected.index)
    placed = expected.assign(after_id=rows.where(found >= 0, expected["after_id"]))
    alike = ["after_id", "kind", "service", "event_type", "queue"]
    grouped = placed.groupby(alike, sort=False, dropna=False)
    drawn = placed.assign(count=grouped["count"].transform("sum")).drop_duplicates(alike).head(MOST_DRAWN)
    times = ("× " + drawn["count"].map(count_text).astype("str") + " · ").where(drawn["count"] > 1, "")
    return drawn.assign(words=times + drawn["words"]).reset_index(drop=True)


def still_to_come(expected: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Keep what follows a step that is there: what is expected was learned a moment ago, maybe at another instant."""
    return expected[expected["after_id"].isna() | expected["after_id"].isin(steps["id"])]


def facts(row: "pd.Series[Any]") -> tuple[Fact, ...]:
    """Say what is known of an expected step, one of EXPECTED_COLUMNS."""
    publishes = row["kind"] == PlaceKind.PUBLISH
    known = (
        Fact("state", "has not come", "bad") if row["late"] else Fact("state", "not late yet"),
        Fact("expected", visible_text(row["sentence"]), "bad" if row["late"] else "plain"),
        Fact("event", _known(row["event_type"])),
        Fact("publisher" if publishes else "consumer", _known(row["service"])),
        Fact("to the queue" if publishes else "from the queue", _known(row["queue"])),
        Fact("due", moment_text(row["due"])),
        Fact("usual", f"{share_text(row['share'])} of the completed events that came this far have it"),
        Fact("how we know", "learned from completed events of this type"),
    )
    return tuple(fact for fact in known if fact.words)


def _known(value: Any) -> str:
    return visible_text(value) if isinstance(value, str) else ""
