"""A trace as a sequence diagram: services and queues side by side, messages between them from top to bottom.

A queue is a participant like a service, because an event spends its time there. Everything is columns, so that long
traces are shaped as quickly as short ones.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.shaping.participants import DEFAULT_EXCHANGE, EXCHANGE, NAMELESS, QUEUE, SERVICE, calls_made
from dashboard.shaping.words import duration_text, visible_texts
from eventrail.model.trace import StepKind, StepState, Trace

PARTICIPANT_COLUMNS: Final = {"name": "service, queue or exchange", "kind": "service, queue or exchange"}
# column → meaning. One row an arrow, from the top.
ARROW_COLUMNS: Final = {
    "step_id": "the step that a click chooses; of a fold: its first",
    "kind": "publish, deliver, give-back, call, wait (goes on: from and to are the queue), expected (has not come)",
    "source": "number of the participant it leaves",
    "target": "number of the participant it reaches",
    "label": "event type or method",
    "detail": "how long, how it ended",
    "tone": "bad (not settled), warn (waiting, given back), failed, or empty",
    "at_seconds": "since the trace's first step",
    "count": "how many arrows it stands for",
}
FOLDED_ABOVE: Final = 200  # arrows; up to so many each is drawn


@dataclass(frozen=True, slots=True)
class Sequence:
    """What is drawn. participants: PARTICIPANT_COLUMNS in the order of first appearance; arrows: ARROW_COLUMNS.

    drawn_of: how many arrows there are before folding.
    """

    participants: pd.DataFrame
    arrows: pd.DataFrame
    drawn_of: int


def sequence(trace: Trace) -> Sequence:
    """Shape a trace; one without steps gives no participants."""
    steps = trace.steps
    if steps.empty:
        return Sequence(pd.DataFrame(columns=list(PARTICIPANT_COLUMNS)), pd.DataFrame(columns=list(ARROW_COLUMNS)), 0)
    lasted = (steps["end"].fillna(trace.as_of) - steps["start"]).dt.total_seconds()
    took = lasted.map(duration_text).astype("str")
    steps = steps.assign(lasted=lasted, took=took, event=steps["event_type"].fillna(""))
    arrows = pd.concat(
        [_published(steps), _delivered(steps), _given_back(steps), _called(steps), _still_waiting(steps)],
        ignore_index=True,
    )
    arrows["at_seconds"] = (arrows["time"] - steps["start"].min()).dt.total_seconds()
    arrows = arrows.sort_values(["at_seconds", "rank"], kind="stable", ignore_index=True)
    participants = _participants(arrows)
    number = pd.Series(np.arange(len(participants)), index=pd.MultiIndex.from_frame(participants[["kind", "name"]]))
    for end in ("source", "target"):
        arrows[end] = number.reindex(pd.MultiIndex.from_frame(arrows[[f"{end}_kind", end]])).to_numpy()
    drawn = _folded(arrows) if len(arrows) > FOLDED_ABOVE else arrows.assign(count=1)
    texts = {name: drawn[name].pipe(visible_texts) for name in ("label", "detail")}
    names = participants["name"].pipe(visible_texts)
    return Sequence(participants.assign(name=names), drawn.assign(**texts)[list(ARROW_COLUMNS)], len(arrows))


def _arrows(steps: pd.DataFrame, kind: str, rank: int, **columns: Any) -> pd.DataFrame:
    """Make arrows of steps; `columns` are named as in ARROW_COLUMNS, with source_kind, target_kind and time."""
    ends = {end: columns.pop(end).fillna(NAMELESS).astype("str") for end in ("source", "target")}
    return pd.DataFrame(
        {"step_id": steps["id"], "kind": kind, "rank": rank, "lasted": steps["lasted"], **ends, **columns}
    )


def _published(steps: pd.DataFrame) -> pd.DataFrame:
    """From the publishing service to each queue that took the message; to the exchange where none is known."""
    publishes = steps[steps["kind"] == StepKind.PUBLISH]
    taken = steps.loc[(steps["kind"] == StepKind.WAIT) & steps["queue"].notna(), ["parent_id", "queue"]]
    joined = publishes.drop(columns="queue").merge(taken.rename(columns={"parent_id": "id"}), on="id", how="left")
    known, failed = joined["queue"].notna(), joined["state"] == StepState.FAILED
    exchange = joined["exchange"].fillna("").replace("", DEFAULT_EXCHANGE)
    error = joined["outcome"].fillna("failed")
    return _arrows(
        joined,
        "publish",
        1,
        source=joined["service"],
        source_kind=SERVICE,
        target=joined["queue"].fillna(exchange),
        target_kind=np.where(known, QUEUE, EXCHANGE),
        label=joined["event"],
        detail=("✕ " + error).where(failed, "published"),
        tone=np.where(failed, "failed", ""),
        time=joined["start"],
    )


def _delivered(steps: pd.DataFrame) -> pd.DataFrame:
    """From the queue to the service that got the message."""
    handles = steps[steps["kind"] == StepKind.HANDLE]
    waits = steps.loc[steps["kind"] == StepKind.WAIT, ["id", "took"]].set_index("id")["took"]
    waited = pd.Series(waits.reindex(handles["parent_id"]).array, index=handles.index, dtype="str")
    waited_words = ("waited " + waited + " · ").fillna("")
    took = handles["took"]
    held = handles["state"] == StepState.OUTSTANDING
    again = handles["attempt"].fillna(1) > 1
    attempt = (" · attempt " + handles["attempt"].astype("str")).where(again, "")
    return _arrows(
        handles,
        "deliver",
        2,
        source=handles["queue"],
        source_kind=QUEUE,
        target=handles["service"],
        target_kind=SERVICE,
        label=handles["event"],
        detail=waited_words + ("held " + took).mask(held, "not settled for " + took) + attempt,
        tone=np.where(held, "bad", ""),
        time=handles["start"],
    )


def _given_back(steps: pd.DataFrame) -> pd.DataFrame:
    """From a service back to the queue: requeued, returned by the broker, or given up."""
    words = {
        StepState.REQUEUED.value: "given back",
        StepState.RETURNED.value: "taken back by the broker",
        StepState.FAILED.value: "✕ discarded",
    }
    ended = steps[(steps["kind"] == StepKind.HANDLE) & steps["state"].isin(list(words))]
    error = (": " + ended["error_type"]).fillna("")
    return _arrows(
        ended,
        "give-back",
        0,
        source=ended["service"],
        source_kind=SERVICE,
        target=ended["queue"],
        target_kind=QUEUE,
        label=ended["event"],
        detail=ended["state"].map(words).astype("str") + " after " + ended["took"] + error,
        tone=np.where(ended["state"] == StepState.FAILED, "failed", "warn"),
        time=ended["end"].fillna(ended["start"]),
    )


def _called(steps: pd.DataFrame) -> pd.DataFrame:
    """From the calling service to the called one."""
    outward = calls_made(steps)
    failed = outward["state"] == StepState.FAILED
    error = (": " + outward["error_type"]).fillna("")
    return _arrows(
        outward,
        "call",
        3,
        source=outward["caller"],
        source_kind=SERVICE,
        target=outward["called"],
        target_kind=SERVICE,
        label=outward["call_method"].fillna("call"),
        detail=outward["took"] + (" ✕" + error).where(failed, ""),
        tone=np.where(failed, "failed", ""),
        time=outward["start"],
    )


def _still_waiting(steps: pd.DataFrame) -> pd.DataFrame:
    """At the queue: a message that no consumer has."""
    waits = steps[(steps["kind"] == StepKind.WAIT) & (steps["state"] == StepState.WAITING)]
    return _arrows(
        waits,
        "wait",
        4,
        source=waits["queue"],
        source_kind=QUEUE,
        target=waits["queue"],
        target_kind=QUEUE,
        label=waits["event"],
        detail="waiting for " + waits["took"] + ", not delivered",
        tone="warn",
        time=waits["start"],
    )


def _participants(arrows: pd.DataFrame) -> pd.DataFrame:
    """Give who takes part in the order of first appearance, a source before its target."""
    ends = pd.concat(
        [
            pd.DataFrame({"row": arrows.index, "side": side, "kind": arrows[f"{end}_kind"], "name": arrows[end]})
            for side, end in enumerate(("source", "target"))
        ]
    )
    ordered = ends.sort_values(["row", "side"], kind="stable").drop_duplicates(["kind", "name"])
    return ordered[list(PARTICIPANT_COLUMNS)].reset_index(drop=True)


def _folded(arrows: pd.DataFrame) -> pd.DataFrame:
    """Let one arrow stand for all of the same ends, kind and label; those that are open or failed stay single."""
    alone = arrows["tone"] != ""
    single = arrows[alone].assign(count=1)
    same = arrows[~alone].groupby(["kind", "source", "target", "label"], sort=False, dropna=False)
    folds = same.first().reset_index()
    figures = same["lasted"]
    folds["count"] = same.size().to_numpy()
    typical, longest = (figures.quantile(share).to_numpy() for share in (0.5, 1.0))
    many = folds["count"] > 1
    said = pd.Series(
        [
            f"× {number:,}, held {duration_text(middle)} (median), {duration_text(most)} at most"
            for number, middle, most in zip(folds["count"], typical, longest, strict=True)
        ],
        index=folds.index,
        dtype="str",
    )
    plain = folds["kind"].isin(["deliver", "call"])
    counted = "× " + folds["count"].map("{:,}".format).astype("str")
    folds["detail"] = folds["detail"].mask(many, said.where(plain, counted))
    drawn = pd.concat([single, folds], ignore_index=True)
    return drawn.sort_values(["at_seconds", "rank"], kind="stable", ignore_index=True)
