"""What the container image brings along, and that the program takes the variables of compose.yaml."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml

from tests.deploy.manifests import DEPLOY, ROOT

PROBE = DEPLOY / "container/healthy"


class Answers(BaseHTTPRequestHandler):
    """A dashboard that answers every path, and is healthy or not."""

    body = b"ok"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def probed(dashboard_port: int, watch_port: int) -> int:
    """Run the probe with other ports than the image's, which may be taken here."""
    text = PROBE.read_text(encoding="utf-8").replace(":8501/", f":{dashboard_port}/")
    text = text.replace(":9718/", f":{watch_port}/")
    return subprocess.run([sys.executable, "-c", text], check=False, timeout=30).returncode


@pytest.mark.parametrize(("body", "status"), [(b"ok", 0), (b"<html>", 1)])
def test_a_dashboard_is_healthy_by_its_answers_body(
    port: int, body: bytes, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "body", body)

    assert probed(port, 1) == status


def test_a_watch_is_healthy_by_its_own_address(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answers, "body", b"healthy\n")

    assert probed(1, port) == 0
    assert probed(1, 1) == 1


def test_the_probe_can_be_started_and_asks_the_ports_that_the_image_exposes() -> None:
    assert os.access(PROBE, os.X_OK)
    exposed = re.search(r"^EXPOSE (.*)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert exposed
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", PROBE.read_text())) == set(exposed[1].split())


@pytest.mark.parametrize("name", ["dashboard", "watch"])
def test_compose_starts_a_command_with_the_variables_of_nobodys_servers(name: str) -> None:
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][name]
    environment = {key: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value) for key, value in service["environment"].items()}
    program = (
        f"from eventrail.configuration import load_configuration as load; load(); print({service['command'][0]!r})"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | environment, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == (f"{name}\n", "")
