"""Strategies are loaded, changed and unloaded through the Control port (E12, E16)."""

import asyncio
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from hexdesk.domain.orders import CancelOrder
from hexdesk.domain.plans import PlanChange
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.plugin import StrategyContext
from hexdesk.ports.control import ControlError, EventFilter, Reason
from hexdesk.ports.control_events import EventKind
from hexdesk.ports.control_requests import (
    GetStrategy,
    Halt,
    InitStrategy,
    ListAuditEntries,
    PauseStrategy,
    Rearm,
    StartStrategy,
    StopEntries,
    StopStrategy,
)
from hexdesk.ports.control_strategies import (
    ListSettingsRevisions,
    LoadStrategy,
    ReloadStrategy,
    RestoreState,
    RollbackSettings,
    SaveState,
    SettingChange,
    UnloadStrategy,
    UpdateSettings,
)
from hexdesk.ports.workshop import StrategyDraft
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT
from hexdesk.testing.workshop import FakeWorkshop
from tests.core.application.control.rig import ADMIN, READER, ControlRig
from tests.core.application.loads import Keeper
from tests.core.application.replayed import assert_replayed


class Shop:
    """A desk, and a workshop that makes keepers."""

    def __init__(self) -> None:
        self.rig = ControlRig()
        self.rig.start()
        self.workshop = FakeWorkshop(keeper=self.make, bad=self.fail)
        self.rig.runtime.workshop = self.workshop
        self.keepers: list[Keeper] = []
        self.given: list[Mapping[str, object]] = []

    def make(self, context: StrategyContext, settings: Mapping[str, object]) -> Keeper:
        if settings.get("size") == 0:
            raise ValueError("size")
        self.given.append(settings)
        self.keepers.append(Keeper(context))
        return self.keepers[-1]

    def fail(self, _context: StrategyContext, _settings: Mapping[str, object]) -> Keeper:
        raise ValueError("boom")

    def load(self, name: str = "new", **fields: object) -> Keeper:
        self.rig.tell(load(name, **fields))
        return self.keepers[-1]

    def started(self, name: str = "new", **fields: object) -> Keeper:
        keeper = self.load(name, **fields)
        self.rig.tell(StartStrategy(strategy_id=name))
        self.rig.puppets[name] = keeper
        return keeper

    def refusal(self, request: object) -> ControlError:
        """Return the refusal of a request, which must change nothing but the audit log."""
        records = len(self.rig.records)
        with pytest.raises(ControlError) as caught:
            self.rig.tell(request)  # type: ignore[arg-type]
        assert len(self.rig.records) == records
        return caught.value


def load(name: str = "new", **fields: object) -> LoadStrategy:
    given: dict[str, object] = {"plugin": "keeper", "instrument_ids": (INSTRUMENT.id,)}
    return LoadStrategy(strategy_id=name, **given | fields)  # type: ignore[arg-type]


def test_from_load_to_unload() -> None:
    shop = Shop()
    rig = shop.rig
    rig.control.follow(ADMIN, EventFilter())
    made = rig.tell(load(settings={"size": 1}, reason="try it"))
    assert (made.state, made.plugin, made.plugin_version) == ("loaded", "keeper", "1")
    assert (made.is_initialised, made.is_trading, made.settings) == (False, False, {"size": 1})
    started = rig.tell(StartStrategy(strategy_id="new"))
    assert (started.is_initialised, started.is_trading) == (True, True)
    updated = rig.tell(UpdateSettings(strategy_id="new", settings={"size": 2, "skew": 0.5}))
    assert updated.changes == (
        SettingChange(path="size", before="1", after="2", reloadable=True),
        SettingChange(path="skew", before="", after="0.5", reloadable=True),
    )
    assert (updated.revision, updated.strategy.settings_revision) == (2, 2)
    rig.quote()
    assert [len(each.of("on_quote")) for each in shop.keepers] == [0, 1]
    saved = rig.tell(UnloadStrategy(strategy_id="new", reason="enough"))
    assert (saved.state, saved.version) == ({}, 1)
    assert rig.ask(GetStrategy(strategy_id="new")).state == "unloaded"
    assert_replayed(rig, len(rig.records) // 2)
    methods = [each.method for each in rig.ask(ListAuditEntries()).items]
    assert methods == ["UnloadStrategy", "UpdateSettings", "StartStrategy", "LoadStrategy"]
    plan = rig.desk.plans["new"].latest
    assert (plan.change, plan.by, plan.reason) == (PlanChange.UNLOADED, "ann", "enough")


def test_a_dry_run_makes_it_and_changes_nothing() -> None:
    shop = Shop()
    rig = shop.rig
    records = len(rig.records)
    made = rig.tell(load(dry_run=True, settings={"size": 1}))
    assert (made.plugin, made.settings, made.state) == ("keeper", {"size": 1}, "loaded")
    assert len(rig.records) == records
    assert "new" not in rig.desk.hosts
    shop.load(settings={"size": 1})
    tried = rig.tell(UpdateSettings(strategy_id="new", settings={"size": 3}, dry_run=True))
    assert [each.after for each in tried.changes] == ["3"]
    assert (tried.revision, shop.workshop.kept["new"].draft.settings) == (0, {"size": 1})


def test_what_cannot_be_made_is_refused_and_changes_nothing() -> None:
    shop = Shop()
    shop.load(settings={"size": 1})
    cases: list[tuple[object, Reason]] = [
        (load("a b"), Reason.FIELD_INVALID),
        (load(""), Reason.FIELD_INVALID),
        (load("x", account="nowhere"), Reason.FIELD_INVALID),
        (load("x", instrument_ids=()), Reason.FIELD_INVALID),
        (load("x", instrument_ids=("NO.WHERE",)), Reason.RESOURCE_UNKNOWN),
        (load("x", plugin="bad"), Reason.PLUGIN_FAILED),
        (load("x", plugin="unknown"), Reason.PLUGIN_FAILED),
        (load("new"), Reason.STATE_WRONG),
        (UpdateSettings(strategy_id="nobody", settings={}), Reason.RESOURCE_UNKNOWN),
        (UpdateSettings(strategy_id="manual@venue", settings={}), Reason.STATE_WRONG),
        (UpdateSettings(strategy_id="new", settings={"size": 0}), Reason.PLUGIN_FAILED),
        (
            UpdateSettings(strategy_id="new", settings={}, expected_version=9),
            Reason.VERSION_CONFLICT,
        ),
        (UnloadStrategy(strategy_id="new", expected_version=9), Reason.VERSION_CONFLICT),
        (RollbackSettings(strategy_id="new", revision=7), Reason.RESOURCE_UNKNOWN),
    ]
    for request, reason in cases:
        assert shop.refusal(request).reason is reason, request
    assert set(shop.rig.desk.hosts) == {"a", "manual@venue", "new"}
    with pytest.raises(ControlError, match="lacks the scope"):
        shop.rig.tell(load("x"), READER)


def test_settings_are_previewed_changed_and_rolled_back_by_number() -> None:
    shop = Shop()
    rig = shop.rig
    shop.started(settings={"size": 1, "risk": {"stop": 5, "target": 9}})
    rig.tell(UpdateSettings(strategy_id="new", settings={"risk": {"stop": 6}}, reason="wider"))
    assert shop.given[-1] == {"size": 1, "risk": {"stop": 6, "target": 9}}
    same = rig.tell(UpdateSettings(strategy_id="new", settings={"size": 1}))
    assert (same.changes, same.revision) == ((), 2)
    back = rig.tell(RollbackSettings(strategy_id="new", revision=1))
    assert [(each.path, each.before, each.after) for each in back.changes] == [
        ("risk.stop", "6", "5")
    ]
    rig.tell(UpdateSettings(strategy_id="new", settings={"risk": None}))
    assert shop.given[-1] == {"size": 1}
    found = rig.ask(ListSettingsRevisions(strategy_id="new"))
    assert [each.revision for each in found] == [4, 3, 2, 1]
    assert [each.author for each in found] == ["ann"] * 4
    assert found[2].reason == "wider"
    assert found[3].settings == {"size": 1, "risk": {"stop": 5, "target": 9}}


def test_what_cannot_change_while_it_runs_waits_until_it_is_stopped() -> None:
    shop = Shop()
    shop.workshop.fixed = frozenset({"size"})
    shop.started(settings={"size": 1})
    change = UpdateSettings(strategy_id="new", settings={"size": 2})
    assert "another size" in shop.refusal(change).message
    shop.rig.tell(StopStrategy(strategy_id="new"))
    assert shop.rig.tell(change).changes[0].reloadable is False


def test_a_configured_strategy_keeps_what_it_was_as_its_first_revision() -> None:
    shop = Shop()
    rig = shop.rig
    asyncio.run(_configure(shop))
    assert [each.revision for each in rig.ask(ListSettingsRevisions(strategy_id="a"))] == [1]
    rig.tell(UpdateSettings(strategy_id="a", settings={"size": 8}))
    plan = rig.desk.plans["a"]
    assert [(each.number, each.by) for each in plan.revisions] == [(1, ""), (2, "ann")]
    assert plan.latest.base == "d1"
    rig.tell(RollbackSettings(strategy_id="a", revision=1))
    assert shop.given[-1] == {"size": 7}
    assert_replayed(rig, len(rig.records) // 2)


async def _configure(shop: Shop) -> None:
    """Let the desk's first strategy be one that the configuration made."""
    shop.workshop.bases["a"] = "d1"
    draft = StrategyDraft(
        strategy_id="a",
        plugin="keeper",
        broker="venue",
        instrument_ids=(INSTRUMENT.id,),
        settings={"size": 7},
    )
    candidate = shop.rig.desk.loading.candidate("a", broker="venue", instrument_ids=())
    shop.workshop.keep(await shop.workshop.make(draft, candidate.context))


def test_ticks_go_on_while_a_plugin_takes_its_time() -> None:
    shop = Shop()
    rig = shop.rig
    before = shop.started()
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        entered.set()
        await go_on.wait()

    async def scenario() -> None:
        shop.workshop.pause = pause
        telling = asyncio.create_task(rig.control.tell(ADMIN, ReloadStrategy(strategy_id="new")))
        await entered.wait()
        for _ in range(3):
            rig.quote()
        go_on.set()
        await telling
        rig.quote()

    asyncio.run(scenario())
    assert shop.workshop.imports == ["keeper"]
    assert (len(before.of("on_quote")), len(shop.keepers[-1].of("on_quote"))) == (3, 1)


def test_of_two_at_once_the_second_is_refused() -> None:
    shop = Shop()
    gate = asyncio.Event()

    async def scenario() -> list[object]:
        async def pause() -> None:
            await gate.wait()

        shop.workshop.pause = pause
        first = asyncio.create_task(shop.rig.control.tell(ADMIN, load()))
        second = asyncio.create_task(shop.rig.control.tell(ADMIN, load()))
        await asyncio.sleep(0)
        gate.set()
        return list(await asyncio.gather(first, second, return_exceptions=True))

    _, refused = asyncio.run(scenario())
    assert isinstance(refused, ControlError)
    assert refused.reason is Reason.STATE_WRONG


def test_the_same_key_loads_once() -> None:
    shop = Shop()
    first = shop.rig.tell(load(request_id="k"))
    assert shop.rig.tell(load(request_id="k")) == first
    assert len(shop.keepers) == 1


def test_a_state_goes_over_exactly_to_a_newer_version() -> None:
    shop = Shop()
    rig = shop.rig
    keeper = shop.started()
    keeper.kept = {"big": 2**60 + 1, "mean": 3.0, "list": [1, None, "x"]}
    saved = rig.tell(SaveState(strategy_id="new"))
    assert saved.state == keeper.kept
    rig.tell(UnloadStrategy(strategy_id="new"))
    shop.workshop.versions["keeper"] = "2"
    again = shop.load("other", state=saved)
    assert again.given == [(keeper.kept, 1)]
    refused = shop.refusal(load("x", state=replace(saved, encoded=b"\xc1")))
    assert refused.faults[0].field == "state.encoded"
    rig.tell(StartStrategy(strategy_id="other"))
    assert shop.refusal(RestoreState(strategy_id="other", state=saved)).reason is Reason.STATE_WRONG
    rig.tell(StopStrategy(strategy_id="other"))
    restored = rig.tell(RestoreState(strategy_id="other", state=replace(saved, version=3)))
    assert restored.state == "stopped"
    assert shop.keepers[-1].given[0][1] == 3
    assert_replayed(rig, len(rig.records) // 2)


def test_a_state_that_the_new_one_cannot_read_leaves_the_old_one_running() -> None:
    shop = Shop()
    keeper = shop.started()
    keeper.kept = {"x": object()}
    refused = shop.refusal(ReloadStrategy(strategy_id="new"))
    assert refused.reason is Reason.PLUGIN_FAILED
    shop.rig.quote()
    assert keeper.of("on_quote")


@pytest.mark.parametrize("keep_orders", [True, False])
def test_unloading_leaves_no_order_without_an_owner(*, keep_orders: bool) -> None:
    shop = Shop()
    rig = shop.rig
    shop.started()
    order_id = rig.act(
        lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID - 50), "new"
    )
    rig.accept(order_id)
    rig.tell(UnloadStrategy(strategy_id="new", keep_orders=keep_orders))
    asked = [each for each in rig.requests if isinstance(each, CancelOrder)]
    assert len(asked) == (0 if keep_orders else 1)
    rig.fill(order_id)
    shown = rig.ask(GetStrategy(strategy_id="new"))
    assert (shown.state, shown.fill_count, shown.open_order_count) == ("unloaded", 1, 0)
    assert shop.refusal(StartStrategy(strategy_id="new")).remedy.endswith("load makes one")


def test_a_faulted_strategy_recovers_by_being_made_anew() -> None:
    shop = Shop()
    rig = shop.rig
    keeper = shop.started()
    keeper.hooks["on_quote"] = lambda _: 1 // 0
    rig.quote()
    assert "reload new" in shop.refusal(StartStrategy(strategy_id="new")).remedy
    assert rig.tell(ReloadStrategy(strategy_id="new")).state == "loaded"
    assert rig.tell(StartStrategy(strategy_id="new")).is_trading


def test_an_initialised_strategy_sees_its_markets_and_opens_nothing_until_it_is_started() -> None:
    shop = Shop()
    rig = shop.rig
    keeper = shop.load()
    rig.puppets["new"] = keeper
    warm = rig.tell(InitStrategy(strategy_id="new"))
    assert (warm.is_initialised, warm.is_trading) == (True, False)
    order_id = rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT), "new")
    assert keeper.of("on_quote") == []
    assert rig.desk.execution.order(order_id).is_closed  # type: ignore[union-attr]
    assert rig.tell(StartStrategy(strategy_id="new")).is_trading
    rig.tell(PauseStrategy(strategy_id="new"))
    assert not rig.tell(StartStrategy(strategy_id="new")).is_trading, "a pause is not undone so"


def test_what_holds_the_whole_desk_back_holds_for_an_initialised_strategy() -> None:
    shop = Shop()
    rig = shop.rig
    shop.load()
    rig.tell(InitStrategy(strategy_id="new"))
    rig.tell(Halt())
    assert shop.refusal(StartStrategy(strategy_id="new")).reason is Reason.DESK_HALTED
    rig.tell(Rearm(reason="over"))
    rig.tell(StopEntries())
    assert not rig.tell(StartStrategy(strategy_id="new")).is_trading


def test_a_change_is_an_event() -> None:
    shop = Shop()
    feed = shop.rig.control.follow(ADMIN, EventFilter(kinds=frozenset({EventKind.COMMAND})))
    while feed.read(100) is not None:
        pass
    shop.load()
    batch = feed.read(100)
    assert batch is not None
    assert [each.payload.command for each in batch.events] == ["strategy_loaded"]  # type: ignore[union-attr]


def test_without_a_workshop_it_is_not_offered() -> None:
    rig = ControlRig()
    rig.runtime.workshop = None
    with pytest.raises(ControlError) as caught:
        rig.tell(load())
    assert caught.value.reason is Reason.NOT_OFFERED


def test_the_audit_log_holds_neither_secrets_nor_states() -> None:
    shop = Shop()
    rig = shop.rig
    shop.refusal(load("x", plugin="bad", settings={"login": "hunter2", "deep": {"a": "hunter2"}}))
    shop.load(settings={"api_key": "env:KEY", "password": "hunter2", "size": 3})
    saved = rig.tell(SaveState(strategy_id="new"))
    long = replace(saved, state={"x": "y" * 5_000}, encoded=b"")
    rig.tell(RestoreState(strategy_id="new", state=long))
    rig.tell(UnloadStrategy(strategy_id="new"))
    entries = rig.ask(ListAuditEntries()).items
    assert "hunter2" not in "".join(f"{each.request}{each.outcome}" for each in entries)
    assert "yyyy" not in "".join(f"{each.request}{each.before}{each.after}" for each in entries)
    requests = {each.method: each.request for each in reversed(entries)}
    assert '"api_key":"env:KEY","password":"***","size":3' in requests["LoadStrategy"]
    assert '"bytes":' in requests["RestoreState"]
