"""E12: strategies are loaded, changed and unloaded while the desk runs, and recover from faults.

No order is left without an owner, no tick is lost, and a desk that reads the journal again knows
the same (law L6).
"""

import pytest

from hexdesk.application.durability.replay import Replay
from hexdesk.application.durability.state import capture, decode_state
from hexdesk.application.strategies.host import HostState
from hexdesk.domain.commands import StartStrategy, StopStrategy
from hexdesk.domain.orders import CancelOrder
from hexdesk.domain.plans import REVISIONS_MAX, PlanChange
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.errors import InvariantError
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT
from tests.core.application.loads import Keeper, candidate, planned, put, unload
from tests.core.application.replayed import assert_replayed, capture_fully, replayed
from tests.core.application.rig import Rig

LOADED, UPDATED, RELOADED = PlanChange.LOADED, PlanChange.UPDATED, PlanChange.RELOADED


def start(rig: Rig, name: str) -> None:
    rig.desk.command(StartStrategy(name, rig.now()))


def rest(rig: Rig, name: str) -> str:
    """Let a strategy have an order at the venue."""
    order_id = rig.act(
        lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID - 50), name
    )
    rig.accept(order_id)
    return order_id


def test_a_loaded_strategy_sees_nothing_until_it_is_started() -> None:
    rig = Rig().start()
    keeper = put(rig, "new")
    rig.quote()
    assert (rig.desk.hosts["new"].state, keeper.seen) == (HostState.LOADED, [])
    start(rig, "new")
    rig.quote()
    assert [name for name, _ in keeper.seen] == ["on_start", "on_quote"]
    assert_replayed(rig, len(rig.records) // 2)


def test_while_it_is_made_it_sees_the_desk_and_sends_nothing() -> None:
    rig = Rig().start()
    made = candidate(rig, "new")
    context, records = made.context, len(rig.records)
    assert context.instrument(INSTRUMENT.id) == INSTRUMENT
    assert context.quote(INSTRUMENT.id)
    assert context.position_quantity(INSTRUMENT.id) == 0
    assert not context.open_orders()
    for act in (
        lambda: context.submit(INSTRUMENT.id, BUY, LOT),
        lambda: context.submit_oco(INSTRUMENT.id, BUY, LOT, limit_price=1, stop_price=2),
        lambda: context.set_timer("t", 1),
        context.flatten,
    ):
        with pytest.raises(InvariantError, match="on_start is the place"):
            act()
    assert "new" not in rig.desk.hosts
    assert len(rig.records) == records


def test_a_changed_strategy_goes_on_where_the_one_before_was() -> None:
    rig = Rig().start()
    before = put(rig, "new")
    start(rig, "new")
    order_id = rest(rig, "new")
    rig.act(lambda context: context.set_timer("late", rig.clock.now_ns() + 10_000), "new")
    before.kept = {"ema": [1.5, 2], "trend": "up"}
    seen = len(before.seen)
    after = put(rig, "new", UPDATED, settings='{"size":2}')
    assert after.given == [({"ema": [1.5, 2], "trend": "up"}, 1)]
    assert after.of("on_start")
    rig.quote()
    rig.fill(order_id)
    rig.clock.advance_by(20_000)
    assert (len(after.of("on_quote")), len(after.of("on_fill"))) == (1, 1)
    assert not after.of("on_timer"), "timers end with the one who set them"
    assert len(before.seen) == seen
    assert rig.desk.plans["new"].revision == 2
    assert_replayed(rig, len(rig.records) // 2)


def test_one_that_cannot_take_the_state_changes_nothing() -> None:
    rig = Rig().start()
    before = put(rig, "new")
    start(rig, "new")
    before.kept = {"x": 1}

    class Choosy(Keeper):
        def restore_state(self, state: dict[str, object], version: int) -> None:
            raise ValueError(state, version)

    made = candidate(rig, "new")
    records = len(rig.records)
    with pytest.raises(ValueError, match="x"):
        rig.desk.loading.take_place(made, Choosy(made.context), planned(rig, "new", RELOADED))
    assert len(rig.records) == records
    rig.quote()
    assert len(before.of("on_quote")) == 1
    assert rig.desk.hosts["new"].strategy is before
    assert_replayed(rig, len(rig.records) // 2)


def test_one_that_raises_at_its_start_is_quarantined_and_the_next_recovers() -> None:
    rig = Rig().start()
    put(rig, "new")
    start(rig, "new")
    made = candidate(rig, "new")
    bad = Keeper(made.context)
    bad.hooks["on_start"] = lambda _: 1 // 0
    rig.desk.loading.take_place(made, bad, planned(rig, "new", RELOADED))
    host = rig.desk.hosts["new"]
    assert (host.state, "ZeroDivisionError" in host.fault) == (HostState.FAULTED, True)
    good = put(rig, "new", RELOADED)
    assert (host.state, host.fault) == (HostState.LOADED, "")
    start(rig, "new")
    rig.quote()
    assert good.of("on_quote")
    assert_replayed(rig, len(rig.records) // 2)


@pytest.mark.parametrize("keep_orders", [True, False])
def test_what_an_unloaded_strategy_leaves_has_an_owner(*, keep_orders: bool) -> None:
    rig = Rig().start()
    put(rig, "new")
    start(rig, "new")
    order_id, other_id = rest(rig, "new"), rest(rig, "new")
    rig.fill(other_id)
    rig.puppets["new"].kept = {"x": 1}  # type: ignore[attr-defined]
    saved = unload(rig, "new", keep_orders=keep_orders)
    assert saved is not None
    host = rig.desk.hosts["new"]
    assert (host.state, host.strategy, host.is_stopped) == (HostState.UNLOADED, None, True)
    asked = [each for each in rig.requests if isinstance(each, CancelOrder)]
    assert [each.client_order_id for each in asked] == [order_id] * (not keep_orders)
    rig.quote()
    rig.fill(order_id)  # it was faster than the cancel
    assert host.ledgers[INSTRUMENT.id].position.quantity == 2 * LOT
    assert_replayed(rig, len(rig.records) // 2)
    again = put(rig, "new")
    assert again.given == [({"x": 1}, 1)]
    assert again.context.position_quantity(INSTRUMENT.id) == 2 * LOT
    assert_replayed(rig, len(rig.records) // 2)


def test_another_plugin_of_the_same_name_is_not_given_a_strangers_state() -> None:
    rig = Rig().start()
    put(rig, "new").kept = {"x": 1}
    unload(rig, "new")
    other = put(rig, "new", plugin="other")
    assert (other.given, "new" in rig.desk.saves.latest) == ([], False)
    assert_replayed(rig, len(rig.records) // 2)


@pytest.mark.parametrize("by_snapshot", [True, False])
def test_a_restart_knows_the_plans_and_starts_only_what_was_started(*, by_snapshot: bool) -> None:
    rig = Rig().start()
    put(rig, "one", settings='{"size":1}')
    put(rig, "two")
    start(rig, "two")
    put(rig, "two", UPDATED, settings='{"size":3}')
    put(rig, "gone")
    unload(rig, "gone")
    rig.desk.command(StopStrategy("", keep_orders=False, ts_init=rig.now()))
    state = capture_fully(rig) if by_snapshot else replayed(rig.records)
    after = Rig("a", "one", "two")
    Replay(after.desk).restore(decode_state(state))
    assert capture(after.desk).plans == capture(rig.desk).plans
    plans = after.desk.plans
    assert [plans[name].is_loaded for name in ("one", "two", "gone")] == [True, True, False]
    assert [each.settings for each in plans["two"].revisions] == ["{}", '{"size":3}']
    start(after, "")
    states = {name: host.state for name, host in after.desk.hosts.items()}
    assert (states["one"], states["two"]) == (HostState.STOPPED, HostState.RUNNING)


def test_the_oldest_settings_are_given_up() -> None:
    rig = Rig().start()
    for number in range(REVISIONS_MAX + 3):
        put(rig, "new", UPDATED if number else LOADED, settings=f'{{"size":{number}}}')
    revisions = rig.desk.plans["new"].revisions
    assert (len(revisions), revisions[0].number, revisions[-1].number) == (100, 4, 103)


def test_one_whose_place_was_taken_meanwhile_is_refused() -> None:
    rig = Rig().start()
    made = candidate(rig, "new")
    put(rig, "new")
    with pytest.raises(InvariantError, match="changed meanwhile"):
        rig.desk.loading.take_place(made, Keeper(made.context), planned(rig, "new", LOADED))
