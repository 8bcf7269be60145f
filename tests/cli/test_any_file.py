"""Whatever a file holds, the command line ends in words."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventrail.cli.main import run


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    form=st.sampled_from(["recording", "jsonl"]),
    content=st.binary(max_size=400)
    | st.binary(max_size=100).map(lambda content: b"PK\x03\x04" + content)
    | st.binary(max_size=100).map(lambda content: b"\x1f\x8b\x08" + content),
)
def test_no_bytes_given_as_a_file_end_in_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, content: bytes
) -> None:
    path = tmp_path / "any.eventrail"
    path.write_bytes(content)

    # An empty file of lines answers that it holds nothing; no line of these is a JSON object.
    assert run(["find", "x", "--source", f"{form}:{path}"]) == (2 if content.strip() or form == "recording" else 1)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
