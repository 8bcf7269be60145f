"""How long the broker lets a consumer hold a delivery before it takes it back (RabbitMQ's `consumer_timeout`).

The management API does not tell the broker's own setting, so its version's default stands in for it unless the
configuration says otherwise; what a queue or a policy sets for itself is told. A consumer's own argument is not seen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

QueueKey = tuple[str, str]

DEFAULT_SECONDS: Final = 1800.0
# The first versions with a timeout at all, and with the default of today.
FIRST_VERSION: Final = (3, 8, 15)
FIRST_DEFAULT_SECONDS: Final = 900.0
DEFAULT_VERSION: Final = (3, 8, 17)
# The first version in which a queue or a policy may set its own.
OWN_VERSION: Final = (3, 12)
# From here on only quorum queues have one.
QUORUM_ONLY_VERSION: Final = (4, 3)
QUORUM: Final = "quorum"


@dataclass(frozen=True, slots=True)
class QueueSetting:
    """What the broker tells of a queue. own_seconds: by its argument or policy; None where it has none."""

    kind: str | None
    own_seconds: float | None


@dataclass(frozen=True, slots=True)
class ConsumerTimeouts:
    """version: the broker's, empty when unknown. configured_seconds: of [ledger]; 0: none; None: not configured."""

    version: str = ""
    configured_seconds: float | None = None
    queues: Mapping[QueueKey, QueueSetting] = field(default_factory=dict)

    def known_by(self, queue: QueueKey) -> Literal["queue", "configuration", "version"]:
        """Say what a queue's timeout is known by: its own setting, the configuration, or the broker's version."""
        setting = self.queues.get(queue)
        if setting is not None and setting.own_seconds is not None and _numbers(self.version) >= OWN_VERSION:
            return "queue"
        return "version" if self.configured_seconds is None else "configuration"

    def of(self, queue: QueueKey) -> float | None:
        """Give a queue's timeout in seconds; None where its consumers may hold a delivery for ever."""
        setting = self.queues.get(queue, QueueSetting(None, None))
        version = _numbers(self.version)
        if version >= QUORUM_ONLY_VERSION and setting.kind not in (None, QUORUM):
            return None
        match self.known_by(queue):
            case "queue":
                return setting.own_seconds
            case "configuration":
                return self.configured_seconds or None
            case "version":
                return _default_seconds(version)


def _numbers(version: str) -> tuple[int, ...]:
    """Give "3.10.8-rc.1" as (3, 10, 8); nothing where it does not begin like a version."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _default_seconds(version: tuple[int, ...]) -> float | None:
    """Give the timeout of a broker that nobody configured; of an unknown version today's."""
    if not version or version >= DEFAULT_VERSION:
        return DEFAULT_SECONDS
    return FIRST_DEFAULT_SECONDS if version >= FIRST_VERSION else None
