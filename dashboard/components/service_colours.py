"""The services' colours, the same on every page."""

from dashboard.components import loading
from dashboard.shaping.service_colours import ServiceColours, assigned


def service_colours() -> ServiceColours:
    """Give the colours of all services that write logs, whichever of them the page is about."""
    return assigned(loading.known_services())
