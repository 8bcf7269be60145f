"""Where messages and dead letters go, from all that can tell it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.analysis.dead_letter_ways import (
    first_known,
    ways_by_broker,
    ways_by_counts,
    ways_by_deaths,
    ways_by_routes,
)
from eventrail.investigate.gauges import LOOKBACK_SECONDS
from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import TableAnswer
from eventrail.model.events import Outcome, empty_events
from eventrail.model.problem import Problem
from eventrail.model.summaries import ROUTES_COLUMNS
from eventrail.model.table import conform
from eventrail.model.window import Window
from eventrail.sources.ports import Broker, LogSource


@dataclass(frozen=True, slots=True)
class Topology:
    """What the living broker says now: Broker.queues, .bindings and .channels; empty where it is not asked."""

    queues: pd.DataFrame
    bindings: pd.DataFrame
    channels: pd.DataFrame
    problems: tuple[Problem, ...] = ()


NO_TOPOLOGY: Final = Topology(pd.DataFrame(), pd.DataFrame(), pd.DataFrame())


def read_topology(broker: Broker | None) -> Topology:
    """Ask the broker; None for the past, which it does not know."""
    if broker is None:
        return NO_TOPOLOGY
    queues, bindings, channels = side_by_side([broker.queues, broker.bindings, broker.channels])
    problems = (*queues.problems, *bindings.problems, *channels.problems)
    return Topology(queues.frame, bindings.frame, channels.frame, problems)


def known_routes(logs: LogSource, window: Window, queues: Collection[str], topology: Topology) -> TableAnswer:
    """Give what leads to queues (ROUTES_COLUMNS): what deliveries show of late, and for queues that had none, before.

    The default exchange leads to each queue by its name, whether anything was delivered or not; so do the broker's
    bindings. A binding with a pattern is none of these: publishes are asked for by their keys.
    """
    seen = logs.routes(window)
    if set(queues) - set(seen.frame["queue"]):
        seen = logs.routes(Window.before(window.end, LOOKBACK_SECONDS[-1]))
    by_name = pd.DataFrame({"exchange": "", "routing_key": sorted(queues), "queue": sorted(queues)})
    bound = topology.bindings
    if len(bound):
        exact = ~bound["routing_key"].fillna("").str.contains(r"[*#]")
        bound = bound[exact & bound["queue"].isin(queues)][["vhost", "exchange", "routing_key", "queue"]]
    told = pd.concat([seen.frame, by_name, bound], ignore_index=True)
    return TableAnswer(conform(told.assign(deliveries=told["deliveries"].fillna(0)), ROUTES_COLUMNS), seen.problems)


def known_ways(
    topology: Topology,
    ended: pd.DataFrame,
    totals: Mapping[str, pd.DataFrame],
    deaths: pd.DataFrame | None = None,
    routes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give WAY_COLUMNS, the surest that is known of each queue.

    ended: lines of discards among others. totals: queue → samples
    (time, value). deaths: lines about received letters. routes: LogSource.routes.
    """
    discards = ended[ended["outcome"] == Outcome.DISCARD]
    told = [ways_by_deaths(empty_events() if deaths is None else deaths)]
    if len(topology.queues):
        told.append(ways_by_broker(topology.queues, topology.bindings))
    told.append(ways_by_routes(discards, conform({}, ROUTES_COLUMNS) if routes is None else routes))
    told.append(ways_by_counts(discards, totals))
    return first_known(*told)
