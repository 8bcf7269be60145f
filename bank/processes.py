"""What the kernel says of a process, read from /proc."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGESIZE")


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """Processor time in user and kernel mode; memory, pages shared with other pods included; start since 1970."""

    cpu_seconds: float
    resident_bytes: int
    anonymous_bytes: int
    started_seconds: float
    age_seconds: float


def read_figures(pid: int) -> ProcessFigures | None:
    """The figures of a process, or None when it has just ended."""
    folder = Path("/proc") / str(pid)
    try:
        stat = (folder / "stat").read_text()
        resident, shared = (int(pages) for pages in (folder / "statm").read_text().split()[1:3])
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name, in parentheses, may hold spaces; the fields after it are counted from the third.
    fields = stat.rpartition(")")[2].split()
    user_ticks, system_ticks, start_ticks = int(fields[11]), int(fields[12]), int(fields[19])
    age_seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - start_ticks / _TICKS_PER_SECOND
    return ProcessFigures(
        cpu_seconds=(user_ticks + system_ticks) / _TICKS_PER_SECOND,
        resident_bytes=resident * _PAGE_BYTES,
        anonymous_bytes=(resident - shared) * _PAGE_BYTES,
        started_seconds=time.time() - age_seconds,
        age_seconds=age_seconds,
    )
