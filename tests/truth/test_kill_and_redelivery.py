"""The strongest proof: what the ledger lists for a hung pod is what the broker hands out again when the pod dies."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import pytest

from bank.client import Bank, PodState
from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.investigate.unacked import investigate_unacked
from eventrail.model.answers import LogQuery
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS, Operation
from eventrail.model.ledger import Settlement
from eventrail.model.window import Window
from eventrail.sources.ports import Sources
from tests.truth.figures import Figures
from tests.truth.living_broker import LivingBroker
from tests.truth.waiting import until, until_logs_are_complete_to

# Services whose few queues fill a hung pod quickly, so that between listing and killing nothing is delivered to it.
LOGGING_RECEIVE = ("payments", "fraud", "ledger", "rewards")
LOGGING_LESS = ("statements", "reporting")
ROUNDS = 5
KILLS = ROUNDS * len(LOGGING_RECEIVE)
HELD_AT_LEAST = 6

pytestmark = [pytest.mark.bank, pytest.mark.timeout(1200)]


@dataclass
class Kill:
    """One pod's death: what was listed for it before, and what the broker handed out again after."""

    pod: PodState
    listed: pd.DataFrame
    killed: pd.Timestamp
    redelivered: set[str] = field(default_factory=set)
    afterwards: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def held(self) -> set[str]:
        """Messages listed for the pod; those whose holder elimination could not name count as its own."""
        return set(self.listed["message_id"][(self.listed["pod"] == self.pod.name) | self.listed["pod"].isna()])


@dataclass
class Unchanged:
    """Says whether a figure, not zero, stayed the same over so many polls."""

    polls: int
    seen: list[tuple[int, ...]] = field(default_factory=list)

    def __call__(self, figures: tuple[int, ...]) -> bool:
        self.seen.append(figures)
        last = self.seen[-self.polls :]
        return all(figures) and len(last) == self.polls and len(set(last)) == 1


def now() -> pd.Timestamp:
    return pd.Timestamp(datetime.now(tz=UTC))


def list_held(live: Sources, services: list[str], instant: pd.Timestamp) -> pd.DataFrame:
    """Give the ledger's deliveries of the services' queues at the instant."""
    answer = investigate_unacked(live, now=instant.to_pydatetime(), as_of=instant.to_pydatetime())
    assert answer.moment.as_of == instant
    tables = [queue.deliveries for queue in answer.ledger.queues if queue.queue.split(".")[0] in services]
    return pd.concat(tables, ignore_index=True)


def one_round(bank: Bank, broker: LivingBroker, live: Sources, services: list[str]) -> list[Kill]:
    """Hang a pod of each service, list what each holds, kill each, and see what comes again."""
    hung = [bank.hang(service) for service in services]
    until(lambda: all(broker.pods()[pod.name] >= HELD_AT_LEAST for pod in hung), 90, "every hung pod holds some")
    kills = []
    for pod in hung:
        until(partial(_listed_and_killed, bank, broker, live, pod, kills), 180, f"{pod.name} listed and killed")
    bank.wait(lambda pods: all(pod.ready and not pod.hung for pod in pods), 60)
    unchanged = Unchanged(polls=4)
    until(lambda: unchanged(tuple(_came_again(live, kill) for kill in kills)), 120, "no more messages come again")
    settled_by = now() + pd.Timedelta(seconds=3)
    until_logs_are_complete_to(settled_by, live)
    for kill in kills:
        kill.afterwards = deliveries_since(live, kill, settled_by)
        kill.redelivered = _redelivered(kill)
    return kills


def _listed_and_killed(bank: Bank, broker: LivingBroker, live: Sources, pod: PodState, kills: list[Kill]) -> bool:
    """List what the pod holds, then kill it; not if a delivery came in between, which the broker's count shows."""
    # Counted before the instant and after: what is delivered around the instant changes the count, and is tried again.
    before = broker.pods()[pod.name]
    instant = now()
    until_logs_are_complete_to(instant, live)
    listed = list_held(live, [pod.service], instant)
    if broker.pods()[pod.name] != before:
        return False
    killed = now()
    bank.kill(pod=pod.name)
    kills.append(Kill(pod, listed, killed))
    return True


def deliveries_since(live: Sources, kill: Kill, end: pd.Timestamp) -> pd.DataFrame:
    """Give all deliveries of the service's queues since an hour before the kill, or its oldest listed one."""
    assert live.logs is not None
    begin = min(kill.listed["delivered"].min(), kill.killed) - pd.Timedelta(seconds=5)
    window = Window(begin.to_pydatetime(), end.to_pydatetime())
    queues = tuple(kill.listed["queue"].unique())
    lines = live.logs.read(LogQuery(window, queues=queues, operations=DELIVERY_OPERATIONS)).events
    channels = live.logs.read(LogQuery(window, operations=CHANNEL_OPERATIONS)).events
    return match_deliveries(clean(pd.concat([lines, channels]))[0])[0]


def _came_again(live: Sources, kill: Kill) -> int:
    kill.afterwards = deliveries_since(live, kill, now())
    return len(_redelivered(kill))


def _difference(kill: Kill) -> dict[str, object]:
    """Tell what was listed and did not come again, and what came again and was not listed, with what is known of it."""
    columns = ["message_id", "queue", "pod", "delivered", "settled", "settlement", "redelivered"]
    about = kill.afterwards[columns]
    return {
        "pod": kill.pod.name,
        "killed": kill.killed,
        "listed, of it the pod named": [len(kill.held), int((kill.listed["pod"] == kill.pod.name).sum())],
        "came again": len(kill.redelivered),
        "listed only": about[about["message_id"].isin(kill.held - kill.redelivered)].to_dict("records"),
        "came again only": about[about["message_id"].isin(kill.redelivered - kill.held)].to_dict("records"),
    }


def _redelivered(kill: Kill) -> set[str]:
    """Give the messages that the broker handed out with its redelivered flag after the kill."""
    again = kill.afterwards[
        kill.afterwards["redelivered"].fillna(False).astype(bool) & (kill.afterwards["delivered"] >= kill.killed)
    ]
    return set(again["message_id"])


@pytest.fixture(scope="module")
def kills(bank: Bank, broker: LivingBroker, live: Sources) -> list[Kill]:
    rounds = [one_round(bank, broker, live, [*LOGGING_RECEIVE, *LOGGING_LESS]) for _ in range(ROUNDS)]
    return [kill for one in rounds for kill in one]


def test_what_the_ledger_listed_is_what_the_broker_hands_out_again(kills: list[Kill], figures: Figures) -> None:
    held = [(kill, kill.held) for kill in kills if kill.pod.service in LOGGING_RECEIVE]
    exact = [kill for kill, listed in held if listed == kill.redelivered]
    differing = {
        f"{kill.pod.name} at {kill.killed}": sorted(listed ^ kill.redelivered)
        for kill, listed in held
        if listed != kill.redelivered
    }
    figures.note("kills with receive lines", len(held))
    figures.note("of them listed exactly", len(exact))
    figures.note("messages listed for them", sum(len(listed) for _, listed in held))
    stages = pd.concat([kill.listed["stage"] for kill, _ in held]).value_counts().to_dict()
    figures.note("stages of what was listed", stages)

    assert len(held) == KILLS
    assert differing == {}
    assert {"received", "handling"} <= set(stages)


def test_what_queue_order_inferred_is_what_the_broker_hands_out_again(kills: list[Kill], figures: Figures) -> None:
    inferred = [kill for kill in kills if kill.pod.service in LOGGING_LESS]
    hits = messages = exact = 0
    for kill in inferred:
        hits += len(kill.held & kill.redelivered)
        messages += len(kill.held | kill.redelivered)
        exact += kill.held == kill.redelivered
    named = sum(int((kill.listed["pod"] == kill.pod.name).sum()) for kill in inferred)
    figures.note("kills without receive lines", len(inferred))
    figures.note("of them inferred exactly", exact)
    figures.note("messages inferred or redelivered", messages)
    figures.note("of them inferred and redelivered", hits)
    figures.note("of the inferred, holder named", named)

    assert messages > 0
    assert hits / messages >= 0.95, json.dumps([figures.noted, *map(_difference, inferred)], indent=1, default=str)


def test_afterwards_the_ledger_shows_them_as_returned_and_then_handled(kills: list[Kill]) -> None:
    for kill in kills:
        if kill.pod.service not in LOGGING_RECEIVE:
            continue
        own = kill.listed[kill.listed["pod"] == kill.pod.name]
        for message_id in own["message_id"]:
            history = kill.afterwards[kill.afterwards["message_id"] == message_id].sort_values("delivered")
            assert history["settlement"].iloc[0] == Settlement.RETURNED, message_id
            assert history["settlement"].iloc[-1] in (Settlement.ACK, Settlement.DISCARD), message_id
            assert history["redelivered"].iloc[-1]


def test_the_returned_ones_are_told_in_the_trace_of_their_event(kills: list[Kill], live: Sources) -> None:
    from eventrail.investigate.tracing import investigate_trace

    kill = next(kill for kill in kills if kill.pod.service in LOGGING_RECEIVE)
    held = kill.listed[kill.listed["pod"] == kill.pod.name].iloc[0]

    answer = investigate_trace(live, held["correlation_id"], now=datetime.now(tz=UTC))

    assert answer.trace is not None
    attempts = answer.trace.steps.query("kind == 'handle' and message_id == @held['message_id']")
    attempts = attempts[attempts["queue"] == held["queue"]]
    assert attempts["state"].to_list()[0] == "returned"
    assert attempts["state"].to_list()[-1] in ("complete", "failed")
    assert Operation.LOG in set(answer.trace.log_lines["operation"])
