"""`python -m stack`: starts everything in a folder of its own, and ends that and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from eventrail.configuration import load_configuration
from stack.__main__ import main
from stack.compose import Stack
from stack.live import configuration
from stack.places import CHECKOUT, temporary_root
from tests.stack.polling import eventually


def run_stack(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stack", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=400, check=False)


def processes_of(folder: Path) -> list[str]:
    """Command lines of all processes that work in, or were started with something in, `folder`."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if process.pid != os.getpid() and (str(folder) in " ".join(words) or folder in Path(process.cwd()).parents):
                found.append(" ".join(words))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.fixture
def run_folder() -> Iterator[Path]:
    folder = temporary_root("eventrail-command-")
    yield folder
    stopped = run_stack("stop", "--run", str(folder))
    assert stopped.returncode == 0, stopped.stderr
    shutil.rmtree(folder)


@pytest.fixture
def status_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], int]:
    """Call a command on an empty run folder within this process, and give its exit status."""

    def called(command: str) -> int:
        monkeypatch.setattr(sys, "argv", ["stack", command, "--run", str(tmp_path)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return called


@pytest.mark.parametrize("command", ["status", "down"])
def test_where_nothing_was_started_the_command_says_so(
    command: str, status_of: Callable[[str], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(command) == 2
    assert "no servers were started here; python -m stack up" in capsys.readouterr().err


def test_stopping_where_nothing_was_started_is_fine(status_of: Callable[[str], int]) -> None:
    assert status_of("stop") == 0


def test_a_state_file_that_is_not_ours_is_refused(
    status_of: Callable[[str], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stack.json").write_text('{"servers": []}')

    assert status_of("status") == 2
    assert "not a state file of this version" in capsys.readouterr().err


@pytest.mark.servers
def test_down_ends_all_that_up_started_and_nothing_else(stack: Stack, run_folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as bystander:
        started = run_stack("up", "--run", str(run_folder), "--heap", "512m")
        assert started.returncode == 0, started.stderr
        ours = Stack.load(run_folder / "stack.json")
        assert all(server.answers() for server in ours.servers())
        assert len(processes_of(run_folder)) >= len(ours.servers())

        again = run_stack("up", "--run", str(run_folder))
        assert again.returncode == 0
        assert Stack.load(run_folder / "stack.json") == ours

        assert run_stack("down", "--run", str(run_folder)).returncode == 0
        assert processes_of(run_folder) == []
        assert bystander.poll() is None
        assert all(server.answers() for server in stack.servers())
        bystander.kill()


@pytest.mark.servers
def test_the_state_file_is_for_its_owner_only(stack: Stack, tmp_path: Path) -> None:
    state = tmp_path / "stack.json"
    stack.save(state)
    assert state.stat().st_mode & 0o777 == 0o600
    assert Stack.load(state) == stack
    assert stack.elasticsearch.reader.password not in repr(stack)


@pytest.mark.servers
def test_the_dashboards_configuration_leads_to_the_servers(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "eventrail.toml"
    file.write_text(configuration(stack))
    loaded = load_configuration(file)
    assert loaded.elasticsearch is not None
    assert loaded.elasticsearch.password is not None
    account = (loaded.elasticsearch.username or "", loaded.elasticsearch.password.get_secret_value())
    answer = requests.get(f"{loaded.elasticsearch.url[0]}/_cluster/health", auth=account, timeout=10)
    assert answer.status_code == 200
    assert loaded.prometheus is not None
    assert loaded.prometheus.url == stack.prometheus.url
    assert loaded.rabbitmq is not None
    assert loaded.rabbitmq.vhosts == (stack.rabbitmq.virtual_host,)


@pytest.mark.servers
@pytest.mark.bank
@pytest.mark.timeout(600)
def test_live_opens_the_dashboard_on_a_running_bank_and_stop_ends_it_all(run_folder: Path) -> None:
    live = run_stack("live", "--run", str(run_folder), "--heap", "512m", "--rate", "3")
    assert live.returncode == 0, live.stderr
    told = re.search(r"The dashboard: (http://127\.0\.0\.1:\d+)\n", live.stdout)
    assert told
    assert requests.get(f"{told.group(1)}/_stcore/health", timeout=10).text == "ok"

    ours = Stack.load(run_folder / "stack.json")
    count = f"{ours.elasticsearch.url}/application-*/_count"
    account = ours.elasticsearch.reader.pair
    assert eventually(lambda: requests.get(count, auth=account, timeout=10).json().get("count", 0) > 0)

    again = run_stack("live", "--run", str(run_folder))
    assert again.returncode == 0, again.stderr
    assert told.group(0) in again.stdout

    assert run_stack("stop", "--run", str(run_folder)).returncode == 0
    assert processes_of(run_folder) == []
    assert list(ours.prometheus.targets_folder.glob("*.json")) == []
