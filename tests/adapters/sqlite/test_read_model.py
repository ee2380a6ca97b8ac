"""The file: what it is made of, damage, versions, locks, and questions beside a writer.

Seeds: E7.
"""

import hashlib
import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from hexdesk.domain.commands import Halt
from hexdesk.errors import ConfigError, DataError
from hexdesk.ports.journal import JournalRecord
from hexdesk.ports.read_model import EquityQuery, EventQuery, FillQuery, Head, OrderQuery
from hexdesk.testing.read_model_kit import RUN, new
from hexdesk_sqlite import hexdesk_read_models
from hexdesk_sqlite.files import open_writable
from hexdesk_sqlite.read_model import SqliteReadModel
from hexdesk_sqlite.schema import DEFINITIONS, SCHEMA_VERSION
from tests.adapters.sqlite.samples import (
    SETTINGS,
    TABLES,
    context,
    journal,
    opened,
    reading,
    rows,
    sample,
    written,
)
from tests.core.domain.histories import histories

SCHEMA_DIGEST = "4c42c9ace30a9da6"


def test_the_schema_is_that_of_its_version() -> None:
    """Who changes a table raises SCHEMA_VERSION, then writes the new digest here."""
    digest = hashlib.blake2b("\n".join(DEFINITIONS).encode(), digest_size=8).hexdigest()
    assert (SCHEMA_VERSION, digest) == (2, SCHEMA_DIGEST)


def test_it_is_offered() -> None:
    (offered,) = hexdesk_read_models()
    assert (offered.name, offered.factory) == ("sqlite", SqliteReadModel)


def test_every_table_is_compared() -> None:
    names = [text.split()[2] for text in DEFINITIONS if text.startswith("CREATE TABLE")]
    assert set(names) == set(TABLES)


@settings(max_examples=60, deadline=None)
@given(histories, st.lists(st.integers(1, 9), max_size=8), st.booleans())
def test_built_batch_by_batch_it_equals_one_made_again(
    records: list[JournalRecord], sizes: list[int], reopens: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = opened(Path(folder))
        sequence = 0
        for size in [*sizes, len(records)]:
            sequence += model.write(sequence + 1, records[sequence : sequence + size])
            if reopens:
                model.close()
                model = opened(Path(folder))
        assert sequence == len(records)
        before = rows(model.path)
        model.rebuild(iter(records))
        assert rows(model.path) == before
        model.close()


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = written(tmp_path, journal(1))
    assert path.stat().st_mode & 0o777 == 0o600


# --------------------------------------------------------------------------------------------------
# Damage and versions


@pytest.mark.parametrize("damage", ["garbage", "page", "truncated"])
def test_a_damaged_file_is_kept_aside_and_made_again(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path, journal(400))
    before = rows(path)
    whole = path.read_bytes()
    half = len(whole) // 2 // 4096 * 4096
    broken = {
        "garbage": os.urandom(9_000),
        "page": whole[:half] + os.urandom(4096) + whole[half + 4096 :],
        "truncated": whole[: half + 100],
    }[damage]
    path.write_bytes(broken)
    model = SqliteReadModel(context(tmp_path), SETTINGS)
    assert model.open() == Head()
    assert "was damaged; kept as history.sqlite.damaged-1" in caplog.text
    assert path.with_name("history.sqlite.damaged-1").read_bytes() == broken
    model.write(1, journal(400))
    after = rows(model.path)
    model.close()
    assert {**after, "equity": []} == {**before, "equity": []}


def test_equity_that_can_be_read_outlives_damage_elsewhere(tmp_path: Path) -> None:
    path = written(tmp_path, journal(400))
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'fills_by_time'"
        ).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(4096))
    model = opened(tmp_path)
    assert model.equity(EquityQuery()).rows == (sample(1),)
    assert not model.orders(OrderQuery()).rows
    model.close()


def test_damage_found_by_writing_is_said_and_repaired_by_opening(tmp_path: Path) -> None:
    path = written(tmp_path, journal(400))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size))
    model = SqliteReadModel(context(tmp_path), SETTINGS)
    with pytest.raises(DataError, match="is damaged"):
        model.write(802, [Halt("", 1)])
    assert model.open() == Head()
    model.write(1, journal(400))
    assert len(model.fills(FillQuery(limit=1_000)).rows) == 400
    model.close()


def test_an_older_schema_is_kept_aside_and_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path, journal(3))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
    with pytest.raises(DataError, match="is older"):
        reading(tmp_path)
    model = SqliteReadModel(context(tmp_path), SETTINGS)
    assert model.open() == Head()
    assert "had an older schema; kept as history.sqlite.older-1" in caplog.text
    assert model.equity(EquityQuery()).rows == (sample(1),)
    model.close()


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path, journal(3))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    text = f"schema {SCHEMA_VERSION + 1}, this hexdesk reads {SCHEMA_VERSION}"
    for is_read_only in (False, True):
        with pytest.raises(DataError, match=text):
            SqliteReadModel(context(tmp_path, is_read_only=is_read_only), SETTINGS)
    assert path.read_bytes() == before


def test_a_foreign_sqlite_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE music (title)")
    with pytest.raises(DataError, match="not a read model of hexdesk"):
        SqliteReadModel(context(tmp_path), SETTINGS)
    assert path.exists()


def test_an_empty_file_becomes_a_read_model(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").touch()
    model = opened(tmp_path)
    assert model.write(1, journal(1)) == 3
    model.close()


def test_one_journal_after_another_is_told_by_the_head(tmp_path: Path) -> None:
    heads: list[Head] = []
    for name, strategy in (("one", "a"), ("two", "b")):
        model = opened(tmp_path / name)
        model.write(1, [RUN, new(1, strategy=strategy)])
        model.close()
        heads.append(opened(tmp_path / name).open())
    assert heads[0].sequence == heads[1].sequence == 2
    assert heads[0].digest != heads[1].digest


# --------------------------------------------------------------------------------------------------
# Two at once


CLOSING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM meta").fetchone()
connection.close()
"""


def test_opening_it_again_does_not_take_it_from_those_who_have_it_open(tmp_path: Path) -> None:
    """SQLite deletes the log of a file when the last one closes it, by what is locked."""
    with closing(opened(tmp_path)) as model:
        model.write(1, journal(3))
        with closing(open_writable(model.path, SETTINGS)):
            pass
        subprocess.run([sys.executable, "-c", CLOSING, str(model.path)], check=True, timeout=60)
        model.write(8, [new(9)])
        assert len(model.orders(OrderQuery()).rows) == 4


def test_a_second_writer_is_refused_and_readers_are_not(tmp_path: Path) -> None:
    model = opened(tmp_path)
    with pytest.raises(ConfigError) as caught:
        SqliteReadModel(context(tmp_path), SETTINGS)
    assert caught.value.code == "READ_MODEL_LOCKED"
    reader = reading(tmp_path)
    model.write(1, journal(2))
    assert len(reader.orders(OrderQuery()).rows) == 2
    reader.close()
    model.close()
    opened(tmp_path).close()


def test_what_is_not_there_is_not_made_for_reading(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has kept no history yet"):
        reading(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_closed_file_is_read_also_where_nothing_may_be_written(tmp_path: Path) -> None:
    path = written(tmp_path, journal(2))
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        reader = reading(tmp_path)
        assert len(reader.orders(OrderQuery()).rows) == 2
        reader.close()
    finally:
        tmp_path.chmod(0o755)


def test_readers_see_whole_batches_while_it_is_written_and_made_again(tmp_path: Path) -> None:
    model = opened(tmp_path)
    records = journal(200)
    model.write(1, records)
    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def read() -> None:
        reader = reading(tmp_path)
        while not done.is_set():
            seen.append((
                len(reader.orders(OrderQuery(limit=10_000)).rows),
                len(reader.fills(FillQuery(limit=10_000)).rows),
            ))  # fmt: skip
        reader.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for number in range(201, 221):
            more = journal(1, number)[1:]
            model.write(len(records) + 1, more)
            records += more
        for _ in range(3):
            assert model.rebuild(iter(records)) == len(records)
    finally:
        done.set()
        thread.join(20)
    assert seen
    assert all(200 <= orders <= 220 for orders, _fills in seen)
    assert all(200 <= fills <= 220 for _orders, fills in seen)
    assert sorted(seen) == seen, "nothing that was there went away"
    assert not list(tmp_path.glob("*.new*"))
    model.close()


def test_a_backup_while_it_is_written_is_a_whole_read_model(tmp_path: Path) -> None:
    model = opened(tmp_path)
    records = journal(300)
    model.write(1, records)
    done = threading.Event()

    def write() -> None:
        number = 301
        while not done.is_set():
            more = journal(1, number)[1:]
            model.write(2 * number, more)
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    (tmp_path / "kept").mkdir()
    try:
        model.backup(tmp_path / "kept" / "history.sqlite")
    finally:
        done.set()
        thread.join(20)
    model.close()
    kept = reading(tmp_path / "kept")
    count = len(kept.orders(OrderQuery(limit=10_000)).rows)
    assert count == len(kept.fills(FillQuery(limit=10_000)).rows) >= 300
    kept.close()


def test_a_backup_never_overwrites(tmp_path: Path) -> None:
    model = opened(tmp_path)
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(ConfigError, match="exists"):
        model.backup(tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "precious"
    model.close()


# --------------------------------------------------------------------------------------------------
# Records of other versions


def test_a_kind_that_nobody_taught_it_is_an_event(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Eclipse(msgspec.Struct, frozen=True, array_like=True, tag="eclipse"):
        strategy_id: str
        reason: str
        amount: int
        ts_init: int

    caplog.set_level(logging.WARNING)
    model = opened(tmp_path)
    model.write(1, [RUN, Eclipse("s", "the moon", 10**30, 7)])  # type: ignore[list-item]
    (row,) = model.events(EventQuery(kind="eclipse")).rows
    assert (row.category, row.strategy_id, row.text, row.ts_ns) == ("other", "s", "the moon", 7)
    assert row.body == f'["eclipse","s","the moon",{10**30},7]'
    model.close()
