"""What is known to be outstanding from one evaluation to the next, where nothing else bounds the search for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.model.answers import LogAnswer, LogQuery
from eventrail.model.events import DELIVERY_OPERATIONS, concat_events, empty_events
from eventrail.model.ledger import QueueLedger
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource

# More messages than this are not asked for by their IDs: a search of all lines costs less.
MESSAGES_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Carried:
    """Deliveries that were outstanding at `as_of`: their messages, and when the oldest of them was delivered.

    since: when the oldest of those was delivered that cannot be asked for by themselves, for want of a message ID.
    """

    as_of: pd.Timestamp
    message_ids: tuple[str, ...] = ()
    oldest: pd.Timestamp | None = None
    since: pd.Timestamp | None = None

    def start(self, start: pd.Timestamp) -> pd.Timestamp:
        """Give where a search of all lines must begin that would begin at `start` otherwise.

        What was settled since `as_of` must be seen, by lines that say which delivery they settle and no message ID.
        """
        return min(start, self.as_of, *(() if self.since is None else (self.since,)))

    def read(self, logs: LogSource, until: pd.Timestamp, columns: tuple[str, ...]) -> LogAnswer:
        """Read all lines about the deliveries of these messages, however old they are."""
        if self.oldest is None:
            return LogAnswer(empty_events())
        window = Window(self.oldest.floor("ms").to_pydatetime(), until.ceil("us").to_pydatetime())
        return logs.read(
            LogQuery(window, message_ids=self.message_ids, operations=DELIVERY_OPERATIONS, columns=columns)
        )


def carry(ledgers: Iterable[QueueLedger], as_of: pd.Timestamp) -> Carried:
    """Keep of the ledgers of an instant what the next evaluation must not lose sight of."""
    known = [queue.deliveries[["message_id", "delivered"]] for queue in ledgers if len(queue.deliveries)]
    if not known:
        return Carried(as_of)
    listed = pd.concat(known)
    asked_alone = listed["message_id"].notna() & (len(listed) <= MESSAGES_MAX)
    named, nameless = listed[asked_alone], listed[~asked_alone]
    return Carried(
        as_of,
        tuple(named["message_id"].unique()),
        None if named.empty else named["delivered"].min(),
        None if nameless.empty else nameless["delivered"].min(),
    )


def with_older(lines: pd.DataFrame, older: pd.DataFrame) -> pd.DataFrame:
    """Give the lines of a search and those of `older` that are not among them."""
    return concat_events([lines, older[~older["document_id"].isin(lines["document_id"])]])
