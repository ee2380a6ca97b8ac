"""A running desk leaves a sign of life; an orderly end takes it away."""

import os
from pathlib import Path

import msgspec
import pytest

from hexdesk_app.running import heartbeat
from hexdesk_app.running.heartbeat import FILE, Beat, Heartbeat, last_beat

BEAT = Beat(name="desk", run_id="r1", mode="paper", state="running", pid=7, events=3)


def test_a_beat_is_read_back_with_its_age(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert last_beat(folder) is None
    with Heartbeat(folder) as heart:
        heart.write(BEAT)
        found = last_beat(folder)
        assert found is not None
        assert found[0] == BEAT
        assert 0.0 <= found[1] < 60.0
        os.utime(folder / FILE, ns=(0, 0))
        found = last_beat(folder)
        assert found is not None
        assert found[1] > 1e9
        assert [each.name for each in folder.iterdir()] == [FILE]
    assert last_beat(folder) is None


def test_a_start_that_was_refused_leaves_the_sign_of_the_desk_that_runs(tmp_path: Path) -> None:
    with Heartbeat(tmp_path) as heart:
        heart.write(BEAT)
        with Heartbeat(tmp_path):
            pass
        assert last_beat(tmp_path) is not None


def test_it_beats_no_more_often_than_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(heartbeat, "monotonic", lambda: now[0])
    heart = Heartbeat(tmp_path)
    written: list[str] = []
    for second in (100.0, 100.5, 100.9, 101.0, 101.5, 102.1):
        now[0] = second
        heart.write(msgspec.structs.replace(BEAT, state=str(second)))
        written.append(msgspec.json.decode((tmp_path / FILE).read_bytes(), type=Beat).state)
    assert written == ["100.0", "100.0", "100.0", "101.0", "101.0", "102.1"]


def test_a_place_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with Heartbeat(tmp_path / "state") as heart:
        heart.write(BEAT)
    assert last_beat(tmp_path / "state") is None


def test_what_is_no_beat_is_no_sign_of_life(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{}")
    assert last_beat(tmp_path) is None


def test_a_clock_that_was_set_back_makes_no_negative_age(tmp_path: Path) -> None:
    heart = Heartbeat(tmp_path)
    heart.write(BEAT)
    far = 4_000_000_000 * 10**9
    os.utime(tmp_path / FILE, ns=(far, far))
    found = last_beat(tmp_path)
    assert found is not None
    assert found[1] == 0.0
