"""The answers as JSON documents, but for a trace, whose document is made in eventrail/report.

Their names are an interface for programs; docs/command-line.md lists them.
"""

from typing import Final

from eventrail.analysis.narrowing import narrowed
from eventrail.investigate.answers import FoundEvents, UnackedAnswer
from eventrail.model.answers import SourceCheck
from eventrail.model.counts import CHANNEL_SHARE_COLUMNS, QueueCounts
from eventrail.model.delivery_filter import EVERY, DeliveryFilter
from eventrail.model.holders import HOLDER_COLUMNS
from eventrail.model.ledger import QueueLedger, Reason
from eventrail.recording.record import RecordingMade
from eventrail.report.json_values import Document, json_value, problem_documents, rows

DELIVERY_KEYS: Final = (
    *("message_id", "correlation_id", "event_type", "service", "pod", "node", "stage", "delivered", "age_seconds"),
    *("attempt", "consumer_tag", "delivery_tag", "inferred"),
)
FOUND_KEYS: Final = ("correlation_id", "newest", "lines", "matched")


def unacked_document(answer: UnackedAnswer, only: DeliveryFilter = EVERY) -> Document:
    """Give `eventrail unacked`; of each queue the deliveries that are wanted."""
    return {
        "as_of": json_value(answer.moment.as_of),
        "way": {"delivery_index": answer.way.by_index, "words": answer.way.words},
        "narrowed": only.narrowed,
        "queues": [_queue(queue, only) for queue in answer.ledger.queues],
        "counts": [_counts(counts) for counts in answer.counts],
        "holders": rows(answer.holders, tuple(HOLDER_COLUMNS)),
        "problems": problem_documents(answer.problems),
    }


def found_document(answer: FoundEvents) -> Document:
    """Give `eventrail find`."""
    return {
        "text": answer.text,
        "from": json_value(answer.searched.start),
        "to": json_value(answer.searched.end),
        "events": rows(answer.frame, FOUND_KEYS),
        "problems": problem_documents(answer.problems),
    }


def checks_document(checks: tuple[SourceCheck, ...]) -> Document:
    """Give `eventrail check`."""
    return {
        "sources": [
            {
                "source": check.source,
                "address": check.address,
                "reachable": check.reachable,
                "version": check.version,
                "details": dict(check.details),
                "problems": problem_documents(check.problems),
            }
            for check in checks
        ]
    }


def recording_document(made: RecordingMade) -> Document:
    """Give `eventrail record`."""
    return {
        "file": str(made.path),
        "size_bytes": made.size_bytes,
        "log_lines": made.log_lines,
        "samples": made.samples,
        "problems": problem_documents(made.problems),
    }


def _queue(queue: QueueLedger, only: DeliveryFilter) -> Document:
    return {
        "vhost": queue.vhost,
        "queue": queue.queue,
        "gauge": queue.gauge,
        "gauge_time": json_value(queue.gauge_time),
        "explained": queue.explained,
        "unexplained": queue.unexplained,
        "surplus": queue.surplus,
        "reasons": [_reason(reason) for reason in queue.reasons],
        "listed": len(queue.deliveries),
        "deliveries": rows(narrowed(queue.deliveries, only), DELIVERY_KEYS),
    }


def _counts(counts: QueueCounts) -> Document:
    return {
        "vhost": counts.vhost,
        "queue": counts.queue,
        "asked": json_value(counts.asked),
        "gauge": counts.gauge,
        "gauge_time": json_value(counts.gauge_time),
        "counted": counts.counted,
        "shared": counts.shared,
        "listed": counts.listed,
        "explained": counts.explained,
        "unknown": counts.unknown,
        "surplus": counts.surplus,
        "reasons": [_reason(reason) for reason in counts.reasons],
        "channels": rows(counts.channels, tuple(CHANNEL_SHARE_COLUMNS)),
    }


def _reason(reason: Reason) -> Document:
    return {"side": reason.side, "kind": reason.kind, "messages": reason.messages, "what": reason.what}
