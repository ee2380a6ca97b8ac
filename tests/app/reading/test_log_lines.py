"""The log is read while it is written, over the ends of days, and whatever stands in it."""

import gzip
import json
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk_app.log_file import NAME
from hexdesk_app.reading.log_lines import DAMAGED, Choice, LogReader, parse

NOON_NS = 1_795_262_400_000_000_000


def line(text: str, level: str = "info", day: int = 21, **more: str) -> str:
    time = f"2026-11-{day:02}T12:00:00.000Z"
    return json.dumps(
        {"time": time, "level": level, "logger": "hexdesk.run", "message": text, **more}
    )


def write(folder: Path, *lines: str) -> None:
    with (folder / NAME).open("a") as file:
        file.write("".join(f"{each}\n" for each in lines))


def pack(folder: Path, day: int, *lines: str) -> None:
    with gzip.open(folder / f"{NAME}.2026-11-{day:02}.gz", "wt") as file:
        file.write("".join(f"{each}\n" for each in lines))


def texts(folder: Path, choice: Choice | None = None, count: int | None = None) -> list[str]:
    with closing(LogReader(folder)) as reader:
        return [each.message for each in reader.latest(choice or Choice(), count)]


def test_the_last_lines_go_back_over_days_that_are_packed(tmp_path: Path) -> None:
    pack(tmp_path, 19, line("a", day=19), line("b", day=19))
    pack(tmp_path, 20, line("c", day=20))
    write(tmp_path, line("d"))
    found = [texts(tmp_path, count=count) for count in (None, 3, 1, 0)]
    assert found == [["a", "b", "c", "d"], ["b", "c", "d"], ["d"], []]


def test_from_a_time_on_and_before_one(tmp_path: Path) -> None:
    pack(tmp_path, 19, "never read: it would be damaged")
    pack(tmp_path, 20, line("c", day=20))
    write(tmp_path, line("d"), line("e", day=22))
    assert texts(tmp_path, Choice(since_ns=NOON_NS)) == ["d", "e"]
    assert texts(tmp_path, Choice(since_ns=NOON_NS, until_ns=NOON_NS + 1)) == ["d"]


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (Choice(level="warning"), ["bad", "worse"]),
        (Choice(logger="hexdesk"), ["fine", "bad", "worse"]),
        (Choice(logger="hexdesk.ru"), []),
        (Choice(order="hd1"), ["bad"]),
        (Choice(), ["fine", "bad", "worse", "junk"]),
    ],
    ids=["level", "logger", "half a logger", "order", "all"],
)
def test_only_what_is_wanted(tmp_path: Path, choice: Choice, wanted: list[str]) -> None:
    bad = line("bad", "warning", order_id="hd1")
    write(tmp_path, line("fine"), bad, line("worse", "critical"), "junk")
    assert texts(tmp_path, choice) == wanted


def test_what_is_written_later_comes_once_it_is_whole_also_on_a_new_day(tmp_path: Path) -> None:
    reader = LogReader(tmp_path)
    assert not reader.is_there
    assert list(reader.more()) == []
    write(tmp_path, line("a"))
    assert [each.message for each in reader.latest(Choice(), None)] == ["a"]
    with (tmp_path / NAME).open("a") as file:
        file.write(line("b"))
        file.flush()
        assert list(reader.more()) == []
        file.write("\n" + line("c") + "\n")
    (tmp_path / NAME).unlink()
    assert [each.message for each in reader.more()] == ["b", "c"]
    write(tmp_path, line("d", day=22))
    assert [each.message for each in reader.more()] == ["d"]
    reader.close()


@given(st.binary(max_size=60))
def test_any_bytes_are_a_line(junk: bytes) -> None:
    found = parse(junk)
    assert found.level == DAMAGED or found.message is not None
    assert found.ts_ns >= 0 or found.time < "1970"
