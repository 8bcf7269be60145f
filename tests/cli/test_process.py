"""The installed program as a shell starts it. Each start takes a second, so these are not for the inner loop."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.servers

PROGRAM = Path(sys.executable).parent / "eventrail"


def started(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    variables = os.environ | environment
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, env=variables, timeout=60)


def test_status_0_with_the_answer_on_standard_output(hung: str) -> None:
    ended = started("find", "c1", "--source", hung)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "c1" in ended.stdout


@pytest.mark.parametrize(("status", "arguments"), [(1, ("find", "nobody")), (2, ("find", "x", "--from", "today"))])
def test_another_status_with_one_line_on_standard_error(hung: str, status: int, arguments: tuple[str, ...]) -> None:
    ended = started(*arguments, "--source", hung)

    assert (ended.returncode, ended.stdout) == (status, "")
    assert ended.stderr.startswith("eventrail: ")
    assert ended.stderr.count("\n") == 1


def test_a_reader_that_has_seen_enough_is_no_error(hung: str) -> None:
    with subprocess.Popen(
        [PROGRAM, "trace", "c1", "--source", hung], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def on_a_terminal(columns: int, *arguments: str, **environment: str) -> str:
    """What the program writes to a terminal of so many columns."""
    here, there = pty.openpty()
    variables = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(columns)} | environment
    with subprocess.Popen([PROGRAM, *arguments], stdout=there, stdin=there, env=variables) as process:
        os.close(there)
        written = b""
        try:
            while part := os.read(here, 65536):
                written += part
        except OSError:
            pass  # the other end is closed: all has been read
        os.close(here)
        assert process.wait(timeout=60) == 0
    return written.decode()


def test_a_terminal_gets_colour_and_lines_that_fit_and_is_never_spoken_to_by_log_text(hung: str) -> None:
    coloured = on_a_terminal(100, "unacked", "--source", hung)

    assert "\x1b[1" in coloured
    assert "\x1b[2J" not in coloured
    assert max(len(line) for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()) <= 100


def test_no_color_is_honoured(hung: str) -> None:
    assert re.findall(r"\x1b\[[0-9;]*3\dm", on_a_terminal(100, "trace", "c1", "--source", hung, NO_COLOR="1")) == []
    assert re.findall(r"\x1b\[[0-9;]*3\dm", on_a_terminal(100, "trace", "c1", "--source", hung)) != []
