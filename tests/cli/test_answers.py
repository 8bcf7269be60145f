"""What people see, and the exit status: 0 answered, 1 not found, 2 bad usage or a source that does not answer."""

import json
from pathlib import Path

import pytest

from eventrail.recording.reading import read_recording
from tests.cli.conftest import Eventrail
from tests.recording.story import ODD_ID
from tests.sources.test_json_lines import NEZHA


def test_a_trace_shows_who_holds_it_and_each_step_under_its_cause(eventrail: Eventrail, hung: str) -> None:
    said = eventrail("trace", "c1", "--source", hung)

    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert "receipts-2" in lines[0]
    steps = [line for line in lines if line.lstrip().startswith("+")]
    assert len(steps) == 9
    assert "    handle order.placed" in said.out
    assert "call Limits/Check → limits" in said.out
    assert steps[-1].rstrip().endswith("outstanding")
    assert "so far" in steps[-1]


def test_log_lines_are_shown_on_request_as_text_and_never_obeyed(eventrail: Eventrail, hung: str) -> None:
    said = eventrail("trace", ODD_ID, "--logs", "--source", hung)

    assert said.status == 0
    assert r"<script>alert(1)</script> \x1b[2J **bold**" in said.out
    assert "\x1b" not in said.out
    assert "<script>" not in eventrail("trace", ODD_ID, "--source", hung).out


def test_the_two_sides_of_a_call_are_told_apart(eventrail: Eventrail, tmp_path: Path) -> None:
    call = {"correlation_id": "c1", "rpc.service": "bank.Limits", "rpc.method": "Check"}
    caller = {"@timestamp": "2026-01-31T09:00:02Z", "span.kind": "client", "peer.service": "limits"}
    called = {"@timestamp": "2026-01-31T09:00:01Z", "span.kind": "server"}
    file = tmp_path / "calls.jsonl"
    file.write_text("".join(json.dumps(call | side) + "\n" for side in (caller, called)), encoding="utf-8")

    said = eventrail("trace", "c1", "--source", f"jsonl:{file}").out

    assert "call bank.Limits/Check → limits" in said
    assert "answer bank.Limits/Check" in said


def test_an_event_known_by_plain_log_lines_only_shows_those(eventrail: Eventrail) -> None:
    said = eventrail("trace", "8f2f08a9dbda62dfbdfb1c7d381c5962", "--source", f"jsonl:{NEZHA}")

    assert (said.status, said.err) == (0, "")
    assert "40 log lines" in said.out
    assert "ts-basic-service" in said.out


def test_the_unacknowledged_show_their_arithmetic_and_holders(eventrail: Eventrail, hung: str) -> None:
    said = eventrail("unacked", "--source", hung)

    assert (said.status, said.err) == (0, "")
    assert "payments (vhost /): gauge 1 = 1 explained + 0 unexplained; 1 listed = 1 explained + 0 surplus" in said.out
    assert "payments-2" in said.out
    assert "\x1b" not in said.out


def test_the_unacknowledged_are_narrowed_by_who_holds_them(eventrail: Eventrail, hung: str) -> None:
    held = eventrail("unacked", "--node", "node-a", "--stage", "handling", "--source", hung)
    other = eventrail("unacked", "--node", "node-b", "--source", hung)

    assert (held.status, other.status) == (0, 0)
    assert "1 of 1 listed: node node-a, stage handling" in held.out
    assert "gauge 1 = 1 explained" in held.out
    assert "0 of 1 listed: node node-b" in other.out
    assert "gauge" not in other.out
    assert eventrail("unacked", "--stage", "lost", "--source", hung).status == 2


def test_nothing_unacknowledged_is_an_answer(eventrail: Eventrail, hung: str) -> None:
    said = eventrail("unacked", "--as-of", "2026-01-31T09:00:00.5Z", "--source", hung)

    assert (said.status, said.err) == (0, "")
    assert "No message is unacknowledged" in said.out


def test_events_are_found_by_a_piece_of_them(eventrail: Eventrail, hung: str) -> None:
    for piece, way in (("c", "correlation ID"), ("m1", "message ID"), ("order.placed", "event type")):
        said = eventrail("find", piece, "--source", hung)
        assert said.status == 0
        line = next(line for line in said.out.splitlines() if " c1 " in line)
        assert way in line


def test_check_tells_what_is_there(eventrail: Eventrail, hung: str) -> None:
    said = eventrail("check", "--source", hung)

    assert (said.status, said.err) == (0, "")
    assert "recording hung.eventrail · hung.eventrail · recording format 3: reachable" in said.out
    assert "log lines: 26" in said.out
    assert "queue_messages_unacked: detailed" in said.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("trace", "nobody"), "no log line carries the correlation ID 'nobody' from 2026-01-31 09:00:00 to"),
        (("trace", "nobody\x1b[2J\nx"), r"no log line carries the correlation ID 'nobody\x1b[2J\nx' from"),
        (("trace", "c1", "--to", "2026-01-31T09:00:00.5Z"), "no log line carries the correlation ID 'c1'"),
        (("find", "nobody"), "nothing found for 'nobody' from"),
        (("find", ""), "nothing found for ''"),
        (("unacked", "--queue", "nobody"), "neither metrics nor log lines know a queue 'nobody'"),
    ],
)
def test_what_is_not_there_gives_status_1_and_one_line(
    eventrail: Eventrail, hung: str, arguments: tuple[str, ...], told: str
) -> None:
    said = eventrail(*arguments, "--source", hung)

    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"eventrail: {told}")
    assert said.err.count("\n") == 1
    assert "\x1b" not in said.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("frobnicate",), "No such command 'frobnicate'"),
        (("trace",), "Missing argument 'CORRELATION_ID'"),
        (("trace", "c1", "--frob"), "No such option"),
        (("trace", "c1", "--as-of", "2026-01-31T09:00:00"), "'2026-01-31T09:00:00' has no time zone; write 2026-"),
        (("trace", "c1", "--as-of", "yesterday"), "'yesterday' is no time; write 2026-01-31T09:00:00Z, or -15m"),
        (("trace", "c1", "--as-of", "9999-01-01T00:00:00Z"), "outside the years"),
        (("trace", "c1", "--from", "-999999999d"), "is too long ago"),
        (("find", "x", "--from", "now", "--to", "-1m"), "ends before it begins"),
        (("find", "x", "--limit", "0"), "0 is not in the range"),
        (("unacked", "--source", "elastic"), "unknown source 'elastic'; give live, recording:FILE or jsonl:FILE[.gz]"),
        (("unacked", "--source", "recording:none.eventrail"), "none.eventrail: is not there"),
        (("unacked", "--config", "none.toml"), "none.toml: cannot be read"),
        (("record", "--from", "-5m", "--to", "now", "x.zip"), "the name of a recording ends in .eventrail"),
        (("record", "--to", "now", "x.eventrail"), "Missing option '--from'"),
        (("dashboard", "--source", "recording:none.eventrail"), "none.eventrail: is not there"),
        (("dashboard", "--port", "0"), "0 is not in the range"),
    ],
)
def test_bad_usage_gives_status_2_and_one_line_with_the_remedy(
    eventrail: Eventrail, hung: str, arguments: tuple[str, ...], told: str
) -> None:
    said = eventrail(*arguments, *(() if "--source" in arguments else ("--source", hung)))

    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert said.err.startswith("eventrail: ")
    assert said.err.count("\n") == 1


def test_times_relative_to_a_recording_count_from_its_mark(eventrail: Eventrail, hung: str) -> None:
    relative = eventrail("unacked", "--as-of", "-10s", "--source", hung, "--json")
    absolute = eventrail("unacked", "--as-of", "2026-01-31T10:00:20+01:00", "--source", hung, "--json")

    assert relative == absolute
    assert '"as_of": "2026-01-31T09:00:20Z"' in relative.out


def test_a_recording_is_made_and_never_replaced_unasked(eventrail: Eventrail, hung: str, tmp_path: Path) -> None:
    path = tmp_path / "part.eventrail"
    command = ("record", "--from", "-29s", "--to", "now", "--opens-at", "-5s", str(path), "--source", hung)

    assert eventrail(*command, "--description", "a part").status == 0
    made = read_recording(path)
    assert (made.description, made.window.seconds) == ("a part", 29.0)
    assert made.opening is not None
    assert (made.window.end - made.opening).total_seconds() == 5.0

    again = eventrail(*command)
    assert (again.status, again.err) == (2, f"eventrail: {path} is there already; --force replaces it\n")
    forced = eventrail(*command, "--force")
    assert forced.status == 0
    assert "log lines" in forced.out


def test_the_source_may_be_named_by_a_variable(
    eventrail: Eventrail, hung: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTRAIL_SOURCE", hung)

    assert eventrail("find", "c1").status == 0


@pytest.mark.parametrize("command", ["", "trace", "unacked", "find", "record", "check", "dashboard"])
def test_help_says_what_a_command_is_for_and_gives_examples(eventrail: Eventrail, command: str) -> None:
    said = eventrail(*command.split(), "--help")

    assert (said.status, said.err) == (0, "")
    assert "Usage: eventrail" in said.out
    assert ("Examples:" in said.out) == bool(command)
