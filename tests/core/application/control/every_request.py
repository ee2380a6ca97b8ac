"""Every request of the Control port with an example of each, and what came of asking."""

from typing import Any

import msgspec

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.ports import (
    control_configuration,
    control_history,
    control_monitoring,
    control_requests,
    control_risk,
    control_strategies,
)
from hexdesk.ports.control import (
    Caller,
    ControlError,
    Mutation,
    PageQuery,
    Query,
    Reason,
    Scope,
)
from hexdesk.ports.control_strategies import StateInfo
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.control.rig import ControlRig, terms

REQUESTS: list[Any] = [
    each
    for each in {
        **vars(control_requests),
        **vars(control_risk),
        **vars(control_monitoring),
        **vars(control_strategies),
        **vars(control_configuration),
        **vars(control_history),
    }.values()
    if isinstance(each, type)
    and issubclass(each, Query | Mutation)
    and each not in {Query, PageQuery, Mutation, control_requests.StrategyMutation}
]
MUTATIONS: list[Any] = [each for each in REQUESTS if issubclass(each, Mutation)]
EXAMPLES: dict[str, Any] = {
    "strategy_id": "a",
    "instrument_id": INSTRUMENT.id,
    "client_order_id": "none",
    "name": "venue",
    "terms": terms(),
    "scopes": frozenset({Scope.READ}),
    "account": "venue",
    "number": 1,
    "policy": "adopt",
    "resolution": "absent",
    "account_id": "account",
    "duration_ns": 60 * NS_PER_SECOND,
    "rule": "limits",
    "key": "order_quantity_max",
    "value": "1",
    "group": "calm",
    "code": "drawdown",
    "level": "info",
    "plugin": "puppet",
    "instrument_ids": (INSTRUMENT.id,),
    "settings": {"size": 1},
    "revision": 1,
    "trading_day": 20231115,
    "state": StateInfo(strategy_id="a", state={}, version=1),
}


def example(kind: Any) -> Any:
    fields = {
        field.name: EXAMPLES[field.name] for field in msgspec.structs.fields(kind) if field.required
    }
    return kind(**fields, **({"reason": "test"} if kind in MUTATIONS else {}))


def outcome(rig: ControlRig, request: Any, caller: Caller) -> Reason | None:
    try:
        if type(request) in MUTATIONS:
            rig.tell(request, caller)
        else:
            rig.ask(request, caller)
    except ControlError as error:
        return error.reason
    return None
