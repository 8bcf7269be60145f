"""What closing a connection would do, in words: what goes back, to which queues, and how often it was tried before."""

import pandas as pd

from dashboard.shaping.details import Fact
from dashboard.shaping.words import count_text, moment_text, visible_text
from eventrail.acting.connections import ChannelHolding, ConnectionShown
from eventrail.words import count


def connection_of(channel: str) -> str:
    """Give the broker's name of a channel's connection: "A -> B (1)" is channel 1 of "A -> B"."""
    return channel.rpartition(" (")[0]


def closing_facts(shown: ConnectionShown, holders: pd.DataFrame) -> tuple[Fact, ...]:
    """Say what the broker will do when the connection is closed.

    holders: HOLDER_COLUMNS; what the logs list on the connection's channels tells how often it was attempted.
    """
    own = holders[holders["channel"].fillna("").map(connection_of) == shown.name]
    listed, attempted = int(own["listed"].sum()), int(own["attempted"].sum())
    return (
        Fact("connection", " · ".join(visible_text(each) for each in (shown.client_id or "", shown.name) if each)),
        Fact("open since", f"{moment_text(pd.Timestamp(shown.connected))}, user {visible_text(shown.user)}"),
        Fact("handed out again", _again(shown), "warn" if shown.unacknowledged else "plain"),
        *(Fact(f"channel {each.number}", _channel(each)) for each in shown.channels),
        Fact("attempted before", _attempted(shown.unacknowledged, listed, attempted)),
        Fact("then", "the broker marks them as redelivered; a client that recovers by itself connects again"),
    )


def _again(shown: ConnectionShown) -> str:
    """Say how many messages go back, of which queues; a channel of several queues does not tell how many of each."""
    queues = sorted({visible_text(queue) for channel in shown.channels for queue in channel.queues})
    if not shown.unacknowledged:
        return "nothing: it holds no message by the broker’s figures, up to 5 s old"
    of = f" of {', '.join(queues)}" if queues else ", of queues that the broker does not tell"
    return f"{count(shown.unacknowledged, 'message')}{of}, by the broker’s figures, up to 5 s old"


def _channel(channel: ChannelHolding) -> str:
    queues = ", ".join(visible_text(queue) for queue in channel.queues) or "no queue: it has no consumer"
    return f"holds {count_text(channel.unacknowledged)}, prefetch {count_text(channel.prefetch)}, takes from {queues}"


def _attempted(held: int, listed: int, attempted: int) -> str:
    """Say how many had been tried before; of what no line lists that is not known."""
    silent = max(held - listed, 0)
    rest = f"; of {count_text(silent)} that no line lists it is not known" if silent else ""
    return f"{count_text(attempted)} of the {count_text(listed)} that the logs list{rest}"
