"""The JSON documents are an interface: their keys, types and values are held to what is agreed and to kept copies.

UPDATE_GOLDEN=1 writes the kept copies anew; look at the difference before committing it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from eventrail.cli.waiting_documents import MESSAGE_KEYS
from eventrail.model.holders import HOLDER_COLUMNS
from eventrail.model.waiting import GONE_COLUMNS, GONE_SUM_COLUMNS
from tests.cli.conftest import Eventrail
from tests.recording.story import ODD_ID

GOLDEN = Path(__file__).parent / "golden"

TRACE_KEYS = "correlation_id, started, ended, state, services, steps, log_lines, outstanding, warnings, missing, usual"
MISSING_KEYS = (
    "expected, path, kind, event_type, queue, service, after_step_id, last_state, share, times, expected_seconds, "
    "since, due, nothing_seconds, age_seconds, descendants, implied, what"
)
USUAL_KEYS = (
    "event_type, from, to, events, read, found, found_more, took_p50_seconds, took_p95_seconds, took_p99_seconds, "
    "twin, problems"
)
TWIN_KEYS = "correlation_id, started, ended, chosen, difference, elsewhere"
STEP_KEYS = (
    "id, parent_id, kind, service, service_version, pod, node, queue, exchange, routing_key, message_id, event_type, "
    "attempt, start, end, state, inferred"
)
UNACKED_KEYS = "as_of, way, narrowed, queues, counts, holders, problems"
COUNTS_KEYS = (
    "vhost, queue, asked, gauge, gauge_time, counted, shared, listed, explained, unknown, surplus, reasons, channels"
)
HOLDER_KEYS = ", ".join(HOLDER_COLUMNS)
QUEUE_KEYS = "vhost, queue, gauge, gauge_time, explained, unexplained, surplus, reasons, listed, deliveries"
DELIVERY_KEYS = (
    "message_id, correlation_id, event_type, service, pod, node, stage, delivered, age_seconds, attempt, "
    "consumer_tag, delivery_tag, inferred"
)

WAITING_KEYS = "as_of, queues, queues_not_read, gone_since, gone_sums, gone, problems"
WAITING_QUEUE_KEYS = (
    "vhost, queue, ready, ready_time, explained, unexplained, surplus, cause, searched, reasons, messages"
)
WAITING_MESSAGE_KEYS = ", ".join(MESSAGE_KEYS)
GONE_KEYS = ", ".join(GONE_COLUMNS)
GONE_SUM_KEYS = ", ".join(GONE_SUM_COLUMNS)


def keys(part: dict[str, Any]) -> str:
    return ", ".join(part)


def document(eventrail: Eventrail, *arguments: str) -> dict[str, Any]:
    said = eventrail(*arguments, "--json")
    assert (said.status, said.err) == (0, "")
    assert said.out.isascii(), "no letter of a log can speak to a terminal"
    parsed: dict[str, Any] = json.loads(said.out)
    return parsed


def test_a_trace_has_the_agreed_keys(eventrail: Eventrail, hung: str) -> None:
    trace = document(eventrail, "trace", "c1", "--source", hung)

    assert keys(trace) == TRACE_KEYS
    assert {keys(step) for step in trace["steps"]} == {STEP_KEYS}
    assert {step["kind"] for step in trace["steps"]} == {"publish", "wait", "handle", "call"}
    assert trace["state"] == "outstanding"
    assert (trace["started"], trace["ended"]) == ("2026-01-31T09:00:01Z", None)
    assert (trace["log_lines"], trace["outstanding"]) == (0, 1)
    assert trace["services"] == ["orders", "payments", "receipts"]
    assert keys(trace["usual"]) == USUAL_KEYS
    assert (trace["missing"], trace["usual"]["events"], trace["usual"]["twin"]) == ([], 0, None)
    assert "nothing is known to be usual" in trace["usual"]["problems"][-1]["what"]


def test_the_unacknowledged_have_the_agreed_keys(eventrail: Eventrail, hung: str) -> None:
    unacked = document(eventrail, "unacked", "--source", hung)

    assert keys(unacked) == UNACKED_KEYS
    assert [keys(queue) for queue in unacked["queues"]] == [QUEUE_KEYS]
    assert [keys(counts) for counts in unacked["counts"]] == [COUNTS_KEYS]
    assert [keys(holder) for holder in unacked["holders"]] == [HOLDER_KEYS]
    queue = unacked["queues"][0]
    assert [keys(delivery) for delivery in queue["deliveries"]] == [DELIVERY_KEYS]
    assert queue["explained"] + queue["unexplained"] == queue["gauge"] == 1
    assert queue["deliveries"][0]["pod"] == "payments-2"
    assert queue["deliveries"][0]["correlation_id"] == ODD_ID
    assert queue["deliveries"][0]["age_seconds"] == pytest.approx(24.9)


def test_the_list_is_narrowed_and_the_counts_are_not(eventrail: Eventrail, hung: str) -> None:
    for wanted, left in (("payments-2", 1), ("payments-1", 0)):
        unacked = document(eventrail, "unacked", "--pod", wanted, "--source", hung)
        queue = unacked["queues"][0]

        assert unacked["narrowed"] == {"pod": wanted}
        assert (len(queue["deliveries"]), queue["listed"], queue["gauge"]) == (left, 1, 1)


def test_the_waiting_have_the_agreed_keys(eventrail: Eventrail, hung: str) -> None:
    waiting = document(eventrail, "waiting", "receipts", "--as-of", "-28s", "--source", hung)

    assert keys(waiting) == WAITING_KEYS
    assert [keys(queue) for queue in waiting["queues"]] == [WAITING_QUEUE_KEYS]
    (message,) = waiting["queues"][0]["messages"]
    assert keys(message) == WAITING_MESSAGE_KEYS
    assert (message["message_id"], message["came_by"], message["deliveries"]) == ("m2", "requeued", 1)
    assert message["history"].startswith("published 09:00:01 → receipts #1 requeued after 150 ms → receipts waiting")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("trace", ("trace", "c1")),
        ("trace-of-an-odd-id", ("trace", ODD_ID)),
        ("unacked", ("unacked",)),
        ("unacked-of-one-queue-earlier", ("unacked", "--queue", "payments", "--as-of", "-25s")),
        ("waiting", ("waiting",)),
        ("waiting-in-one-queue", ("waiting", "receipts", "--as-of", "-28s")),
        ("find", ("find", "order.placed")),
        ("check", ("check",)),
    ],
)
def test_a_document_is_the_kept_one(eventrail: Eventrail, hung: str, name: str, arguments: tuple[str, ...]) -> None:
    made = document(eventrail, *arguments, "--source", hung)
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(made, indent=2) + "\n", encoding="ascii")

    assert made == json.loads(path.read_text(encoding="ascii"))


def test_an_id_that_is_not_there_gives_a_document_of_the_same_form(eventrail: Eventrail, hung: str) -> None:
    said = eventrail("trace", "nobody", "--source", hung, "--json")

    assert said.status == 1
    trace = json.loads(said.out)
    assert keys(trace) == TRACE_KEYS
    assert (trace["correlation_id"], trace["state"], trace["steps"]) == ("nobody", "unknown", [])


def test_a_recording_made_tells_its_size_and_contents(eventrail: Eventrail, hung: str, tmp_path: Path) -> None:
    told = document(
        eventrail, "record", "--from", "-30s", "--to", "now", str(tmp_path / "copy.eventrail"), "--source", hung
    )

    assert keys(told) == "file, size_bytes, log_lines, samples, problems"
    assert told["size_bytes"] == (tmp_path / "copy.eventrail").stat().st_size
    assert told["log_lines"] > 10
