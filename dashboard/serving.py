"""Serves the pages from this process.

`streamlit run` opens its socket in a way that leaves Nagle's algorithm on: each answer's body waits for the browser's
delayed acknowledgement of its head, 40 ms for each of the 130 files of a page. Here the socket is our own.
"""

import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, Final

import streamlit as st
import uvicorn

# What does not end by itself gets this long, then it is ended: an open page can hold Streamlit back.
END_SECONDS: Final = 10.0
PING_SECONDS: Final = 30.0
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
ENTRY: Final = Path(__file__).with_name("app.py")
_PAGES: Final = ("now", "trace", "unacked", "sources")


def serve(address: str, port: int, greet: Callable[[], None], entry: Path = ENTRY) -> None:
    """Serve until told to end by Ctrl+C or SIGTERM; a second one ends at once. greet: called when pages are served.
    entry: the script of the pages.

    The source and the configuration are those that the environment names (loading.py, settings.py). Raises OSError
    when the address cannot be listened on.
    """
    os.environ |= {"STREAMLIT_SERVER_ADDRESS": address, "STREAMLIT_SERVER_PORT": str(port)}
    with listening(address, port) as sock:
        app = st.App(entry, lifespan=_prepared)
        config = uvicorn.Config(
            app,
            ssl_certfile=st.get_option("server.sslCertFile"),
            ssl_keyfile=st.get_option("server.sslKeyFile"),
            ws="websockets-sansio",
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=PING_SECONDS,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=round(END_SECONDS),
            log_config=None,
            log_level="warning",
            access_log=False,
        )
        server = _Server(config, greet)
        for number in _SIGNALS:
            signal.signal(number, server.handle_exit)
        server.run(sockets=[sock])


def listening(address: str, port: int) -> socket.socket:
    """Give a socket that listens, on IPv4 too where the address is IPv6's for all. Raises OSError.

    asyncio switches Nagle's algorithm off for sockets that say they are TCP; one made without a protocol does not say.
    """
    family, kind, protocol, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(place)
        sock.listen()
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


class _Server(uvicorn.Server):
    """Greets when it serves, and ends for good."""

    def __init__(self, config: uvicorn.Config, greet: Callable[[], None]) -> None:
        super().__init__(config)
        self._greet = greet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._greet()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End gently at the first signal; at the next, and when time is up, at once."""
        if self.should_exit:
            os._exit(0)
        signal.setitimer(signal.ITIMER_REAL, END_SECONDS)
        super().handle_exit(sig, frame)


@asynccontextmanager
async def _prepared(_app: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Load what pages need while the first reader's browser loads Streamlit."""
    threading.Thread(target=_load_pages, name="load-pages", daemon=True).start()
    yield None


def _load_pages() -> None:
    """Import the pages' bodies. It has to wait until Streamlit runs, which they tell of their drawings."""
    for page in _PAGES:
        import_module(f"dashboard.components.{page}")
