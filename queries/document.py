"""Writes docs/queries.md from the catalogue: `python -m queries.document > docs/queries.md`."""

import sys
from collections.abc import Iterator

from queries.catalogue import Query, catalogue, parameters

_HEAD = """\
# The metric queries

Generated from `queries/metrics/` by `python -m queries.document`; change it there.

Every answer has the columns `time` (UTC) and `value`, and those listed here. The kind says what the points are:
`samples` are raw, with the times at which Prometheus scraped them; `range` is computed at equal steps; `instant` is one
value a series at the end of the window. Of several generations of a query the first applies whose metrics exist;
`eventrail check` shows which.
"""


def page() -> str:
    """Give the page as Markdown."""
    lines = [_HEAD, "## Parameters", ""]
    lines += [f"- `${name}`: {meaning}" for name, meaning in parameters().items()]
    for query in catalogue().values():
        lines += ["", *_section(query)]
    return "\n".join(lines) + "\n"


def _section(query: Query) -> Iterator[str]:
    yield f"## {query.name}"
    yield ""
    yield query.question
    yield ""
    step = f", every {query.step_seconds:g} s unless asked otherwise" if query.step_seconds else ""
    yield f"Kind: {query.kind}{step}. Value: {query.unit}."
    yield ""
    yield "| column | meaning |"
    yield "|---|---|"
    for column, meaning in query.columns.items():
        yield f"| `{column}` | {meaning} |"
    for generation in query.generations:
        needs = ", ".join(f"`{metric}`" for metric in generation.needs)
        labels = ", ".join(f"`{label}`" for label in generation.needs_labels)
        yield ""
        yield f"**{generation.name}**, where there is {needs}" + (f" with {labels}" if labels else "") + ":"
        yield ""
        yield "```promql"
        yield generation.expression.strip()
        yield "```"


if __name__ == "__main__":
    sys.stdout.write(page())
