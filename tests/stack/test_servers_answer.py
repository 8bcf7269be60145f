"""The servers that everything else is tested on: they are there, and each gives what the dashboard asks of it."""

import json
import subprocess

import pika
import pytest
import requests

from stack.compose import Stack
from stack.elasticsearch import Elasticsearch
from stack.prometheus import Prometheus
from stack.rabbitmq import RabbitMQ
from tests.stack.polling import eventually

pytestmark = pytest.mark.servers

_TIMEOUT_SECONDS = 10


def instant_query(prometheus: Prometheus, expression: str) -> list[dict[str, dict[str, str]]]:
    answer = requests.get(f"{prometheus.url}/api/v1/query", params={"query": expression}, timeout=_TIMEOUT_SECONDS)
    answer.raise_for_status()
    result: list[dict[str, dict[str, str]]] = answer.json()["data"]["result"]
    return result


def test_every_server_answers(stack: Stack) -> None:
    silent = [server.process.name for server in stack.servers() if not server.answers()]
    assert silent == []


def test_every_scrape_target_of_the_stack_is_up(prometheus: Prometheus) -> None:
    def jobs_up() -> set[str]:
        return {series["metric"]["job"] for series in instant_query(prometheus, "up == 1")}

    wanted = {"prometheus", "rabbitmq", "rabbitmq-detailed", "node-exporter"}
    assert eventually(lambda: jobs_up() >= wanted), jobs_up()
    # Other targets come and go with the processes that tests start.
    assert instant_query(prometheus, f'up{{job=~"{"|".join(wanted)}"}} == 0') == []


def test_the_broker_takes_a_message_and_prometheus_counts_it_by_queue(
    rabbitmq: RabbitMQ, prometheus: Prometheus
) -> None:
    queue = "stack-test.counted"
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url)) as connection:
        channel = connection.channel()
        channel.queue_declare(queue)
        for _ in range(3):
            channel.basic_publish("", queue, b"{}")
        deliveries = channel.consume(queue, inactivity_timeout=5)
        next(deliveries)

        expression = f'rabbitmq_detailed_queue_messages_unacked{{queue="{queue}",vhost="{rabbitmq.virtual_host}"}}'
        assert eventually(lambda: [row["value"][1] for row in instant_query(prometheus, expression)] == ["3"])
        told = rabbitmq.control_table("list_queues", "-p", rabbitmq.virtual_host, "name", "messages_unacknowledged")
        assert {"name": queue, "messages_unacknowledged": "3"} in told
        channel.cancel()
        channel.queue_delete(queue)


def test_the_monitoring_user_sees_queues_and_may_not_touch_them(rabbitmq: RabbitMQ) -> None:
    queues = f"{rabbitmq.management_url}/api/queues/{rabbitmq.virtual_host}"
    seen = requests.get(queues, auth=rabbitmq.monitoring.pair, timeout=_TIMEOUT_SECONDS)
    assert seen.status_code == 200
    made = requests.put(f"{queues}/intruder", json={}, auth=rabbitmq.monitoring.pair, timeout=_TIMEOUT_SECONDS)
    assert made.status_code in {401, 403}


def reader_may_only_read(server: Elasticsearch) -> None:
    document = {"@timestamp": "2026-11-23T13:00:00.123456789Z", "message": "x", "event.duration": 5}
    address = f"{server.url}/application-stack-test/_doc/1?refresh=true"
    written = requests.put(address, json=document, auth=server.shipper.pair, timeout=_TIMEOUT_SECONDS)
    assert written.status_code == 201, written.text

    refused = requests.put(address, json=document, auth=server.reader.pair, timeout=_TIMEOUT_SECONDS)
    assert refused.status_code == 403
    found = requests.get(
        f"{server.url}/application-stack-test/_search", auth=server.reader.pair, timeout=_TIMEOUT_SECONDS
    )
    assert found.json()["hits"]["hits"][0]["_source"] == document
    point_in_time = requests.post(
        f"{server.url}/application-*/_pit?keep_alive=1m", auth=server.reader.pair, timeout=_TIMEOUT_SECONDS
    )
    assert point_in_time.status_code == 200
    hidden = requests.get(
        f"{server.url}/application-stack-test/_search", auth=server.shipper.pair, timeout=_TIMEOUT_SECONDS
    )
    assert hidden.status_code == 403
    server.delete_indices("application-stack-test")


def test_the_reader_of_elasticsearch_8_may_only_read(elasticsearch: Elasticsearch) -> None:
    reader_may_only_read(elasticsearch)


def test_the_reader_of_elasticsearch_9_may_only_read(elasticsearch_9: Elasticsearch) -> None:
    reader_may_only_read(elasticsearch_9)


def test_promtool_finds_nothing_wrong_with_the_generated_configuration(prometheus: Prometheus) -> None:
    rule = {"alert": "StackTest", "expr": "up == 0"}
    rules = prometheus.rules_folder / "stack-test.yml"
    rules.write_text(json.dumps({"groups": [{"name": "t", "rules": [rule]}]}))
    command = ["promtool", "check", "config", str(prometheus.configuration_file)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    rules.unlink()
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "1 rule files found" in checked.stdout


def test_a_registered_target_is_scraped_under_its_own_labels(prometheus: Prometheus, rabbitmq: RabbitMQ) -> None:
    file = prometheus.register("stack-test", [f"127.0.0.1:{rabbitmq.metrics_port}"], {"pod": "a-1", "node": "node-c"})
    assert eventually(lambda: instant_query(prometheus, 'up{job="bank",pod="a-1",node="node-c"} == 1') != [])
    file.unlink()
