"""Waits in queues: from publish to first delivery, from giving back to the next delivery, or still going on."""

import numpy as np
import pandas as pd

from eventrail.analysis.arrivals import DISCARD, Messages, find_arrivals, find_messages
from eventrail.analysis.columns import NOWHERE, Positions, pick
from eventrail.analysis.delivery_arrays import Deliveries
from eventrail.analysis.discarded import destinations
from eventrail.analysis.lines import Lines
from eventrail.analysis.routes import known_routes
from eventrail.analysis.steps import Steps
from eventrail.analysis.subjects import subjects
from eventrail.analysis.wait_steps import Waits, dead_lettered, ended_waits, given_back, joined_waits, not_delivered


def waits_between(
    publishes: Steps, handles: Steps, deliveries: Deliveries, lines: Lines, routes: pd.DataFrame | None
) -> tuple[Waits, Messages, tuple[str, ...]]:
    """Give the waits, what publishes and deliveries speak of, and the names of the queues.

    A delivery's wait began when the delivery before it gave the message back or discarded it, or at the publish; one
    whose publish no line shows has no wait. A message that was published, or given back, and not delivered since waits
    in the queues that its exchange and routing key lead to.
    """
    ways = known_routes(lines, routes)
    event_of_publish = lines.codes("correlation_id")[publishes.line]
    told = subjects(publishes, event_of_publish, handles, deliveries.codes("correlation_id"), lines)
    messages = find_messages(*told, publishes, deliveries)
    arrivals = find_arrivals(publishes, handles, deliveries, messages, lines)
    discards = np.flatnonzero(arrivals.goes_on & (deliveries.settlement == DISCARD))
    sent_on = _sent_on(publishes, handles, messages, discards)
    went = destinations(handles.queue[discards], sent_on, lines, routes, ways.queues)
    waits = joined_waits(
        [
            ended_waits(publishes, handles, arrivals),
            given_back(handles, deliveries, arrivals),
            dead_lettered(handles, discards, went),
            not_delivered(publishes, handles, messages, arrivals, lines, ways),
        ]
    )
    return waits, messages, ways.queues


def _sent_on(publishes: Steps, handles: Steps, messages: Messages, at: Positions) -> dict[str, Positions]:
    """Give the line that states what each handling's message was published with: its publish, else the delivery's."""
    publish = messages.origin_of(messages.handled[at])
    return {
        name: np.where(
            publish == NOWHERE, handles.stated_by[name][at], pick(publishes.stated_by[name], publish, NOWHERE)
        )
        for name in ("exchange", "routing_key")
    }
