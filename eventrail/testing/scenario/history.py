"""The `history` block: events that completed before the scenario's start, which are what is usual of their type."""

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from eventrail.testing.scenario.durations import EXAMPLES, read_duration
from eventrail.testing.scenario.errors import ScenarioError
from eventrail.testing.scenario.telling import Story, ToldDeed, do, read_deeds
from eventrail.testing.scenario.text import Block
from eventrail.testing.scenario.words import RESTART

EXAMPLE: Final = "history 200 times every 15s varying 20% seed 1"
_HEADING: Final = re.compile(r"history (\d+) times every (\S+)(?: varying (\d{1,2})% seed (\d+))?")
# Each event has its own of these.
_OWN: Final = ("message_id", "causation_id", "span_id", "parent_span_id")


def tell_history(story: Story, block: Block) -> None:
    """Take "history 200 times every 15s varying 20% seed 1": the deeds below it, so often, the last before the start.

    The events are earlier-1, earlier-2 …, and go on counting in the next history block. varying: each time between a
    deed and the one before it is up to so much shorter or longer, each event in its own way and the same in each run.
    """
    said = _HEADING.fullmatch(block.heading.text)
    every = read_duration(said[2]) if said else None
    if said is None or every is None:
        what = f"“{block.heading.text}” is no history"
        remedy = f"write {EXAMPLE}, or leave out its last four words to have them all alike; as a time {EXAMPLES}"
        raise ScenarioError(block.place, what, remedy)
    times, spread = int(said[1]), int(said[3] or 0) / 100
    deeds = sorted(read_deeds(block.body), key=lambda told: told.after)
    if not times or not deeds:
        raise ScenarioError(block.place, "nothing happened before", "say at least 1 times, and indent deeds below it")
    if deeds[-1].after >= every:
        remedy = f"let them begin further apart than {said[2]}, or make them shorter"
        raise ScenarioError(deeds[-1].deed.place, "an event of the history goes on when the next one begins", remedy)
    by_chance = random.Random(int(said[4] or 0))  # noqa: S311 — alike in each run is what is wanted
    for number in range(1, times + 1):
        begins = every * (number - times - 1)
        for told, after in zip(deeds, _varied(deeds, spread, by_chance), strict=True):
            do(story, _of_event(told, f"earlier-{story.earlier + number}", begins + after))
    story.earlier += times


def _varied(deeds: list[ToldDeed], spread: float, by_chance: random.Random) -> list[pd.Timedelta]:
    """Give when each deed is done; their order stays."""
    done, before, told = pd.Timedelta(0), pd.Timedelta(0), []
    for deed in deeds:
        done += (deed.after - before) * (1 + by_chance.uniform(-spread, spread))
        before = deed.after
        told.append(done)
    return told


def _of_event(told: ToldDeed, event: str, after: pd.Timedelta) -> ToldDeed:
    """Give the deed as one of an event, its messages and spans with names of their own."""
    deed = told.deed
    if deed.verb == RESTART:
        return replace(told, after=after)
    fields = {"correlation_id": event} | _named(deed.fields, event)
    return replace(told, after=after, deed=replace(deed, said=_named(deed.said, event), fields=fields))


def _named(values: Mapping[str, Any], event: str) -> dict[str, Any]:
    return {name: f"{event}.{value}" if name in _OWN and value else value for name, value in values.items()}
