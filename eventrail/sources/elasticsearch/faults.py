"""What went wrong with a request, as a Problem: what was asked, what happened, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import elasticsearch as client

from eventrail.model.problem import Problem

NAME = "Elasticsearch"

# Everything the client raises for an outage or an answer that is no success.
FAULTS: tuple[type[Exception], ...] = (client.ApiError, client.TransportError)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is about, for the words of its problems. question: "reading log lines"."""

    question: str
    address: str
    index: str

    def problem(self, what: str, remedy: str) -> Problem:
        """Give an error about this request."""
        return Problem(NAME, f"{self.question} failed: {what}", remedy, "error")


def problem_of(fault: Exception, asked: Asked) -> Problem:
    """Say what a fault of the client means."""
    if isinstance(fault, client.ApiError):
        return _refused(fault, asked)
    if isinstance(fault, client.ConnectionTimeout):
        return asked.problem(
            f"no answer from {asked.address} in time",
            "choose a shorter time window, or raise elasticsearch.timeout_seconds",
        )
    if isinstance(fault, client.SSLError):
        return asked.problem(
            f"the certificate of {asked.address} is not trusted",
            "name the authority that signed it in elasticsearch.ca_file",
        )
    if isinstance(fault, client.ConnectionError):
        return asked.problem(f"nothing answers at {asked.address}", "start the server, or correct elasticsearch.url")
    return asked.problem(
        f"{asked.address} does not answer as Elasticsearch does ({type(fault).__name__})", "correct elasticsearch.url"
    )


def _refused(fault: client.ApiError, asked: Asked) -> Problem:
    status = fault.status_code
    if status == 401:
        return asked.problem(
            f"{asked.address} does not accept the credentials",
            "check elasticsearch.username and password, or elasticsearch.api_key",
        )
    if status == 403:
        return asked.problem(
            f"the user may not read {asked.index}",
            f"grant the privileges read and view_index_metadata on {asked.index}, or correct elasticsearch.index",
        )
    if status == 404:
        return asked.problem(f"there is no index {asked.index}", "correct elasticsearch.index")
    if status == 429:
        return asked.problem("the server has too much to do", "ask again later, or choose a shorter time window")
    return asked.problem(f"status {status}, {_reason(fault)}", "see the server's log")


def _reason(fault: client.ApiError) -> str:
    """Give the server's own words, short: they may quote what was asked."""
    body = fault.body if isinstance(fault.body, Mapping) else {}
    error = body.get("error")
    root = error.get("root_cause") if isinstance(error, Mapping) else None
    first = root[0] if isinstance(root, list) and root else error
    reason = first.get("reason") if isinstance(first, Mapping) else first
    return ascii(str(reason or "no reason given"))[1:-1][:200]


def partial_answer(response: Mapping[str, Any], question: str) -> tuple[Problem, ...]:
    """Say what a successful answer lacks: shards that failed, time that ran out."""
    problems = []
    shards = response.get("_shards") or {}
    if failed := shards.get("failed"):
        failures = shards.get("failures") or [{}]
        reason = (failures[0].get("reason") or {}).get("reason") or "no reason given"
        what = f"{question}: {failed} of {shards.get('total')} shards failed ({ascii(str(reason))[1:-1][:200]}), "
        problems.append(Problem(NAME, what + "so lines may be missing", "see the server's log"))
    if response.get("timed_out"):
        problems.append(
            Problem(NAME, f"{question}: the server's time ran out, so lines may be missing", "choose a shorter window")
        )
    return tuple(problems)
