"""What an operator's commands do. Separate verbs, each idempotent."""

from collections.abc import Callable, Iterable
from typing import Protocol

from hexdesk.application.execution import Execution
from hexdesk.application.host import StrategyHost
from hexdesk.application.ledger import Ledger
from hexdesk.domain.commands import (
    CancelAll,
    Command,
    Flatten,
    Halt,
    Rearm,
    ResumeEntries,
    StartStrategy,
    StopEntries,
    StopStrategy,
    StrategyCommand,
)
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.positions import HedgedPosition
from hexdesk.domain.values import (
    AUTO,
    BUY,
    CLOSE,
    MARKET,
    SELL,
    PositionEffect,
    QtyRaw,
)


class StrategyLives(Protocol):
    """Starting and stopping, which the desk does."""

    def start_strategy(self, host: StrategyHost) -> None:
        """Start."""
        ...

    def stop_strategy(self, host: StrategyHost, *, keep_orders: bool) -> None:
        """Stop."""
        ...


class Operator:
    """Carries commands out on one desk."""

    __slots__ = ("_execution", "_lives", "_next_id")

    def __init__(
        self, execution: Execution, lives: StrategyLives, next_id: Callable[[], str]
    ) -> None:
        self._execution = execution
        self._lives = lives
        self._next_id = next_id

    def handle(self, command: Command) -> None:
        """Do what a command says; one for an unknown strategy does nothing."""
        match command:
            case Halt(reason=reason):
                if not self._execution.halted:
                    self._execution.halt(reason or "by the operator")
            case Rearm():
                self._execution.halted = ""
            case _:
                for host in self._chosen(command.strategy_id):
                    self._handle_for(host, command)

    def _handle_for(self, host: StrategyHost, command: StrategyCommand) -> None:
        match command:
            case StopEntries():
                host.entries_allowed = False
            case ResumeEntries():
                host.entries_allowed = True
            case CancelAll():
                self.cancel_orders(host)
            case Flatten():
                self.flatten(host, "")
            case StartStrategy():
                self._lives.start_strategy(host)
            case StopStrategy():
                self._lives.stop_strategy(host, keep_orders=command.keep_orders)

    def cancel_orders(self, host: StrategyHost, instrument_id: str = "") -> int:
        """Cancel a strategy's open orders, of one instrument or all; return how many."""
        execution = self._execution
        orders = [
            order
            for order in execution.open.values()
            if order.intent.strategy_id == host.strategy_id
            and instrument_id in ("", order.intent.instrument_id)
        ]
        return sum(execution.cancel(order) for order in orders)

    def flatten(self, host: StrategyHost, instrument_id: str) -> int:
        """Cancel a strategy's orders and close its positions at the market.

        Closing orders already on their way are taken into account, so asking twice closes once.
        """
        self.cancel_orders(host, instrument_id)
        closing = {
            ledger.instrument.id: self._closing_quantity(host, ledger)
            for ledger in host.ledgers.values()
            if instrument_id in ("", ledger.instrument.id)
        }
        sent = 0
        for market_id, on_its_way in closing.items():
            ledger = host.ledgers[market_id]
            for quantity, effect in _legs(ledger, host):
                rest = abs(quantity) - on_its_way
                if rest > 0:
                    self._close(host, market_id, rest if quantity > 0 else -rest, effect)
                    sent += 1
        return sent

    def _closing_quantity(self, host: StrategyHost, ledger: Ledger) -> QtyRaw:
        return sum(
            order.leaves_qty
            for order in self._execution.open.values()
            if order.intent.strategy_id == host.strategy_id
            and order.intent.instrument_id == ledger.instrument.id
            and order.intent.tag == FLATTEN_TAG
        )

    def _close(
        self, host: StrategyHost, instrument_id: str, quantity: QtyRaw, effect: PositionEffect
    ) -> None:
        capabilities = host.broker.capabilities
        pulse = self._execution.pulse
        intent = NewOrder(
            self._next_id(),
            host.strategy_id,
            host.account.id,
            instrument_id,
            SELL if quantity > 0 else BUY,
            MARKET,
            abs(quantity),
            pulse.now_ns,
            reduce_only=capabilities.reduce_only and effect is AUTO,
            position_effect=effect,
            tag=FLATTEN_TAG,
            causation_id=pulse.seq,
        )
        self._execution.submit(host, intent, by_desk=True)

    def _chosen(self, strategy_id: str) -> Iterable[StrategyHost]:
        hosts = self._execution.hosts
        if not strategy_id:
            return list(hosts.values())
        return [hosts[strategy_id]] if strategy_id in hosts else []


FLATTEN_TAG = "flatten"


def _legs(ledger: Ledger, host: StrategyHost) -> list[tuple[QtyRaw, PositionEffect]]:
    """Return what must be closed, signed, and with which position effect."""
    position = ledger.position
    if isinstance(position, HedgedPosition):
        return [(position.long.quantity, CLOSE), (position.short.quantity, CLOSE)]
    effect = CLOSE if host.broker.capabilities.position_effects else AUTO
    return [(position.quantity, effect)]
