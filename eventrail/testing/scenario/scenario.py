"""A scenario: read it, hold what is expected to what is, or write what is in the place of what was expected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eventrail.sources.file_logs import FileLogs
from eventrail.sources.table_logs import LogTable
from eventrail.testing.scenario.comparing import Compared, compare_block
from eventrail.testing.scenario.durations import EXAMPLES, read_duration
from eventrail.testing.scenario.errors import ExpectationError, Place, ScenarioError
from eventrail.testing.scenario.evaluation import Evaluation
from eventrail.testing.scenario.gauges import ScenarioMetrics
from eventrail.testing.scenario.history import tell_history
from eventrail.testing.scenario.telling import Story, tell_clocks, tell_gauges, tell_load, tell_pods, tell_routes
from eventrail.testing.scenario.text import Block, read_blocks
from eventrail.testing.scenario.words import split_words

USUAL_EVENT: Final = "event-1"

TELLING: Final[Mapping[str, Callable[[Story, Block], None]]] = {
    "pods": tell_pods,
    "clocks": tell_clocks,
    "routes": tell_routes,
    "history": tell_history,
    "load": tell_load,
    "gauges": tell_gauges,
}
HEADINGS: Final = (*TELLING, "eval", "expect")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A text in the language of docs/scenarios.md. file: its name, for errors."""

    text: str
    file: str

    @classmethod
    def read(cls, path: Path) -> "Scenario":
        """Read a file."""
        return cls(path.read_text(encoding="utf-8"), path.name)

    def compare(self) -> tuple[Compared, ...]:
        """Run it: give each expect block with what is. Raises ScenarioError where the text is not of the language."""
        story, compared = Story(), []
        evaluation: Evaluation | None = None
        for block in read_blocks(self.text, self.file):
            word = block.heading.text.split()[0]
            if word in TELLING:
                TELLING[word](story, block)
            elif word == "eval":
                evaluation = _evaluation(story, block)
            elif word != "expect":
                raise ScenarioError(block.place, f"“{word}” is no heading", f"take one of {', '.join(HEADINGS)}")
            elif evaluation is None:
                raise ScenarioError(block.place, "nothing was asked yet", "write eval trace at TIME above it")
            else:
                compared.append(compare_block(evaluation, block))
        if not compared:
            raise ScenarioError(Place(self.file, 1), "nothing is expected", "write expect blocks below an eval")
        return tuple(compared)

    def check(self) -> None:
        """Raise ExpectationError, with all differences, unless every expectation holds."""
        failed = [compared.difference() for compared in self.compare() if not compared.holds]
        if failed:
            raise ExpectationError("\n\n".join(["what is said is not what is expected", *failed]))

    def regenerated(self) -> str:
        """Give the text with every expect block saying what is, its cells aligned. All else stays as it is.

        Raises ScenarioError for a comment inside a block that has to change, which would be lost.
        """
        lines = self.text.split("\n")
        for compared in reversed(self.compare()):
            block, written = compared.block, [*compared.written()]
            present = lines[block.first - 1 : block.last]
            if present == written:
                continue
            for number, line in enumerate(present, start=block.first):
                if line.lstrip().startswith("#"):
                    place = Place(self.file, number)
                    raise ScenarioError(place, "a comment inside an expect block", "put it above the block")
            lines[block.first - 1 : block.last] = written
        return "\n".join(lines)


def _evaluation(story: Story, block: Block) -> Evaluation:
    """Read "eval trace at 60s", "eval trace event-2 at 60s", "eval waiting at 60s" or "eval waiting QUEUE at 60s"."""
    words = split_words(block.place, block.heading.text)
    after = read_duration(words[-1])
    asked = words[1] if len(words) > 1 else ""
    known = asked in ("trace", "waiting") and len(words) in (4, 5) and words[-2] == "at"
    if not known or after is None or block.body:
        what = f"“{block.heading.text}” asks nothing that is known"
        remedy = (
            "write eval trace [CORRELATION_ID] at TIME, or eval waiting [QUEUE] at TIME, and nothing below it; "
            f"as a time {EXAMPLES}"
        )
        raise ScenarioError(block.place, what, remedy)
    events = story.events()
    if events.empty:
        raise ScenarioError(block.place, "there is no line to ask about", "write a load block above it")
    start = story.book.time(0)
    logs = FileLogs("the scenario", block.place.file, "", (), LogTable.of(events))
    named = words[2] if len(words) == 5 else None
    metrics = ScenarioMetrics(tuple(story.gauges), start, story.book.vhost) if story.gauges else None
    if asked == "waiting":
        return Evaluation(logs, USUAL_EVENT, start + after, start, metrics, named)
    return Evaluation(logs, named or USUAL_EVENT, start + after, start, metrics)
