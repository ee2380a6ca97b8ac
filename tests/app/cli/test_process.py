"""What only a real process shows: signals, closed pipes, terminals, start-up time."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.cli.desk import PLUGINS_TOML, install
from tests.app.site import Site
from tests.child import Child

COMMAND = [sys.executable, "-c", "import sys; from hexdesk_app.cli import main; sys.exit(main())"]


@pytest.fixture
def folder(site: Site, tmp_path: Path) -> Path:
    """A folder with a good `plugins.toml`."""
    install(site)
    place = tmp_path / "desk"
    place.mkdir()
    (place / "plugins.toml").write_text(PLUGINS_TOML)
    return place


@pytest.fixture
def environment(site: Site, tmp_path: Path) -> dict[str, str]:
    """Variables of a process that sees the fake distributions and leaves nothing behind."""
    path = os.pathsep.join([str(site.folder), os.environ.get("PYTHONPATH", "")])
    own = {"PYTHONPATH": path, "XDG_STATE_HOME": str(tmp_path / "state")}
    return {**os.environ, **own, "NO_COLOR": "1"}


@pytest.fixture
def running(folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A desk that plays slowly; killed if a test leaves it."""
    process = Child[str](
        [*COMMAND, "run", "--speed", "1"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def wait_until_it_runs(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("kit PAPER running"):
            return
    raise AssertionError("".join(said))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_running_desk_stops_in_good_order(
    running: subprocess.Popen[str], number: signal.Signals
) -> None:
    wait_until_it_runs(running)
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 0, err
    assert "result hash" in out
    assert "Traceback" not in err


def test_a_running_desk_says_that_it_is_well(
    running: subprocess.Popen[str], folder: Path, environment: dict[str, str]
) -> None:
    def health(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, "health", *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    wait_until_it_runs(running)
    done = health("--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["name"] == "kit"
    running.send_signal(signal.SIGSTOP)  # it hangs
    file = folder / "hexdesk_data/heartbeat.json"
    os.utime(file, (0, 0))
    done = health()
    assert (done.returncode, done.stdout) == (1, "")
    assert "HEALTH: kit, run " in done.stderr
    running.send_signal(signal.SIGCONT)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    done = health()
    assert (done.returncode, "NOT_RUNNING: no desk runs in" in done.stderr) == (3, True)


def test_ctrl_c_elsewhere_is_one_line(folder: Path, environment: dict[str, str]) -> None:
    (folder / "plugins.toml").write_text("")
    os.mkfifo(folder / "slow.toml")
    process = Child[str](
        [*COMMAND, "config", "check", "slow.toml"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with (folder / "slow.toml").open("w"):  # opens when the process reads: it is under way
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")


def test_a_closed_pipe_is_quiet(folder: Path, environment: dict[str, str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, "config", "show"],
        cwd=folder,
        env=environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_version_imports_nothing_slow() -> None:
    program = (
        "import sys\nfrom hexdesk_app.cli import main\nmain(['--version'])\n"
        "print(sorted({'click', 'rich', 'msgspec', 'asyncio'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines()[1] == "[]"


def test_a_plugin_that_hangs_in_its_factory_does_not_hang_the_process(
    site: Site, folder: Path, environment: dict[str, str]
) -> None:
    site.broker("hanging", "import threading\nthreading.Event().wait()")
    program = (
        "import sys, hexdesk_app.plugins as plugins\n"
        "plugins.make.__kwdefaults__['timeout_s'] = 0.3\n"
        "from hexdesk_app.cli import main\nsys.exit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "backtest", "--set", "brokers.venue.plugin=hanging"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4
    assert "PLUGIN_TIMEOUT: the factory of 'hanging' took longer than 0.3 s" in done.stderr
    assert "hanging_module.py" in done.stderr
    assert "dist-hanging 1.0, brokers.venue" in done.stderr


@pytest.mark.parametrize("words", [["version"], ["version", "--json"]])
def test_a_full_disk_behind_stdout_is_no_bug(environment: dict[str, str], words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *words],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60.0,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        "DATA: stdout: cannot be written: No space left on device\n"
        "  -> free disk space, or print elsewhere\n"
    )
