"""A desk that dies is missed, one that stops in good order is not."""

from hexdesk_app.alerting.guard import BACK, GONE, Guard
from hexdesk_app.running.heartbeat import Beat

BEAT = Beat(name="demo", run_id="r1", mode="paper", state="running", pid=7)


def test_a_heartbeat_that_grows_old_is_told_once_and_so_is_its_return() -> None:
    guard = Guard(10.0)
    assert guard.look((BEAT, 1.0), 1) is None
    assert guard.look((BEAT, 10.0), 2) is None
    gone = guard.look((BEAT, 10.5), 3)
    assert gone is not None
    assert (gone.code, gone.scope) == (GONE, "demo")
    assert "r1" in gone.text
    assert guard.look((BEAT, 60.0), 4) is None
    back = guard.look((BEAT, 0.5), 5)
    assert back is not None
    assert back.code == BACK
    assert guard.look((BEAT, 0.5), 6) is None


def test_a_desk_that_took_its_heartbeat_away_is_not_missed() -> None:
    guard = Guard(10.0)
    assert guard.look((BEAT, 1.0), 1) is None
    assert guard.look(None, 2) is None
    assert not guard.is_gone


def test_a_desk_that_died_before_the_guard_began_is_missed() -> None:
    assert Guard(10.0).look((BEAT, 3_600.0), 1) is not None
