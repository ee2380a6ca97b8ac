"""Strategies over gRPC: loaded, changed, their state handed over, unloaded (E12, E16)."""

import math

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct

from hexdesk.ports.control import ControlError
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.workshop import FakeWorkshop
from hexdesk_api.v1 import strategies_pb2 as pb
from hexdesk_api.v1 import strategies_pb2_grpc
from hexdesk_grpc.structs import DEPTH_MAX, struct_of, table_of
from tests.adapters.grpc.rig import refusal, served
from tests.core.application.loads import Keeper

NAME = "strategies/new"


def struct(**values: object) -> Struct:
    return struct_of(values)


async def test_the_life_of_a_strategy() -> None:
    async with served() as rig:
        keepers: list[Keeper] = []

        def make(context: object, _settings: object) -> Keeper:
            keepers.append(Keeper(context))  # type: ignore[arg-type]
            return keepers[-1]

        rig.runtime.workshop = FakeWorkshop(keeper=make)
        stub = strategies_pb2_grpc.StrategyServiceStub(rig.channel)
        loaded = await stub.LoadStrategy(
            pb.LoadStrategyRequest(
                strategy_id="new",
                plugin="plugins/keeper",
                instruments=[f"instruments/{INSTRUMENT.id}"],
                settings=struct(size=2, spread=0.5, on=True),
            )
        )
        assert (loaded.name, loaded.state) == (NAME, pb.Strategy.STATE_LOADED)
        assert (loaded.initialised, loaded.trading, loaded.settings_revision) == (False, False, 1)
        warm = await stub.InitStrategy(pb.InitStrategyRequest(name=NAME))
        assert (warm.initialised, warm.trading) == (True, False)
        assert (await stub.StartStrategy(pb.StartStrategyRequest(name=NAME))).trading
        keepers[-1].kept = {"n": 2**60 + 1, "mean": 1.0}
        updated = await stub.UpdateStrategySettings(
            pb.UpdateStrategySettingsRequest(name=NAME, settings=struct(size=3, spread=None))
        )
        changes = [(each.path, each.before, each.after) for each in updated.changes]
        assert changes == [("size", "2", "3"), ("spread", "0.5", "")]
        assert updated.revision == 2
        assert keepers[-1].given == [({"n": 2**60 + 1, "mean": 1.0}, 1)]
        await stub.RollbackStrategySettings(
            pb.RollbackStrategySettingsRequest(name=NAME, revision=1)
        )
        listed = await stub.ListStrategySettingsRevisions(
            pb.ListStrategySettingsRevisionsRequest(name=NAME)
        )
        assert [each.revision for each in listed.revisions] == [3, 2, 1]
        assert listed.revisions[0].author == "local"
        assert dict(listed.revisions[0].settings) == {"size": 2, "spread": 0.5, "on": True}
        await stub.ReloadStrategy(pb.ReloadStrategyRequest(name=NAME))
        saved = await stub.SaveStrategyState(pb.SaveStrategyStateRequest(name=NAME))
        assert saved.state["mean"] == 1.0
        gone = await stub.UnloadStrategy(pb.UnloadStrategyRequest(name=NAME))
        assert gone.state == saved
        other = pb.LoadStrategyRequest(
            strategy_id="other",
            plugin="plugins/keeper",
            instruments=[f"instruments/{INSTRUMENT.id}"],
            state=gone.state,
        )
        await stub.LoadStrategy(other)
        assert keepers[-1].given == [({"n": 2**60 + 1, "mean": 1.0}, 1)]
        await stub.RestoreStrategyState(
            pb.RestoreStrategyStateRequest(
                name="strategies/other", state=pb.StrategyState(state=struct(n=5), state_version=2)
            )
        )
        assert keepers[-1].given == [({"n": 5}, 2)]


async def test_what_is_malformed_names_its_field() -> None:
    async with served() as rig:
        stub = strategies_pb2_grpc.StrategyServiceStub(rig.channel)
        plugin = await refusal(stub.LoadStrategy(pb.LoadStrategyRequest(plugin="keeper")))
        assert plugin[0] is grpc.StatusCode.INVALID_ARGUMENT
        assert plugin[3] == ["plugin"]
        endless = Struct()
        endless["size"] = math.inf
        number = await refusal(
            stub.UpdateStrategySettings(
                pb.UpdateStrategySettingsRequest(name="strategies/a", settings=endless)
            )
        )
        assert number[3] == ["settings.size"]


def test_tables_come_back_as_they_went() -> None:
    table = {"a": 1, "b": 0.5, "c": "x", "d": None, "e": [1, {"f": True}], "g": {"h": 2**53}}
    assert table_of(struct_of(table), "settings") == table


def test_equal_tables_are_read_in_one_order() -> None:
    """The digest of a request must not hang on the order in which a map was sent."""
    keys = [f"key{number}" for number in range(40)]
    there, back = (Struct(), Struct())
    for key in keys:
        there[key] = {"b": 1, "a": 2}
    for key in reversed(keys):
        back[key] = {"a": 2, "b": 1}
    assert repr(table_of(there, "x")) == repr(table_of(back, "x"))
    assert list(table_of(back, "x")) == sorted(keys)


def test_a_table_that_is_too_deep_is_refused() -> None:
    table: dict[str, object] = {}
    for _ in range(DEPTH_MAX + 1):
        table = {"x": table}
    with pytest.raises(ControlError, match="at most 20 levels"):
        table_of(struct_of(table), "settings")
