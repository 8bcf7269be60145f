"""A queue's three counts in words: Prometheus' gauge, the broker's channels, the logs' list, and what differs."""

from collections.abc import Sequence
from typing import Final

from dashboard.shaping.details import Fact
from dashboard.shaping.overview import LOGS_SILENT, METRICS_SILENT, Answering, Card
from dashboard.shaping.tones import Tone
from dashboard.shaping.words import MISSING, count_text, moment_text
from eventrail.model.counts import QueueCounts
from eventrail.model.ledger import QueueLedger, Reason, Stage
from eventrail.words import count

NOT_ASKED: Final = "asked for the present only, where its management API is configured"
# Kinds of reason that say no more than that the counts are of different moments.
_OF_TIME: Final = frozenset({"read-apart", "settled-since", "delivered-since", "late-logs"})
_OF_LEDGER: Final = frozenset({"settled-since-sample", "delivered-since-sample", "gauge-uncertainty", "late-logs"})


def count_cards(counts: QueueCounts, ledger: QueueLedger, answering: Answering) -> tuple[Card, ...]:
    """Give the three counts, a card each."""
    return (_gauge(counts, answering), _channels(counts, answering), _listed(ledger, answering))


def differences(counts: QueueCounts, ledger: QueueLedger, answering: Answering) -> tuple[Fact, ...]:
    """Say of each two counts how they go together, and why they differ; of what a silent source would tell, nothing."""
    pairs = []
    if answering.logs and counts.counted is not None:
        parts = f"{count_text(counts.explained)} listed + {count_text(counts.unknown)} unknown"
        sums = f"{count_text(counts.counted)} = {parts}"
        more = f"; {count_text(counts.surplus)} listed more" if counts.surplus else ""
        told = [each for each in counts.reasons if each.side in ("unknown", "surplus", "shared")]
        pairs.append(_pair("channels and list", f"{sums}{more}", told, _OF_TIME))
    if counts.gauge is not None and counts.counted is not None:
        sums = f"{count_text(counts.gauge)} and {count_text(counts.counted)}"
        between = [each for each in counts.reasons if each.side in ("gauge", "channels")]
        pairs.append(_pair("gauge and channels", sums, between, _OF_TIME))
    if answering.logs and ledger.gauge is not None:
        split = f"{count_text(ledger.explained)} listed + {count_text(ledger.unexplained)} unexplained"
        more = f"; {count_text(ledger.surplus)} listed more" if ledger.surplus else ""
        pairs.append(_pair("gauge and list", f"{count_text(ledger.gauge)} = {split}{more}", ledger.reasons, _OF_LEDGER))
    return tuple(pairs)


def _pair(name: str, sums: str, reasons: Sequence[Reason], of_time: frozenset[str]) -> Fact:
    """Put the arithmetic of two counts before the reasons; amber where one of them is more than a matter of moments."""
    if not reasons:
        return Fact(name, f"{sums}: no difference")
    tone: Tone = "plain" if all(each.kind in of_time for each in reasons) else "warn"
    return Fact(name, f"{sums}. {'. '.join(_side(each) + each.what for each in reasons)}.", tone)


def _side(reason: Reason) -> str:
    """Say which count holds them, where the reason's words leave that open."""
    return {
        "unknown": "Counted, not listed: ",
        "unexplained": "Counted, not listed: ",
        "surplus": "Listed, not counted: ",
        "shared": "Up to ",
        "gauge": "In the gauge: ",
        "channels": "On the channels: ",
    }.get(reason.side, "")


def _gauge(counts: QueueCounts, answering: Answering) -> Card:
    if not answering.metrics:
        return Card("Prometheus’ gauge", MISSING, METRICS_SILENT, "unknown")
    if counts.gauge_time is None:
        return Card("Prometheus’ gauge", MISSING, "no sample of this queue", "unknown")
    read_at = moment_text(counts.gauge_time, counts.gauge_time)
    return Card("Prometheus’ gauge", count_text(counts.gauge), f"counted at {read_at}")


def _channels(counts: QueueCounts, answering: Answering) -> Card:
    label = "broker’s channels"
    if counts.counted is None:
        return Card(label, MISSING, NOT_ASKED, "unknown")
    holding = int((counts.channels["counted"] > 0).sum())
    shared = f", up to {count_text(counts.shared)} more on channels of several queues" if counts.shared else ""
    told = f"on {count(holding, 'channel')}{shared}"
    unknown = f" · {count_text(counts.unknown)} of them in no line" if counts.unknown and answering.logs else ""
    return Card(label, count_text(counts.counted), f"{told}{unknown}")


def _listed(ledger: QueueLedger, answering: Answering) -> Card:
    label = "listed from the logs"
    if not answering.logs:
        return Card(label, MISSING, LOGS_SILENT, "unknown")
    handling = int((ledger.deliveries["stage"] == Stage.HANDLING).sum()) if len(ledger.deliveries) else 0
    inferred = int((ledger.deliveries["inferred"].fillna("") != "").sum()) if len(ledger.deliveries) else 0
    split = f"{handling} handling · {len(ledger.deliveries) - handling} received · {inferred} inferred"
    return Card(label, count_text(len(ledger.deliveries)), split)
