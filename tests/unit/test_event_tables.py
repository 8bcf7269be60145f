"""The benchmarks' long event has what real ones have, and as much of it as it says."""

import pytest

from benchmarks.event_tables import NO_MISHAPS, Mishaps, long_event, routes
from eventrail.analysis.assemble import assemble_trace
from eventrail.model.trace import Trace, TraceState


def long_trace(steps: int, mishaps: Mishaps | None = None) -> Trace:
    events, end = long_event(steps, mishaps)
    return assemble_trace("event-1", events, end, routes())


@pytest.mark.parametrize("steps", [1_000, 20_000])
def test_it_is_about_as_long_as_asked_and_assembles_without_a_doubt(steps: int) -> None:
    trace = long_trace(steps)

    assert len(trace.steps) == pytest.approx(steps, rel=0.05)
    assert trace.warnings == ()
    assert trace.steps["parent_id"].isna().sum() == 1


def test_it_fans_out_retries_fails_and_leaves_a_few_open() -> None:
    steps = long_trace(20_000).steps

    waits = steps[steps["kind"] == "wait"]
    first_waits = waits[waits["attempt"] == 1].groupby("parent_id").size()
    assert first_waits.max() == 5
    assert 1.5 < first_waits.mean() < 2.5
    assert steps["attempt"].max() >= 2
    states = steps.groupby(["kind", "state"]).size()
    assert states["handle", "outstanding"] == 2
    assert states["wait", "waiting"] == 1
    assert 0.001 < states["handle", "failed"] / states["handle"].sum() < 0.02
    assert 0.0002 < states["handle", "requeued"] / states["handle"].sum() < 0.005
    assert states["call", "failed"] > 0


def test_without_mishaps_every_step_is_complete_and_the_same_seed_gives_the_same_event() -> None:
    events, end = long_event(1_000, NO_MISHAPS)

    assert long_trace(1_000, NO_MISHAPS).state is TraceState.COMPLETE
    again, _ = long_event(1_000, NO_MISHAPS)
    assert events.equals(again)
    assert end == events["time"].max()
