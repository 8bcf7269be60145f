"""From the blocks `pods`, `clocks`, `routes` and `load` to the lines that the services logged."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from eventrail.model.events import as_events
from eventrail.testing.builders import EventBook
from eventrail.testing.scenario.durations import EXAMPLES, read_duration
from eventrail.testing.scenario.errors import ScenarioError
from eventrail.testing.scenario.gauges import GaugeChange, read_gauges
from eventrail.testing.scenario.text import Block, Line
from eventrail.testing.scenario.words import RESTART, VERBS, Deed, read_deed, read_fields, split_words

# What may stand at the end of a load line: the deed was done all the same, but its line …
NOT_LOGGED: Final = "not logged"
READ_TWICE: Final = "read twice"  # one document, given twice by the source
SHIPPED_TWICE: Final = "shipped twice"  # two documents, as a log shipper makes that is not sure of the first
MARKS: Final = (NOT_LOGGED, READ_TWICE, SHIPPED_TWICE)

# Routes are known from other events, which took them before.
ROUTES_SEEN: Final = pd.Timedelta(minutes=-5)

_MARK: Final = re.compile(r"\s+\(([^()]*)\)$")
_REPEAT: Final = re.compile(r"repeat (\d+) times every (\S+)")
_NUMBER: Final = "{n}"


@dataclass
class Story:
    """What was loaded so far. pods: fields that all lines of a pod carry; clocks: how far a node's clock is ahead."""

    book: EventBook = field(default_factory=EventBook)
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    clocks: dict[str, pd.Timedelta] = field(default_factory=dict)
    in_order: bool = True
    earlier: int = 0  # events of history blocks so far
    gauges: list[GaugeChange] = field(default_factory=list)

    def events(self) -> pd.DataFrame:
        """Give the canonical event table of all lines, in the order in which the source gives its documents."""
        events = self.book.events()
        return events if self.in_order else as_events(events.iloc[::-1])


@dataclass(frozen=True, slots=True)
class ToldDeed:
    """A deed, how long after the scenario's start it is done, and what became of its line: a mark, or nothing."""

    deed: Deed
    after: pd.Timedelta
    mark: str


def tell_pods(story: Story, block: Block) -> None:
    """Take "fraud-1 node=node-b": fields that every line of a pod carries."""
    for line in block.body:
        pod, *fields = split_words(line.place, line.text)
        story.pods[pod] = story.pods.get(pod, {}) | read_fields(line.place, fields)


def tell_clocks(story: Story, block: Block) -> None:
    """Take "node-b 5s ahead" or "node-b 5s behind": all times that a node's pods log are off by so much."""
    for line in block.body:
        words = line.text.split()
        length = read_duration(words[1]) if len(words) == 3 else None
        if length is None or words[2] not in ("ahead", "behind"):
            raise ScenarioError(line.place, f"“{line.text}” is no clock", "write NODE 5s ahead, or NODE 5s behind")
        story.clocks[words[0]] = length if words[2] == "ahead" else -length


def tell_routes(story: Story, block: Block) -> None:
    """Take "bank.events card.requested fraud.card-requested": a way that messages of other events took before."""
    for number, line in enumerate(block.body, start=1):
        words = split_words(line.place, line.text)
        if len(words) != 3:
            remedy = 'write EXCHANGE ROUTING_KEY QUEUE; "" is the default exchange'
            raise ScenarioError(line.place, f"“{line.text}” is no route", remedy)
        exchange, routing_key, queue = words
        told: dict[str, Any] = {
            "exchange": exchange,
            "routing_key": routing_key,
            "event_type": routing_key,
            "vhost": story.book.vhost,
            "correlation_id": f"earlier-event-{line.place.line}",
        }
        at = story.book.time(0) + ROUTES_SEEN + pd.Timedelta(number, unit="ms")
        pod = f"{queue.split('.')[0]}-0"
        story.book.receive(at.to_pydatetime(), f"earlier-{line.place.line}", queue=queue, pod=pod, **told)


def tell_gauges(story: Story, block: Block) -> None:
    """Take "30s ledger.posted ready=3 consumers=0": what Prometheus saw of a queue from that time on."""
    story.gauges += read_gauges(block)


def tell_load(story: Story, block: Block) -> None:
    """Take the deeds of a load block. `load reversed`: the source gives the documents last one first."""
    option = block.heading.text.removeprefix("load").strip()
    if option not in ("", "reversed"):
        raise ScenarioError(block.place, f"“{option}” is no way to load", "write load, or load reversed")
    story.in_order = story.in_order and not option
    for told in read_deeds(block.body):
        do(story, told)


def read_deeds(body: tuple[Line, ...]) -> Iterator[ToldDeed]:
    """Read deeds, each with its time and mark; those below a repeat as often as it says."""
    for line, text, later in _repeated(body):
        mark = _MARK.search(text)
        if mark and mark[1] not in MARKS:
            remedy = f"write one of {', '.join(f'({known})' for known in MARKS)}, or quote a text in round brackets"
            raise ScenarioError(line.place, f"“({mark[1]})” is no mark", remedy)
        deed = read_deed(line, text[: mark.start()] if mark else text)
        yield ToldDeed(deed, deed.after + later, mark[1] if mark else "")


def _repeated(body: tuple[Line, ...]) -> Iterator[tuple[Line, str, pd.Timedelta]]:
    """Give each line with its text and how much later it happens; those below a repeat as often as it says."""
    position = 0
    while position < len(body):
        line = body[position]
        position += 1
        repeat = _REPEAT.fullmatch(line.text)
        if not repeat:
            if line.text.startswith("repeat "):
                raise ScenarioError(line.place, f"“{line.text}” is no repetition", "write repeat 300 times every 10ms")
            yield line, line.text, pd.Timedelta(0)
            continue
        every = read_duration(repeat[2])
        if every is None:
            raise ScenarioError(line.place, f"“{repeat[2]}” is no time", EXAMPLES)
        inner = []
        while position < len(body) and body[position].indent > line.indent:
            inner.append(body[position])
            position += 1
        if not inner:
            raise ScenarioError(line.place, "nothing is repeated", "indent the lines below repeat further than it")
        for number in range(int(repeat[1])):
            yield from ((one, one.text.replace(_NUMBER, str(number + 1)), every * number) for one in inner)


def do(story: Story, told: ToldDeed) -> None:
    """Write the line of a deed into the book."""
    book, deed, mark = story.book, told.deed, told.mark
    if deed.verb == RESTART:
        book.restart(deed.pod)
        return
    fields: Mapping[str, Any] = story.pods.get(deed.pod, {}) | dict(deed.fields)
    ahead = story.clocks.get(str(fields.get("node", book.node)), pd.Timedelta(0))
    at = book.time(0) + told.after + ahead
    said: dict[str, Any] = dict(deed.said)
    subject = [said.pop(name) for name in ("message_id", "message") if name in said]
    # The story goes on as it is told; a field may all the same leave out of the line what the words say.
    contrary = {name: value for name, value in fields.items() if name in deed.said}
    columns = said | {name: value for name, value in fields.items() if name not in deed.said}
    VERBS[deed.verb].write(book, at, *subject, pod=deed.pod, **columns)
    book.change_last_line(**contrary)
    if mark == NOT_LOGGED:
        book.drop_last_line()
    elif mark:
        book.copy_last_line(as_new_document=mark == SHIPPED_TWICE)
