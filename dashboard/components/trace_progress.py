"""Tells how far the reading of an event is while the page waits for it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Lock
from typing import Any, Final, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import ScriptRunContext, add_script_run_ctx, get_script_run_ctx

from eventrail.model.progress import OnProgress, Progress
from eventrail.report.progress_words import progress_words

LOOK_SECONDS: Final = 0.25

Result = TypeVar("Result")


class Board:
    """The progress of events that are being read, for all readers who wait for them."""

    def __init__(self) -> None:
        """Know of none."""
        self._told: dict[str, Progress] = {}
        self._lock: Final = Lock()

    def of(self, correlation_id: str) -> OnProgress:
        """Give what to tell an event's progress to."""

        def note(progress: Progress) -> None:
            with self._lock:
                if progress.lines_read < progress.lines_total:
                    self._told[correlation_id] = progress
                else:
                    self._told.pop(correlation_id, None)

        return note

    def told(self, correlation_id: str) -> Progress | None:
        """Give an event's progress; None where it is not being read, or all of it is."""
        with self._lock:
            return self._told.get(correlation_id)

    def forget(self, correlation_id: str) -> None:
        """Know nothing of an event any more, whose reading may have ended early."""
        with self._lock:
            self._told.pop(correlation_id, None)


@st.cache_resource(show_spinner=False)
def board() -> Board:
    """Give the board of this process."""
    return Board()


def told_while(load: Callable[[], Result], told: Callable[[], Progress | None], slot: Any) -> Result:
    """Load, and show in the slot meanwhile how far it is; nothing of what is there soon.

    The reader may go elsewhere meanwhile: the loading goes on and is kept for when they come back.
    """
    context = get_script_run_ctx(suppress_warning=True)
    pool = ThreadPoolExecutor(1, initializer=_in_session, initargs=(context,))
    try:
        loading = pool.submit(load)
        shown = None
        while not wait([loading], timeout=LOOK_SECONDS).done:
            progress = told()
            if progress is not None and progress != shown:
                shown = progress
                slot.caption(f"Reading the event: {progress_words(progress)}")
        if shown is not None:
            slot.empty()
        return loading.result()
    finally:
        pool.shutdown(wait=False)


def _in_session(context: ScriptRunContext | None) -> None:
    """Let what the thread loads be kept as what the page's own thread loads is."""
    if context is not None:
        add_script_run_ctx(None, context)
