"""The state of a holder's pod and node in words: now, and as it took the oldest delivery."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd

from dashboard.shaping.details import Fact
from dashboard.shaping.words import bytes_text, count_text, share_text

# (query, pod or node) → a row of STATE_COLUMNS
States = Mapping[tuple[str, str], Mapping[Any, Any]]

# Of a memory's limit or a node's processors: from here on it is worth a look.
HIGH_SHARE: Final = 0.9
THROTTLED_SHARE: Final = 0.25


def pod_facts(pod: str, states: States) -> list[Fact]:
    """Say what the pod uses now and used when it took the oldest delivery."""
    cores, throttled = states.get(("pod_cpu_cores", pod)), states.get(("pod_cpu_throttled_ratio", pod))
    used, limit = states.get(("pod_memory_working_set_bytes", pod)), states.get(("pod_memory_limit_bytes", pod))
    restarts = states.get(("pod_restarts_total", pod))
    facts = []
    if cores:
        held_back = f"; held back {_now_and_then(throttled, share_text)} of the time" if throttled else ""
        high = bool(throttled and throttled["latest"] >= THROTTLED_SHARE)
        facts.append(Fact("processor", f"{_now_and_then(cores, _cores)}{held_back}", "warn" if high else "plain"))
    if used:
        of = f" of {bytes_text(limit['latest'])}" if limit else ""
        high = bool(limit and used["latest"] >= HIGH_SHARE * limit["latest"])
        then: str = "" if pd.isna(used["at_delivery"]) else f", then {bytes_text(used['at_delivery'])}"
        facts.append(Fact("memory", f"{bytes_text(used['latest'])}{of}{then}", "warn" if high else "plain"))
    if restarts:
        facts.append(_restarts(restarts))
    return facts


def _restarts(state: Mapping[Any, Any]) -> Fact:
    if pd.isna(state["at_delivery"]):
        return Fact("restarts", f"{count_text(state['latest'])} in its life")
    since = state["latest"] - state["at_delivery"]
    return Fact(
        "restarts", f"{count_text(since)} since then" if since else "none since then", "bad" if since else "plain"
    )


def node_facts(node: str, states: States) -> list[Fact]:
    processor, free = states.get(("node_cpu_ratio", node)), states.get(("node_memory_available_bytes", node))
    if not processor:
        return []
    memory = f"; memory free {_now_and_then(free, bytes_text)}" if free else ""
    high = processor["latest"] >= HIGH_SHARE
    return [Fact("its node", f"processor {_now_and_then(processor, share_text)}{memory}", "warn" if high else "plain")]


def _now_and_then(state: Mapping[Any, Any], say: Callable[[float], str]) -> str:
    """Say a value of now and of when the oldest delivery was taken; once where both read alike."""
    now = say(state["latest"])
    if pd.isna(state["at_delivery"]):
        return now
    then = say(state["at_delivery"])
    return now if then == now else f"{now} (then {then})"


def _cores(cores: float) -> str:
    return f"{cores:.3f} cores" if cores < 0.1 else f"{cores:.2f} cores"
