"""Free TCP ports on loopback."""

import random
import socket

from stack.errors import StackError

LOOPBACK = "127.0.0.1"

# Below the range that the kernel hands out to outgoing connections (32768 and up by default), so that no client takes
# a port between the moment it is found free and the moment the server binds it.
_LOWEST, _HIGHEST = 20_000, 32_000
_TRIES = 2_000
_NEIGHBOURS = 100


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nothing on this machine listens on."""
    found: list[int] = []
    candidates = random.SystemRandom().sample(range(_LOWEST, _HIGHEST), _TRIES)
    for port in candidates:
        if len(found) == count:
            return found
        if _is_free(port):
            found.append(port)
    raise StackError(f"ports: fewer than {count} free ones between {_LOWEST} and {_HIGHEST}; stop some servers")


def first_free_port(wanted: int) -> int:
    """Return `wanted`, or the next port above it that nothing listens on."""
    for port in range(wanted, wanted + _NEIGHBOURS):
        if _is_free(port):
            return port
    raise StackError(f"ports: none free from {wanted} to {wanted + _NEIGHBOURS - 1}; stop some servers")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True
