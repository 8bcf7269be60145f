"""How the logs are followed: late lines, replaced documents, new indices, other workers; when the index is not used."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from eventrail.errors import SourceError
from eventrail.model.delivery_index import IndexAnswer, OutstandingQuery
from tests.delivery_index.conftest import NOW, Ground

pytestmark = pytest.mark.servers


def line(operation: str, message: str, tag: int, seconds_ago: float, **more: Any) -> dict[str, Any]:
    """Give a line about the delivery of a message to payments-1."""
    return {
        "@timestamp": f"{NOW - timedelta(seconds=seconds_ago):%Y-%m-%dT%H:%M:%S.%fZ}",
        "message": f"{operation} {message}",
        "messaging.operation.type": operation,
        "messaging.message.id": message,
        "messaging.destination.subscription.name": "payments",
        "messaging.rabbitmq.vhost": "/",
        "messaging.rabbitmq.channel.id": "payments-1.a/1/1",
        "messaging.rabbitmq.message.delivery_tag": tag,
        "service.instance.id": "payments-1.a",
        "kubernetes": {"pod_name": "payments-1"},
        **more,
    }


def asked(ground: Ground, queue: str = "payments") -> IndexAnswer:
    return ground.deliveries().outstanding(OutstandingQuery(as_of=NOW, ended_since=NOW, queues={queue: None}))


def messages(answer: IndexAnswer) -> set[str]:
    assert answer.unusable == ""
    return set(answer.lines.events["message_id"].dropna())


def test_a_settlement_that_comes_hours_before_its_receive_line_ends_it(ground: Ground) -> None:
    indexer = ground.indexer()
    ground.write({"late": line("settle", "m1", 1, seconds_ago=7_200)})
    indexer.begin()
    indexer.look(NOW)
    ground.write(
        {"early": line("receive", "m1", 1, seconds_ago=7_205), "other": line("receive", "m2", 2, seconds_ago=9)}
    )
    done = indexer.look(NOW)

    assert (done.documents, done.lines, done.whole) == (2, 2, True)
    assert messages(asked(ground)) == {"m2"}
    (document,) = [each for each in ground.documents().values() if each.get("message_id") == "m1"]
    assert document["settled_at"] == "2026-01-31T10:00:00.000Z"
    assert document["first_at"] == "2026-01-31T09:59:55.000Z"


def test_what_is_newer_than_the_index_is_read_from_the_logs_and_counted(ground: Ground) -> None:
    indexer = ground.indexer()
    ground.write({"r1": line("receive", "m1", 1, seconds_ago=60), "r2": line("receive", "m2", 2, seconds_ago=50)})
    indexer.begin()
    indexer.look(NOW)
    nameless = {"messaging.destination.subscription.name": None}
    ground.write({"s1": {key: value for key, value in (line("settle", "m1", 1, 5) | nameless).items() if value}})

    answer = asked(ground)

    assert answer.newer_lines == 1
    assert answer.current_at == NOW
    assert set(answer.lines.events["operation"]) >= {"receive", "settle"}


def test_a_number_that_is_missing_is_waited_for_and_then_passed_over(ground: Ground) -> None:
    ground.shards = 1
    indexer = ground.indexer()
    ground.write({"r1": line("receive", "m1", 1, seconds_ago=60)})
    ground.write({"r1": line("receive", "m1", 1, seconds_ago=60), "r2": line("receive", "m2", 2, seconds_ago=50)})
    indexer.begin()

    waits = [indexer.look(NOW), indexer.look(NOW + timedelta(seconds=29))]
    goes_on = indexer.look(NOW + timedelta(seconds=31))

    assert [(done.documents, done.whole) for done in waits] == [(0, False), (0, False)]
    assert (goes_on.documents, goes_on.whole) == (2, True)
    assert messages(asked(ground)) == {"m1", "m2"}


def test_a_new_index_of_the_pattern_is_followed_and_a_deleted_one_forgotten(ground: Ground) -> None:
    indexer = ground.indexer()
    ground.write({"r1": line("receive", "m1", 1, seconds_ago=60)})
    indexer.begin()
    indexer.look(NOW)
    tomorrow = f"{ground.logs}tomorrow"
    ground.write({"r2": line("receive", "m2", 2, seconds_ago=50)}, tomorrow)
    assert messages(asked(ground)) == {"m1", "m2"}

    assert indexer.look(NOW).documents == 1
    ground.delete(tomorrow)
    indexer.look(NOW)

    assert {position.index for position in indexer.progress.shards.values()} == {ground.logs}
    assert messages(asked(ground)) == {"m1", "m2"}


def test_lines_with_a_field_that_no_line_had_before_are_taken_in(ground: Ground) -> None:
    indexer = ground.indexer()
    ground.write({"r1": line("receive", "m1", 1, seconds_ago=60)})
    indexer.begin()
    indexer.look(NOW)

    closed = line("receive", "m1", 1, seconds_ago=30) | {"event.action": "channel-closed"}
    del closed["messaging.operation.type"]
    ground.write({"closed": closed})

    assert indexer.look(NOW).lines == 1


def test_of_two_processes_that_are_the_same_worker_the_later_goes_on(ground: Ground) -> None:
    ground.write({"r1": line("receive", "m1", 1, seconds_ago=60)})
    earlier, later = ground.indexer(owner="earlier"), ground.indexer(owner="later")
    earlier.begin()
    earlier.look(NOW)
    later.begin()
    ground.write({"r2": line("receive", "m2", 2, seconds_ago=50)})

    with pytest.raises(SourceError, match="another process has begun to work as worker 1/1"):
        earlier.look(NOW)

    assert later.look(NOW).documents == 1
    assert messages(asked(ground)) == {"m1", "m2"}


def test_documents_that_are_no_longer_kept_are_removed_and_their_late_lines_left_out(ground: Ground) -> None:
    indexer = ground.indexer()
    ground.write({"r1": line("receive", "m1", 1, seconds_ago=60)})
    indexer.begin()
    indexer.look(NOW)
    later = NOW + timedelta(seconds=indexer.keep_seconds + 7_200)

    assert indexer.forget(later) == 2  # the delivery, and since when its process speaks
    indexer.store.save(indexer.progress)
    assert indexer.forget(later) == 0
    ground.write({"s1": line("settle", "m1", 1, seconds_ago=5)})
    indexer.look(later)

    assert ground.documents() == {}


def test_why_it_is_not_used_is_said(ground: Ground) -> None:
    ground.write({"r1": line("receive", "m1", 1, seconds_ago=60)})
    assert "is not there; `eventrail index` makes it" in asked(ground).unusable

    indexer = ground.indexer()
    indexer.begin()
    assert "has not followed the logs yet" in asked(ground).unusable

    indexer.look(NOW)
    assert messages(asked(ground)) == {"m1"}
    long_ago = pd.Timestamp(NOW - timedelta(days=500)).to_pydatetime()
    answer = ground.deliveries().outstanding(OutstandingQuery(as_of=long_ago, ended_since=long_ago))
    assert "holds nothing from before 2025-01-31" in answer.unusable


def test_an_index_about_other_logs_is_not_taken_for_ours(ground: Ground) -> None:
    ground.write({"r1": line("receive", "m1", 1, seconds_ago=60)})
    indexer = ground.indexer()
    indexer.begin()
    indexer.look(NOW)

    ground.logs = ground.logs.removesuffix("-")

    assert f"is about {ground.logs}-*, not {ground.logs}*" in asked(ground).unusable
    with pytest.raises(SourceError, match=r"name another in index\.name"):
        ground.indexer().begin()


def test_the_same_on_elasticsearch_9(ground_9: Ground) -> None:
    test_a_number_that_is_missing_is_waited_for_and_then_passed_over(ground_9)
