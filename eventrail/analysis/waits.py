"""Waits in queues: from publish to first delivery, from giving back to the next delivery, or still going on."""

import pandas as pd

from eventrail.model.events import Outcome
from eventrail.model.table import TIME_TYPE
from eventrail.model.trace import StepKind, StepState

COMMON = ["message_id", "correlation_id", "event_type", "vhost", "exchange", "routing_key"]


def waits_between(publishes: pd.DataFrame, handles: pd.DataFrame, routes: pd.DataFrame | None) -> pd.DataFrame:
    """Give the wait steps; `handle_id` is the handling that ended one, missing while it goes on.

    A delivery's wait began when the delivery of the same message from the same queue before it ended, or at the
    publish; a delivery whose publish no line shows has no wait. A message that was published, or given back, and not
    delivered since waits in the queues that its exchange and routing key lead to.
    """
    ended = _ended_waits(publishes, handles)
    going_on = pd.concat([_given_back(handles), _not_delivered(publishes, handles, routes)], ignore_index=True)
    waits = pd.concat([ended, going_on], ignore_index=True)
    nth = waits.groupby(["queue", "message_id"], dropna=False).cumcount() + 1
    message, queue = waits["message_id"].fillna("?"), waits["queue"].fillna("?")
    waits["id"] = "wait:" + queue + ":" + message + ("#" + nth.astype("str")).mask(nth == 1, "").astype("str")
    waits["kind"] = StepKind.WAIT.value
    return waits


def _ended_waits(publishes: pd.DataFrame, handles: pd.DataFrame) -> pd.DataFrame:
    """Give the waits that a delivery ended."""
    ordered = handles[handles["message_id"].notna()].sort_values("start", kind="stable")
    same_queue = ordered.groupby(["vhost", "queue", "message_id"], dropna=False, sort=False)
    before = ordered.assign(
        given_back=same_queue["end"].shift(1).astype(TIME_TYPE), given_back_by=same_queue["id"].shift(1)
    )
    sent = _publish_of(before, publishes)
    waits = before.assign(
        handle_id=before["id"],
        parent_id=before["given_back_by"].fillna(sent["publish_id"]),
        start=before["given_back"].fillna(sent["published"]),
        end=before["start"],
        state=StepState.COMPLETE.value,
        inferred="",
    )
    columns = [*COMMON, "service", "queue", "attempt", "handle_id", "parent_id", "start", "end", "state", "inferred"]
    return waits[waits["start"].notna()][columns]


def _publish_of(handles: pd.DataFrame, publishes: pd.DataFrame) -> pd.DataFrame:
    """Give for each handling the publish of its message: the last one before it, else the first.

    Gives publish_id and published on the index of `handles`.
    """
    sends = publishes[publishes["message_id"].notna()][["message_id", "id", "start"]]
    sends = sends.rename(columns={"id": "publish_id", "start": "published"})
    joined = handles[["message_id", "start"]].reset_index(names="handle").merge(sends, on="message_id")
    distance = (joined["start"] - joined["published"]).dt.total_seconds()
    late = (distance < 0).astype(int)
    best = joined.assign(late=late, distance=distance.abs()).sort_values(["handle", "late", "distance"], kind="stable")
    found = best.drop_duplicates("handle").set_index("handle")[["publish_id", "published"]]
    return found.reindex(handles.index)


def _given_back(handles: pd.DataFrame) -> pd.DataFrame:
    """Give the waits of messages whose last delivery was requeued or returned."""
    last = handles.sort_values("start", kind="stable").drop_duplicates(["vhost", "queue", "message_id"], keep="last")
    back = last[last["state"].isin([StepState.REQUEUED, StepState.RETURNED])]
    waits = back.assign(
        parent_id=back["id"],
        start=back["end"],
        end=pd.Series(index=back.index, dtype=TIME_TYPE),
        attempt=back["attempt"] + 1,
        state=StepState.WAITING.value,
        inferred="",
    )
    return waits[[*COMMON, "service", "queue", "attempt", "parent_id", "start", "end", "state", "inferred"]]


def _not_delivered(publishes: pd.DataFrame, handles: pd.DataFrame, routes: pd.DataFrame | None) -> pd.DataFrame:
    """Give the waits of messages that a queue took and no consumer got."""
    taken = publishes[
        ~publishes["outcome"].isin([Outcome.UNROUTABLE, Outcome.REFUSED]) & publishes["message_id"].notna()
    ]
    known = pd.DataFrame({"exchange": [], "routing_key": [], "queue": []}, dtype="str") if routes is None else routes
    known = known[["exchange", "routing_key", "queue"]].drop_duplicates()
    columns = [*COMMON, "id", "start"]
    expected = taken[columns].merge(known, on=["exchange", "routing_key"], how="left")
    delivered = handles[["message_id", "queue"]].drop_duplicates()
    # Where the queues of a publish are not known, one delivery of its message says that it arrived.
    unknown = expected["queue"].isna()
    arrived = unknown & expected["message_id"].isin(delivered["message_id"])
    matched = expected.merge(delivered, on=["message_id", "queue"], how="left", indicator=True)["_merge"] == "both"
    open_waits = expected[~matched.to_numpy() & ~arrived.to_numpy()]
    lost_track = open_waits["queue"].isna()
    return open_waits.assign(
        parent_id=open_waits["id"],
        end=pd.Series(index=open_waits.index, dtype=TIME_TYPE),
        attempt=1,
        state=lost_track.map({True: StepState.UNKNOWN.value, False: StepState.WAITING.value}),
        inferred=lost_track.map({True: "", False: "queue"}),
    ).drop(columns="id")
