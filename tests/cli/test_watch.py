"""`eventrail watch`: one evaluation printed, and a process that serves until it is told to end."""

import json
import os
import re
import signal
import subprocess
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from eventrail.recording.writing import write_recording
from eventrail.testing.builders import START
from tests.cli.conftest import Eventrail
from tests.cli.test_live import nobody
from tests.cli.test_process import PROGRAM
from tests.recording.story import recording
from tests.watch.reading import labels, samples

__all__ = ["nobody"]


def test_once_prints_what_unacked_says_of_the_same_source(eventrail: Eventrail, hung: str) -> None:
    document = json.loads(eventrail("unacked", "--source", hung, "--json").out)
    said = eventrail("watch", "--once", "--source", hung)

    assert (said.status, said.err) == (0, "")
    seen = samples(said.out)
    (queue,) = document["queues"]
    key = labels(vhost=queue["vhost"], queue=queue["queue"])
    assert seen["eventrail_oldest_unacked_seconds"] == {key: queue["deliveries"][0]["age_seconds"]}
    assert seen["eventrail_broker_unacked_messages"] == {key: queue["gauge"]}
    assert seen["eventrail_explained_unacked"] == {key: queue["explained"]}
    assert seen["eventrail_build_info"]


def test_silent_servers_are_told_by_the_metrics_and_only_strictly_by_the_status(
    eventrail: Eventrail, nobody: str
) -> None:
    lenient = eventrail("watch", "--once")
    strict = eventrail("watch", "--once", "--strict")

    assert (lenient.status, strict.status) == (0, 2)
    for said in (lenient, strict):
        seen = samples(said.out)
        assert set(seen["eventrail_source_up"].values()) == {0.0}
        assert "eventrail_unacked_deliveries" not in seen
        assert re.search(r"^\S+Z ERROR Elasticsearch: .*nothing answers", said.err, flags=re.MULTILINE)
    assert strict.err.splitlines()[-1].startswith("eventrail: no answer from broker, logs, metrics (")


@pytest.fixture
def late(tmp_path: Path) -> str:
    """A recording that opens nine seconds after the newest line of one of its pods."""
    write_recording(replace(recording(), opening=START + timedelta(seconds=59)), tmp_path / "late.eventrail")
    return f"recording:{tmp_path / 'late.eventrail'}"


@pytest.mark.parametrize(("allowed_seconds", "status"), [("8", 2), ("10", 0)])
def test_late_logs_fail_strictly_only(
    eventrail: Eventrail, late: str, monkeypatch: pytest.MonkeyPatch, allowed_seconds: str, status: int
) -> None:
    monkeypatch.setenv("EVENTRAIL_WATCH__LATE_SECONDS", allowed_seconds)
    lenient = eventrail("watch", "--once", "--source", late)
    strict = eventrail("watch", "--once", "--strict", "--source", late)

    assert samples(lenient.out)["eventrail_logs_behind_seconds"] == {labels(): 9.0}
    assert (lenient.status, strict.status) == (0, status)
    assert strict.err.startswith("eventrail: the logs are 9 s behind, more than 8 s") is (status == 2)


@pytest.mark.parametrize("text", ["9718", ":9718", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "u@h:1", "h:1/x"])
def test_an_address_that_is_none_is_refused(eventrail: Eventrail, hung: str, text: str) -> None:
    said = eventrail("watch", "--listen", text, "--source", hung)

    assert said.status == 2
    assert "must be ADDRESS:PORT, such as 127.0.0.1:9718" in said.err


def test_strict_goes_with_once(eventrail: Eventrail, hung: str) -> None:
    assert "--strict goes with --once" in eventrail("watch", "--strict", "--source", hung).err


def test_without_logs_there_is_nothing_to_watch(eventrail: Eventrail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTRAIL_PROMETHEUS__URL", "http://127.0.0.1:9")

    said = eventrail("watch", "--once")

    assert said.status == 2
    assert "needs the logs: configure [elasticsearch]" in said.err


@pytest.mark.servers
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_cleanly(hung: str, tmp_path: Path, number: signal.Signals) -> None:
    command = [PROGRAM, "watch", "--listen", "127.0.0.1:0", "--interval", "1", "--source", hung]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        greeting = process.stdout.readline()
        url = greeting.split()[-1]
        deadline = time.monotonic() + 30
        while "eventrail_unacked_deliveries{" not in requests.get(url, timeout=5).text:
            assert time.monotonic() < deadline, "no evaluation within 30 s"
            time.sleep(0.1)

        process.send_signal(number)

        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""
    assert greeting.startswith("Eventrail watches every 1 s: http://127.0.0.1:")
