"""A Jaeger server of its own, its spans in memory: the other peer that exports are tried on."""

from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError
from stack.places import cache_folder, own_folder
from stack.ports import LOOPBACK, free_ports
from stack.probe import serves
from stack.processes import ServerProcess

VERSION = "1.76.0"
_START_SECONDS = 60.0
# Each listens on every address of the machine unless told otherwise.
_DOORS = (
    "admin.http",
    "collector.grpc-server",
    "collector.http-server",
    "collector.otlp.grpc",
    "collector.otlp.http",
    "query.grpc-server",
    "collector.zipkin",
    "query.http-server",
)


def why_not() -> str | None:
    """Why Jaeger cannot run on this machine, in a sentence; None when it can."""
    if not _program().is_file():
        return f"Jaeger {VERSION} is not in {_program()}; stack/build_jaeger.sh builds it, which takes minutes"
    return None


def _program() -> Path:
    return cache_folder() / f"jaeger-{VERSION}"


@dataclass(frozen=True)
class Jaeger:
    """Addresses of one server. It is no part of the stack: who wants one makes, starts and stops it."""

    folder: Path
    ports: tuple[int, ...]  # in the order of _DOORS

    @classmethod
    def create(cls, folder: Path) -> "Jaeger":
        """Choose ports; `folder` takes its output. Raises StackError when it cannot run here."""
        if reason := why_not():
            raise StackError(reason)
        return cls(own_folder(folder), tuple(free_ports(len(_DOORS))))

    @property
    def zipkin_url(self) -> str:
        """Base address that takes Zipkin's spans, below /api/v2/spans."""
        return f"http://{LOOPBACK}:{self.ports[-2]}"

    @property
    def url(self) -> str:
        """Base address that traces are asked for at, below /api/traces/."""
        return f"http://{LOOPBACK}:{self.ports[-1]}"

    @property
    def process(self) -> ServerProcess:
        """The server's process."""
        return ServerProcess(f"jaeger {VERSION}", self.folder)

    def start(self) -> None:
        """Start the server, empty, and wait until it answers."""
        doors = zip(_DOORS, self.ports, strict=True)
        self.process.start(
            [str(_program()), "--log-level=warn", *(f"--{door}.host-port={LOOPBACK}:{port}" for door, port in doors)],
            {"SPAN_STORAGE_TYPE": "memory"},
        )
        self.process.wait_until(lambda: serves(f"{self.url}/api/services"), _START_SECONDS)

    def stop(self) -> None:
        """End the server; its spans are gone with it."""
        self.process.stop()
