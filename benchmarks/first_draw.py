"""From an event's lines to what its page sends first: `python -m benchmarks.first_draw`.

Each size is measured in a process of its own, so that the peak memory is its own; the event comes from a recording, as
on the page.
"""

import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pandas as pd

from benchmarks.event_tables import long_event
from dashboard.components.waterfall import Reader, columns
from dashboard.shaping.service_colours import assigned
from dashboard.shaping.waterfall import waterfall
from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.clocks import clock_bounds
from eventrail.analysis.critical_path import critical_path
from eventrail.analysis.folding import fold
from eventrail.analysis.forest import forest_of
from eventrail.model.answers import LogQuery
from eventrail.model.window import Window
from eventrail.recording.contents import Recording
from eventrail.recording.writing import write_recording
from eventrail.sources.recording import open_recording
from stack.places import temporary_root

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
RUNS = 5
EVENT = "event-1"
PARTS = ("assemble", "fold", "describe")


@click.command()
@click.option("--measure", type=click.Path(path_type=Path), help="Measure this recording in this process.")
def main(measure: Path | None) -> None:
    """Print a row for each size: medians of RUNS."""
    if measure is not None:
        click.echo(measured(measure))
        return
    click.echo("| steps | lines | assemble, s | fold, s | describe, s | together, s | sent, bytes | rows |", nl=False)
    click.echo(" lines read, MB | peak, MB |\n|" + "---:|" * 10)
    folder = temporary_root("eventrail-first-draw-")
    try:
        for steps in SIZES:
            file = folder / f"{steps}.eventrail"
            # The generator's memory is no part of what is measured.
            subprocess.run([sys.executable, "-c", _GENERATE, str(steps), str(file)], check=True)
            subprocess.run([sys.executable, "-m", "benchmarks.first_draw", "--measure", str(file)], check=True)
    finally:
        shutil.rmtree(folder)


_GENERATE = "import sys, pathlib, benchmarks.first_draw as b; b.write(int(sys.argv[1]), pathlib.Path(sys.argv[2]))"


def write(steps: int, file: Path) -> None:
    """Write the recording of an event."""
    events, end = long_event(steps)
    start = events["time"].min().to_pydatetime(warn=False) - timedelta(seconds=1)
    instant = end.to_pydatetime(warn=False)
    write_recording(Recording(Window(start, instant), instant, events), file)


def measured(file: Path) -> str:
    """Give a row of the table."""
    sources = open_recording(file)
    if sources.logs is None or sources.extent is None:
        raise ValueError(f"{file} holds no lines")
    events = sources.logs.read(LogQuery(sources.extent, correlation_ids=(EVENT,))).events
    routes = sources.logs.routes(sources.extent).frame
    read_megabytes = peak_megabytes()
    runs = [first_draw(events, routes) for _ in range(RUNS)]
    steps, sent = runs[-1].steps, runs[-1].sent
    parts = [statistics.median(run.seconds[part] for run in runs) for part in range(len(PARTS))]
    together = statistics.median(sum(run.seconds) for run in runs)
    figures = [f"{steps:,}", f"{len(events):,}", *(f"{seconds:.3f}" for seconds in (*parts, together))]
    size = len(json.dumps(sent, ensure_ascii=False).encode())
    figures += [f"{size:,}", f"{len(sent['lanes']['service']):,}", f"{read_megabytes:,.0f}", f"{peak_megabytes():,.0f}"]
    return f"| {' | '.join(figures)} |"


@dataclass(frozen=True)
class Drawn:
    """One run. seconds: of PARTS; sent: what the waterfall's drawing gets."""

    steps: int
    sent: dict[str, Any]
    seconds: tuple[float, ...]


def first_draw(events: pd.DataFrame, routes: pd.DataFrame) -> Drawn:
    """Do what the page does before the waterfall can be drawn."""
    marks = [time.perf_counter()]
    trace = assemble_trace(EVENT, events, events["time"].max(), routes)
    marks.append(time.perf_counter())
    forest = forest_of(trace.steps)
    bounds = clock_bounds(trace.steps, forest=forest)
    path = critical_path(trace, forest)
    folding = fold(trace.steps, path, forest=forest)
    marks.append(time.perf_counter())
    shaped = waterfall(trace, path, folding)
    reader = Reader("", "", lambda _step: None, lambda _words: None)
    services = assigned(frozenset(trace.services))
    sent = columns(shaped, services, event=EVENT, now_label=bounds.reference or "", reader=reader)
    marks.append(time.perf_counter())
    return Drawn(len(trace.steps), sent, tuple(after - before for before, after in pairwise(marks)))


def peak_megabytes() -> float:
    """Give the most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
