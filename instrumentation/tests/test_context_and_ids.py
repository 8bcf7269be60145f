"""IDs are short and sort by age; the context says on whose behalf code runs."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from eventrail_instrumentation import Cause, current_cause, new_event, new_id, on_behalf_of


def test_ids_are_short_and_differ() -> None:
    ids = {new_id() for _ in range(20_000)}

    assert len(ids) == 20_000
    assert all(len(one) == 16 and one.isalnum() and one == one.lower() for one in ids)


def test_a_later_id_sorts_behind() -> None:
    earlier = new_id()
    started = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == started:
        pass

    assert earlier < new_id()


def test_contexts_nest_and_end() -> None:
    assert current_cause() is None
    with new_event("event-1") as outer:
        with on_behalf_of(Cause("event-2", "m")):
            assert current_cause() == Cause("event-2", "m")
        assert current_cause() == outer == Cause("event-1")
    assert current_cause() is None


def test_a_new_event_gets_an_id_when_given_none() -> None:
    with new_event() as first, new_event() as second:
        assert first.correlation_id != second.correlation_id


def test_a_pool_thread_inherits_only_what_it_is_handed() -> None:
    with ThreadPoolExecutor(1) as pool, new_event("event-1"):
        assert pool.submit(current_cause).result() is None
        assert pool.submit(copy_context().run, current_cause).result() == Cause("event-1")
