"""How long it takes to assemble a trace from its table: `python -m benchmarks.assembling`."""

import resource
import statistics
import time

from benchmarks.event_tables import long_event
from eventrail.analysis.assemble import assemble_trace

STEPS = (100, 1_000, 2_000, 10_000, 100_000, 1_000_000)
RUNS = 5


def main() -> None:
    """Print a row for each size: median seconds of RUNS, and the process' peak memory so far."""
    print("| steps | seconds, median of 5 | min to max | peak memory MB |")
    print("|---:|---:|---:|---:|")
    for steps in STEPS:
        events, end = long_event(steps)
        assemble_trace("event-1", events, end)
        seconds = [assembled(events, end) for _ in range(RUNS)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        spread = f"{min(seconds):.3f} to {max(seconds):.3f}"
        print(f"| {steps:,} | {statistics.median(seconds):.3f} | {spread} | {peak:,.0f} |", flush=True)


def assembled(events: object, end: object) -> float:
    """Give the seconds of one run."""
    begin = time.perf_counter()
    assemble_trace("event-1", events, end)  # type: ignore[arg-type]
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
