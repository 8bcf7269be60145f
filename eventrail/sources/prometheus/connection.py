"""The client, made from the configuration. Making it asks nothing of the server."""

from typing import Final

import requests
from prometheus_api_client import PrometheusConnect
from urllib3.util.retry import Retry

from eventrail.configuration.sections import PrometheusSection

# A server that restarts is asked again; a question that took too long would take as long again.
_RETRY: Final = Retry(total=2, connect=1, read=0, status=2, backoff_factor=0.2, status_forcelist=(502, 503))


def connect(section: PrometheusSection) -> PrometheusConnect:
    """Give a client for the configured server; it may be used by several threads."""
    session = requests.Session()
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
