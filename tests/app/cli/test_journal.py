"""`hexdesk journal`, on journals that the installed plugin `journal` wrote."""

import csv
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill, OrderCanceled
from hexdesk.domain.values import BUY, LIMIT, MAKER
from hexdesk.plugin import JournalContext
from hexdesk.plugin.registrations import JournalRegistration
from hexdesk.ports.journal import Journal, JournalRecord
from hexdesk_app.plugins import load
from hexdesk_app.reading.journals import KINDS
from tests.app.cli.conftest import Run
from tests.child import Child

START_NS = 1_700_000_000_000_000_000
RECORDS: list[JournalRecord] = [
    NewOrder("A1", "turner", "acct", "X.Y", BUY, LIMIT, 5, START_NS, 100, tag="a b"),
    NewOrder("A2", "turner", "acct", "X.Y", BUY, LIMIT, 2**70, START_NS + 1, 100),
    Fill("A1", "V1", "T1", "X.Y", BUY, 5, 100, MAKER, -5, "USDT", START_NS + 2, START_NS + 3),
    OrderCanceled("A2", "", START_NS + 4, START_NS + 5),
]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state folder whose journal holds four records and a snapshot."""
    journal = make_journal(tmp_path / "state")
    for record in RECORDS:
        journal.append(record)
        journal.commit()
    journal.save_snapshot(b"state")
    journal.close()
    return tmp_path / "state"


def make_journal(folder: Path, run_id: str = "run1") -> Journal:
    (registration,) = (each for _, _, each in load(["journal"]).all())
    assert isinstance(registration, JournalRegistration)
    context = JournalContext(
        name="journal", run_id=run_id, state_path=folder, logger=logging.getLogger("test")
    )
    return registration.factory(context, registration.settings())


def segment(state: Path) -> Path:
    return state / "journal" / "00000001.seg"


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


# --------------------------------------------------------------------------------------------------
# Which journal


def test_a_folder_or_a_configuration_names_the_journal(hexdesk: Run, state: Path) -> None:
    Path("more.toml").write_text(f'[desk]\nstate_path = "{state}"\n[journal]\nplugin = "journal"\n')
    with Path("plugins.toml").open("a") as file:
        file.write('[journal]\nplugin = "journal"\n')
    (folder := Path("elsewhere")).mkdir()
    (folder / "plugins.toml").write_text(Path("more.toml").read_text())
    for words in ([str(state)], [str(state / "journal")], ["more.toml"], [str(folder)]):
        assert hexdesk("journal", "verify", *words, "--json").data["records"] == 4
    answer = hexdesk("journal", "verify")
    assert answer.code == 1
    assert "there is no journal" in answer.err


def test_a_journal_that_keeps_nothing_cannot_be_read(hexdesk: Run) -> None:
    with Path("plugins.toml").open("a") as file:
        file.write('[journal]\nplugin = "memory"\n')
    answer = hexdesk("journal", "cat")
    assert answer.code == 4
    assert "journal.plugin the journal 'memory' keeps nothing that could be read" in answer.err


def test_what_is_not_there_is_named(hexdesk: Run) -> None:
    answer = hexdesk("journal", "cat", "nowhere")
    assert answer.code == 2
    assert "NOT_FOUND: there is no nowhere" in answer.err


@pytest.mark.skipif(os.getuid() == 0, reason="root may read anything")
def test_a_journal_that_may_not_be_read_is_named(hexdesk: Run, state: Path) -> None:
    segment(state).chmod(0)
    answer = hexdesk("journal", "cat", str(state))
    assert answer.code == 1
    assert "cannot be read: Permission denied" in answer.err


# --------------------------------------------------------------------------------------------------
# verify


def test_a_sound_journal_passes(hexdesk: Run, state: Path) -> None:
    answer = hexdesk("journal", "verify", str(state))
    assert answer.code == 0
    for line in (
        "| segments         | 1 ",
        "| records          | 4 ",
        "| first            | 1 at 2023-11-14 22:13:20.000",
        "| last             | 4 at ",
        "| snapshots        | 4 ",
        "| damage           | none ",
    ):
        assert line in answer.out
    document = hexdesk("journal", "verify", str(state), "--json").document
    assert document["schema"] == "hexdesk.journal.verify/1"
    data = document["data"]
    assert (data["ok"], data["faults"], data["snapshots"]) == (True, [], [4])
    assert (data["first_ns"], data["last_ns"]) == (START_NS, START_NS + 5)
    assert len(data["chain"]) == 32
    assert data["segments"][0]["run_id"] == "run1"


def test_records_that_are_not_kept_are_told(hexdesk: Run, state: Path) -> None:
    make_journal(state, "run2").close()
    segment(state).unlink()
    answer = hexdesk("journal", "verify", str(state))
    assert answer.code == 0, "a snapshot stands for them"
    assert "| not kept         | 1 to 4 " in answer.out


def test_damage_is_named_with_place_and_remedy(hexdesk: Run, state: Path) -> None:
    flip(segment(state), -1)
    answer = hexdesk("journal", "verify", str(state))
    assert answer.code == 1
    offset = segment(state).read_bytes().rindex(b"HXFR")
    assert f"DAMAGE: {segment(state)}, byte {offset}: " in answer.err
    assert "its checksum is wrong" in answer.err
    assert "  -> start the desk: it keeps these bytes aside" in answer.err
    assert "| damage           | 1 " in answer.out, "a snapshot of what is gone follows from it"
    data = hexdesk("journal", "verify", str(state), "--json").data
    assert data["ok"] is False
    assert (data["faults"][0]["offset"], data["faults"][0]["sequence"]) == (offset, 4)


def test_a_chain_that_was_noted_is_compared(hexdesk: Run, state: Path) -> None:
    chain = hexdesk("journal", "verify", str(state), "--json").data["chain"]
    journal = make_journal(state)
    journal.append(RECORDS[0])
    journal.close()
    noted = f"4:{chain.upper()}"
    assert hexdesk("journal", "verify", str(state), "--expect", noted).code == 0
    for wrong in (f"3:{chain}", f"5:{chain}", f"9:{chain}", "4:00"):
        answer = hexdesk("journal", "verify", str(state), "--expect", wrong)
        assert answer.code == 1
        assert f"the chain behind record {wrong[0]} is " in answer.err
    answer = hexdesk("journal", "verify", str(state), "--expect", chain)
    assert answer.code == 4
    assert "--expect takes NUMBER:CHAIN" in answer.err


# --------------------------------------------------------------------------------------------------
# cat


def rows(answer_out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer_out.splitlines()]


def test_a_line_for_each_record(hexdesk: Run, state: Path) -> None:
    lines = hexdesk("journal", "cat", str(state)).out.splitlines()
    assert len(lines) == 4
    assert lines[0].split()[:4] == ["1", "2023-11-14", "22:13:20.000", "new"]
    assert " client_order_id=A1 " in lines[0]
    assert ' tag="a b" ' in lines[0]
    assert " side=BUY " in lines[0]


def test_a_document_for_each_record_names_its_fields(hexdesk: Run, state: Path) -> None:
    found = rows(hexdesk("journal", "cat", str(state), "--json").out)
    assert [(row["number"], row["kind"]) for row in found] == [
        (1, "new"), (2, "new"), (3, "fill"), (4, "canceled"),
    ]  # fmt: skip
    assert found[1]["quantity"] == 2**70
    assert found[2]["liquidity"] == "MAKER"
    assert found[3] == {
        "number": 4, "kind": "canceled", "client_order_id": "A2", "code": "",
        "ts_event": START_NS + 4, "ts_init": START_NS + 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["--from", "3"], [3, 4]),
        (["--to", "2"], [1, 2]),
        (["--from", "2", "--to", "3"], [2, 3]),
        (["--from", "99"], []),
        (["--kind", "fill,canceled"], [3, 4]),
        (["--kind", "fill", "--kind", "new", "--from", "2"], [2, 3]),
        (["--order", "A2"], [2, 4]),
        (["--order", "A2", "--kind", "new"], [2]),
        (["--order", "nobody"], []),
    ],
)
def test_what_is_chosen(hexdesk: Run, state: Path, words: list[str], numbers: list[int]) -> None:
    answer = hexdesk("journal", "cat", str(state), *words, "--json")
    assert answer.code == 0
    assert [row["number"] for row in rows(answer.out)] == numbers


def test_an_unknown_kind_is_a_mistake(hexdesk: Run, state: Path) -> None:
    answer = hexdesk("journal", "cat", str(state), "--kind", "fils")
    assert answer.code == 4
    assert "there are no records of kind 'fils'" in answer.err
    assert "did you mean fill?" in answer.err


def test_no_field_hides_number_or_kind() -> None:
    for kind in KINDS.values():
        assert not {"number", "kind"} & set(kind.__struct_fields__)


def test_what_is_sound_is_shown_before_the_damage(hexdesk: Run, state: Path) -> None:
    flip(segment(state), -1)
    answer = hexdesk("journal", "cat", str(state))
    assert answer.code == 1
    assert len(answer.out.splitlines()) == 3
    assert "and nothing sound follows" in answer.err


def test_following_shows_what_is_written_later(state: Path) -> None:
    command = "import sys; from hexdesk_app.cli import main; sys.exit(main())"
    words = ["journal", "cat", str(state), "--follow", "--json", "--from", "4", "--to", "6"]
    with Child[str](
        [sys.executable, "-c", command, *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["number"] == 4
        journal = make_journal(state)
        for record in RECORDS[:2]:
            journal.append(record)
            journal.commit()
        found = [json.loads(process.stdout.readline())["number"] for _ in range(2)]
        journal.close()
        assert found == [5, 6]
        assert process.wait(30) == 0


# --------------------------------------------------------------------------------------------------
# export


def test_records_are_exported_as_lines_and_as_a_table(hexdesk: Run, state: Path) -> None:
    for form in ("jsonl", "csv"):
        answer = hexdesk("journal", "export", str(state), "--format", form, "-o", f"out.{form}")
        assert (answer.code, answer.out) == (0, f"4 records written to out.{form}\n")
    lines = rows(Path("out.jsonl").read_text())
    assert lines == rows(hexdesk("journal", "cat", str(state), "--json").out)
    with Path("out.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["kind"] for row in table] == ["new", "new", "fill", "canceled"]
    assert (table[1]["quantity"], table[0]["tag"], table[2]["trade_id"]) == (
        str(2**70),
        "a b",
        "T1",
    )
    assert table[0]["post_only"] == "false"
    assert table[0]["trade_id"] == ""
    fields = {name for kind in KINDS.values() for name in kind.__struct_fields__}
    assert set(table[0]) == {"number", "kind", *fields}
    data = hexdesk("journal", "export", str(state), "-o", "out.jsonl", "--json").data
    assert data == {"file": "out.jsonl", "format": "jsonl", "records": 4}


def test_an_export_to_stdout_is_nothing_but_records(hexdesk: Run, state: Path) -> None:
    answer = hexdesk("journal", "export", str(state), "--kind", "fill")
    assert [row["number"] for row in rows(answer.out)] == [3]


def test_a_failed_export_leaves_the_file_as_it_was(hexdesk: Run, state: Path) -> None:
    Path("out.jsonl").write_text("before")
    flip(segment(state), -1)
    answer = hexdesk("journal", "export", str(state), "-o", "out.jsonl")
    assert answer.code == 1
    assert Path("out.jsonl").read_text() == "before"
    assert not Path("out.jsonl.part").exists()
    answer = hexdesk("journal", "export", str(state), "-o", "no/such/folder/file")
    assert answer.code == 1
    assert "cannot be written: No such file or directory" in answer.err


def test_an_export_replaces_a_file_and_nothing_else(hexdesk: Run, state: Path) -> None:
    """A link stays one, a device is written to, a folder is refused."""
    Path("real.jsonl").write_text("before")
    Path("link.jsonl").symlink_to("real.jsonl")
    assert hexdesk("journal", "export", str(state), "-o", "link.jsonl").code == 0
    assert Path("link.jsonl").is_symlink()
    assert len(Path("real.jsonl").read_text().splitlines()) == len(RECORDS)
    os.mkfifo("pipe")
    end = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert hexdesk("journal", "export", str(state), "-o", "pipe").code == 0
    assert len(os.read(end, 1_000_000).splitlines()) == len(RECORDS)
    os.close(end)
    assert Path("pipe").is_fifo()
    answer = hexdesk("journal", "export", str(state), "-o", ".")
    assert answer.code == 4
    assert "is a folder\n  -> name a file" in answer.err


# --------------------------------------------------------------------------------------------------
# backup


def test_a_backup_is_verified(hexdesk: Run, state: Path) -> None:
    data = hexdesk("journal", "backup", str(state), "copy", "--json").data
    assert (data["ok"], data["records"], data["snapshots"]) == (True, 4, [4])
    assert hexdesk("journal", "verify", "copy").code == 0
    answer = hexdesk("journal", "backup", str(state), "copy")
    assert answer.code == 4
    assert "copy is not an empty folder" in answer.err


def test_a_backup_of_a_damaged_journal_says_so(hexdesk: Run, state: Path) -> None:
    flip(segment(state), -1)
    answer = hexdesk("journal", "backup", str(state), "copy")
    assert answer.code == 1
    assert "DAMAGE: " in answer.err


def test_a_backup_that_cannot_be_written_says_so(hexdesk: Run, state: Path) -> None:
    Path("file").touch()
    answer = hexdesk("journal", "backup", str(state), "file/copy")
    assert answer.code == 1
    assert "cannot be copied: Not a directory" in answer.err


# --------------------------------------------------------------------------------------------------
# Doctor


def test_the_doctor_reads_the_journal(hexdesk: Run, state: Path) -> None:
    words = ("doctor", "--json", "--set", f"desk.state_path={state}")
    sound = hexdesk(*words)
    assert sound.code == 0
    assert "4 records" in sound.out
    flip(segment(state), -1)
    damaged = hexdesk(*words)
    assert damaged.code == 1
    (found,) = (each for each in damaged.data["checks"] if each["code"] == "JOURNAL")
    assert (found["outcome"], "00000001.seg" in found["text"]) == ("failed", True)
