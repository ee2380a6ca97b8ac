"""Plans and states of strategies: as the journal keeps them, and as people see them."""

from decimal import Decimal

import msgspec

from hexdesk.application.control.errors import invalid
from hexdesk.application.strategies.saves import STATE_BYTES_MAX
from hexdesk.domain.plans import PlanChange, StrategyPlanned
from hexdesk.domain.records import StrategySaved
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control_strategies import (
    RevisionInfo,
    StateInfo,
)
from hexdesk.ports.workshop import StrategyDraft, Workshop

CONFIGURATION = "the configuration"
"""Who planned what no person did."""
table_of = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode
"""Reads settings that a plan holds as JSON."""


def planned_of(
    draft: StrategyDraft, version: str, change: PlanChange, workshop: Workshop, now_ns: TimeNs
) -> StrategyPlanned:
    """Return the record of a plan; by nobody, as the configuration's is."""
    return StrategyPlanned(
        draft.strategy_id,
        change,
        draft.plugin,
        version,
        draft.broker,
        draft.instrument_ids,
        draft.cancels_on_fault,
        workshop.settings_text(draft.settings),
        workshop.base_of(draft.strategy_id),
        "",
        CONFIGURATION,
        now_ns,
    )


def saved_of(strategy_id: str, state: StateInfo) -> StrategySaved:
    """Return a state as the journal keeps it, or refuse."""
    if not 0 <= state.version < 2**31:
        raise invalid("state.state_version", "expected 0 or more")
    encoded = state.encoded or msgspec.msgpack.encode(state.state)
    if len(encoded) > STATE_BYTES_MAX:
        raise invalid("state", f"expected at most {STATE_BYTES_MAX} bytes")
    try:
        msgspec.msgpack.decode(encoded, type=dict[str, object])
    except msgspec.MsgspecError as error:
        raise invalid("state.encoded", f"expected what SaveStrategyState gave: {error}") from error
    return StrategySaved(strategy_id, state.version, encoded, 0)


def state_info(strategy_id: str, saved: StrategySaved | None) -> StateInfo:
    """Return a state as it is shown; an empty one where none was saved."""
    if saved is None:
        return StateInfo(strategy_id=strategy_id, state={}, version=0)
    return StateInfo(
        strategy_id=strategy_id,
        state=msgspec.msgpack.decode(saved.state, type=dict[str, object]),
        version=saved.version,
        encoded=saved.state,
    )


def revision_info(
    number: int, settings: dict[str, object], create_ns: TimeNs, author: str, reason: str
) -> RevisionInfo:
    """Return settings as they were."""
    return RevisionInfo(
        revision=number, settings=settings, create_ns=create_ns, author=author, reason=reason
    )
