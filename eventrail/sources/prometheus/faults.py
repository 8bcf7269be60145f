"""What went wrong with a request, as a Problem: what was asked, what happened, what to do."""

import re
from typing import Final

import requests
from prometheus_api_client.exceptions import PrometheusApiClientException

from eventrail.model.problem import Problem

NAME: Final = "Prometheus"

# Everything the client raises for an outage or an answer that is no success; ValueError and KeyError when the answer
# is not what Prometheus answers.
FAULTS: Final[tuple[type[Exception], ...]] = (
    requests.RequestException,
    PrometheusApiClientException,
    ValueError,
    KeyError,
)
_STATUS: Final = re.compile(r"HTTP Status Code (\d+) \((.*)\)", re.DOTALL)
_REASON_CHARACTERS: Final = 200


def problem_of(fault: Exception, question: str, address: str) -> Problem:
    """Say what a fault means. question: what was asked, in words."""
    what, remedy = _told(fault, address)
    return Problem(NAME, f"{question} failed: {what}", remedy, "error")


def _told(fault: Exception, address: str) -> tuple[str, str]:
    if isinstance(fault, requests.Timeout):
        return f"no answer from {address} in time", "choose a shorter window, or raise prometheus.timeout_seconds"
    if isinstance(fault, requests.exceptions.SSLError):
        return f"the certificate of {address} is not trusted", "name its authority in prometheus.ca_file"
    if isinstance(fault, requests.RequestException):
        return f"nothing answers at {address}", "start the server, or correct prometheus.url"
    refused = _STATUS.search(str(fault)) if isinstance(fault, PrometheusApiClientException) else None
    if refused is None:
        return f"{address} does not answer as Prometheus does", "correct prometheus.url"
    status, body = int(refused[1]), ascii(refused[2])[1:-1][:_REASON_CHARACTERS]
    if status in (401, 403):
        return (
            f"{address} does not accept the credentials",
            "check prometheus.username and password, or prometheus.bearer_token",
        )
    if status == 404:
        return f"{address} has no Prometheus API", "correct prometheus.url"
    return f"status {status}, {body}", "see the server's log"
