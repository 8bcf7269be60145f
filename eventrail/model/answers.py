"""What a source answers: data, and the problems met while getting it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from eventrail.model.events import Operation, Outcome
from eventrail.model.problem import Problem
from eventrail.model.window import Window


@dataclass(frozen=True, slots=True)
class TagSpan:
    """Deliveries of a channel, from one delivery tag to another, both included."""

    channel_id: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which log lines are wanted. The conditions are joined by AND, the values within one by OR; empty: any.

    deliveries: the line's channel and delivery tag lie in one of the spans, which do not overlap.
    text: words that the line's text must hold, as text, never as query syntax.
    columns: canonical columns needed; empty means all. Sources may give more.
    limit: at most so many lines, None for all; with newest_first the newest are kept.
    """

    window: Window
    correlation_ids: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    routing_keys: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    deliveries: tuple[TagSpan, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    death_reasons: tuple[str, ...] = ()
    text: str = ""
    columns: tuple[str, ...] = ()
    newest_first: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class LogAnswer:
    """Log lines in the canonical event table, as event_order.in_order orders (newest_first: reversed).

    documents_read == len(events) + duplicates + set_aside, always: no row is lost uncounted.
    truncated: more lines matched than `limit` let through.
    """

    events: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    documents_read: int = 0
    duplicates: int = 0
    set_aside: int = 0
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """A summary table; its columns are in the contract of the method that gives it."""

    frame: pd.DataFrame
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One line as its source holds it. text: JSON where the source has JSON; empty where it is not there any more, and
    problems then say why. Hostile like any log text: shown as text only.
    """

    text: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricRequest:
    """One named query of the catalogue (queries/), for a window.

    labels: canonical label → the values wanted; absent or empty: all. step_seconds: distance of the points of a
    computed series; None: the catalogue's own, and raw samples with their own times where the query has that kind.
    """

    name: str
    window: Window
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    step_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    """`frame`: time (UTC, ns), value (float), and the query's documented label columns; ordered by labels, time.

    generation: which expression of the catalogue was used; empty when none applies, with a problem saying so.
    expression: the PromQL that was asked, for links; empty when none was.
    """

    request: MetricRequest
    frame: pd.DataFrame
    generation: str = ""
    problems: tuple[Problem, ...] = ()
    expression: str = ""


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """Health as a value. details: short facts for people (version, cluster name, documents, families found)."""

    source: str
    address: str
    reachable: bool
    version: str = ""
    details: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()
