"""`make live`: the simulated bank and the dashboard on the running servers, as processes of their own."""

import functools
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stack.compose import Stack
from stack.places import CHECKOUT, write_private
from stack.ports import LOOPBACK, first_free_port
from stack.probe import serves
from stack.processes import ServerProcess

DASHBOARD_PORT = 8501
_BANK_START_SECONDS = 120.0
_DASHBOARD_START_SECONDS = 60.0


@dataclass(frozen=True)
class Live:
    """The bank and the dashboard of one run folder; found again by the records there."""

    run: Path

    @property
    def bank(self) -> ServerProcess:
        """The supervisor of the bank's pods."""
        return ServerProcess("bank", self._folder("bank"), CHECKOUT)

    @property
    def dashboard(self) -> ServerProcess:
        """The dashboard's server."""
        return ServerProcess("dashboard", self._folder("dashboard"), CHECKOUT)

    @property
    def configuration_file(self) -> Path:
        """The eventrail.toml that points at the stack's servers."""
        return self.run / "eventrail.toml"

    @property
    def dashboard_url(self) -> str:
        """Where the dashboard was last started."""
        port = json.loads(self._port_file.read_text(encoding="utf-8"))
        return f"http://{LOOPBACK}:{port}"

    def start_bank(self, stack_file: Path, rate: float, seed: int) -> None:
        """Start the bank unless it runs, and wait until its supervisor answers; `rate` is business events a second."""
        if self.bank.running():
            return
        command = [sys.executable, "-m", "bank"]
        options = ["--run", str(self.run), "--stack", str(stack_file), "--rate", str(rate), "--seed", str(seed)]
        self.bank.start([*command, "run", *options], own_user=False)
        status = functools.partial(
            subprocess.run, [*command, "status", "--run", str(self.run)], cwd=CHECKOUT, capture_output=True, check=False
        )
        self.bank.wait_until(lambda: status().returncode == 0, _BANK_START_SECONDS)

    def start_dashboard(self, stack: Stack) -> None:
        """Write the configuration, start the dashboard unless it runs, and wait until it answers."""
        write_private(self.configuration_file, configuration(stack))
        if self.dashboard.running():
            return
        port = first_free_port(DASHBOARD_PORT)
        self._port_file.write_text(json.dumps(port), encoding="utf-8")
        program = Path(sys.executable).with_name("eventrail")
        options = ["--config", str(self.configuration_file), "--address", LOOPBACK, "--port", str(port)]
        self.dashboard.start([str(program), "dashboard", *options], own_user=False)
        self.dashboard.wait_until(self._dashboard_answers, _DASHBOARD_START_SECONDS)

    def stop(self) -> None:
        """End the dashboard and the bank; nothing to do for what does not run."""
        self.dashboard.stop()
        self.bank.stop()

    def _dashboard_answers(self) -> bool:
        return serves(f"{self.dashboard_url}/_stcore/health")

    @property
    def _port_file(self) -> Path:
        return self._folder("dashboard") / "port.json"

    def _folder(self, name: str) -> Path:
        folder = self.run / "live" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def configuration(stack: Stack) -> str:
    """The text of an eventrail.toml for the stack's servers, with the accounts that may only look."""
    elasticsearch, rabbitmq = stack.elasticsearch, stack.rabbitmq
    # A JSON string is a TOML string too.
    return f"""\
[elasticsearch]
url = {json.dumps(elasticsearch.url)}
index = "application-*"
username = {json.dumps(elasticsearch.reader.username)}
password = {json.dumps(elasticsearch.reader.password)}

[prometheus]
url = {json.dumps(stack.prometheus.url)}

[rabbitmq]
url = {json.dumps(rabbitmq.management_url)}
username = {json.dumps(rabbitmq.monitoring.username)}
password = {json.dumps(rabbitmq.monitoring.password)}
vhosts = [{json.dumps(rabbitmq.virtual_host)}]
"""
