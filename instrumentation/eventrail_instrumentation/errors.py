"""The exceptions of this package.

InstrumentationError
├── PublishError       a publish that the broker did not confirm
└── LinkError         the thread that talks to the broker ended by a fault

Settle                 raised by a handler to say how its message is settled
├── Requeue            give it back to the queue
└── Discard            drop it; a queue with a dead-letter exchange moves it there
"""


class InstrumentationError(Exception):
    """Base of what this package raises."""


class PublishError(InstrumentationError):
    """The broker did not confirm a message.

    `outcome` is `unroutable` (no queue is bound for the routing key), `refused` (the broker said no, or was
    never reached) or `unknown` (handed over, but the connection or the time limit ended before an answer).
    """

    def __init__(self, outcome: str, exchange: str, routing_key: str, error_type: str | None) -> None:
        cause = f" ({error_type})" if error_type else ""
        super().__init__(f"exchange {exchange!r}, routing key {routing_key!r}: the publish is {outcome}{cause}")
        self.outcome = outcome
        self.error_type = error_type


class LinkError(InstrumentationError):
    """The connection's thread ended by a fault of its own; the process should end and be started anew."""


class Settle(Exception):  # noqa: N818 - raised to steer, like StopIteration; it is not an error of the program
    """Raised by a handler to settle its message in another way than by ack."""


class Requeue(Settle):
    """The message goes back to its queue and is delivered again, to this consumer or another."""


class Discard(Settle):
    """The message is dropped. With a dead-letter exchange on its queue the broker moves it there."""
