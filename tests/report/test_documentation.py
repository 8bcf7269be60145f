"""docs/exports.md tells every tag and every limit."""

import re
from pathlib import Path

from eventrail.report import trace_markdown
from eventrail.report.zipkin import zipkin_spans
from tests.report.stories import hostile, large, refused, stuck

PAGE = (Path(__file__).parents[2] / "docs/exports.md").read_text(encoding="utf-8")


def test_every_tag_has_a_row_and_no_other_has() -> None:
    tags = {
        tag
        for trace in (stuck(), refused(), hostile(), large(2))
        for span in zipkin_spans(trace)
        for tag in span["tags"]
    }
    rows = re.findall(r"^\| (`.*?) \|", PAGE.split("Tags, each only")[1], flags=re.MULTILINE)

    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == tags | {"eventrail.inferred"}


def test_the_limits_of_the_summary_are_those_that_are_told() -> None:
    told = re.search(r"at most (\d+) open steps, (\d+) steps, (\d+) services, (\d+) warnings", PAGE.replace("\n", " "))
    assert told is not None
    limits = ("OPEN_MAX", "STEPS_MAX", "SERVICES_MAX", "WARNINGS_MAX")

    assert [int(number) for number in told.groups()] == [getattr(trace_markdown, name) for name in limits]
    assert f"at {trace_markdown.CELL_CHARACTERS_MAX} characters" in PAGE.replace("\n", " ").replace("cut at", "at")
