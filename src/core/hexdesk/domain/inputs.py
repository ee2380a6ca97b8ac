"""Inputs of a desk that are neither market data, venue reports nor commands."""

import msgspec

from hexdesk.domain.values import TimeNs


class TimerFired(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="timer"):
    """A strategy's timer came due."""

    strategy_id: str
    name: str
    due_ns: TimeNs
    ts_init: TimeNs


class StrategyFaulted(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="faulted"):
    """A strategy raised or overran its time budget, and was quarantined."""

    strategy_id: str
    reason: str
    ts_init: TimeNs
