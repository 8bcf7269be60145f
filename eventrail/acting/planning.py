"""What sending dead letters back would do, told before anything is done."""

from collections.abc import Sequence

from eventrail.acting.choice import Order
from eventrail.acting.journal import unsettled
from eventrail.acting.letters import DeadLetter
from eventrail.acting.outcomes import Redriven, plan
from eventrail.acting.permission import Allowed
from eventrail.acting.queue_facts import queue_names


def planned(allowed: Allowed, order: Order, letters: Sequence[DeadLetter]) -> Redriven:
    """Give what would become of each chosen letter, by the journal and by the queues that there are now.

    Raises SourceUnavailableError when the management API is silent.
    """
    perhaps_twice = unsettled(allowed.journal, order.vhost, order.queue)
    return plan(order, letters, perhaps_twice, queue_names(allowed, order.vhost))
