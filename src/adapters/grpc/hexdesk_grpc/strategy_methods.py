"""The making of strategies on the wire: which request each method is, and how its answer looks."""

from typing import Any

from hexdesk.ports import control_requests as requests
from hexdesk.ports import control_strategies as strategies
from hexdesk_api.v1 import strategies_pb2
from hexdesk_grpc import to_wire
from hexdesk_grpc.from_wire import mutation, page
from hexdesk_grpc.method import Method, id_in, listed, method
from hexdesk_grpc.names import (
    ACCOUNTS,
    INSTRUMENTS,
    PLUGINS,
    STRATEGIES,
    id_of,
    name_of,
    optional_id_of,
)
from hexdesk_grpc.structs import struct_of, table_of
from hexdesk_grpc.to_wire import timestamp


def load(message: strategies_pb2.LoadStrategyRequest) -> strategies.LoadStrategy:
    """Return what is asked."""
    return strategies.LoadStrategy(
        strategy_id=message.strategy_id,
        plugin=id_of(PLUGINS, message.plugin, "plugin"),
        account=optional_id_of(ACCOUNTS, message.account, "account"),
        instrument_ids=tuple(
            id_of(INSTRUMENTS, each, "instruments") for each in message.instruments
        ),
        settings=table_of(message.settings, "settings"),
        keep_orders_on_fault=message.keep_orders_on_fault,
        capital=message.capital,
        state=_state(message.state, "") if message.HasField("state") else None,
        **mutation(message),
    )


def init(message: strategies_pb2.InitStrategyRequest) -> requests.InitStrategy:
    """Return what is asked."""
    return requests.InitStrategy(strategy_id=_id(message), **mutation(message))


def unload(message: strategies_pb2.UnloadStrategyRequest) -> strategies.UnloadStrategy:
    """Return what is asked."""
    return strategies.UnloadStrategy(
        strategy_id=_id(message), keep_orders=message.keep_orders, **mutation(message)
    )


def reload(message: strategies_pb2.ReloadStrategyRequest) -> strategies.ReloadStrategy:
    """Return what is asked."""
    return strategies.ReloadStrategy(strategy_id=_id(message), **mutation(message))


def update(message: strategies_pb2.UpdateStrategySettingsRequest) -> strategies.UpdateSettings:
    """Return what is asked."""
    return strategies.UpdateSettings(
        strategy_id=_id(message),
        settings=table_of(message.settings, "settings"),
        **mutation(message),
    )


def roll_back(
    message: strategies_pb2.RollbackStrategySettingsRequest,
) -> strategies.RollbackSettings:
    """Return what is asked."""
    return strategies.RollbackSettings(
        strategy_id=_id(message), revision=message.revision, **mutation(message)
    )


def list_revisions(
    message: strategies_pb2.ListStrategySettingsRevisionsRequest,
) -> strategies.ListSettingsRevisions:
    """Return the question."""
    return strategies.ListSettingsRevisions(strategy_id=_id(message))


def save(message: strategies_pb2.SaveStrategyStateRequest) -> strategies.SaveState:
    """Return what is asked."""
    return strategies.SaveState(strategy_id=_id(message), **mutation(message))


def restore(message: strategies_pb2.RestoreStrategyStateRequest) -> strategies.RestoreState:
    """Return what is asked."""
    strategy_id = _id(message)
    return strategies.RestoreState(
        strategy_id=strategy_id, state=_state(message.state, strategy_id), **mutation(message)
    )


def updated(done: strategies.SettingsUpdated) -> strategies_pb2.UpdateStrategySettingsResponse:
    """Return what an update came to."""
    return strategies_pb2.UpdateStrategySettingsResponse(
        strategy=to_wire.strategy(done.strategy),
        changes=[
            strategies_pb2.SettingChange(
                path=each.path, before=each.before, after=each.after, reloadable=each.reloadable
            )
            for each in done.changes
        ],
        revision=done.revision,
    )


def revisions(
    found: tuple[strategies.RevisionInfo, ...],
) -> strategies_pb2.ListStrategySettingsRevisionsResponse:
    """Return settings as they were."""
    return strategies_pb2.ListStrategySettingsRevisionsResponse(
        revisions=[
            strategies_pb2.StrategySettingsRevision(
                revision=each.revision,
                settings=struct_of(each.settings),
                create_time=timestamp(each.create_ns),
                author=each.author,
                reason=each.reason,
            )
            for each in found
        ]
    )


def state(info: strategies.StateInfo) -> strategies_pb2.StrategyState:
    """Return what a strategy keeps."""
    return strategies_pb2.StrategyState(
        strategy=name_of(STRATEGIES, info.strategy_id),
        state=struct_of(info.state),
        state_version=info.version,
        encoded=info.encoded,
    )


def unloaded(info: strategies.StateInfo) -> strategies_pb2.UnloadStrategyResponse:
    """Return what a strategy would have kept."""
    return strategies_pb2.UnloadStrategyResponse(state=state(info))


def _id(message: Any) -> str:  # noqa: ANN401 - any request about one strategy
    return id_of(STRATEGIES, message.name)


def _state(message: strategies_pb2.StrategyState, strategy_id: str) -> strategies.StateInfo:
    return strategies.StateInfo(
        strategy_id=optional_id_of(STRATEGIES, message.strategy, "state.strategy") or strategy_id,
        state=table_of(message.state, "state.state"),
        version=message.state_version,
        encoded=message.encoded,
    )


def _keep_orders(message: strategies_pb2.StopStrategyRequest) -> dict[str, Any]:
    return {"keep_orders": message.keep_orders}


_STRATEGY = id_in(STRATEGIES, "strategy_id")
METHODS: dict[str, Method] = {
    "StrategyService.GetStrategy": method(requests.GetStrategy, _STRATEGY, show=to_wire.strategy),
    "StrategyService.ListStrategies": method(
        requests.ListStrategies, page,
        show=listed(strategies_pb2.ListStrategiesResponse, "strategies", to_wire.strategy),
    ),
    "StrategyService.StartStrategy": method(
        requests.StartStrategy, _STRATEGY, mutation, show=to_wire.strategy
    ),
    "StrategyService.StopStrategy": method(
        requests.StopStrategy, _STRATEGY, mutation, _keep_orders, show=to_wire.strategy
    ),
    "StrategyService.PauseStrategy": method(
        requests.PauseStrategy, _STRATEGY, mutation, show=to_wire.strategy
    ),
    "StrategyService.ResumeStrategy": method(
        requests.ResumeStrategy, _STRATEGY, mutation, show=to_wire.strategy
    ),
    "StrategyService.LoadStrategy": Method(load, to_wire.strategy),
    "StrategyService.InitStrategy": Method(init, to_wire.strategy),
    "StrategyService.UnloadStrategy": Method(unload, unloaded),
    "StrategyService.ReloadStrategy": Method(reload, to_wire.strategy),
    "StrategyService.UpdateStrategySettings": Method(update, updated),
    "StrategyService.RollbackStrategySettings": Method(roll_back, updated),
    "StrategyService.ListStrategySettingsRevisions": Method(list_revisions, revisions),
    "StrategyService.SaveStrategyState": Method(save, state),
    "StrategyService.RestoreStrategyState": Method(restore, to_wire.strategy),
}  # fmt: skip
"""By service and name: how the request is read, and how the answer is shown."""
