"""What an event lacks of its usual route, and how it differs from its twin, in words and rows."""

from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.shaping.headline import Part
from dashboard.shaping.tones import Tone
from dashboard.shaping.words import count_text, duration_text, visible_text, visible_texts
from eventrail.analysis.missing_words import missing_sentences
from eventrail.investigate.answers import UsualAnswer
from eventrail.model.usual import PlaceKind, Twin

MISSING_SHOWN: Final = 5
_NOWHERE: Final = "–"


def missing_parts(answer: UsualAnswer) -> tuple[Part, ...]:
    """Say what has not come, the longest overdue first; one part that says so where nothing is missing."""
    usual = answer.usual
    if not usual.events:
        return (Part(f"What is usual for {usual.event_type or 'this event'} is not known.", "unknown"),)
    basis = f"{count_text(usual.events)} completed events of {usual.event_type}"
    if answer.missing.empty:
        return (Part(f"Nothing is missing, by {basis}."),)
    said = missing_sentences(answer.missing.head(MISSING_SHOWN))
    late = (answer.missing["age_seconds"].head(MISSING_SHOWN) >= 0).tolist()
    parts = [
        Part(visible_text(words[:1].upper() + words[1:]), _tone(is_late=overdue))
        for words, overdue in zip(said, late, strict=True)
    ]
    more = len(answer.missing) - len(parts)
    if more:
        parts.append(Part(f"{more} more steps of the usual route have not come either"))
    return tuple(parts)


def _tone(*, is_late: bool) -> Tone:
    return "bad" if is_late else "plain"


def difference_rows(twin: Twin) -> pd.DataFrame:
    """Give the places of both events as rows: step, this, other, differs (words), tone, step_id, other_step_id."""
    places = twin.difference
    own_name = places["path"].str.rpartition(" → ")[2]
    published = places["service"].fillna(_NOWHERE) + " publishes " + places["event_type"].fillna(_NOWHERE)
    delivered = places["event_type"].fillna(_NOWHERE) + " · " + places["queue"].fillna(_NOWHERE)
    is_publish, is_call = places["kind"] == PlaceKind.PUBLISH, places["kind"] == PlaceKind.CALL
    what = delivered.mask(is_publish, published).mask(is_call, own_name)
    again = (" #" + places["occurrence"].astype("str")).where(places["occurrence"] > 1, "")
    tone = np.where(places["differs"], "bad", np.where(_ran_elsewhere(places), "unknown", "plain"))
    return pd.DataFrame(
        {
            "step": (what + again).astype("str").pipe(visible_texts),
            "this": _side(places, "trace"),
            "other": _side(places, "twin"),
            "differs": _differences(places),
            "tone": tone,
            "step_id": places["trace_step_id"],
        }
    )


def _side(places: pd.DataFrame, side: str) -> "pd.Series[str]":
    """Say how a place went in one of the two: waited, took, attempts, where."""
    there = places["found_in"].isin(["both", side])
    waited = places[f"{side}_waited_seconds"]
    took = places[f"{side}_took_seconds"]
    attempts = places[f"{side}_attempts"].fillna(1)
    pod = places[f"{side}_pod"].fillna("").astype("str").pipe(visible_texts)
    words = ("waited " + waited.map(duration_text).astype("str") + ", ").where(waited.notna(), "")
    words = words + ("took " + took.map(duration_text).astype("str")).where(took.notna(), places[f"{side}_state"])
    words = words + (", " + attempts.astype("str") + " attempts").where(attempts > 1, "")
    words = words + (" · " + pod).where(pod != "", "")
    return words.where(there, "not there").astype("str")


def _differences(places: pd.DataFrame) -> "pd.Series[str]":
    """Say in which ways the two differ."""

    def when(applies: "pd.Series[Any]", words: "pd.Series[Any] | str") -> "pd.Series[Any]":
        said = words if isinstance(words, pd.Series) else pd.Series(words, index=places.index)
        return (said.astype("str") + "; ").where(applies.fillna(False).astype(bool), "")

    more = places["took_more_seconds"].where(places["took_more_seconds"] > 0)
    waited_more = places["waited_more_seconds"].where(places["waited_more_seconds"] > 0)
    slower = (
        ("took " + more.map(duration_text).astype("str") + " more").where(more.notna(), "")
        + np.where(more.notna() & waited_more.notna(), ", ", "")
        + ("waited " + waited_more.map(duration_text).astype("str") + " more").where(waited_more.notna(), "")
    )
    said = (
        when(places["found_in"] == "trace", "only here")
        + when(places["found_in"] == "twin", "only in the twin")
        + when(places["other_state"], "stands differently: " + places["trace_state"].fillna(_NOWHERE).astype("str"))
        + when(places["extra_attempts"] > 0, places["extra_attempts"].map(_attempts_more))
        + when(places["slower"], slower)
        + when(places["other_service_version"], "version " + places["trace_service_version"].pipe(visible_texts))
        + when(places["other_node"], "another node")
        + when(places["other_pod"] & ~places["other_node"].fillna(False).astype(bool), "another pod")
    )
    return said.str.removesuffix("; ")


def _ran_elsewhere(places: pd.DataFrame) -> "pd.Series[bool]":
    """Mark what ran in another pod, on another node or by another version."""
    return places[["other_service_version", "other_pod", "other_node"]].any(axis=1)


def _attempts_more(number: int) -> str:
    return f"{number} attempt{'' if number == 1 else 's'} more"
