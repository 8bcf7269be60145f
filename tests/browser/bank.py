"""What browser tests open: the shipped recording, and in it three events that the bank does not make by itself.

One goes out to very many, one passes a node whose clock is 5 s ahead, and one has nothing but hostile names.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pandas as pd

from eventrail.model.events import Outcome, as_events
from eventrail.recording.contents import Recording
from eventrail.recording.reading import read_recording
from eventrail.testing.builders import EventBook

SHIPPED: Final = Path(__file__).parents[2] / "recordings" / "hung-consumer.eventrail"
START: Final = datetime(2026, 11, 23, 17, 50, tzinfo=UTC)
LAST_SECONDS: Final = 640

HUNG: Final = "1m84rdqxtf6ptk2r"
DISCARDED: Final = "1m84rd879s34efba"
FAN_OUT: Final = "statements-of-november"
ACCOUNTS: Final = 800
CLOCK_AHEAD: Final = "passed-a-clock-ahead"
HOSTILE: Final = (
    '<img src=x onerror="document.title=1"> **bold** [link](javascript:document.title=1) $x^2$ :red[x] `code`'
)


def bank_recording() -> Recording:
    """Give the recording; always the same."""
    shipped = read_recording(SHIPPED)
    told = EventBook(start=START)
    _fan_out(told)
    _clock_ahead(told)
    _hostile(told)
    # A pod that says nothing any more would hold back the instant that pages speak about.
    for service in ("statements", "mailer", "archive", "desk", "ahead"):
        for second in range(0, LAST_SECONDS, 5):
            told.heartbeat(float(second), pod=f"{service}-1")
    return replace(shipped, events=as_events(pd.concat([shipped.events, told.events()], ignore_index=True)))


def link(event: str, **chosen: str) -> str:
    """Give the link of an event, as it stands when all is over that ends; chosen: the link's other parameters."""
    told = {} if event in (HUNG, DISCARDED) else {"at": f"{START + timedelta(seconds=300):%Y-%m-%dT%H:%M:%SZ}"}
    return f"/trace?{urlencode({'trace_id': event, **told, **chosen})}"


def _fan_out(book: EventBook) -> None:
    """Make a statement for each account: three fail, two are held."""
    about = {"correlation_id": FAN_OUT}
    book.publish(1, "run", pod="desk-1", event_type="statements.due", **about)
    book.handle(1.01, "run", queue="statements.due", pod="statements-1", held_seconds=20.0)
    for number in range(ACCOUNTS):
        at, message = 1.1 + number / 50, f"account-{number}"
        book.publish(at, message, pod="statements-1", event_type="statement.made", causation_id="run", **about)
        book.receive(at + 0.003, message, queue="mailer.statement-made", pod="mailer-1", node="node-b")
        book.process(at + 0.004, message, pod="mailer-1", node="node-b")
        if number in (31, 415):
            continue
        failed = number in (100, 200, 300)
        outcome, error = (Outcome.DISCARD, "MailboxFull") if failed else (Outcome.ACK, None)
        book.settle(at + 0.02, message, outcome, pod="mailer-1", node="node-b", error_type=error)


def _clock_ahead(book: EventBook) -> None:
    about = {"correlation_id": CLOCK_AHEAD}
    book.publish(60.0, "there", pod="desk-1", event_type="check.asked", **about)
    book.handle(65.1, "there", queue="ahead.check-asked", pod="ahead-1", node="node-ahead", held_seconds=0.2)
    book.publish(
        65.25, "back", pod="ahead-1", node="node-ahead", event_type="check.done", causation_id="there", **about
    )
    book.handle(60.4, "back", queue="desk.check-done", pod="desk-1", held_seconds=0.2)


def _hostile(book: EventBook) -> None:
    """Name everything as an attacker would; the handling fails and its message comes again, and stays."""
    names = {"service": HOSTILE, "node": HOSTILE}
    about = {"correlation_id": HOSTILE, "exchange": HOSTILE, "routing_key": HOSTILE, **names}
    book.publish(90.0, HOSTILE, pod=HOSTILE, event_type=HOSTILE, **about)
    book.receive(90.1, HOSTILE, queue=HOSTILE, pod=HOSTILE, **names)
    book.log(90.15, HOSTILE, pod=HOSTILE, correlation_id=HOSTILE, level="error", **names)
    book.call(90.2, pod=HOSTILE, peer_service=HOSTILE, method=HOSTILE, correlation_id=HOSTILE, **names)
    book.settle(90.3, HOSTILE, Outcome.REQUEUE, pod=HOSTILE, error_type=HOSTILE, **names)
    book.receive(90.4, HOSTILE, queue=HOSTILE, pod=HOSTILE, **names)
