"""The servers that the benchmark of the page opens: the dashboard on a recording, and an empty page beside it."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from eventrail.testing.browser import running_dashboard

EMPTY_WORDS = "nothing else"
_EMPTY_SCRIPT = f"import streamlit\nstreamlit.text({EMPTY_WORDS!r})\n"
_SERVE_EMPTY = """
import sys
from pathlib import Path
from dashboard.serving import serve
serve("127.0.0.1", int(sys.argv[1]), lambda: print("http://127.0.0.1:" + sys.argv[1], flush=True), Path(sys.argv[2]))
"""


@dataclass(frozen=True)
class Server:
    """A running dashboard. start_seconds: from the command until it served, the recording read."""

    address: str
    start_seconds: float
    process: psutil.Process

    def peak_megabytes(self) -> float:
        """Give the most memory that its process has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        if found is None:
            raise RuntimeError(f"the kernel tells no peak memory of process {self.process.pid}")
        return int(found.group(1)) / 1024


@contextmanager
def dashboard_on(recording: Path) -> Iterator[Server]:
    """Run `eventrail dashboard` on a recording."""
    before = set(psutil.Process().children())
    begin = time.perf_counter()
    with running_dashboard(f"recording:{recording}") as address:
        seconds = time.perf_counter() - begin
        (process,) = set(psutil.Process().children()) - before
        yield Server(address, seconds, process)


@contextmanager
def empty_page(folder: Path, port: int) -> Iterator[str]:
    """Serve a page of one line of text as the dashboard serves its pages; gives its address."""
    script = folder / "empty.py"
    script.write_text(_EMPTY_SCRIPT, encoding="utf-8")
    command = [sys.executable, "-c", _SERVE_EMPTY, str(port), str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip() if server.stdout else ""
        finally:
            server.terminate()
            server.wait(timeout=30)
