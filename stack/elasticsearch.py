"""An Elasticsearch node of its own with security on and three accounts in the file realm."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import requests

from stack.credentials import Credentials, elasticsearch_hash, new_credentials
from stack.errors import StackError
from stack.java import java_home
from stack.places import cache_folder, give_to_server, own_folder, write_for_server
from stack.ports import LOOPBACK, free_ports
from stack.probe import PROBE_SECONDS
from stack.processes import ServerProcess

VERSION_8 = "8.19.8"
VERSION_9 = "9.5.0"
_JAVA_NEEDED = {VERSION_8: 17, VERSION_9: 21}

DEFAULT_HEAP = "1g"
_START_SECONDS = 240.0

# Each may do what it needs and nothing else, as docs/configuration.md has it; `monitor` tells the version and the
# cluster's health.
_ROLES = """\
eventrail_reader:
  cluster: [monitor]
  indices:
    - names: ['application-*', 'eventrail-deliveries*']
      privileges: [read, view_index_metadata]
eventrail_indexer:
  cluster: [monitor]
  indices:
    - names: ['application-*']
      privileges: [read, view_index_metadata]
    - names: ['eventrail-deliveries*']
      privileges: [create_index, read, write, maintenance]
eventrail_shipper:
  cluster: [monitor]
  indices:
    - names: ['application-*']
      privileges: [create_index, auto_configure, create_doc, index, view_index_metadata]
"""


def why_not(version: str) -> str | None:
    """Why `version` cannot run on this machine, in a sentence; None when it can."""
    needed = _JAVA_NEEDED[version]
    if java_home(needed) is None:
        return f"Elasticsearch {version} needs Java {needed} or newer and this machine has none"
    home = _installed(version)
    if not home.is_dir():
        return f"Elasticsearch {version} is not in {home}; run stack/install.sh"
    return None


def _installed(version: str) -> Path:
    return cache_folder() / f"elasticsearch-{version}"


@dataclass(frozen=True)
class Elasticsearch:
    """Address and accounts of one node: `admin` may do all, `reader` reads application-*, `shipper` writes it,
    `indexer` keeps the delivery index."""

    folder: Path
    version: str
    http_port: int
    transport_port: int
    admin: Credentials
    reader: Credentials
    shipper: Credentials
    indexer: Credentials
    heap: str = DEFAULT_HEAP

    @classmethod
    def create(cls, folder: Path, version: str = VERSION_8, heap: str = DEFAULT_HEAP) -> "Elasticsearch":
        """Choose ports and passwords and write the configuration below `folder`. Raises StackError when `version`
        cannot run here."""
        if reason := why_not(version):
            raise StackError(reason)
        http, transport = free_ports(2)
        node = cls(
            folder=own_folder(folder),
            version=version,
            http_port=http,
            transport_port=transport,
            admin=new_credentials("admin"),
            reader=new_credentials("eventrail"),
            shipper=new_credentials("shipper"),
            indexer=new_credentials("indexer"),
            heap=heap,
        )
        node._write_configuration()
        return node

    @property
    def url(self) -> str:
        """Base address, without credentials."""
        return f"http://{LOOPBACK}:{self.http_port}"

    @property
    def process(self) -> ServerProcess:
        """The launcher, whose child is the node."""
        return ServerProcess(f"elasticsearch {self.version}", self.folder)

    def start(self) -> None:
        """Start the node and wait until it answers searches."""
        java = java_home(_JAVA_NEEDED[self.version])
        self.process.start(
            [str(_installed(self.version) / "bin" / "elasticsearch")],
            {
                "ES_PATH_CONF": str(self.folder / "config"),
                "ES_JAVA_HOME": str(java),
                "ES_JAVA_OPTS": f"-Xms{self.heap} -Xmx{self.heap}",
                # The launcher is a Java process too; it needs next to nothing.
                "CLI_JAVA_OPTS": "-Xms4m -Xmx64m -XX:+UseSerialGC",
                "ES_TMPDIR": str(self.folder / "tmp"),
            },
        )
        self.process.wait_until(self.answers, _START_SECONDS)

    def stop(self) -> None:
        """End the node."""
        self.process.stop(grace_seconds=30.0)

    def answers(self) -> bool:
        """Whether the node serves authenticated requests. (This distribution has no `GET /`.)"""
        try:
            health = requests.get(f"{self.url}/_cluster/health", auth=self.reader.pair, timeout=PROBE_SECONDS)
        except requests.RequestException:
            return False
        return health.ok and health.json()["status"] != "red"

    def delete_indices(self, pattern: str) -> None:
        """Delete every index whose name matches `pattern`; for tests that start with an empty index."""
        listed = requests.get(
            f"{self.url}/{pattern}/_settings",
            auth=self.admin.pair,
            params={"filter_path": "*.settings.index.uuid"},
            timeout=30,
        )
        listed.raise_for_status()
        for index in listed.json():
            requests.delete(f"{self.url}/{index}", auth=self.admin.pair, timeout=30).raise_for_status()

    def _write_configuration(self) -> None:
        for name in ("data", "logs", "tmp", "config", "config/jvm.options.d"):
            own_folder(self.folder / name)
        shipped, config = _installed(self.version) / "config", self.folder / "config"
        for name in ("jvm.options", "log4j2.properties"):
            shutil.copyfile(shipped / name, config / name)
            give_to_server(config / name)
        accounts = (self.admin, self.reader, self.shipper, self.indexer)
        hashes = "".join(f"{account.username}:{elasticsearch_hash(account.password)}\n" for account in accounts)
        roles = (
            f"superuser:{self.admin.username}\n"
            f"eventrail_reader:{self.reader.username}\n"
            f"eventrail_shipper:{self.shipper.username}\n"
            f"eventrail_indexer:{self.indexer.username}\n"
        )
        write_for_server(config / "elasticsearch.yml", self._settings())
        write_for_server(config / "roles.yml", _ROLES)
        write_for_server(config / "users", hashes, mode=0o600)
        write_for_server(config / "users_roles", roles)

    def _settings(self) -> str:
        # The disk watermarks would stop writing on a developer's nearly full disk, long before it matters here.
        return f"""\
cluster.name: eventrail
node.name: node-{self.version}
path.data: {self.folder / "data"}
path.logs: {self.folder / "logs"}
network.host: {LOOPBACK}
http.port: {self.http_port}
transport.port: {self.transport_port}
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
action.destructive_requires_name: true
xpack.security.enabled: true
xpack.security.autoconfiguration.enabled: false
xpack.security.enrollment.enabled: false
xpack.security.http.ssl.enabled: false
xpack.security.transport.ssl.enabled: false
"""
