"""docs/alerting.md tells every metric, and no others."""

import re
from dataclasses import replace
from pathlib import Path

from eventrail.testing.builders import EventBook
from eventrail.watch.serving import exposition
from eventrail.watch.watcher import Watcher, WatchSettings
from tests.investigate.told import gauges_of, running, told

PAGE = (Path(__file__).parents[2] / "docs/alerting.md").read_text(encoding="utf-8")


def test_every_metric_has_a_row_and_no_other_has() -> None:
    book = EventBook()
    book.heartbeat(10, pod="payments-1")
    book.publish(1, "m1", pod="orders-1")
    book.receive(2, "m1", queue="payments", pod="payments-1")
    sources = replace(told(book, gauges_of(book, 10) | running(book, 10, "payments-1")), opening=book.time(10))
    watcher = Watcher(sources, WatchSettings(dashboard_url="http://dashboard.example"))
    watcher.evaluate()

    exposed = set(re.findall(r"^# TYPE (\S+)", exposition(watcher), flags=re.MULTILINE))

    assert set(re.findall(r"^\| `(eventrail_\w+)`", PAGE, flags=re.MULTILINE)) == exposed
