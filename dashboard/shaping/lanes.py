"""Which steps of a trace share a lane, in which order the lanes stand, and what is written beside them."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.shaping.tree import NONE, Numbers, lay_out
from dashboard.shaping.words import duration_text, visible_texts
from eventrail.model.trace import SERVER, StepKind, StepState

# column → meaning. One row a lane, from the top.
LANE_COLUMNS: Final = {
    "service": "who it is about, and whose colour it has",
    "title": "first line of the label",
    "detail": "second line of the label",
    "indent": "how many causes stand above it",
    "parent": "number of the lane that caused it, -1 for none",
    "words": "what is written beside the lane's last bar",
    "tone": "bad (not settled), warn (given back, still waiting), failed, or empty",
    "call": "it is a synchronous call",
    "expected": "it has not come, and is usual for events of this type",
    "queue": "the queue it waits in or comes from, or empty",
    "pod": "who works at it, or empty",
    "state": "the state of its main step; expected: has not come",
    "searched": "what a filter looks through, lower case",
    "step_id": "the step that a click on the lane chooses",
}
_MAIN_FIRST: Final = {StepKind.HANDLE: 0, StepKind.CALL: 1, StepKind.WAIT: 2, StepKind.PUBLISH: 3}


def assign_lanes(steps: pd.DataFrame) -> pd.DataFrame:
    """Give the steps with `lane` (0 is on top). Needs `start_seconds` beside the steps' own columns.

    Adds `served` too (the step is the called side of the call it shares a lane with), and of the lane `indent` (how
    many causes stand above it) and `parent_lane` (the lane that caused it, -1 for none). Another attempt of a message
    stands beside the first, not below it.
    """
    ids = pd.Index(steps["id"])
    parents = pd.Series(ids.get_indexer(pd.Index(steps["parent_id"])), index=steps.index)
    kinds = steps["kind"].to_numpy(dtype=object)
    parent_kinds = pd.Series(np.where(parents >= 0, kinds[parents.to_numpy()], None), index=steps.index)
    own = pd.Series(np.arange(len(steps)), index=steps.index)

    follows_wait = (steps["kind"] == StepKind.HANDLE) & (parent_kinds == StepKind.WAIT)
    follows_wait &= ~parents.where(follows_wait, -1 - own).duplicated()
    lane = own.mask(follows_wait, parents)
    told_by_parent = (
        (steps["kind"] == StepKind.PUBLISH)
        & parent_kinds.isin([StepKind.HANDLE, StepKind.CALL])
        & (steps["state"] != StepState.FAILED)
    )
    served = _served(steps, parents, parent_kinds)
    lane = lane.mask(served, parents)
    lane = lane.mask(told_by_parent, lane.to_numpy()[parents])

    heads, lane_of_step = np.unique(lane.to_numpy(), return_inverse=True)
    head_parents = parents.to_numpy()[heads]
    caused_by = np.where(head_parents >= 0, lane_of_step[head_parents], NONE)
    caused_by = np.where(caused_by == np.arange(len(heads)), NONE, caused_by)
    starts = pd.Series(steps["start_seconds"].to_numpy(dtype=float)).groupby(lane_of_step).min().to_numpy()
    beside = _standing_beside(steps, heads, head_parents)
    tree = lay_out(_beside_the_first(caused_by, beside, starts), starts)
    return steps.assign(
        served=served,
        lane=tree.row[lane_of_step],
        indent=tree.depth[lane_of_step],
        parent_lane=tree.parent_row[lane_of_step],
    )


def _standing_beside(steps: pd.DataFrame, heads: Numbers, head_parents: Numbers) -> npt.NDArray[np.bool_]:
    """Tell which lanes stand beside the one that they come from, not below it.

    They begin with a wait in the queue that a delivery came from, as its message was given back; or with a delivery
    whose wait is drawn in another lane, as part of a fold.
    """
    kinds, queues = steps["kind"].to_numpy(dtype=object), steps["queue"].to_numpy(dtype=object)
    before = np.maximum(head_parents, 0)
    waits = (kinds[heads] == StepKind.WAIT) & (head_parents >= 0) & (kinds[before] == StepKind.HANDLE)
    deliveries = (kinds[heads] == StepKind.HANDLE) & (head_parents >= 0) & (kinds[before] == StepKind.WAIT)
    result: npt.NDArray[np.bool_] = (waits & (queues[heads] == queues[before])) | deliveries
    return result


def _beside_the_first(caused_by: Numbers, beside: npt.NDArray[np.bool_], starts: npt.NDArray[np.float64]) -> Numbers:
    """Give these lanes the cause of the lane they come from; earlier lanes first, so that it is settled."""
    causes = caused_by.copy()
    repeated = np.flatnonzero(beside)
    for lane in repeated[np.argsort(starts[repeated], kind="stable")].tolist():
        causes[lane] = causes[caused_by[lane]]
    return causes


def _served(steps: pd.DataFrame, parents: "pd.Series[int]", parent_kinds: "pd.Series[Any]") -> "pd.Series[bool]":
    """Tell which calls are the called side of their parent: they share the caller's lane."""
    answers = (steps["kind"] == StepKind.CALL) & (steps["span_kind"] == SERVER) & (parent_kinds == StepKind.CALL)
    served: pd.Series[bool] = answers & ~parents.where(answers, -1).duplicated()
    return served


def describe_lanes(steps: pd.DataFrame) -> pd.DataFrame:
    """Give LANE_COLUMNS, one row a lane; `steps` has been through `assign_lanes`."""
    ordered = steps.assign(rank=steps["kind"].map(_MAIN_FIRST).astype(int))
    ordered = ordered.sort_values(["lane", "rank", "served", "start_seconds"], kind="stable")
    main = ordered.drop_duplicates("lane").set_index("lane").sort_index()
    calls = main["kind"] == StepKind.CALL
    waits = main["kind"] == StepKind.WAIT
    made = calls & (main["span_kind"] != SERVER)
    service = main["service"].where(~made, main["peer_service"].fillna(main["service"])).fillna("")
    where = _joined(main["pod"], main["node"])
    callees = steps[steps["served"]].drop_duplicates("lane").set_index("lane")
    where = _joined(callees["pod"], callees["node"]).reindex(main.index).fillna(where.mask(made, "called by " + where))
    what = main["event_type"].fillna("").where(~calls, main["call_method"].fillna(""))
    queue = main["queue"].fillna("")
    nameless = waits & (service == "")
    service = service.mask(nameless, queue)
    detail = where.mask(waits, queue).mask(nameless, "no consumer is known").mask(main["members"] > 1, "steps alike")
    searched = service + " " + what + " " + detail + " " + queue + " " + main["state"].astype("str")
    return pd.DataFrame(
        {
            "service": service.pipe(visible_texts),
            "title": what.pipe(visible_texts),
            "detail": detail.pipe(visible_texts),
            "indent": main["indent"],
            "parent": main["parent_lane"],
            "words": _words(steps, main).pipe(visible_texts),
            "tone": _tones(main),
            "call": calls,
            "expected": False,
            "queue": queue.pipe(visible_texts),
            "pod": callees["pod"].reindex(main.index).fillna(main["pod"]).fillna("").pipe(visible_texts),
            "state": main["state"].astype("str"),
            "searched": searched.str.lower(),
            "step_id": main["id"],
        }
    )


def _joined(first: pd.Series, second: pd.Series) -> pd.Series:
    both = first.notna() & second.notna()
    return (first.fillna("") + np.where(both, " · ", "") + second.fillna("")).astype("str")


def _tones(main: pd.DataFrame) -> pd.Series:
    tones = {
        StepState.OUTSTANDING: "bad",
        StepState.FAILED: "failed",
        StepState.WAITING: "warn",
        StepState.REQUEUED: "warn",
        StepState.RETURNED: "warn",
    }
    return main["state"].map(tones).fillna("")


def _words(steps: pd.DataFrame, main: pd.DataFrame) -> pd.Series:
    """Say for each lane how long it waited and how its main step went."""
    waits = steps[(steps["kind"] == StepKind.WAIT) & ~steps["open"]].drop_duplicates("lane").set_index("lane")
    waited = (waits["end_seconds"] - waits["start_seconds"]).reindex(main.index)
    waited = waited.where(main["kind"] == StepKind.HANDLE)
    wait_words = ("waited " + waited.map(duration_text) + " · ").where(waited.notna(), "")
    again = main["attempt"].fillna(1) > 1
    attempt = (" · attempt " + main["attempt"].astype("str")).where(again, "")
    many = main["members"] > 1
    guessed = pd.Series(np.where(main["inferred"].fillna("") == "", "", " · inferred"), index=main.index)
    told = wait_words + _story(main) + attempt + guessed
    return told.mask(many, main["fold_words"])


def _story(main: pd.DataFrame) -> pd.Series:
    """Say how each lane's main step went."""
    kind, state = main["kind"], main["state"]
    buffered = main["handling_seconds"].isna()
    took = (main["end_seconds"] - main["handling_seconds"].fillna(main["start_seconds"])).map(duration_text)
    failure = (": " + main["error_type"]).fillna("")
    publish, wait, handle = (kind == which for which in (StepKind.PUBLISH, StepKind.WAIT, StepKind.HANDLE))
    outstanding, failed = state == StepState.OUTSTANDING, state == StepState.FAILED
    cases: list[tuple[pd.Series, pd.Series | str]] = [
        (publish & failed, "✕ " + main["outcome"].fillna("failed") + failure),
        (publish, "published"),
        (wait & (state == StepState.WAITING), "waiting for " + took + ", not delivered"),
        (wait & failed, "✕ lies in the dead letters"),
        (wait & (state == StepState.UNKNOWN), "no line shows where it waits"),
        (wait, "waited " + took),
        (outstanding & buffered, "received, not handled for " + took),
        (outstanding, "handling, not settled for " + took),
        (failed & handle, "✕ " + took + ", discarded" + failure),
        (failed, "✕ " + took + failure),
        (state == StepState.REQUEUED, "↩ given back after " + took + failure),
        (state == StepState.RETURNED, "↩ taken back by the broker after " + took),
        (state == StepState.UNKNOWN, "how it ended is not in the logs"),
        (handle, took + " ✓ ack"),
    ]
    story = took.astype("object")
    for applies, words in reversed(cases):
        story = story.mask(applies, words)
    return story.astype("str")
