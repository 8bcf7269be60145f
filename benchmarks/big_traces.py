"""How long the analyses of an assembled trace take: `python -m benchmarks.big_traces`."""

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks.event_tables import long_event, routes
from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.clocks import clock_bounds
from eventrail.analysis.corrected import corrected
from eventrail.analysis.critical_path import critical_path
from eventrail.analysis.folding import fold
from eventrail.analysis.forest import forest_of
from eventrail.analysis.order_proofs import order_proofs
from eventrail.model.trace import Trace

STEPS = (1_000, 100_000, 1_000_000)
RUNS = 5
AHEAD_SECONDS = 5.0


def main() -> None:
    """Print a row for each size: median seconds of RUNS each, what is drawn, and the peak memory so far."""
    names = ("forest", "critical path", "folding", "clock bounds", "order proofs", "corrected")
    print("| steps | " + " | ".join(names) + " | drawn | peak memory MB |")
    print("|---:|" + "---:|" * len(names) + "---|---:|")
    for steps in STEPS:
        events, end = long_event(steps)
        trace = assemble_trace("event-1", events, end, routes())
        del events
        seconds, drawn = analysed(trace)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {len(trace.steps):,} | " + " | ".join(seconds[name] for name in names), end="")
        print(f" | {drawn} | {peak:,.0f} |", flush=True)


def analysed(trace: Trace) -> tuple[dict[str, str], str]:
    """Give the median seconds of each analysis, and what the folding draws."""
    forest = forest_of(trace.steps)
    path = critical_path(trace, forest)
    bounds = clock_bounds(trace.steps, forest=forest)
    # As if one node were ahead: the correction has to move something.
    ahead = bounds.clocks["clock"].eq(bounds.clocks["clock"].iloc[-1]) * AHEAD_SECONDS
    wrong = replace(bounds, clocks=bounds.clocks.assign(offset_seconds=ahead))
    analyses: dict[str, Callable[[], object]] = {
        "forest": lambda: forest_of(trace.steps),
        "critical path": lambda: critical_path(trace, forest),
        "folding": lambda: fold(trace.steps, path, forest=forest),
        "clock bounds": lambda: clock_bounds(trace.steps, forest=forest),
        "order proofs": lambda: order_proofs(trace.steps, bounds, forest=forest),
        "corrected": lambda: corrected(trace, wrong, forest),
    }
    medians = {name: f"{statistics.median(timed(run) for _ in range(RUNS)):.3f}" for name, run in analyses.items()}
    return medians, fold(trace.steps, path, forest=forest).drawn.removeprefix("drawn: ")


def timed(run: Callable[[], object]) -> float:
    """Give the seconds of one run."""
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
