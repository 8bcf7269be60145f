"""A RabbitMQ node of its own: own name, ports, cookie, users and folders; plugins management and prometheus."""

import json
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from stack.credentials import Credentials, new_credentials, rabbitmq_hash
from stack.errors import StackError
from stack.places import own_folder, server_user, write_for_server
from stack.ports import LOOPBACK, free_ports
from stack.probe import PROBE_SECONDS, serves
from stack.processes import ServerProcess

# Debian's own scripts insist on root or the user rabbitmq; these run as whoever calls them.
_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
_START_SECONDS = 120.0
_EPMD_SECONDS = 10.0
_COMMAND_SECONDS = 60.0

VIRTUAL_HOST = "bank"


@dataclass(frozen=True)
class RabbitMQ:
    """Addresses and accounts of one node; `bank` may do all in its virtual host, `monitoring` only look."""

    folder: Path
    node_name: str
    epmd_port: int
    distribution_port: int
    amqp_port: int
    management_port: int
    metrics_port: int
    bank: Credentials
    monitoring: Credentials
    virtual_host: str = VIRTUAL_HOST

    @classmethod
    def create(cls, folder: Path) -> "RabbitMQ":
        """Choose ports and passwords and write the configuration below `folder`."""
        epmd, distribution, amqp, management, metrics = free_ports(5)
        node = cls(
            folder=own_folder(folder),
            node_name=f"eventrail-{amqp}@localhost",
            epmd_port=epmd,
            distribution_port=distribution,
            amqp_port=amqp,
            management_port=management,
            metrics_port=metrics,
            bank=new_credentials("bank"),
            monitoring=new_credentials("eventrail"),
        )
        own_folder(folder / "epmd")
        write_for_server(folder / "rabbitmq.conf", node._configuration())
        write_for_server(folder / "definitions.json", json.dumps(node._definitions(), indent=1), mode=0o600)
        write_for_server(folder / "enabled_plugins", "[rabbitmq_management,rabbitmq_prometheus].\n")
        write_for_server(folder / ".erlang.cookie", secrets.token_hex(20), mode=0o400)
        return node

    @property
    def amqp_url(self) -> str:
        """For clients: the bank's account and virtual host included."""
        account = f"{self.bank.username}:{self.bank.password}"
        return f"amqp://{account}@{LOOPBACK}:{self.amqp_port}/{quote(self.virtual_host, safe='')}"

    @property
    def management_url(self) -> str:
        """The management API's base address, without /api."""
        return f"http://{LOOPBACK}:{self.management_port}"

    @property
    def metrics_url(self) -> str:
        """The Prometheus plugin's base address, without /metrics."""
        return f"http://{LOOPBACK}:{self.metrics_port}"

    @property
    def process(self) -> ServerProcess:
        """The broker."""
        return ServerProcess("rabbitmq", self.folder)

    @property
    def _port_mapper(self) -> ServerProcess:
        # Started here, in the foreground, because one that a node starts by itself outlives the node.
        return ServerProcess("epmd", self.folder / "epmd")

    def start(self) -> None:
        """Start the node and wait until it takes AMQP connections and shows its figures."""
        if not self._port_mapper.running():
            self._port_mapper.start(
                ["epmd", "-address", LOOPBACK, "-port", str(self.epmd_port)], {"HOME": str(self.folder)}
            )
            self._port_mapper.wait_until(self._port_mapper_answers, _EPMD_SECONDS)
        self.process.start([str(_SCRIPTS / "rabbitmq-server")], self._environment())
        self.process.wait_until(self.answers, _START_SECONDS)

    def stop(self) -> None:
        """End the node and its port mapper."""
        self.process.stop()
        self._port_mapper.stop()

    def answers(self) -> bool:
        """Whether the node is up: the listeners' health check passes and figures are served."""
        health = f"{self.management_url}/api/health/checks/port-listener/{self.amqp_port}"
        return serves(health, self.monitoring.pair) and serves(f"{self.metrics_url}/metrics")

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl on this node and return its output; asks the living processes, so it is the truth that
        figures are compared with. Raises StackError with the command's own words when it fails."""
        user = server_user()
        try:
            done = subprocess.run(
                [str(_SCRIPTS / "rabbitmqctl"), "--quiet", *arguments],
                env=self._environment(),
                cwd=self.folder,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                capture_output=True,
                text=True,
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise StackError(f"rabbitmqctl {arguments[0]}: no answer after {_COMMAND_SECONDS:.0f} s") from late
        if done.returncode != 0:
            raise StackError(f"rabbitmqctl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def control_table(self, *arguments: str) -> list[dict[str, str]]:
        """The rows of a `rabbitmqctl list_…` command, as texts by column name."""
        rows = json.loads(self.control(*arguments, "--formatter", "json") or "[]")
        return [{key: str(value) for key, value in row.items()} for row in rows]

    def _port_mapper_answers(self) -> bool:
        names = subprocess.run(
            ["epmd", "-port", str(self.epmd_port), "-names"], capture_output=True, timeout=PROBE_SECONDS, check=False
        )
        return names.returncode == 0

    def _environment(self) -> dict[str, str]:
        loopback_only = "-kernel inet_dist_use_interface {127,0,0,1}"
        # Schedulers that spin while idle would take the processor from the bank.
        sleep_when_idle = "+sbwt none +sbwtdcpu none +sbwtdio none"
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": self.node_name,
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "generated"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "rabbitmq.pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{loopback_only} {sleep_when_idle}",
            "RABBITMQ_CTL_ERL_ARGS": loopback_only,
        }

    def _configuration(self) -> str:
        # collect_statistics_interval stays at its default of 5 s: the delay that users' figures have.
        return f"""\
listeners.tcp.default = {LOOPBACK}:{self.amqp_port}
management.tcp.ip = {LOOPBACK}
management.tcp.port = {self.management_port}
prometheus.tcp.ip = {LOOPBACK}
prometheus.tcp.port = {self.metrics_port}
load_definitions = {self.folder / "definitions.json"}
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
log.file.level = info
log.console = false
"""

    def _definitions(self) -> dict[str, object]:
        def user(account: Credentials, *tags: str) -> dict[str, object]:
            return {
                "name": account.username,
                "password_hash": rabbitmq_hash(account.password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": list(tags),
            }

        def permission(account: Credentials, pattern: str) -> dict[str, object]:
            grants = {"configure": pattern, "write": pattern, "read": pattern}
            return {"user": account.username, "vhost": self.virtual_host, **grants}

        return {
            "vhosts": [{"name": self.virtual_host}],
            "users": [user(self.bank, "management"), user(self.monitoring, "monitoring")],
            # An empty pattern grants nothing but lets the monitoring user list what is in the virtual host.
            "permissions": [permission(self.bank, ".*"), permission(self.monitoring, "")],
        }
