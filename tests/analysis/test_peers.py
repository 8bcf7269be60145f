"""A connection without a name is its pod's by the address that it comes from, where that is one pod's alone."""

import pandas as pd
import pytest

from eventrail.analysis.peers import pods_of_peers
from tests.analysis.test_holders import broker, channel

SILENT = channel(None, 7)


def pods(*pairs: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["pod", "pod_ip"], dtype="str")


@pytest.mark.parametrize(
    ("known", "pod"),
    [
        ((("legacy-1", "10.2.4.17"), ("ledger-1", "10.2.4.18")), "legacy-1"),
        ((("legacy-1", "10.2.4.17"), ("legacy-2", "10.2.4.17")), None),
        ((("ledger-1", "10.2.4.18"),), None),
        ((), None),
    ],
    ids=["one pod's", "two pods had it", "nobody's", "no pod is known"],
)
def test_a_peer_is_the_pod_whose_address_it_is(known: tuple[tuple[str, str], ...], pod: str | None) -> None:
    (told,) = pods_of_peers(broker(SILENT), pods(*known)).to_dict("records")

    assert (None if pd.isna(told["pod"]) else told["pod"], told["by_address"]) == (pod, pod is not None)


def test_a_name_is_surer_than_an_address() -> None:
    (told,) = pods_of_peers(broker(channel("payments-1", 7)), pods(("legacy-1", "10.2.4.17"))).to_dict("records")

    assert (told["pod"], told["by_address"]) == ("payments-1", False)
