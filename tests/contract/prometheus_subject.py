"""A Prometheus of its own over blocks made from given samples, behind basic credentials."""

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from eventrail.configuration.sections import PrometheusSection
from eventrail.sources.prometheus import PrometheusSource
from queries.catalogue import Generation, catalogue
from stack.ports import LOOPBACK, free_ports
from stack.probe import serves
from stack.processes import ServerProcess
from tests.contract.loopback import closed_port, silent_port
from tests.contract.subjects import PATIENCE_SECONDS

USERNAME, PASSWORD = "eventrail", "right"
# bcrypt of PASSWORD, of the least cost, for this server on loopback only.
_PASSWORD_HASH = "$2b$04$a0d2bH714o1.jokV9i7AdeSu6GoxjxuzuR52d6TAjVC/Q1iftDZXi"
_START_SECONDS = 60.0


def open_metrics(series: Mapping[str, pd.DataFrame], generations: Mapping[str, Generation]) -> str:
    """Write the samples of queries as an exporter of their generation would have shown them."""
    lines = []
    for name, frame in series.items():
        generation = generations[name]
        metric = generation.needs[0]
        for row in frame.sort_values("time").to_dict("records"):
            labels = ",".join(
                f'{generation.labels.get(column, column)}="{_escaped(str(row[column]))}"'
                for column in frame.columns
                if column not in ("time", "value") and pd.notna(row[column])
            )
            lines.append(f"{metric}{{{labels}}} {row['value']} {row['time'].timestamp():.3f}")
    return "\n".join([*lines, "# EOF"]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class PrometheusSubject:
    """Prometheus with the samples that `make` is given."""

    def __init__(self, folder: Path) -> None:
        self.name = "prometheus"
        self.folder = folder
        (self.port,) = free_ports(1)
        self.process = ServerProcess("prometheus of the contract", folder)
        self.troubles = ExitStack()

    def make(self, series: Mapping[str, pd.DataFrame]) -> PrometheusSource:
        newest = {name: catalogue()[name].generations[0] for name in series}
        self.fill(open_metrics(series, newest))
        return PrometheusSource(self.section())

    def fill(self, text: str, configuration: str = "{}") -> None:
        """Start the server over the samples of an OpenMetrics text; it scrapes what the configuration (YAML) says."""
        source, data = self.folder / "samples.txt", self.folder / "data"
        source.write_text(text, encoding="utf-8")
        subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(source), str(data)],
            check=True,
            capture_output=True,
        )
        (self.folder / "prometheus.yml").write_text(configuration, encoding="utf-8")
        (self.folder / "web.yml").write_text(f"basic_auth_users:\n  {USERNAME}: {_PASSWORD_HASH}\n", encoding="utf-8")
        self.process.start(
            [
                "prometheus",
                f"--config.file={self.folder / 'prometheus.yml'}",
                f"--web.config.file={self.folder / 'web.yml'}",
                f"--storage.tsdb.path={data}",
                "--storage.tsdb.retention.time=100y",
                f"--web.listen-address={LOOPBACK}:{self.port}",
            ],
            own_user=False,
        )
        self.process.wait_until(self._answers, _START_SECONDS)

    def clear(self) -> None:
        self.process.stop()
        self.troubles.close()

    def wrong_credentials(self) -> PrometheusSource:
        return PrometheusSource(self.section(password="wrong"))

    def down(self) -> PrometheusSource:
        return PrometheusSource(self.section(url=f"http://{LOOPBACK}:{closed_port()}"))

    def silent(self) -> PrometheusSource:
        port = self.troubles.enter_context(silent_port())
        return PrometheusSource(self.section(url=f"http://{LOOPBACK}:{port}", timeout_seconds=PATIENCE_SECONDS))

    def section(self, **keys: Any) -> PrometheusSection:
        given = {"url": f"http://{LOOPBACK}:{self.port}", "username": USERNAME, "password": PASSWORD}
        return PrometheusSection(**{name: value for name, value in (given | keys).items() if value is not None})

    def _answers(self) -> bool:
        return serves(f"http://{LOOPBACK}:{self.port}/-/ready", (USERNAME, PASSWORD))
