"""What is written into a recording is what is read from it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventrail.errors import RecordingError
from eventrail.model.events import as_events, empty_events
from eventrail.model.problem import Problem
from eventrail.recording.contents import Recording
from eventrail.recording.reading import read_recording
from eventrail.recording.writing import write_recording
from eventrail.testing.builders import EventBook
from tests.recording.story import CREATED, OPENING, WINDOW, gauge, recording, story

SAMPLES = Path(__file__).parent / "data"


def written(kept: Recording, folder: Path) -> Recording:
    path = folder / "kept.eventrail"
    write_recording(kept, path)
    return read_recording(path)


def by_time(events: pd.DataFrame) -> pd.DataFrame:
    """Order rows so that two tables can be compared; a recording makes document IDs of its own."""
    return events.sort_values(["time", "instance_id", "sequence"], ignore_index=True).drop(columns="document_id")


DEATHS = ("death_queue", "death_reason", "death_count", "death_time")


def assert_is_the_story(read: Recording, *not_kept: str) -> None:
    """Compare with the story; columns that are `not_kept` by the file's version must be empty."""
    told = as_events(story().events().drop(columns=list(not_kept)))
    pd.testing.assert_frame_equal(by_time(read.events), by_time(told))
    assert (read.window, read.opening, read.created_at) == (WINDOW, OPENING, CREATED)
    assert (read.description, read.sources) == ("payments-2 hangs", ("Elasticsearch", "Prometheus"))
    assert (read.duplicates, read.set_aside) == (2, 1)
    assert [str(problem) for problem in read.problems] == ["the logs of node-b: when recorded: came 3 s late"]

    unacked = read.metrics["queue_messages_unacked"]
    assert unacked.generation == "detailed"
    pd.testing.assert_frame_equal(unacked.frame, gauge())
    load = read.metrics["node_load1"]
    assert load.frame.empty
    # An outage then is a gap now: the recording itself is reachable.
    assert [problem.severity for problem in load.problems] == ["warning"]


def test_a_recording_gives_back_every_row_time_and_problem(tmp_path: Path) -> None:
    assert_is_the_story(written(recording(), tmp_path))


def test_the_kept_sample_of_version_1_still_opens() -> None:
    assert_is_the_story(read_recording(SAMPLES / "version-1.eventrail"), "service_version", *DEATHS)


def test_the_kept_sample_of_version_2_still_opens() -> None:
    assert_is_the_story(read_recording(SAMPLES / "version-2.eventrail"), *DEATHS)


def test_the_kept_sample_of_version_3_still_opens() -> None:
    assert_is_the_story(read_recording(SAMPLES / "version-3.eventrail"))


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_recording(recording(), tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_window_without_a_line_is_a_recording_too(tmp_path: Path) -> None:
    read = written(Recording(window=WINDOW, created_at=CREATED, events=empty_events()), tmp_path)

    pd.testing.assert_frame_equal(read.events, empty_events())
    assert read.metrics == {}


def test_a_document_that_came_twice_is_still_told_as_one(tmp_path: Path) -> None:
    book = EventBook()
    book.log(0, "first", pod="orders-1")
    book.log(1, "second", pod="orders-1", document_id=None)
    book.log(2, "third", pod="orders-1")
    book.copy_last_line()
    book.log(3, "fourth", pod="orders-1", document_id=None)

    ids = by_message(written(Recording(WINDOW, CREATED, book.events()), tmp_path).events)

    assert ids["third"].nunique() == 1
    assert len(ids["third"]) == 2
    assert pd.concat(ids.values()).nunique() == 4


def by_message(events: pd.DataFrame) -> dict[str, pd.Series]:
    return {str(message): rows for message, rows in events.groupby("message")["document_id"]}


def test_a_problem_is_kept_without_the_servers_address(tmp_path: Path) -> None:
    outage = Problem("Prometheus", "no answer from https://user:secret@prom.example:9090/x in time", "", "error")

    write_recording(Recording(WINDOW, CREATED, empty_events(), problems=(outage,)), tmp_path / "kept")

    assert b"prom.example" not in (tmp_path / "kept").read_bytes()
    assert "no answer from (address) in time" in str(read_recording(tmp_path / "kept").problems[0])


def test_a_service_that_says_little_has_missing_values_and_no_made_up_ones(tmp_path: Path) -> None:
    bare = as_events({"time": pd.to_datetime(["2026-01-31T09:00:01.000000001Z"]).astype("datetime64[ns, UTC]")})

    read = written(Recording(WINDOW, CREATED, bare), tmp_path).events

    assert read["time"].iloc[0].nanosecond == 1
    assert read.drop(columns=["time", "document_id"]).isna().all(axis=None)


def test_a_line_of_a_bank_costs_few_bytes(tmp_path: Path) -> None:
    """IDs of services have about 35 random bits each; all else in a line is nearly free."""
    generator = np.random.default_rng(7)
    book = EventBook()
    for number in range(600):
        message = f"01kg{number:05x}{generator.integers(2**35):07x}"
        started = number * 0.1 + generator.random()
        book.publish(started, message, pod=f"orders-{number % 3}", correlation_id=message[::-1])
        book.handle(started + generator.random(), message, queue="payments", pod=f"payments-{number % 3}")
    path = tmp_path / "bank.eventrail"

    size = write_recording(Recording(WINDOW, CREATED, book.events()), path)

    assert size == path.stat().st_size
    # 2,400 lines; the fixed cost of a file is about 12 kB, a line takes about 18 bytes
    assert size < 12_000 + 2_400 * 20


def test_a_recording_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(RecordingError, match="folder: cannot be written"):
        write_recording(recording(), tmp_path / "folder")
    with pytest.raises(RecordingError, match="cannot be written"):
        write_recording(recording(), tmp_path / "absent" / "kept.eventrail")

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
