"""The log shipper of a node stops for a minute: answers get older, and nothing is wrongly called unacknowledged."""

import time
from datetime import UTC, datetime

import pandas as pd
import pytest

from bank.client import Bank
from eventrail.investigate.unacked import investigate_unacked
from eventrail.sources.ports import Sources
from stack.compose import Stack
from tests.truth.figures import Figures
from tests.truth.waiting import until_logs_are_complete_to

STOPPED_SECONDS = 60.0
CATCHING_UP_SECONDS = 20.0
NODE = "node-b"

pytestmark = [pytest.mark.bank, pytest.mark.timeout(600)]

Listed = set[tuple[str, str]]


def listed(sources: Sources, as_of: pd.Timestamp | None = None) -> tuple[pd.Timestamp, float, Listed, tuple[str, ...]]:
    """Ask as a page does: the instant spoken about, how far behind, what is listed, and the problems told."""
    instant = None if as_of is None else as_of.to_pydatetime()
    answer = investigate_unacked(sources, now=datetime.now(tz=UTC), as_of=instant)
    deliveries = pd.concat(
        [queue.deliveries for queue in answer.ledger.queues] or [pd.DataFrame(columns=["message_id", "pod"])]
    )
    pairs = set(zip(deliveries["message_id"], deliveries["pod"], strict=True))
    told = tuple(str(problem) for problem in answer.problems)
    return answer.moment.as_of, answer.moment.behind_seconds, pairs, told


def test_the_pages_say_how_far_behind_and_accuse_nobody(
    bank: Bank, stack: Stack, live: Sources, figures: Figures
) -> None:
    assert bank.pods()
    until_logs_are_complete_to(pd.Timestamp(datetime.now(tz=UTC)), live)
    shipper = stack.shipper(NODE)
    shipper.stop()
    stopped = time.monotonic()
    answers = []
    try:
        while time.monotonic() < stopped + STOPPED_SECONDS:
            answers.append(listed(live))
            time.sleep(3)
    finally:
        shipper.start()
    while time.monotonic() < stopped + STOPPED_SECONDS + CATCHING_UP_SECONDS:
        answers.append(listed(live))
        time.sleep(1)
    until_logs_are_complete_to(pd.Timestamp(datetime.now(tz=UTC)), live)

    furthest = max(behind for _, behind, _, _ in answers)
    wrongly = {str(as_of): pairs - listed(live, as_of)[2] for as_of, _, pairs, _ in answers}
    wrongly = {as_of: pairs for as_of, pairs in wrongly.items() if pairs}
    figures.note("shipping stopped: seconds behind at most", round(furthest, 1))
    figures.note("shipping stopped: answers compared", len(answers))
    figures.note("shipping stopped: answers with a message wrongly listed", len(wrongly))

    assert furthest > STOPPED_SECONDS - 15
    assert any(f"logs of {NODE}" in problem for _, _, _, told in answers for problem in told)
    assert wrongly == {}
