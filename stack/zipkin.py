"""A Zipkin server of its own, its spans in memory: the peer that exports are tried on and pages are measured by."""

from dataclasses import dataclass
from pathlib import Path

import requests

from stack.errors import StackError
from stack.java import java_home
from stack.places import cache_folder, own_folder
from stack.ports import LOOPBACK, free_ports
from stack.processes import ServerProcess

VERSION = "3.5.1"
_JAVA_NEEDED = 17

DEFAULT_HEAP = "512m"
# Zipkin's own limit; what is above it is dropped, the oldest first.
DEFAULT_SPANS_MAX = 500_000
_START_SECONDS = 120.0
_PROBE_SECONDS = 5.0


def why_not() -> str | None:
    """Why Zipkin cannot run on this machine, in a sentence; None when it can."""
    if java_home(_JAVA_NEEDED) is None:
        return f"Zipkin {VERSION} needs Java {_JAVA_NEEDED} or newer and this machine has none"
    if not _jar().is_file():
        return f"Zipkin {VERSION} is not in {_jar()}; run stack/install.sh"
    return None


def _jar() -> Path:
    return cache_folder() / f"zipkin-server-{VERSION}-exec.jar"


@dataclass(frozen=True)
class Zipkin:
    """Address and limits of one server. It is no part of the stack: who wants one makes, starts and stops it."""

    folder: Path
    port: int
    heap: str = DEFAULT_HEAP
    spans_max: int = DEFAULT_SPANS_MAX

    @classmethod
    def create(cls, folder: Path, heap: str = DEFAULT_HEAP, spans_max: int = DEFAULT_SPANS_MAX) -> "Zipkin":
        """Choose a port; `folder` takes its output. Raises StackError when it cannot run here."""
        if reason := why_not():
            raise StackError(reason)
        (port,) = free_ports(1)
        return cls(own_folder(folder), port, heap, spans_max)

    @property
    def url(self) -> str:
        """Base address: the page is below /zipkin/, the API below /api/v2/."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def process(self) -> ServerProcess:
        """The Java process."""
        return ServerProcess(f"zipkin {VERSION}", self.folder)

    def start(self) -> None:
        """Start the server, empty, and wait until it answers."""
        java = java_home(_JAVA_NEEDED)
        settings = {
            # One address of the list that its web server listens on; by default it is every address of the machine.
            "armeria.ports[0].ip": LOOPBACK,
            "armeria.ports[0].port": self.port,
            "armeria.ports[0].protocols[0]": "http",
            "zipkin.storage.type": "mem",
            "zipkin.storage.mem.max-spans": self.spans_max,
            "java.io.tmpdir": self.folder,
        }
        given = [f"-D{name}={value}" for name, value in settings.items()]
        self.process.start(
            [f"{java}/bin/java", f"-Xmx{self.heap}", "-XX:+UseSerialGC", *given, "-jar", str(_jar())],
        )
        self.process.wait_until(self.answers, _START_SECONDS)

    def stop(self) -> None:
        """End the server; its spans are gone with it."""
        self.process.stop()

    def answers(self) -> bool:
        """Whether it takes and finds spans."""
        try:
            return requests.get(f"{self.url}/health", timeout=_PROBE_SECONDS).ok
        except requests.RequestException:
            return False
