"""The figures of this machine, as node_exporter gives them."""

from dataclasses import dataclass
from pathlib import Path

from stack.places import own_folder
from stack.ports import LOOPBACK, free_ports
from stack.probe import serves
from stack.processes import ServerProcess

_START_SECONDS = 30.0


@dataclass(frozen=True)
class NodeExporter:
    """Address of one exporter."""

    folder: Path
    port: int

    @classmethod
    def create(cls, folder: Path) -> "NodeExporter":
        """Choose a port; `folder` takes the log."""
        (port,) = free_ports(1)
        return cls(own_folder(folder), port)

    @property
    def url(self) -> str:
        """Where the figures are."""
        return f"http://{LOOPBACK}:{self.port}/metrics"

    @property
    def process(self) -> ServerProcess:
        """The exporter."""
        return ServerProcess("node_exporter", self.folder)

    def start(self) -> None:
        """Start the exporter and wait until it answers."""
        self.process.start(["prometheus-node-exporter", f"--web.listen-address={LOOPBACK}:{self.port}"])
        self.process.wait_until(self.answers, _START_SECONDS)

    def stop(self) -> None:
        """End the exporter."""
        self.process.stop()

    def answers(self) -> bool:
        """Whether figures are served."""
        return serves(self.url)
