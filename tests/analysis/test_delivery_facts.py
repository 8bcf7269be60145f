"""The delivery index's documents: the same whatever the order and portions lines come in, and as good as the lines."""

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.delivery_facts import facts_of
from eventrail.analysis.ledger import outstanding_at
from eventrail.model.delivery_index import Facts
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS, as_events, concat_events
from tests.analysis.test_ledger_properties import play, stories

FOLLOWED = (*DELIVERY_OPERATIONS, *CHANNEL_OPERATIONS)
columns_left_out = st.sets(
    st.sampled_from(["message_id", "channel_id", "delivery_tag", "pod", "instance_id", "queue", "outcome"])
)


def followed(events: pd.DataFrame) -> pd.DataFrame:
    return events[events["operation"].isin(FOLLOWED)].reset_index(drop=True)


def told(story: Any, left_out: set[str]) -> pd.DataFrame:
    return followed(as_events(play(story).events().drop(columns=list(left_out))))


def as_set(facts: Facts) -> dict[str, tuple[Any, ...]]:
    """Give key → what the document holds, comparable."""
    lines = [
        tuple("" if pd.isna(value) else value for value in row)
        for row in facts.lines.itertuples(index=False, name=None)
    ]
    of_document: dict[int, list[Any]] = {}
    for number, line in zip(facts.line_of, lines, strict=True):
        of_document.setdefault(number, []).append(line)
    return {
        row[0]: (*("" if pd.isna(value) else value for value in row), tuple(of_document[number]))
        for number, row in enumerate(facts.documents.itertuples(index=False, name=None))
    }


def outstanding(events: pd.DataFrame, at: pd.Timestamp) -> list[tuple[Any, ...]]:
    lines, _ = clean(events[events["time"] <= at])
    listed = outstanding_at(match_deliveries(lines)[0], at)
    rows = listed.itertuples(index=False, name=None)
    return sorted(tuple("" if pd.isna(value) else str(value) for value in row) for row in rows)


@given(
    story=stories,
    left_out=columns_left_out,
    portions=st.lists(st.integers(0, 3), min_size=61, max_size=61),
    randomness=st.randoms(use_true_random=False),
)
def test_lines_in_any_order_and_portions_and_repeated_make_the_same_documents(
    story: Any, left_out: set[str], portions: list[int], randomness: Any
) -> None:
    events = told(story, left_out)
    whole = as_set(facts_of(events))

    known: pd.DataFrame = as_events({})
    repeated = events.iloc[[*range(len(events)), *range(0, len(events), 3)]]
    shuffled = repeated.sample(frac=1, random_state=randomness.randrange(1000)).reset_index(drop=True)
    portion = pd.Series([portions[row % len(portions)] for row in range(len(shuffled))], dtype="int64")
    for number in range(4):
        known = facts_of(concat_events([known, shuffled[portion == number].reset_index(drop=True)])).lines

    assert as_set(facts_of(known)) == whole


@given(story=stories, left_out=columns_left_out)
def test_the_ledger_of_the_documents_is_the_ledger_of_all_lines_at_every_instant(
    story: Any, left_out: set[str]
) -> None:
    broker = play(story)
    events = told(story, left_out)

    kept = facts_of(events).lines

    for line in range(len(broker.held_at)):
        assert outstanding(kept, broker.time(line)) == outstanding(events, broker.time(line))


@given(story=stories, left_out=columns_left_out)
def test_what_a_document_says_is_settled_is_so_at_every_later_instant(story: Any, left_out: set[str]) -> None:
    broker = play(story)
    facts = facts_of(told(story, left_out))

    for line in range(len(broker.held_at)):
        over = facts.documents["settled_at"] <= broker.time(line)
        of_those = facts.lines[over.to_numpy()[facts.line_of]].reset_index(drop=True)
        assert outstanding(of_those, broker.time(line)) == []
