"""Events of a foreign system, whose services log neither messages nor calls, by their lines and by their spans.

UPDATE_GOLDEN=1 writes the kept copies anew; look at the difference before committing it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.cli.conftest import Eventrail
from tests.cli.test_documents import GOLDEN, STEP_KEYS, TRACE_KEYS, keys

NEZHA = Path(__file__).parents[1] / "data/nezha"
LOGS = f"jsonl:{NEZHA / 'events.jsonl.gz'}"
SPANS = str(NEZHA / "events.spans.parquet")

# by way of the queue food_delivery; the second was handled 13 ms after it had arrived
QUEUED = "5d0bbaa5c74d96842aabc39c7b39d067"
QUEUED_LATE = "b3cb19fc3e216a70b81abef7553a5ad0"
CALLS = "8f2f08a9dbda62dfbdfb1c7d381c5962"
EXCEPTION = "4628c2ed600360c003d42c0c7a819723"


def trace(eventrail: Eventrail, event: str, *options: str) -> dict[str, Any]:
    said = eventrail("trace", event, "--source", LOGS, "--json", *options)
    assert (said.status, said.err) == (0, "")
    document: dict[str, Any] = json.loads(said.out)
    assert keys(document) == TRACE_KEYS
    assert {keys(step) for step in document["steps"]} == {STEP_KEYS}
    return document


@pytest.mark.parametrize(
    ("name", "event", "options"),
    [
        ("foreign-by-way-of-a-queue", QUEUED, ("--spans", SPANS)),
        ("foreign-by-way-of-a-queue-from-lines-alone", QUEUED, ()),
        ("foreign-calls", CALLS, ("--spans", SPANS)),
        ("foreign-exception", EXCEPTION, ("--spans", SPANS)),
    ],
)
def test_a_trace_is_the_kept_one(eventrail: Eventrail, name: str, event: str, options: tuple[str, ...]) -> None:
    made = trace(eventrail, event, *options)
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(made, indent=1) + "\n", encoding="ascii")

    assert made == json.loads(path.read_text(encoding="ascii"))


@pytest.mark.parametrize("event", [QUEUED, QUEUED_LATE])
def test_a_message_is_published_waits_and_is_handled_once(eventrail: Eventrail, event: str) -> None:
    truth = json.loads((NEZHA / "events.messages.json").read_text(encoding="ascii"))[event]
    steps = {
        step["kind"]: step for step in trace(eventrail, event, "--spans", SPANS)["steps"] if step["kind"] != "call"
    }
    kinds = [step["kind"] for step in trace(eventrail, event, "--spans", SPANS)["steps"]]

    assert [kinds.count(kind) for kind in ("publish", "wait", "handle")] == [1, 1, 1]
    publish, wait, handle = steps["publish"], steps["wait"], steps["handle"]
    assert (wait["parent_id"], handle["parent_id"]) == (publish["id"], wait["id"])
    assert (publish["pod"], handle["pod"], handle["queue"]) == (
        *(truth["producer_pod"], truth["consumer_pod"], "food_delivery"),
    )
    assert pd.Timestamp(publish["start"]).value == truth["publish_ns"]
    assert pd.Timestamp(handle["end"]).value == truth["consume_end_ns"]
    assert handle["start"] == wait["end"]
    assert pd.Timestamp(handle["start"]).value <= truth["consume_start_ns"]
    assert (handle["state"], handle["attempt"]) == ("complete", 1)
    assert {"message_id", "outcome"} <= set(handle["inferred"])


@pytest.mark.parametrize("event", [QUEUED, QUEUED_LATE, CALLS, EXCEPTION])
def test_every_span_is_a_step_or_counted(eventrail: Eventrail, event: str) -> None:
    spans = pd.read_parquet(SPANS)
    there = int((spans["trace_id"] == event).sum())
    document = trace(eventrail, event, "--spans", SPANS)
    counted = {
        word: int(problem["what"].split()[0])
        for problem in document["warnings"]
        for word in ("work", "deliveries")
        if word in problem["what"]
    }

    told = [step for step in document["steps"] if step["kind"] != "wait"]
    assert len(told) + counted["work"] + counted.get("deliveries", 0) == there


@pytest.mark.parametrize("event", [QUEUED, QUEUED_LATE, CALLS, EXCEPTION])
def test_each_call_hangs_under_the_nearest_step_above_its_span(eventrail: Eventrail, event: str) -> None:
    spans = pd.read_parquet(SPANS).set_index("span_id")
    parents = spans["parent_span_id"][spans["trace_id"] == event].to_dict()
    steps = trace(eventrail, event, "--spans", SPANS)["steps"]
    step_of = {
        step["id"].split(":")[1].split(".")[0]: step["id"] for step in steps if step["kind"] in ("call", "publish")
    }

    for step in steps:
        if step["kind"] not in ("call", "publish"):
            continue
        span = parents[step["id"].split(":")[1].split(".")[0]]
        while isinstance(span, str) and span not in step_of:
            span = parents[span]
        assert step["parent_id"] == (step_of[span] if isinstance(span, str) else None)


@pytest.mark.parametrize("event", [QUEUED, CALLS, EXCEPTION])
def test_calls_begin_and_end_to_the_nanosecond_as_their_spans_do(eventrail: Eventrail, event: str) -> None:
    spans = pd.read_parquet(SPANS).set_index("span_id")
    calls = [step for step in trace(eventrail, event, "--spans", SPANS)["steps"] if step["kind"] == "call"]

    for call in calls:
        span = spans.loc[call["id"].split(":")[1].split(".")[0]]
        assert [pd.Timestamp(call[name]).value for name in ("start", "end")] == [span["start_ns"], span["end_ns"]]


@pytest.mark.parametrize("event", [QUEUED, QUEUED_LATE, CALLS, EXCEPTION])
def test_causes_inferred_from_lines_alone_are_mostly_what_spans_say(eventrail: Eventrail, event: str) -> None:
    spans = pd.read_parquet(SPANS).set_index("span_id")
    parents = spans["parent_span_id"][spans["trace_id"] == event].to_dict()
    steps = trace(eventrail, event)["steps"]
    step_of = {step["id"].split(":")[1].split(".")[0]: step["id"] for step in steps if step["kind"] == "call"}

    def truth(step: dict[str, Any]) -> str | None:
        span = parents[step["id"].split(":")[1].split(".")[0]]
        while isinstance(span, str) and span not in step_of:
            span = parents[span]
        return step_of[span] if isinstance(span, str) else None

    guessed = [step for step in steps if "parent_id" in step["inferred"]]
    right = [step for step in guessed if step["parent_id"] == truth(step)]
    assert len(right) >= 0.95 * len(guessed)
    assert all(step["state"] == "unknown" for step in steps)


def test_lines_alone_claim_no_end_and_no_settlement(eventrail: Eventrail) -> None:
    document = trace(eventrail, QUEUED)
    (handle,) = [step for step in document["steps"] if step["kind"] == "handle"]

    assert (document["state"], document["outstanding"], document["log_lines"]) == ("unknown", 0, 106)
    assert (handle["queue"], handle["service"], handle["parent_id"]) == ("food_delivery", "ts-delivery-service", None)
    assert {"kind", "start", "end"} <= set(handle["inferred"])


def test_an_event_by_its_spans_can_be_taken_elsewhere(eventrail: Eventrail) -> None:
    said = eventrail("trace", QUEUED, "--source", LOGS, "--spans", SPANS, "--format", "zipkin")
    spans = json.loads(said.out)

    assert {span["traceId"] for span in spans} == {QUEUED}
    assert sum(span.get("kind") == "CONSUMER" for span in spans) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--spans", "none.parquet"), "none.parquet: cannot be read as a Parquet file of spans ("),
        (("--spans", str(NEZHA / "events.jsonl.gz")), "cannot be read as a Parquet file of spans ("),
    ],
)
def test_spans_that_cannot_be_read_are_refused_in_one_line(
    eventrail: Eventrail, options: tuple[str, ...], told: str
) -> None:
    said = eventrail("trace", QUEUED, "--source", LOGS, *options)

    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert said.err.count("\n") == 1
