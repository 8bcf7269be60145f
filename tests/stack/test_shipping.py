"""A line that a container writes becomes a document, once, whatever happens to the shipper."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from stack.compose import Stack
from stack.elasticsearch import Elasticsearch
from stack.places import give_to_server
from stack.shipper import LogShipper
from tests.stack.polling import eventually

pytestmark = pytest.mark.servers

_TIMEOUT_SECONDS = 10


class Container:
    """A container's log file, written as container runtimes do."""

    def __init__(self, shipper: LogShipper) -> None:
        self.pod = f"stack-test-{secrets.token_hex(4)}"
        self.file = shipper.containers_folder / f"{self.pod}_testing_writer-{secrets.token_hex(32)}.log"

    def write(self, *lines: str, stream: str = "stdout") -> None:
        time = datetime.now(UTC).isoformat().replace("+00:00", "789Z")
        with self.file.open("a", encoding="utf-8") as file:
            file.writelines(f"{time} {stream} F {line}\n" for line in lines)

    def write_numbered(self, numbers: range) -> None:
        self.write(*(json.dumps({"message": "numbered", "event.sequence": number}) for number in numbers))

    def rotate(self) -> None:
        self.file.replace(self.rotated)

    @property
    def rotated(self) -> Path:
        return self.file.with_suffix(".log.1")


@pytest.fixture
def shipper(stack: Stack) -> Iterator[LogShipper]:
    """A node's shipper; runs again when the test is over."""
    shipper = stack.shipper("node-b")
    yield shipper
    if not shipper.process.running():
        shipper.start()


@pytest.fixture
def container(shipper: LogShipper) -> Iterator[Container]:
    """A container on the shipper's node."""
    container = Container(shipper)
    yield container
    container.file.unlink(missing_ok=True)
    container.rotated.unlink(missing_ok=True)


def documents(elasticsearch: Elasticsearch, container: Container) -> list[dict[str, Any]]:
    """All documents of the container's pod, in the order of their numbers."""
    answer = requests.get(
        f"{elasticsearch.url}/application-*/_search",
        auth=elasticsearch.reader.pair,
        json={"size": 10_000, "query": {"match": {"kubernetes.pod_name.keyword": container.pod}}},
        timeout=_TIMEOUT_SECONDS,
    )
    if answer.status_code == 503:  # an index that is being made this moment has no shard to ask
        return []
    answer.raise_for_status()
    found = [hit["_source"] for hit in answer.json()["hits"]["hits"]]
    return sorted(found, key=lambda source: source.get("event.sequence", -1))


def arrived(elasticsearch: Elasticsearch, container: Container, count: int, deadline_seconds: float = 30.0) -> bool:
    return eventually(lambda: len(documents(elasticsearch, container)) >= count, deadline_seconds)


def test_a_json_line_is_a_document_with_its_types_within_five_seconds(
    elasticsearch: Elasticsearch, container: Container, shipper: LogShipper
) -> None:
    line = {
        "@timestamp": "2026-11-23T13:00:00.123456789Z",
        "message": 'paid "60 €" <b>now</b>',
        "service.instance.id": "a-1",
        "event.sequence": 7,
        "event.duration": 9_007_199_254_740_993,
        "messaging.rabbitmq.message.redelivered": True,
        "ratio": 0.25,
    }
    container.write(json.dumps(line | {"event.sequence": 6}))
    assert arrived(elasticsearch, container, 1)  # makes the day's index

    container.write(json.dumps(line))
    assert arrived(elasticsearch, container, 2, deadline_seconds=5)

    _, document = documents(elasticsearch, container)
    assert {key: document[key] for key in line} == line
    assert document["kubernetes"] == {
        "pod_name": container.pod,
        "namespace_name": "testing",
        "container_name": "writer",
        "host": shipper.node,
    }


def test_the_index_is_the_days_and_mapped_as_fluentd_users_have_it(
    elasticsearch: Elasticsearch, container: Container
) -> None:
    day = "2019.02.03"
    container.write(json.dumps({"@timestamp": "2019-02-03T23:59:59.5Z", "message": "old", "event.sequence": 1}))
    assert arrived(elasticsearch, container, 1)

    answer = requests.get(
        f"{elasticsearch.url}/application-{day}/_mapping", auth=elasticsearch.reader.pair, timeout=_TIMEOUT_SECONDS
    )
    properties = answer.json()[f"application-{day}"]["mappings"]["properties"]
    assert properties["@timestamp"]["type"] == "date"
    assert properties["message"] == {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
    assert properties["event"]["properties"]["sequence"]["type"] == "long"
    assert properties["kubernetes"]["properties"]["pod_name"]["fields"]["keyword"]["type"] == "keyword"
    elasticsearch.delete_indices(f"application-{day}")


@pytest.mark.parametrize(
    "line", ["Segmentation fault", "{broken json", "[1, 2]", "  indented\tby hand", '{"a": 1} then died']
)
def test_a_line_that_is_no_json_object_is_the_message(
    elasticsearch: Elasticsearch, container: Container, line: str
) -> None:
    container.write(line, stream="stderr")
    assert arrived(elasticsearch, container, 1)
    (document,) = documents(elasticsearch, container)
    assert document["message"] == line
    assert document["stream"] == "stderr"
    assert datetime.fromisoformat(document["@timestamp"][:26] + "Z").date() == datetime.now(UTC).date()


def test_a_document_that_elasticsearch_refuses_is_kept_with_the_reason(
    elasticsearch: Elasticsearch, container: Container, shipper: LogShipper
) -> None:
    container.write(json.dumps({"message": "good", "event.sequence": 1}))
    assert arrived(elasticsearch, container, 1)
    container.write(
        json.dumps({"message": "bad", "event.sequence": container.pod}), json.dumps({"message": "good too"})
    )
    assert arrived(elasticsearch, container, 2)
    assert eventually(lambda: shipper.refused_file.exists() and container.pod in shipper.refused_file.read_text())
    refused = [json.loads(row) for row in shipper.refused_file.read_text().splitlines() if container.pod in row]
    assert [(row["document"]["message"], row["reason"]["type"]) for row in refused] == [
        ("bad", "document_parsing_exception")
    ]


def test_the_shipper_counts_what_it_sent(
    elasticsearch: Elasticsearch, container: Container, shipper: LogShipper
) -> None:
    def sent() -> int:
        return int(str(shipper.figures().get("omelasticsearch", {}).get("submitted", 0)))

    before = sent()
    container.write_numbered(range(10))
    assert arrived(elasticsearch, container, 10)
    assert eventually(lambda: sent() >= before + 10, 15)


def test_a_shipper_stopped_and_resumed_loses_and_doubles_nothing(
    elasticsearch: Elasticsearch, container: Container, shipper: LogShipper
) -> None:
    container.write_numbered(range(500))
    shipper.stop()
    container.write_numbered(range(500, 1_000))
    assert len(documents(elasticsearch, container)) <= 500
    shipper.start()
    container.write_numbered(range(1_000, 1_500))
    shipper.stop()
    shipper.start()
    container.write_numbered(range(1_500, 2_000))

    assert arrived(elasticsearch, container, 2_000)
    assert [document["event.sequence"] for document in documents(elasticsearch, container)] == list(range(2_000))


def test_a_file_rotated_while_the_shipper_is_stopped_is_read_to_its_end(
    elasticsearch: Elasticsearch, container: Container, shipper: LogShipper
) -> None:
    container.write_numbered(range(300))
    assert arrived(elasticsearch, container, 300)
    shipper.stop()
    container.write_numbered(range(300, 600))
    container.rotate()
    container.write_numbered(range(600, 900))
    shipper.start()

    assert arrived(elasticsearch, container, 900)
    assert [document["event.sequence"] for document in documents(elasticsearch, container)] == list(range(900))


def test_a_new_file_that_gets_a_deleted_ones_inode_is_read_from_its_start(
    elasticsearch: Elasticsearch, container: Container, shipper: LogShipper
) -> None:
    shipper.stop()
    container.write_numbered(range(200))
    # What rsyslog leaves behind when it ends within seconds of a short file's deletion.
    position = {"filename": f"{container.file}-gone.log", "prev_was_nl": 0, "curr_offs": 380, "strt_offs": 380}
    state = shipper.folder / "state" / f"imfile-state:{container.file.stat().st_ino}"
    state.write_text(json.dumps(position))
    give_to_server(state)
    shipper.start()

    assert arrived(elasticsearch, container, 200)
    assert [document["event.sequence"] for document in documents(elasticsearch, container)] == list(range(200))


def test_a_shipper_that_crashed_sends_again_what_it_had_not_delivered(
    elasticsearch: Elasticsearch, container: Container, shipper: LogShipper
) -> None:
    container.write_numbered(range(1_000))
    shipper.process.kill()
    shipper.start()
    container.write_numbered(range(1_000, 1_100))

    assert arrived(elasticsearch, container, 1_100)
    assert [document["event.sequence"] for document in documents(elasticsearch, container)] == list(range(1_100))
