"""`eventrail trace --format`: the same answer for a chat, for Zipkin, for programs; kept copies hold its form.

UPDATE_GOLDEN=1 writes the kept copies anew; look at the difference before committing it.
"""

import json
import os

import pytest

from tests.cli.conftest import Eventrail
from tests.cli.test_documents import GOLDEN
from tests.recording.story import ODD_ID


@pytest.mark.parametrize(
    ("form", "correlation_id", "name"),
    [
        ("markdown", "c1", "trace.md"),
        ("markdown", ODD_ID, "trace-of-an-odd-id.md"),
        ("zipkin", "c1", "trace.zipkin.json"),
        ("zipkin", ODD_ID, "trace-of-an-odd-id.zipkin.json"),
    ],
)
def test_what_is_said_is_the_kept_one(
    eventrail: Eventrail, hung: str, form: str, correlation_id: str, name: str
) -> None:
    said = eventrail("trace", correlation_id, "--format", form, "--source", hung)
    assert (said.status, said.err) == (0, "")
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(said.out, encoding="utf-8")

    assert said.out == path.read_text(encoding="utf-8")
    assert "\x1b" not in said.out


def test_json_and_table_are_what_they_were_without_the_option(eventrail: Eventrail, hung: str) -> None:
    def asked(*options: str) -> str:
        return eventrail("trace", "c1", "--source", hung, *options).out

    assert asked("--format", "json") == asked("--json") == asked("--json", "--format", "json")
    assert asked("--format", "table") == asked()


def test_spans_are_one_list_that_can_be_posted(eventrail: Eventrail, hung: str) -> None:
    said = eventrail("trace", ODD_ID, "--format", "zipkin", "--source", hung)

    assert said.out.isascii()
    spans = json.loads(said.out)
    assert [span["tags"]["messaging.message.conversation_id"] for span in spans] == [ODD_ID] * 3
    assert [span.get("kind") for span in spans] == ["PRODUCER", None, "CONSUMER"]


@pytest.mark.parametrize("form", ["markdown", "zipkin"])
def test_of_an_event_that_is_not_there_nothing_is_said_but_why(eventrail: Eventrail, hung: str, form: str) -> None:
    said = eventrail("trace", "nobody", "--format", form, "--source", hung)

    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("eventrail: no log line carries the correlation ID 'nobody'")


def test_two_formats_at_once_are_refused(eventrail: Eventrail, hung: str) -> None:
    said = eventrail("trace", "c1", "--json", "--format", "zipkin", "--source", hung)

    assert (said.status, said.out) == (2, "")
    assert "--json and --format zipkin exclude each other; give one of them" in said.err
