"""Which colour a service has: its name chooses, and services that are known together never share one while it can be.

Red and amber are kept for states. No state is told by colour alone: words, shapes and patterns say it too.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# Twenty colours as far from each other as could be found by search, in OKLab: for the usual eye and for one that lacks
# red, green or blue cones; with a contrast of 3:1 or more on light and on dark, none of them loud, and away from the
# states' colours.
SERVICE_COLOURS: Final = (
    "#4693FC",
    "#777E00",
    "#BD4D8C",
    "#008C62",
    "#6254C4",
    "#31A854",
    "#93469A",
    "#0069A8",
    "#E069AF",
    "#157700",
    "#AF77E7",
    "#5B7054",
    "#0085CB",
    "#939A1C",
    "#7770E7",
    "#A17E93",
    "#7E9A7E",
    "#7770A8",
    "#7093C4",
    "#7E5B70",
)
NO_SERVICE: Final = "#7D8B99"


@dataclass(frozen=True, slots=True)
class ServiceColours:
    """known: service → its colour, all different up to as many as there are."""

    known: Mapping[str, str]

    def of(self, service: str) -> str:
        """Give the service's colour; one that is not known gets a colour that no known one has, if any is left."""
        if not service:
            return NO_SERVICE
        return self.known.get(service) or _choice(service, frozenset(self.known.values()))


@lru_cache(maxsize=64)
def assigned(services: frozenset[str]) -> ServiceColours:
    """Give each service a colour of its own; where there are more services than colours, they share them evenly.

    Each service likes each colour by a number that only the two names tell, and the strongest liking goes first. So the
    colours depend on nothing but the set of names, and one name more or less changes few others.
    """
    waiting = sorted(services - {""})
    colours: dict[str, str] = {}
    while waiting:
        likings = sorted(
            ((_liking(name, colour), name, colour) for name in waiting for colour in SERVICE_COLOURS), reverse=True
        )
        taken: set[str] = set()
        for _, name, colour in likings:
            if name not in colours and colour not in taken:
                colours[name] = colour
                taken.add(colour)
        waiting = [name for name in waiting if name not in colours]
    return ServiceColours(colours)


@lru_cache(maxsize=4096)
def _choice(name: str, taken: frozenset[str]) -> str:
    free: Iterable[str] = [colour for colour in SERVICE_COLOURS if colour not in taken] or SERVICE_COLOURS
    return max(free, key=lambda colour: _liking(name, colour))


def _liking(name: str, colour: str) -> bytes:
    return hashlib.sha256(f"{colour} {name}".encode(errors="replace")).digest()
