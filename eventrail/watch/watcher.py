"""Evaluates the ledger again and again, and gives the latest figures to whoever scrapes."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Final

from prometheus_client import Metric
from prometheus_client.registry import Collector

from eventrail import clock
from eventrail.harmless import plain
from eventrail.investigate.carried import Carried
from eventrail.investigate.consumer_timeouts import ConsumerTimeoutReader
from eventrail.investigate.watching import Chosen, WatchAnswer, investigate_watch, names_of
from eventrail.sources.ports import Sources
from eventrail.watch.bounds import Limits
from eventrail.watch.ledger_metrics import ledger_metrics
from eventrail.watch.own_metrics import OWN_FAULT, Tally, own_metrics

# Figures so many intervals old are no longer given: an evaluation hangs.
STALE_INTERVALS: Final = 3
STALE_SECONDS_MIN: Final = 60.0

logger: Final = logging.getLogger("eventrail.watch")


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """interval_seconds: from the begin of one evaluation to the next. dashboard_url: for links in alerts."""

    interval_seconds: float = 15.0
    chosen: Chosen = field(default_factory=Chosen)
    limits: Limits = field(default_factory=Limits)
    dashboard_url: str | None = None

    @property
    def stale_seconds(self) -> float:
        """For how long an evaluation's figures are given."""
        return max(STALE_INTERVALS * self.interval_seconds, STALE_SECONDS_MIN)


class Watcher(Collector):
    """Holds the latest evaluation. `evaluate` and `collect` may be called from different threads."""

    def __init__(self, sources: Sources, settings: WatchSettings) -> None:
        """Ask nothing yet."""
        self._sources = sources
        self._settings = settings
        self._names = names_of(sources)
        self._tally = Tally(errors=dict.fromkeys((*self._names, OWN_FAULT), 0))
        self._families: Sequence[Metric] = ()
        self._begun = time.monotonic()
        self._ended: float | None = None
        self._carried: Carried | None = None
        self._timeouts = ConsumerTimeoutReader(sources)
        self._lock = threading.Lock()

    def evaluate(self) -> WatchAnswer | None:
        """Ask the sources and keep what they said; None after a fault of Eventrail's own, which is logged and counted.

        The figures of the evaluation before are dropped when this one cannot be trusted.
        """
        begun = time.monotonic()
        try:
            now = clock.now()
            timeouts = self._timeouts.read(now)
            answer = investigate_watch(
                self._sources,
                now=now,
                read_timeouts=timeouts,
                chosen=self._settings.chosen,
                carried=self._carried,
            )
            families = ledger_metrics(answer, self._settings.limits) if answer.trusted else []
        except Exception:
            # A fault of our own: the watch must outlive it, and say so by a metric that alerts.
            logger.exception("the evaluation failed by a fault of Eventrail itself")
            self._keep(None, [], time.monotonic() - begun)
            return None
        if answer.trusted:
            self._carried = answer.carried
        self._keep(answer, families, time.monotonic() - begun)
        return answer

    def collect(self) -> Iterator[Metric]:
        """Give the families for one scrape."""
        with self._lock:
            own = own_metrics(
                self._tally,
                version=version("eventrail"),
                interval_seconds=self._settings.interval_seconds,
                dashboard_url=self._settings.dashboard_url,
            )
            young = self._ended is not None and time.monotonic() - self._ended <= self._settings.stale_seconds
            families = self._families if young else ()
        yield from own
        yield from families

    @property
    def evaluated(self) -> bool:
        """Whether an evaluation has ended, with whatever outcome."""
        with self._lock:
            return self._ended is not None

    @property
    def seconds_since_evaluation(self) -> float:
        """Say how long ago an evaluation ended, with whatever outcome; before the first: how long ago the start was."""
        with self._lock:
            return time.monotonic() - (self._begun if self._ended is None else self._ended)

    @property
    def interval_seconds(self) -> float:
        """From the begin of one evaluation to the next."""
        return self._settings.interval_seconds

    def run(self, stop: threading.Event) -> None:
        """Evaluate on the interval until `stop` is set; one that takes longer is followed at once by the next."""
        while not stop.is_set():
            due = time.monotonic() + self._settings.interval_seconds
            self.evaluate()
            stop.wait(max(due - time.monotonic(), 0.0))

    def _keep(self, answer: WatchAnswer | None, families: Sequence[Metric], took_seconds: float) -> None:
        silent = frozenset() if answer is None else answer.silent
        up = {} if answer is None else {kind: kind not in silent for kind in self._names}
        with self._lock:
            before, tally = dict(self._tally.up), self._tally
            self._families, self._ended = families, time.monotonic()
            tally.evaluations += 1
            tally.last_duration_seconds = took_seconds
            tally.succeeded = answer is not None and answer.trusted
            tally.warnings = 0 if answer is None else sum(each.severity == "warning" for each in answer.problems)
            tally.up = up
            for kind in silent if answer is not None else {OWN_FAULT}:
                tally.errors[kind] += 1
            if tally.succeeded:
                tally.last_success = clock.now().timestamp()
        if answer is not None:
            self._tell(before, answer)

    def _tell(self, before: dict[str, bool], answer: WatchAnswer) -> None:
        """Log what changed: a source that no longer answers, with why, and one that answers again."""
        for kind, name in self._names.items():
            was_up = before.get(kind, True)
            if kind in answer.silent and was_up:
                errors = [each for each in answer.problems if each.source == name and each.severity == "error"]
                for problem in errors:
                    logger.error("%s", plain(problem))
            elif kind not in answer.silent and not was_up:
                logger.info("%s answers again", plain(name))
