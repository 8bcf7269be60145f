"""Questions that services ask each other and wait for: by gRPC, not by message."""

from collections.abc import Mapping
from typing import Any

from bank.desk import Desk
from bank.flow import Lookup


def check_limit(desk: Desk, question: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the customer may still spend the amount."""
    desk.work(1, 8)
    return {"within": question["amount"] < 4_500}


def score(desk: Desk, _question: Mapping[str, Any]) -> dict[str, Any]:
    """How unusual a purchase is, from 0 to 100."""
    desk.work(3, 18)
    return {"score": desk.draw.randrange(100)}


def open_cases(desk: Desk, _question: Mapping[str, Any]) -> dict[str, Any]:
    """How many cases of the customer the support has not closed."""
    desk.work(2, 10)
    return {"open": min(3, int(desk.draw.expovariate(1.6)))}


LOOKUPS = (
    Lookup("limits", "Check", check_limit),
    Lookup("fraud", "Score", score),
    Lookup("support", "OpenCases", open_cases),
)
