"""Which metric names, and which labels on them, a window has: by them the generation of a query is told."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from prometheus_api_client import PrometheusConnect

from eventrail.model.window import Window

# Pages ask several times within seconds; a metric that has just appeared is seen this much later at most.
VALID_SECONDS: Final = 10.0
_WINDOWS_KEPT: Final = 16
_HOUR: Final = timedelta(hours=1)


@dataclass(slots=True)
class Names:
    """What one window has. metrics: the names of all metrics."""

    metrics: frozenset[str]
    _client: PrometheusConnect
    _window: dict[str, str]
    _labels: dict[str, frozenset[str]] = field(default_factory=dict)

    def labels_of(self, metric: str) -> frozenset[str]:
        """Give the label names of a metric, asked once. Raises the client's faults."""
        if metric not in self._labels:
            told = self._client.get_label_names(params={"match[]": metric, **self._window})
            self._labels[metric] = frozenset(told)
        return self._labels[metric]


class KnownNames:
    """Names by window, remembered for a short while. May be used by several threads."""

    def __init__(self, client: PrometheusConnect) -> None:
        """Ask nothing yet."""
        self._client = client
        self._lock = Lock()
        self._known: dict[tuple[int, int], tuple[float, Names]] = {}

    def of(self, window: Window) -> Names:
        """Give the names of the whole hours that hold the window. Raises the client's faults.

        Not those of all time: an exporter that was replaced has left its names behind.
        """
        start, end = _whole_hours(window)
        with self._lock:
            known = self._known.get((start, end))
            if known is not None and time.monotonic() - known[0] < VALID_SECONDS:
                return known[1]
            asked = {"start": str(start), "end": str(end)}
            names = Names(frozenset(self._client.get_label_values("__name__", params=dict(asked))), self._client, asked)
            if len(self._known) >= _WINDOWS_KEPT:
                self._known.clear()
            self._known[start, end] = (time.monotonic(), names)
            return names


def spanning(windows: list[Window]) -> Window:
    """Give the window from the earliest start to the latest end."""
    return Window(min(each.start for each in windows), max(each.end for each in windows))


def _whole_hours(window: Window) -> tuple[int, int]:
    start = window.start.replace(minute=0, second=0, microsecond=0)
    whole_end = window.end.replace(minute=0, second=0, microsecond=0)
    return _seconds(start), _seconds(whole_end + _HOUR)


def _seconds(instant: datetime) -> int:
    return int(instant.astimezone(UTC).timestamp())
