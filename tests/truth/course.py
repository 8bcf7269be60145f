"""A run: while a plan is worked off, the broker is asked at regular instants, and the live page while logs are late."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import psutil

from bank.client import Bank
from eventrail.investigate.unacked import investigate_unacked
from eventrail.model.ledger import Ledger
from eventrail.sources.ports import Sources
from stack.compose import Stack
from stack.errors import StackError
from tests.truth.doing import Doer, Done, now
from tests.truth.held import Held, held_by
from tests.truth.plan import Act, Do
from tests.truth.waiting import until_logs_are_complete_to

# How long after a shipper was started again the live page is still asked.
CATCHING_UP_SECONDS = 20.0
# A question that meets a broker about to end is given up after so long.
ANSWERING_SECONDS = 15.0

Listed = set[tuple[str, str, str]]


@dataclass(frozen=True)
class LiveAnswer:
    """What a page said while logs were late. listed: queue, message, pod. told: its problems."""

    as_of: pd.Timestamp
    behind_seconds: float
    listed: Listed
    told: tuple[str, ...]


@dataclass(frozen=True)
class Instant:
    """One instant of a run. held: by the broker; None while it did not answer. ledger: of it, with complete logs."""

    at: pd.Timestamp
    held: Held | None
    ledger: Ledger


@dataclass(frozen=True)
class Worked:
    """What was done, when the broker was asked and what it held, what pages said while logs were late, and the load."""

    begun: pd.Timestamp
    done: tuple[Done, ...]
    looks: tuple[tuple[pd.Timestamp, Held | None], ...]
    live_answers: tuple[LiveAnswer, ...]
    load_average: float


@dataclass(frozen=True)
class Course:
    """A run and the ledgers of its instants, asked for when the logs were complete.

    healed: for each live answer the one of the same instant with complete logs.
    """

    worked: Worked
    instants: tuple[Instant, ...]
    healed: tuple[LiveAnswer, ...]

    def unanswered_while_it_ran(self) -> list[pd.Timestamp]:
        """Give the instants at which the broker should have answered and did not: those outside its restarts."""
        restarts = [done for done in self.worked.done if done.act.do == Do.RESTART_BROKER]
        return [
            one.at
            for one in self.instants
            if one.held is None
            and not any(
                done.begun <= one.at <= done.ended + pd.Timedelta(seconds=ANSWERING_SECONDS) for done in restarts
            )
        ]

    def stopped_nodes(self) -> dict[str, float]:
        """Give each node whose shipper was stopped, with the seconds until it was started again."""
        stopped = {done.act.on: done.ended for done in self.worked.done if done.act.do == Do.STOP_SHIPPING}
        resumed = {done.act.on: done.begun for done in self.worked.done if done.act.do == Do.RESUME_SHIPPING}
        return {node: (resumed[node] - begun).total_seconds() for node, begun in stopped.items()}

    @property
    def answered(self) -> list[tuple[Instant, Held]]:
        """The instants at which the broker answered."""
        return [(one, one.held) for one in self.instants if one.held is not None]


def work(
    bank: Bank, stack: Stack, live: Sources, acts: tuple[Act, ...], instants: int, seconds_between: float
) -> Worked:
    """Work the plan off, look at so many instants meanwhile, and mend everything."""
    doer = Doer(bank, stack)
    begun, begun_monotonic = now(), time.monotonic()
    looks: list[tuple[pd.Timestamp, Held | None]] = []
    live_answers: list[LiveAnswer] = []
    loads: list[float] = []
    late_until = 0.0
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(doer.work_off, acts, begun_monotonic)
        try:
            for _ in _ticks(begun_monotonic, instants, seconds_between, working):
                looks.append(_look(stack, away=doer.broker_away.is_set()))
                loads.append(psutil.getloadavg()[0])
                if doer.silent_nodes:
                    late_until = time.monotonic() + CATCHING_UP_SECONDS
                if time.monotonic() < late_until:
                    live_answers.append(ask(live))
        finally:
            doer.stop()
    working.result()
    doer.mend()
    return Worked(begun, tuple(doer.done), tuple(looks), tuple(live_answers), round(sum(loads) / len(loads), 1))


def ask_afterwards(worked: Worked, live: Sources) -> Course:
    """Wait for the logs, ask for the ledger of every instant, and again for what was asked while logs were late."""
    until_logs_are_complete_to(worked.looks[-1][0], live)
    instants = tuple(Instant(at, held, ledger_at(live, at)) for at, held in worked.looks)
    return Course(worked, instants, tuple(ask(live, answer.as_of) for answer in worked.live_answers))


def _ticks(begun_monotonic: float, instants: int, seconds_between: float, working: "Future[None]") -> Iterator[int]:
    """Give the numbers of the instants, each when it is due; raises what ended the work before its end."""
    for number in range(1, instants + 1):
        time.sleep(max(0.0, begun_monotonic + number * seconds_between - time.monotonic()))
        if working.done():
            working.result()
        yield number


def _look(stack: Stack, *, away: bool) -> tuple[pd.Timestamp, Held | None]:
    """Ask the broker; the instant is the one at which it answered, or the present one while it does not."""
    try:
        held = None if away else held_by(stack.rabbitmq)
    except StackError:
        held = None
    if held is None:
        return now(), None
    return held.asked, held


def ledger_at(live: Sources, instant: pd.Timestamp) -> Ledger:
    """Give the ledger of an instant to which the logs are complete."""
    answer = investigate_unacked(live, now=instant.to_pydatetime(), as_of=instant.to_pydatetime())
    assert answer.moment.as_of == instant, f"the logs are complete to {answer.moment.as_of} only, not to {instant}"
    return answer.ledger


def ask(live: Sources, as_of: pd.Timestamp | None = None) -> LiveAnswer:
    """Ask as a page does, live or of an instant."""
    instant = None if as_of is None else as_of.to_pydatetime()
    answer = investigate_unacked(live, now=datetime.now(tz=UTC), as_of=instant)
    listed = {
        (queue.queue, row.message_id, row.pod)
        for queue in answer.ledger.queues
        for row in queue.deliveries[["message_id", "pod"]].itertuples()
    }
    return LiveAnswer(
        answer.moment.as_of,
        answer.moment.behind_seconds,
        listed,
        tuple(str(problem) for problem in answer.problems),
    )
