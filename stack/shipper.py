"""The log shipper of one node: rsyslog, from the containers' files to Elasticsearch."""

import json
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from stack.elasticsearch import Elasticsearch
from stack.places import own_folder, write_for_server
from stack.ports import LOOPBACK
from stack.processes import ServerProcess

_START_SECONDS = 30.0
# Several rounds of rsyslog's figures.
_FIGURES_BYTES = 16 * 1024
# More than the queue's timeoutShutdown in shipper.conf and a bulk request.
_GRACE_SECONDS = 10.0


@dataclass(frozen=True)
class LogShipper:
    """One rsyslogd; stop and start it to see what a dashboard does without fresh logs."""

    folder: Path
    node: str
    containers_folder: Path

    @classmethod
    def create(cls, folder: Path, node: str, containers_folder: Path, elasticsearch: Elasticsearch) -> "LogShipper":
        """Write the configuration of `node`'s shipper below `folder`; it will tail `containers_folder`/*.log."""
        own_folder(folder)
        own_folder(folder / "state")
        containers_folder.mkdir(parents=True, exist_ok=True)
        text = resources.files("stack").joinpath("shipper.conf").read_text(encoding="utf-8")
        values = {
            "FOLDER": str(folder),
            "CONTAINERS": str(containers_folder),
            "NODE": node,
            "HOST": LOOPBACK,
            "PORT": str(elasticsearch.http_port),
            "USERNAME": elasticsearch.shipper.username,
            "PASSWORD": elasticsearch.shipper.password,
        }
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        write_for_server(folder / "rsyslog.conf", text, mode=0o600)
        return cls(folder, node, containers_folder)

    @property
    def process(self) -> ServerProcess:
        """The rsyslogd."""
        return ServerProcess(f"shipper {self.node}", self.folder)

    @property
    def _process_id_file(self) -> Path:
        return self.folder / "rsyslogd.pid"

    @property
    def refused_file(self) -> Path:
        """Documents that Elasticsearch refused, with its reason; absent while there are none."""
        return self.folder / "refused.jsonl"

    def start(self) -> None:
        """Start shipping where the last run ended; from the beginning of all files when that run was killed, because
        what it held in memory is lost. A line sent twice is stored once."""
        if self._process_id_file.exists() and not self.process.running():
            self._forget_all()
        self._forget_deleted_files()
        configuration = str(self.folder / "rsyslog.conf")
        self.process.start(["rsyslogd", "-n", "-f", configuration, "-i", str(self._process_id_file)])
        self.process.wait_until(self.answers, _START_SECONDS)

    def stop(self) -> None:
        """End the shipper; lines that are read and not sent are kept on disk for the next start. While Elasticsearch
        is away it cannot end by itself, and is killed."""
        self.process.stop(_GRACE_SECONDS)

    def _forget_deleted_files(self) -> None:
        # rsyslog knows a short file by its inode number alone. When it ends within seconds of the file's deletion it
        # keeps the position, and would skip as much of the next file that gets the number.
        for state in (self.folder / "state").glob("imfile-state:*"):
            inode = int(state.name.split(":")[1])
            name = json.loads(state.read_text(encoding="utf-8"))["filename"]
            candidates = (Path(name), Path(f"{name}.1"))
            if not any(file.exists() and file.stat().st_ino == inode for file in candidates):
                state.unlink()

    def _forget_all(self) -> None:
        # rsyslogd removes its process ID file when it ends by itself.
        self._process_id_file.unlink()
        shutil.rmtree(self.folder / "state")
        own_folder(self.folder / "state")

    def answers(self) -> bool:
        """Whether the shipper has come up (it listens on no port, so its own process ID file tells)."""
        return self.process.running() and self._process_id_file.exists()

    def figures(self) -> dict[str, dict[str, object]]:
        """rsyslog's own newest counters by the name of its part (`omelasticsearch`, `ship`, …); empty before the first
        5 s are over."""
        newest: dict[str, dict[str, object]] = {}
        file = self.folder / "figures.jsonl"
        if not file.exists():
            return newest
        with file.open("rb") as figures:
            figures.seek(max(0, file.stat().st_size - _FIGURES_BYTES))
            # The first line is cut by the seek, or says nothing yet; the last can be half written.
            lines = figures.read().decode().splitlines()[1:]
        for line in lines:
            if line.endswith("}"):
                counters = json.loads(line[line.index("{") :])
                newest[counters["name"]] = counters
        return newest
