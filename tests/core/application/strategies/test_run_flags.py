"""What a person stopped stays stopped over restarts; the end of a session does not count."""

import pytest

from hexdesk.application.desk import Desk
from hexdesk.application.durability.replay import Replay
from hexdesk.application.durability.state import decode_state
from hexdesk.application.strategies.host import HostState
from hexdesk.domain.commands import (
    Command,
    Halt,
    Rearm,
    ResumeEntries,
    StartStrategy,
    StopEntries,
    StopStrategy,
)
from tests.core.application.replayed import assert_replayed, capture_fully, replayed
from tests.core.application.rig import Rig


def restarted(*commands: Command, by_snapshot: bool) -> Rig:
    """Return a desk that took up what another had been told, and was started."""
    before = Rig("a", "b").start()
    for command in commands:
        before.desk.command(command)
    before.desk.command(StopStrategy("", keep_orders=False, ts_init=before.now()))
    assert_replayed(before, len(before.records) - 1)
    state = capture_fully(before) if by_snapshot else replayed(before.records)
    after = Rig("a", "b")
    Replay(after.desk).restore(decode_state(state))
    after.desk.command(StartStrategy("", after.now()))
    return after


def states(desk: Desk) -> dict[str, str]:
    return {name: host.state.value for name, host in desk.hosts.items()}


def test_a_run_that_begins_halted_tells_people_anew() -> None:
    """Whoever acknowledged the halt of the run before may be gone."""
    rig = restarted(Halt("smoke", 9), by_snapshot=True)
    assert rig.alerts == []
    start_ns = rig.now()
    rig.desk.begin_run("rig", "paper", start_ns, continues=True)
    (alert,) = rig.desk.alerts.recent
    assert (alert.code, alert.text, alert.ts_init) == ("HALTED", "smoke", start_ns)
    rig.desk.command(Rearm("over", rig.now()))
    rig.desk.begin_run("rig", "paper", rig.now(), continues=True)
    assert rig.alerts == ["HALTED", "HALT_ENDED"]


@pytest.mark.parametrize("by_snapshot", [True, False])
def test_a_strategy_that_a_person_stopped_is_not_started_again(*, by_snapshot: bool) -> None:
    rig = restarted(StopStrategy("a", keep_orders=True, ts_init=9), by_snapshot=by_snapshot)
    assert states(rig.desk) == {"a": "stopped", "b": "running"}
    assert not rig.puppets["a"].seen
    rig.desk.command(StartStrategy("a", rig.now()))
    assert rig.host().state is HostState.RUNNING
    assert not rig.host().is_stopped


@pytest.mark.parametrize("by_snapshot", [True, False])
def test_the_end_of_a_session_stops_nothing_for_good(*, by_snapshot: bool) -> None:
    assert states(restarted(by_snapshot=by_snapshot).desk) == {"a": "running", "b": "running"}


@pytest.mark.parametrize("by_snapshot", [True, False])
def test_one_that_was_started_again_by_name_starts_as_ever(*, by_snapshot: bool) -> None:
    commands = (StopStrategy("a", keep_orders=True, ts_init=9), StartStrategy("a", 9))
    rig = restarted(*commands, by_snapshot=by_snapshot)
    assert states(rig.desk) == {"a": "running", "b": "running"}


def test_in_the_same_run_too_only_its_name_starts_it() -> None:
    rig = Rig("a", "b").start()
    rig.desk.command(StopStrategy("a", keep_orders=True, ts_init=rig.now()))
    rig.desk.command(StartStrategy("", rig.now()))
    assert states(rig.desk) == {"a": "stopped", "b": "running"}
    assert_replayed(rig, 3)


@pytest.mark.parametrize("by_snapshot", [True, False])
def test_halts_and_stopped_entries_outlive_a_restart(*, by_snapshot: bool) -> None:
    rig = restarted(StopEntries("b", "news", 9), Halt("drill", 9), by_snapshot=by_snapshot)
    assert rig.desk.execution.halted == "drill"
    assert [rig.host(name).entries_allowed for name in "ab"] == [True, False]
    rig.desk.command(Rearm("over", rig.now()))
    rig.desk.command(ResumeEntries("b", "over", rig.now()))
    assert not rig.desk.execution.halted
    assert rig.host("b").entries_allowed
