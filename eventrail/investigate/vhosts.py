"""Queues of one name in several virtual hosts, where log lines do not say which one they are about."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from eventrail.investigate.gauges import QueueKey
from eventrail.model.events import CHANNEL_OPERATIONS
from eventrail.model.problem import Problem
from eventrail.words import count, listed

_DELIVERY: Final = ["channel_id", "delivery_tag"]


def own_lines(
    lines_of: Mapping[QueueKey, pd.DataFrame], counts: Mapping[QueueKey, int]
) -> tuple[dict[QueueKey, pd.DataFrame], list[Problem]]:
    """Leave out of each queue's lines those without a virtual host that must be about another queue of that name.

    counts: the gauge of every queue, those without lines too. Lines without a virtual host are about the queue which
    counts something. Where several do, each of them keeps the lines, and a problem says so.
    """
    own = dict(lines_of)
    doubtful: dict[str, int] = {}
    for (vhost, name), lines in lines_of.items():
        known = {other: held for (other, queue), held in counts.items() if queue == name}
        if len(known) < 2:
            continue
        takers = [other for other, held in known.items() if held] or list(known)
        told = _with_vhosts(lines)
        unsaid = told["vhost"].isna() & ~told["operation"].isin(CHANNEL_OPERATIONS)
        own[vhost, name] = told if vhost in takers else told[~unsaid]
        if len(takers) > 1 and unsaid.any():
            doubtful[name] = int(unsaid.sum())
    return own, [_problem(name, lines, counts) for name, lines in sorted(doubtful.items())]


def _with_vhosts(lines: pd.DataFrame) -> pd.DataFrame:
    """Give each line the virtual host that another line about the same delivery names, where it names none itself."""
    telling = lines[lines["vhost"].notna() & lines["delivery_tag"].notna()].drop_duplicates(_DELIVERY)
    found = lines[_DELIVERY].merge(telling[[*_DELIVERY, "vhost"]], on=_DELIVERY, how="left")["vhost"]
    return lines.assign(vhost=lines["vhost"].where(lines["vhost"].notna(), found.array))


def _problem(name: str, lines: int, counts: Mapping[QueueKey, int]) -> Problem:
    vhosts = sorted(vhost for vhost, queue in counts if queue == name)
    what = f"{count(lines, 'line')} about {name} without a virtual host, and {listed(vhosts)} have such a queue each"
    return Problem("logs", f"{what}: their deliveries are listed under each", "log the virtual host of each delivery")
