"""The ledger beside the living broker in the course of a run with changing load and faults.

Two minutes by default; EVENTRAIL_TRUTH_MINUTES=30 has every fault three times and a hundred instants.
"""

import os
from collections import Counter

import pandas as pd
import pytest

from bank.client import Bank
from eventrail.sources.ports import Sources
from stack.compose import Stack
from tests.truth.conftest import RATE
from tests.truth.course import Course, ask_afterwards, work
from tests.truth.figures import Figures
from tests.truth.judging import (
    SLACK,
    UNCERTAINTY,
    Inferred,
    differing_queues,
    failing_sums,
    inferred,
    one_for_one,
    read_lines,
    read_published,
)
from tests.truth.plan import SHORT_SECONDS, plan

MINUTES = float(os.environ.get("EVENTRAIL_TRUTH_MINUTES", SHORT_SECONDS / 60))
SECONDS = MINUTES * 60
SECONDS_BETWEEN = 18.0 if SECONDS > SHORT_SECONDS else 5.0
INSTANTS = round(SECONDS / SECONDS_BETWEEN)
# Of a hundred instants the ledger agrees with the broker at 97 or more.
AGREEING_SHARE = 0.97
INFERRED_SHARE = 0.95
# A shipper that stands still is noticed by the heartbeats that are missing.
NOTICED_SECONDS = 15.0

pytestmark = [pytest.mark.bank, pytest.mark.timeout(600 + 2 * SECONDS)]


@pytest.fixture(scope="module")
def course(bank: Bank, stack: Stack, live: Sources, figures: Figures) -> Course:
    worked = work(bank, stack, live, plan(SECONDS, RATE), INSTANTS, SECONDS_BETWEEN)
    figures.note("run: seconds", SECONDS)
    figures.note("run: done", dict(Counter(done.act.do for done in worked.done)))
    figures.note("run: load average of the machine", worked.load_average)
    return ask_afterwards(worked, live)


@pytest.fixture(scope="module")
def lines(course: Course, live: Sources) -> pd.DataFrame:
    """The run's lines about deliveries and channels."""
    return read_lines(live, course.worked.begun, course.instants[-1].at)


def test_every_count_adds_up_at_every_instant_with_every_difference_named(course: Course, figures: Figures) -> None:
    failing = {str(one.at): wrong for one in course.instants if (wrong := failing_sums(one.ledger))}
    named: Counter[str] = Counter()
    for one in course.instants:
        for queue in one.ledger.queues:
            named.update({f"{reason.side}: {reason.kind}": reason.messages for reason in queue.reasons})
    figures.note("run: instants", len(course.instants))
    figures.note("run: of them with a sum that does not hold", failing)
    figures.note("run: messages of differences by name", dict(named))
    unnamed = {kind for kind in named if kind.endswith(("no-line", "no-instrumentation", "settled-without-line"))}

    assert named
    assert failing == {}
    assert unnamed == set(), "every consumer writes its lines, and none is lost"


def test_the_ledger_agrees_with_the_broker_within_the_gauges_uncertainty(
    course: Course, lines: pd.DataFrame, live: Sources, figures: Figures
) -> None:
    published = read_published(live, course.worked.begun, course.instants[-1].at)
    within, closely = (
        {
            str(one.at): wrong
            for one, held in course.answered
            if (wrong := differing_queues(lines, published, held, one.ledger, uncertainty))
        }
        for uncertainty in (UNCERTAINTY, SLACK)
    )
    figures.note("run: instants at which the broker answered", len(course.answered))
    figures.note("run: of them the ledger agrees at", len(course.answered) - len(within))
    figures.note("run: of them the ledger agrees at within half a second", len(course.answered) - len(closely))
    figures.note("run: queues that differed", within)

    assert course.unanswered_while_it_ran() == []
    assert len(within) <= (1 - AGREEING_SHARE) * len(course.answered), within


def test_deliveries_older_than_the_uncertainty_match_the_broker_one_for_one(
    course: Course, lines: pd.DataFrame, figures: Figures
) -> None:
    compared = {str(one.at): one_for_one(lines, held, one.ledger) for one, held in course.answered}
    differing = {
        at: {"missed": each.missed.to_dict("records"), "invented": each.invented.to_dict("records")}
        for at, each in compared.items()
        if not each.exact
    }
    figures.note("run: instants exact one for one", len(compared) - len(differing))
    figures.note("run: deliveries compared one for one", sum(each.compared for each in compared.values()))
    figures.note("run: deliveries that differed", differing)

    assert sum(each.compared for each in compared.values()) > len(compared)
    assert differing == {}


def test_what_is_inferred_by_queue_order_is_what_the_broker_holds(
    course: Course, lines: pd.DataFrame, figures: Figures
) -> None:
    found = [inferred(lines, held, one.ledger) for one, held in course.answered]
    both = Inferred(sum(one.held for one in found), sum(one.held_and_listed for one in found))
    figures.note("run: older deliveries held without receive lines", both.held)
    figures.note("run: of them listed", both.held_and_listed)

    assert both.held_and_listed >= INFERRED_SHARE * both.held


def test_the_holder_named_is_a_pod_on_its_node(course: Course, bank: Bank) -> None:
    nodes = {pod.name: pod.node for pod in bank.pods()}
    for one in course.instants:
        for queue in one.ledger.queues:
            named = queue.deliveries.dropna(subset=["pod"])
            assert (named["node"] == named["pod"].map(nodes)).all()


def test_while_logs_are_late_pages_say_how_far_and_accuse_nobody(course: Course, figures: Figures) -> None:
    answers = course.worked.live_answers
    furthest = max(answer.behind_seconds for answer in answers)
    stopped = course.stopped_nodes()
    wrongly = {
        str(late.as_of): late.listed - healed.listed
        for late, healed in zip(answers, course.healed, strict=True)
        if late.listed - healed.listed
    }
    figures.note("run: live answers while logs were late", len(answers))
    figures.note("run: seconds behind at most", round(furthest, 1))
    figures.note("run: of them with a message wrongly listed", wrongly)

    assert furthest > max(stopped.values()) - NOTICED_SECONDS
    assert all(any(f"logs of {node}" in told for answer in answers for told in answer.told) for node in stopped)
    assert wrongly == {}


def test_when_late_logs_have_come_the_same_instants_are_listed_in_full(course: Course, figures: Figures) -> None:
    missing = {
        str(late.as_of): healed.listed - late.listed
        for late, healed in zip(course.worked.live_answers, course.healed, strict=True)
        if healed.listed - late.listed
    }
    figures.note("run: live answers that lacked a message", missing)

    assert missing == {}
    assert all(
        healed.as_of == late.as_of for late, healed in zip(course.worked.live_answers, course.healed, strict=True)
    )
