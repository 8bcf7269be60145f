"""What an `expect` block may speak of: for each name a function from the evaluation to what is to be read there.

A section of one's own is a function `(evaluation, arguments) -> Table | tuple[str, ...]` and an entry here; arguments
are the words after the section's name. The parser, the comparing and the regenerating need no change.
"""

from collections.abc import Callable, Mapping
from typing import Final

from eventrail.testing.scenario import trace_sections
from eventrail.testing.scenario.evaluation import Evaluation
from eventrail.testing.scenario.tables import Table

Section = Callable[[Evaluation, str], Table | tuple[str, ...]]

SECTIONS: Final[Mapping[str, Section]] = {
    "state": trace_sections.state,
    "sentence": trace_sections.sentence,
    "time": trace_sections.time,
    "steps": trace_sections.steps,
    "step counts": trace_sections.step_counts,
    "outstanding": trace_sections.outstanding,
    "warnings": trace_sections.warnings,
    "log lines": trace_sections.log_lines,
}


def find_section(words: str) -> tuple[str, str] | None:
    """Split "difference to twin event-2" into the longest section name known and its arguments; None where none is."""
    for name in sorted(SECTIONS, key=len, reverse=True):
        if words == name or words.startswith(f"{name} "):
            return name, words[len(name) :].strip()
    return None
