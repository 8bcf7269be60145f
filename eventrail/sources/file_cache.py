"""Files that are loaded whole are loaded once per process, as long as they do not change."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final, Generic, TypeVar

Loaded = TypeVar("Loaded")

# Path, time of change and size: a file that is written anew is another file.
_Stamp = tuple[str, int, int]
KEPT_FILES: Final = 4


@dataclass(slots=True)
class FileCache(Generic[Loaded]):
    """Keeps what `load` made of the last few files. Callers in other threads wait rather than load a second time."""

    load: Callable[[Path], Loaded]
    _kept: OrderedDict[_Stamp, Loaded] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, path: Path) -> Loaded:
        """Give what the file holds; raises what `load` raises."""
        with self._lock:
            stamp = _stamp(path)
            if stamp not in self._kept:
                self._kept[stamp] = self.load(path)
            self._kept.move_to_end(stamp)
            while len(self._kept) > KEPT_FILES:
                self._kept.popitem(last=False)
            return self._kept[stamp]


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except (OSError, ValueError):
        # Loading says what is wrong with it.
        return str(path), 0, 0
    return str(path.resolve()), status.st_mtime_ns, status.st_size
