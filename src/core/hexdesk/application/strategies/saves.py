"""The strategies' own states, in the journal: after each fill and bar, and when asked for.

Only desks whose journal outlives them save: it costs an encoding for every fill.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.records import StrategySaved
from hexdesk.domain.values import TimeNs
from hexdesk.errors import InvariantError

STATE_BYTES_MAX = 1_048_576
"""Largest state of one strategy; a larger one belongs into a file of its own."""

_encode = msgspec.msgpack.Encoder().encode


class StrategySaves:
    """What strategies gave to be kept.

    Attributes:
        is_on: Whether fills and bars are followed by a save.
        due: Whose state is to be saved within this input.
        latest: By strategy id.
    """

    __slots__ = ("due", "is_on", "latest")

    def __init__(self) -> None:
        self.is_on = False
        self.latest: dict[str, StrategySaved] = {}
        self.due: dict[str, StrategyHost] = {}

    def after(self, host: StrategyHost, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return a callback after which its strategy is saved."""
        if not self.is_on:
            return callback

        def call(event: object) -> None:
            self.due[host.strategy_id] = host
            callback(event)

        return call

    def take_due(self) -> list[StrategyHost]:
        """Return whose state is to be saved now."""
        if not self.due:
            return []
        hosts = list(self.due.values())
        self.due.clear()
        return hosts

    def save(self, host: StrategyHost, now_ns: TimeNs) -> StrategySaved | None:
        """Return a strategy's state for the journal; None if it did not change.

        Raises:
            Exception: Whatever the strategy raises, or its state cannot be encoded.
        """
        saved = self.take(host, now_ns)
        if saved is None or saved is self.latest.get(host.strategy_id):
            return None
        self.latest[host.strategy_id] = saved
        return saved

    def take(self, host: StrategyHost, now_ns: TimeNs) -> StrategySaved | None:
        """Return a strategy's present state: the latest that is known if it did not change.

        Raises:
            Exception: As `save`.
        """
        strategy = host.strategy
        if strategy is None:
            return None
        state = _encode(strategy.save_state())
        if len(state) > STATE_BYTES_MAX:
            message = f"save_state returned {len(state)} bytes, at most {STATE_BYTES_MAX} are kept"
            raise InvariantError(message)
        saved = StrategySaved(host.strategy_id, strategy.state_version, state, now_ns)
        before = self.latest.get(host.strategy_id)
        if before is not None and (before.version, before.state) == (saved.version, saved.state):
            return before
        return saved

    def restore(self, host: StrategyHost) -> None:
        """Give a strategy back what it saved last; nothing if it never did.

        Raises:
            Exception: Whatever the strategy raises, or its state cannot be decoded.
        """
        saved = self.latest.get(host.strategy_id)
        if saved is not None and host.strategy is not None:
            host.strategy.restore_state(read_state(saved), saved.version)


def read_state(saved: StrategySaved) -> dict[str, object]:
    """Return what a strategy gave to be kept.

    Raises:
        msgspec.MsgspecError: It is no state.
    """
    return msgspec.msgpack.decode(saved.state, type=dict[str, object])
