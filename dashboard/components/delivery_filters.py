"""The filters of the page Unacknowledged: each offers what occurs and how often, and is kept in the link."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components.link import recall, remember
from dashboard.shaping.words import count_text, visible_text
from eventrail.analysis.narrowing import offered
from eventrail.model.delivery_filter import AGAIN, INFERRED, LINE, DeliveryFilter

QUEUE: Final = "unacked_queue"
VHOST: Final = "unacked_vhost"
# part of the filter → its name in the link
NAMES: Final[Mapping[str, str]] = {
    "queue": QUEUE,
    "vhost": VHOST,
    "pod": "unacked_pod",
    "node": "unacked_node",
    "consumer": "unacked_consumer",
    "event_type": "unacked_event",
    "stage": "unacked_stage",
    "attempt": "unacked_attempt",
    "known": "unacked_known",
    "correlation": "unacked_correlation",
}
PARAMETERS: Final = tuple(NAMES.values())
ALL: Final = ""
# part of the filter → what its choice is called, and its width in pixels
_LABELS: Final[Mapping[str, tuple[str, int]]] = {
    "queue": ("queue", 250),
    "pod": ("pod", 200),
    "node": ("node", 130),
    "consumer": ("consumer", 200),
    "event_type": ("event type", 190),
    "stage": ("stage", 130),
    "attempt": ("attempt", 165),
    "known": ("way of knowing", 190),
}
_WORDS: Final[Mapping[str, str]] = {
    AGAIN: "delivered before",
    LINE: "known by its own line",
    INFERRED: "inferred",
}
# More different values than a reader looks through: the rarest are left out, a link still names them.
MOST_OFFERED: Final = 500


def chosen_filter() -> DeliveryFilter:
    """Give what the link says."""
    return DeliveryFilter(**{part: recall(name) for part, name in NAMES.items()})


def queue_filter(queues: Mapping[str, int], wanted: DeliveryFilter) -> None:
    """Offer to narrow the page to a queue. queues: how many deliveries each holds, also those that hold none."""
    _choice("queue", pd.Series(queues, dtype="int64"), wanted.queue)


def list_filters(deliveries: pd.DataFrame, wanted: DeliveryFilter) -> None:
    """Offer to narrow the list further; deliveries: all that are outstanding.

    A choice that would change nothing, since there is but one value, is not offered.
    """
    counts = offered(deliveries, wanted)
    with st.container(horizontal=True, gap="small"):
        for part in _LABELS:
            chosen = str(getattr(wanted, part))
            if part != "queue" and (chosen or _tells_apart(part, counts[part])):
                _choice(part, counts[part], chosen)
        _text(wanted.correlation)
        if set(wanted.narrowed) - {"queue", "vhost"}:
            cleared = {name: "" for part, name in NAMES.items() if part not in {"queue", "vhost"}}
            st.button("Every delivery", key="unacked.clear", type="tertiary", on_click=partial(remember, **cleared))


def _tells_apart(part: str, counts: "pd.Series[int]") -> bool:
    """Say whether a choice would leave some deliveries and take others away."""
    return bool(counts[AGAIN] > 0) if part == "attempt" else int((counts > 0).sum()) > 1


def _choice(part: str, counts: "pd.Series[int]", chosen: str) -> None:
    """Offer what was found, and what the link names even where it was not found."""
    label, width = _LABELS[part]
    found = [str(value) for value in counts.head(MOST_OFFERED).index]
    key = f"unacked.{label}"
    st.session_state[key] = chosen
    st.selectbox(
        label,
        [ALL, *dict.fromkeys([*found, *([chosen] if chosen else [])])],
        format_func=partial(_said, label, counts),
        key=key,
        label_visibility="collapsed",
        on_change=partial(_remember, part, key),
        width=width,
    )


def _said(label: str, counts: "pd.Series[int]", value: str) -> str:
    if value == ALL:
        return f"every {label}"
    return f"{_WORDS.get(value) or visible_text(value)} · {count_text(counts.get(value, 0))}"


def _remember(part: str, key: str) -> None:
    # A queue that is chosen here may be of any virtual host.
    cleared: dict[str, Any] = {VHOST: ""} if part == "queue" else {}
    remember(**{NAMES[part]: str(st.session_state[key]), **cleared})


def _text(chosen: str) -> None:
    key = "unacked.correlation"
    st.session_state[key] = chosen
    st.text_input(
        "A part of the correlation ID",
        key=key,
        placeholder="part of a correlation ID",
        label_visibility="collapsed",
        on_change=partial(_remember, "correlation", key),
        width=190,
    )
