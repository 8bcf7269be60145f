"""However many queues and holders there are, the series are bounded, and nothing that is held goes uncounted."""

import pandas as pd
import pytest

from eventrail.watch.bounds import Bounded, Limits, bounded
from eventrail.watch.queue_table import FIGURES, HOLDER_KEYS, QUEUE_KEYS


def queues(number: int) -> pd.DataFrame:
    """Worst first; the queue q0 is the oldest; from q5 on the broker gives no count."""
    rows = [
        {"vhost": "/", "queue": f"q{each}"}
        | dict.fromkeys(FIGURES, 1.0)
        | {"oldest_seconds": 100.0 - each, "remaining_seconds": 50.0 + each}
        | ({"broker_unacked": None} if each >= 5 else {})
        for each in range(number)
    ]
    return pd.DataFrame(rows, columns=[*QUEUE_KEYS, *FIGURES]).astype(dict.fromkeys(FIGURES, "float64"))


def holders(number: int) -> pd.DataFrame:
    """Each queue is held by two pods, the second longer."""
    rows = [
        ("/", f"q{each}", "payments", f"payments-{pod}", "node-a", pod + 1, 100.0 - each + pod / 10)
        for each in range(number)
        for pod in range(2)
    ]
    return pd.DataFrame(rows, columns=[*HOLDER_KEYS, "unacked", "oldest_seconds"])


def reasons(number: int) -> pd.DataFrame:
    rows = [("/", f"q{each}", "unexplained", "no-line", 2) for each in range(number)]
    return pd.DataFrame(rows, columns=[*QUEUE_KEYS, "side", "reason", "messages"])


def bound(number: int, limits: Limits) -> Bounded:
    return bounded(queues(number), holders(number), reasons(number), limits)


def test_below_the_limits_every_name_stays() -> None:
    told = bound(4, Limits(4, 8))

    assert (told.queues_left_out, told.holders_left_out) == (0, 0)
    pd.testing.assert_frame_equal(told.queues, queues(4))
    pd.testing.assert_frame_equal(told.holders, holders(4))


def test_queues_beyond_the_limit_are_one_without_a_name_that_loses_no_message_and_no_age() -> None:
    told = bound(8, Limits(3, 100))

    assert told.queues["queue"].to_list() == ["q0", "q1", "q2", ""]
    rest = told.queues.iloc[-1]
    assert (rest["unacked"], rest["broker_unacked"]) == (5, 2)
    assert (rest["oldest_seconds"], rest["remaining_seconds"]) == (97.0, 53.0)
    assert told.queues_left_out == 5
    assert told.reasons.to_numpy().tolist()[-1] == ["", "", "unexplained", "no-line", 10]
    nameless = told.holders[told.holders["queue"] == ""]
    assert nameless["holder_pod"].to_list() == ["payments-0", "payments-1"]
    assert nameless["unacked"].to_list() == [5, 10]


def test_of_holders_the_oldest_keep_their_names() -> None:
    told = bound(3, Limits(10, 2))

    named = told.holders[told.holders["holder_pod"] != ""]
    assert named[["queue", "holder_pod"]].to_numpy().tolist() == [["q0", "payments-0"], ["q0", "payments-1"]]
    assert told.holders_left_out == 4
    assert told.holders["unacked"].sum() == holders(3)["unacked"].sum()
    assert told.holders.groupby("queue")["oldest_seconds"].max().to_dict() == {"q0": 100.1, "q1": 99.1, "q2": 98.1}


@pytest.mark.parametrize("number", [0, 1, 50])
def test_the_number_of_rows_is_bounded(number: int) -> None:
    limits = Limits(7, 5)

    told = bound(number, limits)

    assert len(told.queues) <= limits.queues_max + 1
    assert len(told.holders) <= limits.holders_max + limits.queues_max + 1
    assert len(told.reasons) <= limits.queues_max + 1
    for table, keys in ((told.queues, QUEUE_KEYS), (told.holders, HOLDER_KEYS)):
        assert not table.duplicated(keys).any()
