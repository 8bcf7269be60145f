"""How long a consumer may hold a delivery, by the broker's version and what is set."""

import pytest

from eventrail.analysis.consumer_timeouts import ConsumerTimeouts, QueueSetting

QUEUE = ("/", "payments")


@pytest.mark.parametrize(
    ("version", "seconds"),
    [
        ("3.7.28", None),
        ("3.8.14", None),
        ("3.8.15", 900.0),
        ("3.8.17-rc.1", 1800.0),
        ("3.10.8", 1800.0),
        ("4.2.1", 1800.0),
        ("", 1800.0),
        ("unknown", 1800.0),
    ],
)
def test_a_broker_that_nobody_configured_has_its_versions_timeout(version: str, seconds: float | None) -> None:
    assert ConsumerTimeouts(version).of(QUEUE) == seconds


@pytest.mark.parametrize(("configured", "seconds"), [(600.0, 600.0), (0.0, None)])
def test_what_the_team_configured_goes_before_the_versions_default(configured: float, seconds: float | None) -> None:
    assert ConsumerTimeouts("3.10.8", configured).of(QUEUE) == seconds


@pytest.mark.parametrize(("version", "seconds"), [("3.12.0", 60.0), ("3.10.8", 1800.0)])
def test_a_queues_own_goes_before_all_where_the_broker_heeds_it(version: str, seconds: float) -> None:
    own = {QUEUE: QueueSetting("classic", 60.0)}

    assert ConsumerTimeouts(version, None, own).of(QUEUE) == seconds
    assert ConsumerTimeouts(version, None, own).of(("/", "other")) == 1800.0


@pytest.mark.parametrize(("kind", "seconds"), [("quorum", 60.0), ("classic", None), ("stream", None)])
def test_since_4_3_only_quorum_queues_have_one(kind: str, seconds: float | None) -> None:
    assert ConsumerTimeouts("4.3.0", None, {QUEUE: QueueSetting(kind, 60.0)}).of(QUEUE) == seconds
