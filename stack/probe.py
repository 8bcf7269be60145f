"""Whether a server on loopback serves a page."""

import requests

PROBE_SECONDS = 5.0


def serves(url: str, credentials: tuple[str, str] | None = None) -> bool:
    """Whether GET of the page succeeds; a server that does not answer, or not in PROBE_SECONDS, does not serve it."""
    try:
        return requests.get(url, auth=credentials, timeout=PROBE_SECONDS).ok
    except requests.RequestException:
        return False
