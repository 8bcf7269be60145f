"""A Prometheus of its own: scrapes RabbitMQ, node_exporter and whatever registers itself in the targets folder."""

import json
import re
import signal
from dataclasses import dataclass
from pathlib import Path

from stack.places import own_folder, write_for_server
from stack.ports import LOOPBACK, free_ports
from stack.probe import serves
from stack.processes import ServerProcess
from stack.rabbitmq import RabbitMQ

SCRAPE_SECONDS = 5
_START_SECONDS = 60.0

# The families that carry a queue, a channel or a connection; see RabbitMQ's prometheus plugin, /metrics/detailed.
DETAILED_FAMILIES = (
    "queue_coarse_metrics",
    "queue_consumer_count",
    "queue_metrics",
    "channel_metrics",
    "channel_queue_metrics",
    "channel_queue_exchange_metrics",
    "channel_exchange_metrics",
    "connection_coarse_metrics",
    "connection_metrics",
)
_TARGET_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Prometheus:
    """Address and folders of one server."""

    folder: Path
    port: int

    @classmethod
    def create(cls, folder: Path, rabbitmq: RabbitMQ, node_exporter_port: int, nodes: tuple[str, ...]) -> "Prometheus":
        """Choose a port and write the configuration below `folder`; `nodes` are the cluster's node names, which all
        share this machine and therefore its node_exporter."""
        (port,) = free_ports(1)
        server = cls(own_folder(folder), port)
        own_folder(folder / "data")
        for part in (server.targets_folder, server.rules_folder):
            part.mkdir(exist_ok=True)
        text = _configuration(server, rabbitmq, node_exporter_port, nodes)
        write_for_server(server.configuration_file, text)
        return server

    @property
    def url(self) -> str:
        """Base address, without /api."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def targets_folder(self) -> Path:
        """Files *.json in it, in file_sd format, are scraped within seconds of being written."""
        return self.folder / "targets"

    @property
    def rules_folder(self) -> Path:
        """Files *.yml in it are rule files; call `reload` after changing them."""
        return self.folder / "rules"

    @property
    def configuration_file(self) -> Path:
        """The generated configuration."""
        return self.folder / "prometheus.yml"

    @property
    def process(self) -> ServerProcess:
        """The server."""
        return ServerProcess("prometheus", self.folder)

    def start(self) -> None:
        """Start the server and wait until it answers queries."""
        self.process.start(
            [
                "prometheus",
                f"--config.file={self.configuration_file}",
                f"--storage.tsdb.path={self.folder / 'data'}",
                f"--web.listen-address={LOOPBACK}:{self.port}",
            ]
        )
        self.process.wait_until(self.answers, _START_SECONDS)

    def stop(self) -> None:
        """End the server."""
        self.process.stop()

    def answers(self) -> bool:
        """Whether the server is ready for queries."""
        return serves(f"{self.url}/-/ready")

    def reload(self) -> None:
        """Read configuration and rule files again."""
        self.process.signal(signal.SIGHUP)

    def register(self, name: str, addresses: list[str], labels: dict[str, str]) -> Path:
        """Have `addresses` (host:port) scraped at /metrics with `labels`; returns the file, delete it to end that."""
        if not _TARGET_NAME.fullmatch(name):
            raise ValueError(f"a target's name is a file name of letters, digits and ._-; not {name!r}")
        target = self.targets_folder / f"{name}.json"
        # Written beside and renamed: Prometheus reads the folder at any moment.
        draft = target.with_suffix(".draft")
        draft.write_text(json.dumps([{"targets": addresses, "labels": labels}]), encoding="utf-8")
        return draft.rename(target)


def _configuration(server: Prometheus, rabbitmq: RabbitMQ, node_exporter_port: int, nodes: tuple[str, ...]) -> str:
    def target(port: int, **labels: str) -> dict[str, object]:
        return {"targets": [f"{LOOPBACK}:{port}"], "labels": labels}

    jobs: list[dict[str, object]] = [
        {"job_name": "prometheus", "static_configs": [target(server.port)]},
        {"job_name": "rabbitmq", "static_configs": [target(rabbitmq.metrics_port, instance=rabbitmq.node_name)]},
        {
            "job_name": "rabbitmq-detailed",
            "metrics_path": "/metrics/detailed",
            "params": {"vhost": [rabbitmq.virtual_host], "family": list(DETAILED_FAMILIES)},
            "static_configs": [target(rabbitmq.metrics_port, instance=rabbitmq.node_name)],
        },
        {
            "job_name": "node-exporter",
            "static_configs": [target(node_exporter_port, instance=node, node=node) for node in nodes],
        },
        {
            # What the bank exports under cAdvisor's and kube-state-metrics' names carries pod and node labels itself.
            "job_name": "bank",
            "honor_labels": True,
            "file_sd_configs": [{"files": [f"{server.targets_folder}/*.json"], "refresh_interval": "5s"}],
        },
    ]
    interval = f"{SCRAPE_SECONDS}s"
    whole = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": [f"{server.rules_folder}/*.yml"],
        "scrape_configs": jobs,
    }
    # JSON is YAML.
    return json.dumps(whole, indent=2) + "\n"
