"""The differences between the three counts in words."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from eventrail.analysis.channel_differences import Asked
from eventrail.analysis.reconcile import Allocation
from eventrail.model.ledger import Reason
from eventrail.words import age, clock

# (side, kind) → what follows the number of messages.
_PHRASES: Final[Mapping[tuple[str, str], str]] = {
    ("unknown", "unplaced"): "of {who} are listed by queue order, and no line names their holder",
    ("unknown", "settled-since"): "settled on {who} after the broker took its figures, which are up to {interval} old",
    ("unknown", "other-queues"): "on {who}, which takes from queues too that were not asked for",
    ("unknown", "no-instrumentation"): "held by {who}, of which no line speaks: a consumer without instrumentation",
    ("unknown", "late-logs"): "on {who}; the lines may not have arrived: the logs are complete to {until}",
    ("unknown", "no-line"): "on {who}, of whose other deliveries lines speak: lines were lost",
    ("surplus", "unplaced"): "without a holder in the lines; channels that no line names count as many",
    ("surplus", "channel-gone"): "on {who}, which the broker has no more: it has taken them back",
    ("surplus", "delivered-since"): "delivered to {who} after the broker took its figures, up to {interval} old",
    ("surplus", "no-channel"): "without a holder in the lines, and no channel counts more than is listed on it",
    ("surplus", "late-logs"): "on {who}; lines that settle them may not have arrived: the logs are complete to {until}",
    ("surplus", "settled-without-line"): "on {who}: the broker counts them no more, and no line settles them",
    ("surplus", "several-queues"): "on {who}, which takes from several queues and counts fewer than are listed of them",
    ("shared", "several-queues"): "more on {who}, which takes from several queues: of which they are is not told",
}


def phrase(side: str, kind: str, who: str, asked: Asked) -> str:
    """Say why; the number of messages goes before it. who: names the channels."""
    return _PHRASES[side, kind].format(who=who, interval=age(asked.interval_seconds), until=clock(asked.as_of))


def channel_words(channels: pd.DataFrame) -> "pd.Series[str]":
    """Name each channel with what is known of it: the broker's name, pod or peer address, prefetch.

    channels: channel, pod, peer_address, prefetch.
    """
    rows = zip(*(channels[name].tolist() for name in ("channel", "pod", "peer_address", "prefetch")), strict=True)
    return pd.Series([_named(*row) for row in rows], index=channels.index, dtype="str")


def _named(channel: object, pod: object, peer: object, prefetch: object) -> str:
    client = " at ".join(each for each in (pod, peer) if isinstance(each, str))
    of = f" of {client}" if client else ""
    limit = f" with prefetch {prefetch}" if isinstance(prefetch, int) else ""
    return f"channel {channel}{of}{limit}" if isinstance(channel, str) else client or "a channel that nothing names"


def gauge_reasons(
    gauge: int | None, gauge_time: pd.Timestamp | None, counted: int, shared: int, apart: int, asked: Asked
) -> tuple[Reason, ...]:
    """Say why Prometheus' gauge and the broker's channels differ: the same counters, at two times.

    shared: see QueueCounts. apart: messages on channels without a consumer, of which the broker tells no queue.
    """
    if gauge is None or gauge_time is None:
        return ()
    above = Allocation("gauge", max(gauge - counted, 0))
    above.give("several-queues", shared, "may be among those on channels that take from several queues")
    above.give("no-consumer", apart, "may be on channels without a consumer (basic.get), whose queue is not told")
    seconds = (asked.time - gauge_time).total_seconds()
    apart_words = f"the gauge was read {age(abs(seconds))} {'before' if seconds >= 0 else 'after'} the channels"
    old = age(asked.interval_seconds)
    above.give_rest("read-apart", f"no channel counts: {apart_words}, each up to {old} old")
    below = Allocation("channels", max(counted - gauge, 0))
    below.give_rest("read-apart", f"the gauge does not count: {apart_words}, each up to {old} old")
    return (*above.reasons, *below.reasons)
