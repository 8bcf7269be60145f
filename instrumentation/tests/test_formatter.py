"""A log line is one line of JSON with the fields of the contract, whatever is logged."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from eventrail_instrumentation import Cause, Identity, configure_logging, on_behalf_of
from eventrail_instrumentation.formatter import TEXT_LIMIT, JsonLineFormatter, iso_time

logger = logging.getLogger("ledger")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(Identity("ledger", "2.31.0", pod="ledger-7f9c4d-x2x4k", instance_id="i1"), stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def only_line(stream: io.StringIO) -> dict[str, Any]:
    text = stream.getvalue()
    assert text.endswith("\n")
    assert text.isascii()
    assert len(text.splitlines()) == 1
    parsed = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert isinstance(parsed, dict)
    return parsed


def test_a_plain_line_says_when_who_and_what(stream: io.StringIO) -> None:
    before = datetime.now(UTC)
    logger.info("debit %.2f DKK", 412)
    line = only_line(stream)

    assert before <= datetime.fromisoformat(line.pop("@timestamp")) <= datetime.now(UTC)
    assert line == {
        "log.level": "info",
        "message": "debit 412.00 DKK",
        "log.logger": "ledger",
        "service.name": "ledger",
        "service.version": "2.31.0",
        "service.instance.id": "i1",
        "event.sequence": 1,
    }


def test_the_correlation_id_reaches_a_line_written_while_handling(stream: io.StringIO) -> None:
    with on_behalf_of(Cause("event-1", "message-1")):
        logger.info("inside")

    assert only_line(stream)["messaging.message.conversation_id"] == "event-1"


def test_the_sequence_counts_every_line(stream: io.StringIO) -> None:
    for _ in range(3):
        logger.warning("again")

    assert [json.loads(line)["event.sequence"] for line in stream.getvalue().splitlines()] == [1, 2, 3]


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


CIRCLE: list[object] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(float("nan"), id="not a number"),
        pytest.param(float("-inf"), id="infinity"),
        pytest.param({("a", 1): 2}, id="a key that is no text"),
        pytest.param(CIRCLE, id="a circle"),
        pytest.param(Unprintable(), id="an object that cannot be printed"),
        pytest.param({Unprintable()}, id="a set of such"),
        pytest.param(b"\xff\n", id="bytes"),
        pytest.param("line one\nline two\u2028line three\x1b[31m", id="line ends and terminal escapes"),
        pytest.param("half a pair \ud800", id="a lone surrogate"),
        pytest.param(datetime(2026, 11, 23, tzinfo=UTC), id="a time"),
    ],
)
def test_an_odd_value_never_breaks_the_line(stream: io.StringIO, value: object) -> None:
    logger.info("odd", extra={"odd": value})
    line = only_line(stream)

    assert line["message"] == "odd"
    assert "odd" in line


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        pytest.param("%d cards\n{}", "three", id="an argument of the wrong type, and a line end"),
        pytest.param("card %s", Unprintable(), id="an argument that cannot be printed"),
    ],
)
def test_arguments_that_do_not_fit_leave_the_message(text: str, argument: object) -> None:
    record = logging.LogRecord("ledger", logging.INFO, __file__, 1, text, (argument,), None)
    formatted = JsonLineFormatter(Identity("ledger")).format(record)

    assert len(formatted.splitlines()) == 1
    assert json.loads(formatted)["message"].startswith(text)


def test_extra_fields_do_not_overwrite_the_contract(stream: io.StringIO) -> None:
    logger.info("mine", extra={"service.name": "another", "amount": 412})
    line = only_line(stream)

    assert line["service.name"] == "ledger"
    assert line["amount"] == 412


def test_a_long_text_is_cut_and_says_so(stream: io.StringIO) -> None:
    logger.info("x" * (TEXT_LIMIT + 10))

    assert only_line(stream)["message"].endswith("… (10 more characters)")


def test_an_exception_gives_its_class_and_stack(stream: io.StringIO) -> None:
    try:
        dict[str, str]()["account 8812"]
    except LookupError:
        logger.exception("no such account")
    line = only_line(stream)

    assert line["error.type"] == "KeyError"
    assert "account 8812" in line["error.stack_trace"]


def test_times_keep_their_microseconds() -> None:
    assert iso_time(1_795_438_800_000_001_999) == "2026-11-23T13:00:00.000001Z"
    assert iso_time(1_795_438_800_000_000_000) == "2026-11-23T13:00:00.000000Z"
