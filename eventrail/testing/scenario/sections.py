"""What an `expect` block may speak of: for each name a function from the evaluation to what is to be read there.

A section of one's own is a function `(evaluation, arguments) -> Table | tuple[str, ...]` and an entry here; arguments
are the words after the section's name, which only a section that `takes` some is handed. The parser, the comparing and
the regenerating need no change.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from eventrail.testing.scenario import clock_sections, trace_sections, usual_sections, waiting_sections
from eventrail.testing.scenario.evaluation import Evaluation
from eventrail.testing.scenario.tables import Table


@dataclass(frozen=True, slots=True)
class Section:
    """tell: gives what is to be read there. takes: what words after the name say, such as "[EVENT]"; "" for none."""

    tell: Callable[[Evaluation, str], Table | tuple[str, ...]]
    takes: str = ""


SECTIONS: Final[Mapping[str, Section]] = {
    "state": Section(trace_sections.state),
    "sentence": Section(trace_sections.sentence),
    "time": Section(trace_sections.time),
    "steps": Section(trace_sections.steps),
    "step counts": Section(trace_sections.step_counts),
    "outstanding": Section(trace_sections.outstanding),
    "warnings": Section(trace_sections.warnings),
    "log lines": Section(trace_sections.log_lines),
    "clocks": Section(clock_sections.clocks),
    "usual": Section(usual_sections.usual),
    "missing": Section(usual_sections.missing),
    "missing in words": Section(usual_sections.missing_in_words),
    "twin": Section(usual_sections.twin),
    "waiting queues": Section(waiting_sections.waiting_queues),
    "waiting": Section(waiting_sections.waiting_messages),
    "waiting sentence": Section(waiting_sections.waiting_sentence),
    "gone": Section(waiting_sections.gone),
    "difference to twin": Section(usual_sections.difference_to_twin, takes="[CORRELATION_ID]"),
}


def find_section(words: str) -> tuple[str, str] | None:
    """Split "difference to twin event-2" into the longest section name known and its arguments; None where none is."""
    for name in sorted(SECTIONS, key=len, reverse=True):
        if words == name or words.startswith(f"{name} "):
            return name, words[len(name) :].strip()
    return None
