"""`hexdesk logs`: the file that a desk writes, for people and for programs (E31)."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hexdesk_app.log_file import NAME
from tests.app.cli.conftest import Run
from tests.child import Child

LINES = [
    {"time": "2026-11-21T12:00:00.250Z", "level": "info", "logger": "hexdesk.run", "message": "up"},
    {
        "time": "2026-11-21T12:00:01.000Z", "level": "error", "logger": "hexdesk.feed.x",
        "message": "lost\x1b[2J", "order_id": "hd1", "traceback": "Traceback\n  KeyError",
    },
]  # fmt: skip


def write(folder: Path) -> Path:
    (folder / "log").mkdir(parents=True)
    file = folder / "log" / NAME
    file.write_text("".join(f"{json.dumps(each)}\n" for each in LINES))
    return file


def test_a_configuration_says_where_and_in_which_zone(hexdesk: Run) -> None:
    write(Path("hexdesk_data"))
    text = Path("plugins.toml").read_text()
    Path("plugins.toml").write_text(text.replace("[desk]", '[desk]\ndisplay_zone = "Asia/Tokyo"'))
    answer = hexdesk("logs")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        "2026-11-21 21:00:00.250  info     hexdesk.run: up",
        "2026-11-21 21:00:01.000  error    hexdesk.feed.x: lost\\x1b[2J  order hd1",
        "    Traceback",
        "      KeyError",
    ]


@pytest.mark.parametrize("place", ["state", "state/log"])
def test_a_folder_will_do_and_programs_get_the_lines(hexdesk: Run, place: str) -> None:
    write(Path("state"))
    answer = hexdesk("logs", place, "--json")
    assert [json.loads(each) for each in answer.out.splitlines()] == LINES
    only = hexdesk("logs", place, "--json", "--level", "warning", "--since", "2026-11-21")
    assert [json.loads(each) for each in only.out.splitlines()] == LINES[1:]
    assert hexdesk("logs", place, "--since", "1s").out == ""
    assert hexdesk("logs", place, "-n", "1", "--logger", "hexdesk.run").out.endswith("up\n")


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("logs",), 2, "`hexdesk run` writes one"),
        (("logs", "nowhere"), 2, "name the desk's state folder"),
        (("logs", "--since", "yesterday"), 4, "15m for ago"),
        (("logs", "--level", "loud"), 4, "critical"),
    ],
    ids=["none yet", "no folder", "no time", "no level"],
)
def test_what_cannot_be_shown_says_what_to_do(
    hexdesk: Run, words: tuple[str, ...], code: int, text: str
) -> None:
    answer = hexdesk(*words)
    assert (answer.code, answer.out) == (code, "")
    assert text in answer.err


def test_a_desk_that_writes_no_file_is_told_from_one_that_never_ran(hexdesk: Run) -> None:
    with Path("plugins.toml").open("a") as file:
        file.write('[logging]\nfolder = ""\n')
    answer = hexdesk("logs")
    assert (answer.code, "this desk writes no log file" in answer.err) == (4, True)


def test_following_shows_what_is_logged_later_until_ctrl_c(tmp_path: Path) -> None:
    command = "import sys; from hexdesk_app.cli import main; sys.exit(main())"
    words = ["logs", str(tmp_path), "-f", "--json"]
    with Child[str](
        [sys.executable, "-c", command, *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        file = tmp_path / NAME
        file.write_text(json.dumps(LINES[0]) + "\n")
        assert json.loads(process.stdout.readline())["message"] == "up"
        with file.open("a") as more:
            more.write(json.dumps(LINES[1]) + "\n")
        assert json.loads(process.stdout.readline())["order_id"] == "hd1"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
