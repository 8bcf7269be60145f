"""Checks for pages that draw themselves anew every few seconds: a source that answers is looked at once a minute."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from eventrail.investigate.checking import checks_of
from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import SourceCheck
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.ports import Sources

KEPT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Kept:
    check: SourceCheck
    asked_at: datetime
    window: Window

    def serves(self, now: datetime, window: Window) -> bool:
        """Whether it can be given again: for the same question, or while it is young and the source answered."""
        if self.asked_at == now and self.window == window:
            return True
        age = abs((now - self.asked_at).total_seconds())
        moved = max(abs((mine - asked).total_seconds()) for mine, asked in self._ends(window))
        return self.check.reachable and max(age, moved) < KEPT_SECONDS

    def _ends(self, window: Window) -> tuple[tuple[datetime, datetime], ...]:
        return (self.window.start, window.start), (self.window.end, window.end)


class KeptChecks:
    """The checks of one team's sources. May be used by several threads.

    Kept is what a sample was taken for, of sources that other questions are put to in between: `doubt` has them looked
    at anew as soon as one of those fails. A broker's check is quick and its outage shows nowhere else: always asked.
    """

    def __init__(self, sources: Sources) -> None:
        """Ask nothing yet."""
        self._sources = sources
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def ask(self, *, now: datetime, window: Window) -> tuple[SourceCheck, ...]:
        """Give each source's check by a sample of the window, or of one that ends less than a minute from it."""
        questions = checks_of(self._sources, window)
        with self._lock:
            found = {
                name: kept.check
                for name in questions
                if (kept := self._kept.get(name)) is not None and kept.serves(now, window)
            }
        missing = [name for name in questions if name not in found]
        asked = dict(zip(missing, side_by_side([questions[name] for name in missing]), strict=True))
        with self._lock:
            self._kept |= {name: _Kept(check, now, window) for name, check in asked.items() if self._keeps(name)}
        found |= asked
        return tuple(found[name] for name in questions)

    def doubt(self, problems: Iterable[Problem], *, now: datetime) -> bool:
        """Forget what was found before `now` of sources that errors speak of; say whether there was anything."""
        failing = {problem.source for problem in problems if problem.severity == "error"}
        with self._lock:
            doubted = [name for name in failing & set(self._kept) if self._kept[name].asked_at < now]
            for name in doubted:
                del self._kept[name]
        return bool(doubted)

    def _keeps(self, name: str) -> bool:
        return self._sources.broker is None or name != self._sources.broker.name
