"""Does what a plan says, to the bank, the broker and the shippers."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pandas as pd

from bank.client import Bank
from bank.flows import FLOWS
from bank.topology import declare
from stack.compose import Stack
from tests.truth.plan import Act, Do


@dataclass(frozen=True)
class Done:
    """An act that was done, from `begun` to `ended` (UTC)."""

    act: Act
    begun: pd.Timestamp
    ended: pd.Timestamp


@dataclass
class Doer:
    """Does acts one after the other and keeps what was done.

    silent_nodes: those whose shipper it has stopped. broker_away: while it restarts the broker.
    """

    bank: Bank
    stack: Stack
    done: list[Done] = field(default_factory=list)
    silent_nodes: set[str] = field(default_factory=set)
    broker_away: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def work_off(self, acts: tuple[Act, ...], begun_monotonic: float) -> None:
        """Do each act at its second, or as soon as the one before it is done; returns at once after `stop`."""
        for act in acts:
            if self._stopped.wait(max(0.0, begun_monotonic + act.second - time.monotonic())):
                return
            begun = now()
            self._does()[act.do](act.on)
            self.done.append(Done(act, begun, now()))

    def stop(self) -> None:
        """Do no more."""
        self._stopped.set()

    def mend(self) -> None:
        """Start what stands still, release what hangs, and wait until every pod is ready."""
        if not self.stack.rabbitmq.process.running():
            self.stack.rabbitmq.start()
        for node in sorted(self.silent_nodes):
            self._resume_shipping(node)
        for pod in self.bank.pods():
            if pod.hung:
                self.bank.release(pod.service, pod.name)
        self.bank.wait(lambda pods: all(pod.ready and not pod.hung for pod in pods), 90)

    def _does(self) -> dict[Do, Callable[[str], object]]:
        return {
            Do.HANG: self.bank.hang,
            Do.HANG_ALL: self._hang_all,
            Do.RELEASE: self._release,
            Do.CANCEL: lambda service: self.bank.cancel(service, self._hung(service)),
            Do.KILL: lambda service: self.bank.kill(service, self._hung(service)),
            Do.PURGE: lambda queue: self._control("purge_queue", queue),
            Do.DELETE_QUEUE: self._delete_queue,
            Do.RESTART_BROKER: lambda _: self._restart_broker(),
            Do.STOP_SHIPPING: self._stop_shipping,
            Do.RESUME_SHIPPING: self._resume_shipping,
            Do.LOAD: lambda rate: self.bank.change_rate(float(rate)),
        }

    def _hung(self, service: str) -> str:
        return next(pod.name for pod in self.bank.pods(service) if pod.hung)

    def _hang_all(self, service: str) -> None:
        for pod in self.bank.pods(service):
            self.bank.hang(service, pod.name)

    def _release(self, service: str) -> None:
        for pod in self.bank.pods(service):
            if pod.hung:
                self.bank.release(service, pod.name)

    def _control(self, command: str, queue: str) -> None:
        self.stack.rabbitmq.control(command, "--vhost", self.stack.rabbitmq.virtual_host, queue)

    def _delete_queue(self, queue: str) -> None:
        self._control("delete_queue", queue)
        declare(self.stack.rabbitmq.amqp_url, FLOWS)

    def _restart_broker(self) -> None:
        self.broker_away.set()
        self.stack.rabbitmq.process.stop()
        self.stack.rabbitmq.start()
        self.broker_away.clear()

    def _stop_shipping(self, node: str) -> None:
        self.stack.shipper(node).stop()
        self.silent_nodes.add(node)

    def _resume_shipping(self, node: str) -> None:
        self.stack.shipper(node).start()
        self.silent_nodes.discard(node)


def now() -> pd.Timestamp:
    """Give the present instant."""
    return pd.Timestamp(datetime.now(tz=UTC))
