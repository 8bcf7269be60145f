"""All servers together: made, started, stopped, and written to a file that others read."""

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from stack.elasticsearch import DEFAULT_HEAP, Elasticsearch
from stack.errors import StackError
from stack.node_exporter import NodeExporter
from stack.places import write_private
from stack.processes import ServerProcess
from stack.prometheus import Prometheus
from stack.rabbitmq import RabbitMQ
from stack.shipper import LogShipper

_FOLDERS = ("rabbitmq", "elasticsearch", "prometheus", "node_exporter", "shippers", "logs")
NODES = ("node-a", "node-b", "node-c")


class Server(Protocol):
    """What all servers have in common."""

    @property
    def process(self) -> ServerProcess: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def answers(self) -> bool: ...


@dataclass(frozen=True)
class Stack:
    """The servers of one installation; a value that can be saved and loaded, the processes are found by it."""

    folder: Path
    rabbitmq: RabbitMQ
    elasticsearch: Elasticsearch
    prometheus: Prometheus
    node_exporter: NodeExporter
    shippers: tuple[LogShipper, ...]

    @classmethod
    def create(cls, folder: Path, heap: str = DEFAULT_HEAP) -> "Stack":
        """Choose ports and passwords and write all configuration below `folder`, which the servers' user must be
        able to reach; starts nothing."""
        rabbitmq = RabbitMQ.create(folder / "rabbitmq")
        node_exporter = NodeExporter.create(folder / "node_exporter")
        elasticsearch = Elasticsearch.create(folder / "elasticsearch", heap=heap)
        return cls(
            folder=folder,
            rabbitmq=rabbitmq,
            elasticsearch=elasticsearch,
            prometheus=Prometheus.create(folder / "prometheus", rabbitmq, node_exporter.port, NODES),
            node_exporter=node_exporter,
            shippers=tuple(
                LogShipper.create(
                    folder / "shippers" / node, node, folder / "logs" / node / "containers", elasticsearch
                )
                for node in NODES
            ),
        )

    @classmethod
    def load(cls, state_file: Path) -> "Stack":
        """Read what `save` wrote; raises StackError when there is no such file or it is not ours."""
        try:
            return _STATE.validate_json(state_file.read_bytes())
        except FileNotFoundError as missing:
            raise StackError(f"{state_file}: no servers were started here; python -m stack up") from missing
        except ValidationError as invalid:
            raise StackError(f"{state_file}: not a state file of this version; delete it and start anew") from invalid

    def running(self) -> bool:
        """Whether at least one of the servers runs."""
        return any(server.process.running() for server in self.servers())

    def remove_data(self) -> None:
        """Delete what the servers keep on disk, logs included; they must not run."""
        for name in _FOLDERS:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def save(self, state_file: Path) -> None:
        """Write addresses and accounts to `state_file`, readable by its owner only."""
        write_private(state_file, _STATE.dump_json(self, indent=2).decode())

    def shipper(self, node: str) -> LogShipper:
        """The shipper of `node`, which also tells where that node's container logs are written; raises StackError for
        an unknown node."""
        for shipper in self.shippers:
            if shipper.node == node:
                return shipper
        raise StackError(f"there is no node {node}; there are {', '.join(NODES)}")

    def servers(self) -> tuple[Server, ...]:
        """Every server, in no particular order."""
        return (self.rabbitmq, self.elasticsearch, self.prometheus, self.node_exporter, *self.shippers)

    def start(self) -> None:
        """Start every server that does not run, side by side, and wait until all answer. When one fails, the others
        are stopped and its StackError is raised."""
        try:
            _side_by_side(server.start for server in self.servers() if not server.process.running())
        except StackError:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every server; nothing to do for those that do not run."""
        _side_by_side(shipper.stop for shipper in self.shippers)  # first: they empty themselves into Elasticsearch
        _side_by_side(server.stop for server in self.servers())


_STATE = TypeAdapter(Stack)


def _side_by_side(actions: Iterable["Action"]) -> None:
    with ThreadPoolExecutor() as pool:
        for outcome in [pool.submit(action) for action in actions]:
            outcome.result()


class Action(Protocol):
    """Something to do that gives nothing back."""

    def __call__(self) -> None: ...
