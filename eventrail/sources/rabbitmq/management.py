"""Requests to the management API and what goes wrong with them."""

from typing import Any, Final
from urllib.parse import quote

import requests

from eventrail.configuration.sections import RabbitmqSection
from eventrail.model.problem import Problem

NAME: Final = "RabbitMQ"
# A page of a list; the API gives at most 500 at once.
PAGE_SIZE: Final = 500
# Lists that the API gives for all virtual hosts only; the columns asked must hold "vhost".
UNSCOPED: Final = frozenset({"channels", "connections"})

FAULTS: Final = (requests.RequestException, ValueError, KeyError, TypeError)


class Management:
    """Asks the API of the configured broker; making it asks nothing."""

    def __init__(self, section: RabbitmqSection) -> None:
        """Take the configuration."""
        self.address = section.url.rstrip("/")
        self._timeout_seconds = section.timeout_seconds
        self._session = requests.Session()
        # Given with each request: the session's own is overruled by REQUESTS_CA_BUNDLE in the environment.
        self._verify = str(section.ca_file) if section.ca_file is not None and section.verify else section.verify
        if section.username is not None and section.password is not None:
            self._session.auth = (section.username, section.password.get_secret_value())
        self._vhosts = section.vhosts

    def get(self, path: str, **parameters: str) -> Any:
        """Give the answer to GET /api/`path`. Raises one of FAULTS."""
        response = self._session.get(
            f"{self.address}/api/{path}", params=parameters, timeout=self._timeout_seconds, verify=self._verify
        )
        response.raise_for_status()
        return response.json()

    def delete(self, path: str, headers: dict[str, str]) -> None:
        """Ask DELETE /api/`path`. Raises one of FAULTS."""
        response = self._session.delete(
            f"{self.address}/api/{path}", headers=headers, timeout=self._timeout_seconds, verify=self._verify
        )
        response.raise_for_status()

    def everything(self, kind: str, columns: tuple[str, ...], *, paged: bool = True) -> list[dict[str, Any]]:
        """Give all items of a list ("queues", "channels", …) in the configured virtual hosts, only the columns."""
        if not self._vhosts or kind in UNSCOPED:
            items = self._list(kind, columns, paged=paged)
            return [item for item in items if not self._vhosts or item["vhost"] in self._vhosts]
        paths = [f"{kind}/{quote(vhost, safe='')}" for vhost in self._vhosts]
        return [item for path in paths for item in self._list(path, columns, paged=paged)]

    def _list(self, path: str, columns: tuple[str, ...], *, paged: bool) -> list[dict[str, Any]]:
        if paged:
            return self._pages(path, columns)
        items: list[dict[str, Any]] = self.get(path, columns=",".join(columns))
        return items

    def _pages(self, path: str, columns: tuple[str, ...]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        page, pages = 1, 1
        while page <= pages:
            answer = self.get(path, columns=",".join(columns), page=str(page), page_size=str(PAGE_SIZE))
            items += answer["items"]
            page, pages = page + 1, answer["page_count"]
        return items


def problem_of(fault: Exception, question: str, address: str) -> Problem:
    """Say what a fault means."""
    what, remedy = _told(fault, address)
    return Problem(NAME, f"{question} failed: {what}", remedy, "error")


def _told(fault: Exception, address: str) -> tuple[str, str]:
    if isinstance(fault, requests.Timeout):
        return f"no answer from {address} in time", "raise rabbitmq.timeout_seconds"
    if isinstance(fault, requests.exceptions.SSLError):
        return f"the certificate of {address} is not trusted", "name its authority in rabbitmq.ca_file"
    if isinstance(fault, requests.HTTPError) and fault.response is not None:
        status = fault.response.status_code
        if status in (401, 403):
            return (
                f"{address} does not accept the credentials",
                'check rabbitmq.username and password; the user needs the tag "monitoring"',
            )
        if status == 404:
            return (
                f"{address} has no such virtual host, or no management API",
                "correct rabbitmq.url or rabbitmq.vhosts",
            )
        return f"status {status}", "see the broker's log"
    if isinstance(fault, requests.exceptions.JSONDecodeError) or not isinstance(fault, requests.RequestException):
        return f"{address} does not answer as RabbitMQ's management API does", "correct rabbitmq.url"
    return f"nothing answers at {address}", "start the broker, or correct rabbitmq.url"
