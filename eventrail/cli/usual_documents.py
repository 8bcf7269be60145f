"""What is usual of an event and what it lacks, as the JSON document of `eventrail trace` tells it."""

from typing import Final

from eventrail.analysis.missing_words import missing_sentences
from eventrail.analysis.twin_words import twin_sentences
from eventrail.investigate.answers import UsualAnswer
from eventrail.model.usual import Twin
from eventrail.report.json_values import Document, json_value, problem_documents, rows

MISSING_KEYS: Final = (
    *("expected", "path", "kind", "event_type", "queue", "service", "after_step_id", "last_state"),
    *("share", "times", "expected_seconds", "since", "due", "nothing_seconds", "age_seconds", "descendants", "implied"),
)


def missing_documents(answer: UsualAnswer) -> list[Document]:
    """Give each missing step, with `what` as a sentence."""
    told = rows(answer.missing, MISSING_KEYS)
    return [step | {"what": what} for step, what in zip(told, missing_sentences(answer.missing), strict=True)]


def usual_document(answer: UsualAnswer) -> Document:
    """Give what the expectations rest on, in short, and the twin."""
    usual = answer.usual
    return {
        "event_type": usual.event_type,
        "from": json_value(answer.window.start),
        "to": json_value(answer.window.end),
        "events": usual.events,
        "read": usual.read,
        "found": answer.found,
        "found_more": answer.found_more,
        "took_p50_seconds": usual.took_p50_seconds,
        "took_p95_seconds": usual.took_p95_seconds,
        "took_p99_seconds": usual.took_p99_seconds,
        "twin": None if answer.twin is None else _twin(answer.twin),
        "problems": problem_documents(answer.problems),
    }


def _twin(twin: Twin) -> Document:
    _, difference, *elsewhere = twin_sentences(twin)
    return {
        "correlation_id": twin.correlation_id,
        "started": json_value(twin.started),
        "ended": json_value(twin.ended),
        "chosen": twin.chosen,
        "difference": difference,
        "elsewhere": elsewhere[0] if elsewhere else None,
    }
