"""Ending processes: all that was started, and nothing else."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.errors import StackError
from stack.processes import ServerProcess
from tests.stack.polling import eventually

# Writes its child's process ID, then waits; the child neither hears SIGTERM nor dies with its parent.
_PARENT_OF_A_STUBBORN_CHILD = """
import pathlib, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"],
    stdout=subprocess.PIPE)
child.stdout.readline()
pathlib.Path("child").write_text(str(child.pid))
time.sleep(600)
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess("patient", tmp_path)
    yield process
    process.kill()


def start_python(process: ServerProcess, program: str) -> None:
    process.start([sys.executable, "-c", program], own_user=False)


def test_stopping_a_process_ends_what_it_started_too(process: ServerProcess) -> None:
    start_python(process, _PARENT_OF_A_STUBBORN_CHILD)
    child_file = process.folder / "child"
    process.wait_until(lambda: child_file.exists() and child_file.read_text() != "", 10)
    family = [process.process_id(), int(child_file.read_text())]
    assert all(psutil.pid_exists(member) for member in family if member)

    process.stop(grace_seconds=5)

    assert not process.running()
    assert not any(alive(member) for member in family if member)


def alive(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_recorded_number_that_another_process_has_now_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as bystander:
        started = psutil.Process(bystander.pid).create_time()
        record = {"pid": bystander.pid, "started": started - 3_600}
        (tmp_path / "process.json").write_text(json.dumps(record))
        process = ServerProcess("ended an hour ago", tmp_path)

        assert not process.running()
        process.stop()
        process.kill()

        assert bystander.poll() is None
        bystander.kill()


def test_another_interpreter_can_stop_what_this_one_started(process: ServerProcess) -> None:
    start_python(process, "import time; time.sleep(600)")
    program = (
        "import sys, pathlib; from stack.processes import ServerProcess; "
        "ServerProcess('patient', pathlib.Path(sys.argv[1])).stop()"
    )
    subprocess.run([sys.executable, "-c", program, str(process.folder)], check=True, timeout=60)
    assert eventually(lambda: not process.running(), 5)


def test_a_process_that_ends_while_starting_is_reported_with_its_own_words(process: ServerProcess) -> None:
    start_python(process, "import sys; sys.exit('port 9200 is taken')")
    with pytest.raises(StackError, match=r"patient: ended while starting(.|\n)*port 9200 is taken"):
        process.wait_until(lambda: False, 10)


def test_a_process_that_never_answers_is_reported_after_the_deadline(process: ServerProcess) -> None:
    start_python(process, "import time; print('still loading', flush=True); time.sleep(600)")
    with pytest.raises(StackError, match="patient: no answer after 1 s"):
        process.wait_until(lambda: False, 1)


def test_a_program_that_is_not_installed_is_reported_with_the_remedy(process: ServerProcess) -> None:
    with pytest.raises(StackError, match=r"no-such-server is not installed; run stack/install\.sh"):
        process.start(["no-such-server"], own_user=False)


def test_a_second_start_is_refused(process: ServerProcess) -> None:
    start_python(process, "import time; time.sleep(600)")
    with pytest.raises(StackError, match="patient: runs already"):
        start_python(process, "print('twice')")


def test_secrets_of_the_callers_environment_are_not_handed_on(
    process: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "secret")
    program = "import os, pathlib; pathlib.Path('seen').write_text(' '.join(os.environ))"
    start_python(process, program)
    seen = process.folder / "seen"
    assert eventually(lambda: seen.exists() and seen.read_text() != "", 10)
    assert "SOME_TOKEN" not in seen.read_text().split()


def test_a_signal_reaches_the_process_itself(process: ServerProcess) -> None:
    program = (
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGHUP, lambda *_: pathlib.Path('heard').touch())\n"
        "pathlib.Path('ready').touch()\n"
        "while True: time.sleep(0.05)\n"
    )
    start_python(process, program)
    process.wait_until((process.folder / "ready").exists, 10)
    process.signal(signal.SIGHUP)
    assert eventually((process.folder / "heard").exists, 10)
    assert process.process_id() != os.getpid()
