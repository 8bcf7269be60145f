"""The configured servers on the command line: silent ones end with status 2, one that answers is used."""

import json
import os
from pathlib import Path

import pytest

from eventrail.configuration import load_configuration
from eventrail.sources.opening import open_sources
from stack.elasticsearch import Elasticsearch
from stack.prometheus import Prometheus
from tests.cli.conftest import Eventrail
from tests.contract.documents import START, at, line
from tests.contract.loopback import closed_port
from tests.contract.test_elasticsearch import DYNAMIC, ElasticsearchSubject

SECRET = "not-to-be-told"


@pytest.fixture
def nobody(tmp_path: Path) -> str:
    """An address where nothing answers, configured for all three servers."""
    address = f"http://127.0.0.1:{closed_port()}"
    (tmp_path / "eventrail.toml").write_text(
        f'[elasticsearch]\nurl = "{address}"\napi_key = "{SECRET}"\n'
        f'[prometheus]\nurl = "{address}"\nbearer_token = "{SECRET}"\n'
        f'[rabbitmq]\nurl = "{address}"\nusername = "u"\npassword = "{SECRET}"\n'
        "[ledger]\ngauge_uncertainty_seconds = 12\n"
    )
    return address


def test_opening_asks_nothing_of_the_servers(nobody: str) -> None:
    sources = open_sources("live", load_configuration())

    assert sources.logs is not None
    assert sources.metrics is not None
    assert sources.broker is not None
    assert (sources.description, sources.opening, sources.extent) == ("Elasticsearch, Prometheus, RabbitMQ", None, None)
    assert sources.gauge_uncertainty_seconds == 12


@pytest.mark.parametrize("command", ["trace c1", "find c1", "unacked", "unacked --queue q", "check"])
def test_servers_that_do_not_answer_end_with_status_2_and_one_line(
    eventrail: Eventrail, nobody: str, command: str
) -> None:
    said = eventrail(*command.split())

    assert said.status == 2
    assert said.err.startswith("eventrail: ")
    assert f"nothing answers at {nobody}" in said.err
    assert said.err.count("\n") == 1
    assert SECRET not in said.out + said.err


def test_nothing_is_recorded_from_servers_that_do_not_answer(eventrail: Eventrail, nobody: str, tmp_path: Path) -> None:
    said = eventrail("record", "--from", "-5m", "--to", "now", str(tmp_path / "x.eventrail"))

    assert said.status == 2
    assert said.err.rstrip().endswith("nothing was written")
    assert [path.name for path in tmp_path.iterdir()] == ["eventrail.toml"]


def test_without_a_server_the_remedy_names_both_ways_out(eventrail: Eventrail) -> None:
    said = eventrail("unacked")

    assert said.status == 2
    assert "no server is configured: write eventrail.toml" in said.err
    assert "--source recording:FILE" in said.err


@pytest.mark.servers
def test_servers_that_answer_are_asked_and_recorded(
    eventrail: Eventrail,
    elasticsearch: Elasticsearch,
    prometheus: Prometheus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subject = ElasticsearchSubject(elasticsearch, DYNAMIC)
    told = {"correlation": "c-1", "message_id": "m-1", "queue": "payments", "event_type": "payment.requested"}
    subject.make([line(1, operation="receive", **told), line(2, operation="process", **told)])
    section = subject.section(index=subject.made[0])
    monkeypatch.setenv("EVENTRAIL_ELASTICSEARCH__URL", ",".join(section.url))
    monkeypatch.setenv("EVENTRAIL_ELASTICSEARCH__INDEX", section.index)
    assert section.password is not None
    monkeypatch.setenv("EVENTRAIL_ELASTICSEARCH__USERNAME", section.username or "")
    monkeypatch.setenv("EVENTRAIL_ELASTICSEARCH__PASSWORD", section.password.get_secret_value())
    monkeypatch.setenv("EVENTRAIL_PROMETHEUS__URL", prometheus.url)
    span = ("--from", START.isoformat(), "--to", at(10))

    try:
        trace = eventrail("trace", "c-1", *span, "--as-of", at(5), "--json")
        assert (trace.status, json.loads(trace.out)["state"]) == (0, "outstanding")
        assert eventrail("check", *span).status == 0
        made = eventrail("record", *span, "--opens-at", at(5), str(tmp_path / "kept.eventrail"))
        assert made.status == 0
    finally:
        subject.clear()
    kept = eventrail("unacked", "--queue", "payments", "--source", f"recording:{tmp_path / 'kept.eventrail'}", "--json")
    assert [each["message_id"] for each in json.loads(kept.out)["queues"][0]["deliveries"]] == ["m-1"]
    for name in ("URL", "PASSWORD"):
        secret = os.environ[f"EVENTRAIL_ELASTICSEARCH__{name}"].encode()
        assert secret not in (tmp_path / "kept.eventrail").read_bytes()
