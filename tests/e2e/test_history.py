"""A desk with journal and read model, killed and started again; the command beside it."""

import json
import logging
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hexdesk.domain.commands import Halt
from hexdesk.plugin import JournalContext, ReadModelContext
from hexdesk_app.cli import main
from hexdesk_app.history.feed import HistoryFeed
from hexdesk_journal.file import FileJournal
from hexdesk_journal.settings import JournalSettings
from hexdesk_sqlite.read_model import SqliteReadModel
from hexdesk_sqlite.settings import SqliteSettings
from tests.adapters.sqlite.samples import journal, opened, rows, sample
from tests.child import Child

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60.0
COMMAND = "import sys; from hexdesk_app.cli import main; sys.exit(main(sys.argv[1:]))"
LOGGER = logging.getLogger("hexdesk.history")
DESK = """
    import sys, time
    from hexdesk.domain.commands import StartStrategy
    from hexdesk_app.bench.live import JOURNAL
    from hexdesk_app.bench.market import START_NS, batches, instrument_ids, make_app
    from hexdesk_app.bench.orders import Storm
    from hexdesk_app.history.keeping import make_history
    names = instrument_ids(1)
    app = make_app(
        names, {},
        extra=JOURNAL + '[read_model]\\nplugin = "sqlite"\\n',
        overrides=(f"desk.state_path={sys.argv[1]}", f"desk.run_id={sys.argv[2]}"),
    )
    history = make_history(app)
    history.start()
    app.desk.add_strategy("storm", Storm, broker="sim", instrument_ids=names)
    app.desk.command(StartStrategy("", START_NS))
    for batch in batches(1_000_000, names, size=100):
        for quote in batch:
            app.clock.advance_to(quote.ts_init)
            app.desk.on_quote(quote)
        history.sample(quote.ts_init)
        while history.stats.behind > 20_000:  # a machine with no time for it must catch up later
            time.sleep(0.01)
        print(history.stats.sequence, flush=True)
"""


def desk(state: Path, run_id: str) -> "subprocess.Popen[str]":
    """Start a desk that trades for long; it prints how far its history is."""
    return Child[str](
        [sys.executable, "-c", textwrap.dedent(DESK), str(state), run_id],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sequence_of(process: "subprocess.Popen[str]", least: int) -> None:
    """Wait until a desk's history holds so many records."""
    assert process.stdout is not None
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        line = process.stdout.readline()
        if not line:
            process.wait(TIMEOUT_S)
            assert process.stderr is not None
            raise AssertionError(process.stderr.read())
        if int(line) >= least:
            return
        assert time.monotonic() < deadline, "the history never grew"


def hexdesk(*words: str) -> dict[str, object]:
    """Run the command and return its document's data."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words, "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    data: dict[str, object] = json.loads(done.stdout)["data"]
    return data


def test_a_killed_desk_misses_nothing_of_its_history(tmp_path: Path) -> None:
    for life in range(3):
        process = desk(tmp_path, f"life{life}")
        try:
            sequence_of(process, 1 + _sequence(tmp_path))
            if not life:
                found = hexdesk("history", "orders", str(tmp_path), "--limit", "3")
                assert found["next_page_token"], "the command answers beside the desk"
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=TIMEOUT_S)
    kept = FileJournal(
        JournalContext(name="journal", run_id="END", state_path=tmp_path, logger=LOGGER),
        JournalSettings(),
    )
    model = SqliteReadModel(
        ReadModelContext(name="read_model", state_path=tmp_path, is_read_only=False, logger=LOGGER),
        SqliteSettings(),
    )
    feed = HistoryFeed(model, kept, LOGGER)
    feed.start()
    deadline = time.monotonic() + TIMEOUT_S
    while feed.stats.behind or not feed.stats.sequence:
        assert time.monotonic() < deadline, feed.stats
        time.sleep(0.01)
    assert feed.close(TIMEOUT_S)
    assert feed.stats.sequence == kept.sequence
    assert feed.stats.rebuilds == 0
    model.close()
    kept.close()
    before = rows(model.path)
    assert before["equity"]
    assert hexdesk("history", "rebuild", str(tmp_path))["records"] == feed.stats.sequence
    assert rows(model.path) == before


def _sequence(state: Path) -> int:
    path = state / "history.sqlite"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute("SELECT value FROM meta WHERE name = 'sequence'").fetchone()
    return 0 if row is None else int(row[0])


# --------------------------------------------------------------------------------------------------
# The command

DAY_NS = 86_400 * 10**9


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """Run the command here; return its exit code and the document's data."""
    capsys.readouterr()
    code = main([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)["data"]


@pytest.fixture
def state(tmp_path: Path) -> str:
    """Return the state folder of a desk that traded on the first days of 1970, and was halted."""
    halt = Halt("news", 5 * DAY_NS)
    records: list[Any] = journal(4)
    orders = [msgspec.structs.replace(each, ts_init=each.ts_init * DAY_NS) for each in records]
    samples = [sample(ts_ns * 10**9) for ts_ns in range(1, 7)]
    model = opened(tmp_path)
    model.write(1, [*orders, halt], samples)
    model.close()
    return str(tmp_path)


def test_orders_are_filtered_by_time_and_read_in_pages(
    state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("history", "orders", state, "--since", "1970-01-03", "--limit", "2")
    code, first = answer(capsys, *words)
    assert code == 0
    code, second = answer(capsys, *words, "--page-token", first["next_page_token"])
    ids = [row["client_order_id"] for row in (*first["rows"], *second["rows"])]
    assert ids == ["O4", "O3", "O2"]
    assert second["next_page_token"] == ""
    row = first["rows"][0]
    assert (row["status"], row["quantity"], row["price"], row["avg_px"]) == (
        "FILLED", "0.01", "10", "10",
    )  # fmt: skip
    code, oldest = answer(
        capsys, "history", "orders", state, "--oldest-first", "--until", "1970-01-03T00:00:00Z"
    )
    assert [row["client_order_id"] for row in oldest["rows"]] == ["O1"]
    code, found = answer(capsys, *words, "--state", "open", "--page-token", "abc")
    assert (code, found["errors"][0]["code"]) == (4, "PAGE_TOKEN")


def test_one_order_fills_positions_equity_and_events(
    state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, order = answer(capsys, "history", "order", "O2", state)
    assert [row["kind"] for row in order["events"]] == ["new", "fill"]
    assert [row["trade_id"] for row in order["fills"]] == ["T2"]
    _, fills = answer(capsys, "history", "fills", state, "-s", "s", "-p", "TEST-PERP.ACME")
    assert [row["trade_id"] for row in fills["rows"]] == ["T4", "T3", "T2", "T1"]
    assert fills["rows"][0]["fee"] == "0.00000007"
    _, positions = answer(capsys, "history", "positions", state)
    (position,) = positions["rows"]
    assert (position["quantity"], position["cost"], position["leg"]) == ("0.04", "0.4", "net")
    _, equity = answer(capsys, "history", "equity", state, "--step", "3", "--oldest-first")
    assert [row["equity"] for row in equity["rows"]] == ["200", "500", "600"]
    _, events = answer(capsys, "history", "events", state, "--category", "command")
    assert [(row["kind"], row["text"]) for row in events["rows"]] == [("halt", "news")]


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("orders", "nowhere"), 2, "NOT_FOUND"),
        (("order", "O9", "{state}"), 2, "NOT_FOUND"),
        (("orders", "{state}", "--since", "soon"), 4, "USAGE"),
        (("events", "{state}", "--category", "rumour"), 4, "USAGE"),
        (("orders", "{state}/empty"), 1, "DATA"),
        (("rebuild", "{state}"), 1, "DATA"),
        (("backup", "{state}", "{state}/history.sqlite"), 4, "READ_MODEL_BACKUP"),
    ],
)
def test_what_cannot_be_answered_says_why(
    state: str,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    error: str,
) -> None:
    (Path(state) / "empty").mkdir()
    found = answer(capsys, "history", *(word.format(state=state) for word in words))
    assert (found[0], found[1]["errors"][0]["code"]) == (code, error)


def test_a_backup_answers_like_its_original(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept").mkdir()
    code, _ = answer(capsys, "history", "backup", state, str(tmp_path / "kept/history.sqlite"))
    assert code == 0
    assert answer(capsys, "history", "orders", str(tmp_path / "kept")) == answer(
        capsys, "history", "orders", state
    )


@pytest.mark.usefixtures("state")
def test_a_configuration_names_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plugins.toml"
    file.write_text('[desk]\nstate_path = "."\n')
    code, found = answer(capsys, "history", "orders", str(file))
    assert (code, found["errors"][0]["code"]) == (4, "CONFIG_MISSING")
    file.write_text('[desk]\nstate_path = "."\n[read_model]\nplugin = "sqlite"\ncache_mb = 0\n')
    code, found = answer(capsys, "history", "orders", str(file))
    assert (code, found["errors"][0]["path"]) == (4, "read_model.cache_mb")
    file.write_text('[desk]\nstate_path = "."\n[read_model]\nplugin = "sqlite"\n')
    code, found = answer(capsys, "history", "orders", str(file))
    assert (code, len(found["rows"])) == (0, 4)


def test_tables_are_for_people(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("orders", "fills", "positions", "equity", "events"):
        assert main(["history", verb, state]) == 0
        assert f"**{verb}**" in capsys.readouterr().out
    assert main(["history", "orders", state, "--limit", "1"]) == 0
    assert "more: --page-token " in capsys.readouterr().err
