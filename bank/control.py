"""How others talk to the running bank: one JSON line asked, one JSON line answered, over a local socket."""

import json
import socket
from pathlib import Path
from typing import Any

_TIMEOUT_SECONDS = 30.0


class BankError(Exception):
    """The bank is not running, or cannot do what was asked; the text says which and what to do."""


def ask(socket_path: Path, order: str, **details: object) -> Any:
    """Sends one order and gives its result. Raises BankError with the bank's own words when it says no."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_TIMEOUT_SECONDS)
        try:
            connection.connect(str(socket_path))
            connection.sendall(json.dumps({"order": order, **details}).encode() + b"\n")
            with connection.makefile("r") as answers:
                answer = json.loads(answers.readline() or "{}")
        except (OSError, ValueError) as problem:
            raise BankError(f"{socket_path}: the bank does not answer ({problem}); python -m bank run") from problem
    if "error" in answer:
        raise BankError(answer["error"])
    return answer.get("result")
