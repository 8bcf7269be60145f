"""On whose behalf code works: carried in a context variable to every log line, publish and call."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from eventrail_instrumentation.ids import new_id


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that is being worked on, and the message being handled for it (None at the start of an
    event).
    """

    correlation_id: str
    message_id: str | None = None


_current: ContextVar[Cause | None] = ContextVar("eventrail_cause", default=None)


def current_cause() -> Cause | None:
    """What the running code works on, or None outside of any event."""
    return _current.get()


@contextmanager
def on_behalf_of(cause: Cause) -> Iterator[Cause]:
    """Everything logged, published and called inside the block belongs to `cause`.

    A thread started inside the block does not inherit it: hand it `contextvars.copy_context().run`.
    """
    token = _current.set(cause)
    try:
        yield cause
    finally:
        _current.reset(token)


@contextmanager
def new_event(correlation_id: str | None = None) -> Iterator[Cause]:
    """Starts an event: for an HTTP request, a timer, a file that arrived. Makes a correlation ID when given
    none.
    """
    with on_behalf_of(Cause(correlation_id or new_id())) as cause:
        yield cause
