"""The shipped recording: what is missing of the events that hang there, and of those that do not."""

import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.many import assemble_many
from eventrail.analysis.missing import find_missing
from eventrail.analysis.missing_words import missing_sentences
from eventrail.analysis.places import places_of
from eventrail.analysis.usual import learn_usual
from eventrail.investigate.tracing import investigate_trace
from eventrail.investigate.unacked import investigate_unacked
from eventrail.investigate.usual import investigate_usual
from eventrail.model.answers import LogQuery
from eventrail.model.events import DELIVERY_OPERATIONS, Operation
from eventrail.model.trace import Trace
from eventrail.model.usual import ManyEvents, PlaceKind, UsualRoute
from eventrail.sources.ports import Sources
from eventrail.sources.recording import open_recording

pytestmark = pytest.mark.slow

RECORDING = Path(__file__).parents[2] / "recordings/hung-consumer.eventrail"
HUNG_QUEUE = "payments.card-authorised"
TRIED = 100


class Recorded:
    """The recording as it stood at its mark: its lines, events, places, and the usual route of each type."""

    def __init__(self) -> None:
        self.sources: Sources = open_recording(RECORDING)
        assert self.sources.logs is not None
        assert self.sources.opening is not None
        assert self.sources.extent is not None
        self.opening: datetime = self.sources.opening
        self.at = pd.Timestamp(self.opening).tz_convert("UTC")
        lines = self.sources.logs.read(LogQuery(self.sources.extent)).events
        self.lines = {str(event): own for event, own in lines.groupby("correlation_id")}
        self.routes = self.sources.logs.routes(self.sources.extent).frame
        self.many: ManyEvents = assemble_many(lines, self.at, self.routes)
        self.places = places_of(self.many.steps)
        events = self.many.events
        # The same events in each run; nothing is learned from those that are tried.
        self.tried = events[events["state"] == "complete"].sample(TRIED, random_state=7)
        others = replace(self.many, events=events.drop(self.tried.index))
        types = events["event_type"].dropna().unique()
        self.usual: dict[str, UsualRoute] = {name: learn_usual(name, others, self.places) for name in types}

    def trace(self, event: str, lines: pd.DataFrame | None = None) -> Trace:
        return assemble_trace(event, self.lines[event] if lines is None else lines, self.at, self.routes)


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return Recorded()


def test_every_event_that_hangs_at_payments_names_the_payment_that_has_not_come(recorded: Recorded) -> None:
    ledger = investigate_unacked(recorded.sources, now=recorded.opening, queue=HUNG_QUEUE).ledger
    (queue,) = ledger.queues
    assert len(queue.deliveries) >= 5

    for event in queue.deliveries["correlation_id"].head(3):
        trace = investigate_trace(recorded.sources, event, now=recorded.opening).trace
        assert trace is not None
        answer = investigate_usual(recorded.sources, trace)

        assert answer.missing["event_type"].tolist() == ["payment.requested"]
        (sentence,) = missing_sentences(answer.missing)
        assert sentence.startswith("expected payment.requested within ")
        assert f"(p99 of {answer.usual.events:,}), nothing for " in sentence
        assert sentence.endswith(f"from {HUNG_QUEUE}") or "no handler has taken it" in sentence
        assert answer.twin is not None
        first = answer.twin.difference.iloc[answer.twin.first_difference or 0]
        assert first["queue"] == HUNG_QUEUE


def test_of_a_hundred_complete_events_at_most_one_is_wrongly_said_to_lack_something(recorded: Recorded) -> None:
    wrong = [
        event
        for event, kind in recorded.tried[["correlation_id", "event_type"]].itertuples(index=False)
        if len(find_missing(recorded.trace(event), recorded.usual[kind]))
    ]

    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize("with_what_follows", [False, True])
def test_a_step_taken_out_of_a_complete_event_is_named(recorded: Recorded, with_what_follows: bool) -> None:
    draw = random.Random(11)
    named = 0
    for event, kind in recorded.tried[["correlation_id", "event_type"]].itertuples(index=False):
        places = recorded.places[recorded.places["correlation_id"] == event]
        # Without its first message an event is not known at all.
        taken = places[(places["kind"] != PlaceKind.CALL) & (places["parent_path"] != "")]
        out = taken.iloc[draw.randrange(len(taken))]
        below = taken["path"].str.startswith(f"{out['path']} →") & with_what_follows
        lines = without(recorded, event, taken[(taken["path"] == out["path"]) | below])

        missing = find_missing(recorded.trace(event, lines), recorded.usual[kind])
        if out["kind"] == PlaceKind.PUBLISH:
            named += bool(((missing["kind"] == PlaceKind.PUBLISH) & (missing["event_type"] == out["event_type"])).any())
        else:
            named += bool((missing["queue"] == out["queue"]).any())

    assert named >= 98


def without(recorded: Recorded, event: str, places: pd.DataFrame) -> pd.DataFrame:
    """Give the event's lines without those that tell of the places."""
    lines = recorded.lines[event]
    messages = recorded.many.steps.set_index("id")["message_id"]
    drop = pd.Series(data=False, index=lines.index)
    for place in places.to_dict("records"):
        about = lines["message_id"] == messages[place["step_id"]]
        if place["kind"] == PlaceKind.PUBLISH:
            drop |= about & (lines["operation"] == Operation.SEND)
        else:
            drop |= about & lines["operation"].isin(DELIVERY_OPERATIONS) & (lines["queue"] == place["queue"])
    return lines[~drop]
