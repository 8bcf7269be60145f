"""Which messages wait in a queue: each wait with its begin and its end, from publishes, deliveries and deaths."""

from typing import Final

import pandas as pd

from eventrail.model.ledger import Settlement
from eventrail.model.table import TIME_TYPE, conform
from eventrail.model.waiting import PERIOD_COLUMNS, WAITING_COLUMNS, CameBy

# Publishers' clocks and the order in which the broker took their messages may be so far apart.
ORDER_DOUBT_SECONDS: Final = 1.0
_GIVEN_BACK: Final = {
    Settlement.REQUEUE.value: CameBy.REQUEUED.value,
    Settlement.RETURNED.value: CameBy.RETURNED.value,
}
_BEGINS: Final = ["message_id", "since", "until", "came_by", "from_queue", "deliveries"]


def waiting_periods(
    published: pd.DataFrame, deliveries: pd.DataFrame, arrived: pd.DataFrame, died: pd.DataFrame
) -> pd.DataFrame:
    """Give the waits of messages in one queue, PERIOD_COLUMNS, by since.

    published: message_id, published, one row a message that a publish led to the queue. deliveries: DELIVERY_COLUMNS of
    this queue. arrived: message_id, time, from_queue of dead letters that came here. died: message_id, time of those
    that are known to have died here undelivered. Messages without an ID can't be told apart and are left out.
    """
    own = deliveries[deliveries["message_id"].notna()].sort_values("delivered", kind="stable")
    begins = pd.concat([_published(published, own), _given_back(own), _arrived(arrived, own)], ignore_index=True)
    if begins.empty:
        return conform({}, PERIOD_COLUMNS)
    waits = begins.sort_values(["since", "message_id"], kind="stable", ignore_index=True)
    dead = _first_after(waits, died.rename(columns={"time": "end"}))
    until = waits["until"].where(~(dead < waits["until"]), dead).fillna(dead)
    # By clocks that are apart a message was delivered before it was published: it did not wait then, nor does it now.
    until = until.where(~(until < waits["since"]), waits["since"])
    known = published.drop_duplicates("message_id").set_index("message_id")["published"]
    return conform(
        waits.assign(until=until, published=known.reindex(waits["message_id"]).array)[list(PERIOD_COLUMNS)],
        PERIOD_COLUMNS,
    )


def waiting_at(
    periods: pd.DataFrame, sends: pd.DataFrame, about: pd.DataFrame, vhost: str, queue: str, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Give the messages that wait at an instant, WAITING_COLUMNS, oldest first.

    sends: publishes of the canonical event table. about: further lines that name event and type of messages.
    """
    waits = periods[(periods["since"] <= as_of) & ~(periods["until"] <= as_of)]
    waits = waits.drop_duplicates("message_id", keep="last").sort_values("since", kind="stable", ignore_index=True)
    facts = ["message_id", "correlation_id", "event_type", "service", "pod"]
    sent = sends[facts].dropna(subset=["message_id"]).drop_duplicates("message_id")
    other = about[facts[:3]].dropna(subset=["message_id"]).drop_duplicates("message_id")
    other = other[~other["message_id"].isin(sent["message_id"])]
    listed = waits.merge(pd.concat([sent, other]), on="message_id", how="left")
    ages = (as_of - listed["since"]).dt.total_seconds()
    told = listed.drop(columns="until").assign(
        vhost=vhost, queue=queue, age_seconds=ages, overtaken=overtaken(listed, periods, as_of)
    )
    return conform(told, WAITING_COLUMNS)


def overtaken(listed: pd.DataFrame, periods: pd.DataFrame, as_of: pd.Timestamp) -> "pd.Series[bool]":
    """Mark messages that wait since their publish though one published later was delivered.

    A queue hands out its head first: they have left it, taken by a consumer without lines, expired or purged.
    """
    came = CameBy.PUBLISHED.value
    delivered = periods[(periods["came_by"] == came) & (periods["until"] <= as_of)]
    newest = delivered["since"].max() - pd.Timedelta(seconds=ORDER_DOUBT_SECONDS)
    marked: pd.Series[bool] = (listed["came_by"] == came) & (listed["since"] < newest)
    return marked


def _published(published: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    begins = published[["message_id", "published"]].rename(columns={"published": "since"})
    first = own.drop_duplicates("message_id").set_index("message_id")["delivered"]
    until = first.reindex(begins["message_id"]).array
    return begins.assign(until=until, came_by=CameBy.PUBLISHED.value, from_queue=None, deliveries=0)[_BEGINS]


def _given_back(own: pd.DataFrame) -> pd.DataFrame:
    """Give the waits from a requeue or return to the next delivery, in the order of deliveries."""
    by_message = own.groupby("message_id")
    told = own.assign(until=by_message["delivered"].shift(-1), deliveries=by_message.cumcount() + 1)
    back = told[told["settlement"].isin(_GIVEN_BACK)].rename(columns={"settled": "since"})
    return back.assign(came_by=back["settlement"].map(_GIVEN_BACK), from_queue=None)[_BEGINS]


def _arrived(arrived: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    begins = arrived.dropna(subset=["message_id"]).rename(columns={"time": "since"}).reset_index(drop=True)
    until = _first_after(begins, own.rename(columns={"delivered": "end"}))
    return begins.assign(until=until, came_by=CameBy.DEAD_LETTERED.value, deliveries=0)[_BEGINS]


def _first_after(waits: pd.DataFrame, ends: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    """Give for each wait the first of `ends` (message_id, end) of its message at or after its begin; NaT for none."""
    known = ends[["message_id", "end"]].dropna().sort_values("end", kind="stable")
    if known.empty or waits.empty:
        return pd.Series(pd.NaT, index=waits.index, dtype=TIME_TYPE)
    ordered = waits[["message_id", "since"]].reset_index().sort_values("since", kind="stable")
    found = pd.merge_asof(ordered, known, left_on="since", right_on="end", by="message_id", direction="forward")
    return found.set_index("index")["end"].reindex(waits.index)
