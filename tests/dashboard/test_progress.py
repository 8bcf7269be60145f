"""The page of an event that takes long to read tells how far it is."""

from threading import Event

import pytest

from dashboard.components.trace_progress import Board, told_while
from eventrail.model.progress import Progress


class Slot:
    """A place on the page; shown: what stood there, one after the other."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.filled = Event()

    def caption(self, words: str) -> None:
        self.shown.append(words)
        self.filled.set()

    def empty(self) -> None:
        self.shown.append("")


def test_a_long_reading_is_told_and_the_place_is_empty_at_its_end() -> None:
    board, slot = Board(), Slot()

    def load() -> str:
        note = board.of("c-1")
        note(Progress(41_000, 512_000))
        assert slot.filled.wait(timeout=10)
        note(Progress(512_000, 512_000))
        return "the event"

    assert told_while(load, lambda: board.told("c-1"), slot) == "the event"
    assert slot.shown == ["Reading the event: 41,000 of 512,000 lines read", ""]
    assert board.told("c-1") is None


def test_what_is_there_soon_shows_nothing() -> None:
    slot = Slot()

    assert told_while(lambda: "the event", lambda: None, slot) == "the event"
    assert slot.shown == []


def test_a_fault_of_loading_is_the_callers() -> None:
    def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        told_while(fail, lambda: None, Slot())


def test_readers_of_one_event_are_not_told_about_another() -> None:
    board = Board()
    board.of("c-1")(Progress(1, 2))

    assert board.told("c-2") is None
    assert board.told("c-1") == Progress(1, 2)
    board.forget("c-1")
    assert board.told("c-1") is None
