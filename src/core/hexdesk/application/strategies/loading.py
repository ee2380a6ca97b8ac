"""Loads, changes and unloads strategies while a desk runs.

A strategy is made outside, where its factory may take its time: on another thread, with a context
that shows the desk but sends nothing. Only then, between two inputs, it takes its place; that is an
input of its own and is journalled as a `StrategyPlanned`. Ticks before it went to the strategy
before, ticks after it go to the new one, and none is lost. Orders and positions belong to the
strategy's name and stay there, whoever moves them.
"""

from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol, TypeVar

from hexdesk.application.market.markets import Market
from hexdesk.application.pulse import Pulse
from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.application.strategies.lives import StrategyLives
from hexdesk.application.strategies.owners import Owners
from hexdesk.application.strategies.saves import read_state
from hexdesk.application.strategies.strategy_context import DeskContext, Services
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.plans import PlanChange, StrategyPlan, StrategyPlanned, follow, keeps_state
from hexdesk.domain.records import StrategySaved
from hexdesk.domain.values import PriceRaw, QtyRaw, TimeNs
from hexdesk.errors import InvariantError, require
from hexdesk.ports.journal import Journal
from hexdesk.ports.strategy import Strategy

T = TypeVar("T")


class LoadingDesk(Services, Protocol):
    """What loading asks of the desk."""

    hosts: dict[str, StrategyHost]
    journal: Journal
    owners: Owners
    plans: dict[str, StrategyPlan]

    def within(self, ts_init: TimeNs, work: Callable[[], T]) -> T:
        """Do something as an input."""
        ...


class CapitalKeeper(Protocol):
    """Gives strategies that are loaded their capital, and takes it back."""

    def follow(self, planned: StrategyPlanned) -> None:
        """Do what a plan means for the capital of its strategy, within the plan's input."""
        ...

    def refusal_of(self, planned: StrategyPlanned) -> str:
        """Return why a strategy cannot have the capital that its plan asks for, or nothing."""
        ...


class Candidate:
    """A strategy that is being made; nobody knows it yet.

    Attributes:
        context: For its factory; sends nothing until the strategy took its place.
        host: Whose place it is to take.
    """

    def __init__(self, desk: Services, host: StrategyHost, instrument_ids: Sequence[str]) -> None:
        self.host = host
        self.context = DeskContext(_Sealed(desk, host), host, instrument_ids)
        self.before = host.strategy


class StrategyLoading:
    """Puts strategies into their places, and takes them away.

    Attributes:
        keeper: Divides capital; None where no rule is about it.
    """

    def __init__(self, desk: LoadingDesk, lives: StrategyLives) -> None:
        self.keeper: CapitalKeeper | None = None
        self._desk = desk
        self._lives = lives

    def candidate(
        self, strategy_id: str, *, broker: str, instrument_ids: Sequence[str]
    ) -> Candidate:
        """Return what a factory needs to make a strategy; its books are not opened by that."""
        desk = self._desk
        host = desk.hosts.get(strategy_id)
        if host is None:
            host = desk.owners.make(strategy_id, broker, instrument_ids)
        return Candidate(desk, host, instrument_ids)

    def is_stale(self, candidate: Candidate) -> bool:
        """Whether its place was taken by another while it was made."""
        host = candidate.host
        known = self._desk.hosts.get(host.strategy_id)
        return known not in (None, host) or host.strategy is not candidate.before

    def note(self, planned: StrategyPlanned) -> None:
        """Write down what the configuration says, before or after it is another."""
        self._desk.within(planned.ts_init, lambda: self._record(planned))

    def take_place(
        self,
        candidate: Candidate,
        strategy: Strategy,
        planned: StrategyPlanned,
        state: StrategySaved | None = None,
        *,
        configured: StrategyPlanned | None = None,
    ) -> None:
        """Let a strategy take the place of the one before, if there was one, with its state.

        One that ran goes on running: the new one is started at once. Without a `state` it gets what
        the one before gives now, or else what was saved last. `configured` is what there was before
        the first change of it, by the configuration.

        Raises:
            Exception: Whatever the one before raises when it saves, or the new one when it is given
                the state; nothing has changed then.
        """
        require(not self.is_stale(candidate), f"{planned.strategy_id!r} changed meanwhile")
        self._desk.within(
            planned.ts_init,
            lambda: self._take_place(candidate, strategy, planned, state, configured),
        )

    def try_state(self, candidate: Candidate, strategy: Strategy, now_ns: TimeNs) -> None:
        """Give a strategy the state of the one before, to see that it can take it.

        Raises:
            Exception: As `take_place`.
        """

        def work() -> None:
            host, saves = candidate.host, self._lives.saves
            is_sound = host.strategy is not None and host.state is not HostState.FAULTED
            saved = saves.take(host, now_ns) if is_sound else None
            if saved is not None:
                strategy.restore_state(read_state(saved), saved.version)

        self._desk.within(now_ns, work)

    def resume(self, candidate: Candidate, strategy: Strategy, *, cancels_on_fault: bool) -> None:
        """Let a strategy take the place that an earlier run planned for it, at a start."""
        candidate.host.cancel_on_fault = cancels_on_fault
        candidate.context.attach(self._desk)
        self._lives.replace(candidate.host, strategy)

    def unload(
        self,
        planned: StrategyPlanned,
        *,
        keep_orders: bool,
        configured: StrategyPlanned | None = None,
    ) -> StrategySaved | None:
        """Stop a strategy and take it away; its books stay, and open orders are canceled or kept.

        What `flatten` sent goes on in either case: it closes what the strategy leaves.

        Returns:
            What it would have kept over a restart; None if it cannot say.
        """
        host = self._desk.hosts[planned.strategy_id]

        def work() -> StrategySaved | None:
            self._lives.stop_strategy(host, keep_orders=keep_orders)
            if not keep_orders and self._lives.operator is not None:
                self._lives.operator.withdraw(host)
            self._lives.save(host, anyway=True)
            self._record(configured, planned)
            self._lives.remove(host)
            host.is_stopped = True
            return self._lives.saves.latest.get(host.strategy_id)

        return self._desk.within(planned.ts_init, work)

    def save(self, strategy_id: str, now_ns: TimeNs) -> StrategySaved | None:
        """Write a strategy's state down now and return it; None if it has none."""
        host = self._desk.hosts[strategy_id]
        self._desk.within(now_ns, lambda: self._lives.save(host, anyway=True))
        return self._lives.saves.latest.get(strategy_id)

    # --- inside --------------------------------------------------------------------------------

    def _take_place(
        self,
        candidate: Candidate,
        strategy: Strategy,
        planned: StrategyPlanned,
        state: StrategySaved | None,
        configured: StrategyPlanned | None,
    ) -> None:
        host, saves = candidate.host, self._lives.saves
        saved = state or self._state_for(host, planned, configured)
        if saved is not None:
            strategy.restore_state(read_state(saved), saved.version)
        if planned.strategy_id in self._desk.hosts:
            self._desk.owners.open(planned.strategy_id, planned.broker, planned.instrument_ids)
        else:
            self._desk.owners.put(host)
        self._record(configured, planned)
        if saved is None:
            saves.latest.pop(host.strategy_id, None)
        elif saved is not saves.latest.get(host.strategy_id):
            saves.latest[host.strategy_id] = saved
            self._desk.journal.append(saved)
        if planned.change is PlanChange.LOADED:
            host.is_stopped = True
        host.cancel_on_fault = planned.cancels_on_fault
        candidate.context.attach(self._desk)
        self._lives.replace(host, strategy)

    def _state_for(
        self, host: StrategyHost, planned: StrategyPlanned, configured: StrategyPlanned | None
    ) -> StrategySaved | None:
        """Return what the strategy before hands over."""
        plan = self._desk.plans.get(host.strategy_id)
        if plan is None and configured is not None:
            plan = follow(None, configured)
        if not keeps_state(plan, planned):
            return None
        saves = self._lives.saves
        if host.strategy is not None and host.state is not HostState.FAULTED:
            return saves.take(host, planned.ts_init)
        return saves.latest.get(host.strategy_id)

    def _record(self, *changes: StrategyPlanned | None) -> None:
        plans = self._desk.plans
        for planned in changes:
            if planned is not None:
                self._desk.journal.append(planned)
                plans[planned.strategy_id] = follow(plans.get(planned.strategy_id), planned)
                if self.keeper is not None:
                    self.keeper.follow(planned)


class _Sealed:
    """Services for a strategy that is being made: it sees, and sends nothing.

    It is asked on another thread, so it looks at what does not change under its feet.
    """

    def __init__(self, desk: Services, host: StrategyHost) -> None:
        self.pulse: Pulse = desk.pulse
        self.next_client_order_id: Callable[[], str] = _refuse
        self.submit: Callable[[StrategyHost, NewOrder], None] = _refuse
        self._desk = desk
        self._orders = {order.intent.client_order_id: order for order in desk.open_orders(host, "")}

    def submit_list(self, host: StrategyHost, intents: Sequence[NewOrder]) -> None:
        """Refuse."""
        _refuse(host, intents)

    def amend(
        self, order: Order, quantity: QtyRaw, price: PriceRaw, trigger_price: PriceRaw
    ) -> bool:
        """Refuse."""
        _refuse(order, quantity, price, trigger_price)

    def cancel(self, order: Order) -> bool:
        """Refuse."""
        _refuse(order)

    def flatten(self, host: StrategyHost, instrument_id: str) -> int:
        """Refuse."""
        _refuse(host, instrument_id)

    def order(self, client_order_id: str) -> Order | None:
        """Return an order that was open when the making began."""
        return self._orders.get(client_order_id)

    def open_orders(self, host: StrategyHost, instrument_id: str) -> list[Order]:
        """Return the orders that were open when the making began."""
        return [
            order
            for order in self._orders.values()
            if order.intent.strategy_id == host.strategy_id
            and instrument_id in ("", order.intent.instrument_id)
        ]

    def market(self, instrument_id: str) -> Market:
        """Return a market."""
        return self._desk.market(instrument_id)

    def set_timer(self, host: StrategyHost, name: str, due_ns: TimeNs) -> None:
        """Refuse."""
        _refuse(host, name, due_ns)

    def cancel_timer(self, host: StrategyHost, name: str) -> None:
        """Do nothing: there is none."""


def _refuse(*_: object) -> NoReturn:
    message = "a strategy asks for something to be done while it is made; on_start is the place"
    raise InvariantError(message)
