"""The client, made from the configuration. Making it asks nothing of the server."""

from typing import Any, Final
from urllib.parse import urlencode

import requests
from prometheus_api_client import PrometheusConnect
from urllib3.util.retry import Retry

from eventrail.configuration.sections import PrometheusSection

# A server that restarts is asked again; a question that took too long would take as long again.
# (`read=False` rather than 0: a time-out then stays one, and is not told as a lost connection.)
_RETRY: Final = Retry(total=2, connect=1, read=False, status=2, backoff_factor=0.2, status_forcelist=(502, 503))

# Servers and the proxies before them limit the length of an address, 8 KiB many of them.
_ADDRESS_LENGTH_MAX: Final = 4_000


class _FormSession(requests.Session):
    """Sends long questions as a form: the client puts them into the address, however many names they hold."""

    def request(self, method: str | bytes, url: str | bytes, *arguments: Any, **options: Any) -> requests.Response:
        """Send a request as requests.Session does, a long question as a form."""
        parameters = options.get("params")
        if method == "GET" and parameters and len(urlencode(parameters)) > _ADDRESS_LENGTH_MAX:
            method, options = "POST", options | {"params": None, "data": parameters}
        return super().request(method, url, *arguments, **options)


def connect(section: PrometheusSection) -> PrometheusConnect:
    """Give a client for the configured server; it may be used by several threads."""
    session = _FormSession()
    session.verify = str(section.ca_file) if section.ca_file is not None and section.verify else section.verify
    headers = {}
    if section.bearer_token is not None:
        headers["Authorization"] = f"Bearer {section.bearer_token.get_secret_value()}"
    auth = None
    if section.username is not None and section.password is not None:
        auth = (section.username, section.password.get_secret_value())
    return PrometheusConnect(
        url=section.url.rstrip("/"),
        headers=headers,
        auth=auth,
        session=session,
        retry=_RETRY,
        timeout=section.timeout_seconds,
    )
