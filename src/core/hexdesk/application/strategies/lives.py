"""The lives of a desk's strategies: started, called, saved, stopped, quarantined.

Every method is called within an input of the desk.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from hexdesk.application.alerts import Alert, AlertLog
from hexdesk.application.faults import FAULTS, describe
from hexdesk.application.market.markets import Handler
from hexdesk.application.operating.operator import Operator
from hexdesk.application.orders.execution import BURST_MAX
from hexdesk.application.pulse import Pulse
from hexdesk.application.strategies.budget import BudgetGuard
from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.application.strategies.saves import StrategySaves
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.values import TimeNs
from hexdesk.ports.clock import Clock
from hexdesk.ports.journal import Journal
from hexdesk.ports.strategy import Strategy

Callback: TypeAlias = Callable[..., None]
_CALLBACKS = {
    "quote": "on_quote",
    "trade": "on_trade",
    "book": "on_book",
    "bar": "on_bar",
    "status": "on_status",
    "funding": "on_funding",
}


class StrategyLives:
    """Who runs, who is called for what, and what happens to one that fails.

    Attributes:
        saves: The strategies' own states.
        operator: Cancels the orders of those that end; set once it is made.
    """

    def __init__(
        self,
        *,
        pulse: Pulse,
        journal: Journal,
        alerts: AlertLog,
        clock: Clock,
        on_timer: Callable[[TimerFired], None],
        stopwatch: Callable[[], int] | None,
        budget_ns: int,
    ) -> None:
        self.saves = StrategySaves()
        self.operator: Operator | None = None
        self._pulse = pulse
        self._journal = journal
        self._alerts = alerts
        self._clock = clock
        self._on_timer = on_timer
        self._stopwatch = stopwatch
        self._budget_ns = budget_ns
        self._owners: dict[Handler, StrategyHost] = {}
        self._timers: dict[str, Callback] = {}

    def start_strategy(self, host: StrategyHost) -> None:
        """Connect a strategy's callbacks and call `on_start`."""
        strategy = host.strategy
        if strategy is None or host.state in (HostState.RUNNING, HostState.FAULTED):
            return
        host.state = HostState.RUNNING
        self._timers[host.strategy_id] = self._timed(host, strategy.on_timer)
        if _overrides(strategy, "on_order"):
            host.on_order = self._timed(host, strategy.on_order)
        is_kept = self.saves.is_on and _overrides(strategy, "save_state")
        if is_kept or _overrides(strategy, "on_fill"):
            host.on_fill = self.saves.after(host, self._timed(host, strategy.on_fill))
        for kind, name in _CALLBACKS.items():
            if _overrides(strategy, name):
                handler = self._timed(host, getattr(strategy, name))
                if kind == "bar":
                    handler = self.saves.after(host, handler)
                self._owners[handler] = host
                for ledger in host.ledgers.values():
                    ledger.market.add(kind, handler)
        self.call(host, self._timed(host, strategy.on_start))

    def stop_strategy(self, host: StrategyHost, *, keep_orders: bool) -> None:
        """Call `on_stop`, disconnect, then keep open orders or those that protect positions."""
        if host.strategy is None or host.state is not HostState.RUNNING:
            return
        self.call(host, self._timed(host, host.strategy.on_stop))
        self.save(host)
        if host.state is HostState.RUNNING:
            host.state = HostState.STOPPED
        self.disconnect(host)
        if not keep_orders and self.operator is not None:
            self.operator.withdraw(host)

    def restore(self, host: StrategyHost) -> None:
        """Give a strategy its saved state back, before it is started.

        One that cannot read it is quarantined; its orders stay as they are, and owned.
        """
        try:
            self.saves.restore(host)
        except FAULTS as error:
            self.quarantine(
                host, f"STATE_UNREADABLE: {describe(error, host.strategy_id)}", cancels=False
            )

    def replace(self, host: StrategyHost, strategy: Strategy) -> None:
        """Let another strategy take a place; one that ran is started at once, without timers."""
        before = host.state
        self.remove(host)
        host.strategy = strategy
        host.fault = ""
        host.state = HostState.STOPPED if before is HostState.STOPPED else HostState.LOADED
        if before is HostState.RUNNING:
            self.start_strategy(host)

    def remove(self, host: StrategyHost) -> None:
        """Take a strategy out of its place; its books, orders and positions stay."""
        self.disconnect(host)
        self._timers.pop(host.strategy_id, None)
        host.on_order = None
        host.on_fill = None
        host.strategy = None
        host.state = HostState.UNLOADED

    def save(self, host: StrategyHost, *, anyway: bool = False) -> None:
        """Write down a strategy's own state if it has changed; `anyway` also where none is kept."""
        if not (self.saves.is_on or anyway) or host.state is HostState.FAULTED:
            return
        try:
            saved = self.saves.save(host, self._pulse.now_ns)
        except FAULTS as error:
            self.quarantine(host, f"STATE_UNSAVABLE: {describe(error, host.strategy_id)}")
        else:
            if saved is not None:
                self._journal.append(saved)

    def save_due(self) -> bool:
        """Save whom a fill or bar was told to; whether that may have made more to settle."""
        hosts = self.saves.take_due()
        for host in hosts:
            self.save(host)
        return bool(hosts)

    # --- calls ---------------------------------------------------------------------------------

    def call(self, host: StrategyHost, callback: Callback) -> None:
        """Call a strategy; one that raises is quarantined."""
        try:
            callback()
        except FAULTS as error:
            self.fault(host, error)

    def owner_of(self, handler: Handler | None) -> StrategyHost | None:
        """Return whose handler of a market's channel it is; None for a venue's."""
        return None if handler is None else self._owners.get(handler)

    def fire(self, host: StrategyHost, fired: TimerFired) -> None:
        """Call a strategy whose timer came due."""
        due_ns, _ = host.timers.get(fired.name, (-1, None))
        if due_ns != fired.due_ns:  # it was set anew since, or canceled
            return
        del host.timers[fired.name]
        self._journal.append(fired)
        if host.strategy is None or host.state is not HostState.RUNNING:
            return
        if host.timer_ns != fired.ts_init:
            host.timer_ns = fired.ts_init
            host.timer_count = 0
        host.timer_count += 1
        if host.timer_count > BURST_MAX:  # one that sets itself for now would stop time
            self.quarantine(host, f"more than {BURST_MAX} timers at one moment")
        else:
            on_timer = self._timers[host.strategy_id]
            self.call(host, partial(on_timer, fired.name, fired.due_ns))

    def set_timer(self, host: StrategyHost, name: str, due_ns: TimeNs) -> None:
        """Set a strategy's timer; a same name replaces the earlier one."""
        self.cancel_timer(host, name)

        def fire() -> None:
            now_ns = max(due_ns, self._clock.now_ns())
            self._on_timer(TimerFired(host.strategy_id, name, due_ns, now_ns))

        host.timers[name] = (due_ns, self._clock.call_at(due_ns, fire))

    def cancel_timer(self, host: StrategyHost, name: str) -> None:
        """Forget a strategy's timer; an unknown one is ignored."""
        _, timer = host.timers.pop(name, (0, None))
        if timer is not None:
            timer.cancel()

    # --- failure -------------------------------------------------------------------------------

    def fault(self, host: StrategyHost, error: BaseException) -> None:
        """Quarantine a strategy that raised."""
        self.quarantine(host, describe(error, host.strategy_id))

    def quarantine(self, host: StrategyHost, reason: str, *, cancels: bool = True) -> None:
        """Call a strategy no more; its open orders are withdrawn if it is configured so."""
        if host.state is HostState.FAULTED:
            return
        host.state = HostState.FAULTED
        host.fault = reason
        self.disconnect(host)
        host.on_order = None
        host.on_fill = None
        now_ns = self._pulse.now_ns
        self._journal.append(StrategyFaulted(host.strategy_id, reason, now_ns))
        self._pulse.is_owed = True
        self._alerts.add(Alert("STRATEGY_FAULTED", host.strategy_id, reason, now_ns))
        if host.cancel_on_fault and cancels and self.operator is not None:
            self.operator.withdraw(host)

    def disconnect(self, host: StrategyHost) -> None:
        """Take a strategy's timers and market handlers away."""
        for name in list(host.timers):
            self.cancel_timer(host, name)
        for handler in [handler for handler, owner in self._owners.items() if owner is host]:
            del self._owners[handler]
            for ledger in host.ledgers.values():
                ledger.market.remove(handler)

    def _timed(self, host: StrategyHost, handler: Callback) -> Callback:
        """Return a handler that is held to the time budget, or the bare one without a budget."""
        stopwatch, budget_ns = self._stopwatch, self._budget_ns
        if stopwatch is None or not budget_ns:
            return handler
        return BudgetGuard(host, handler, stopwatch, budget_ns, self._over_budget)

    def _over_budget(self, host: StrategyHost, spent_ns: int, *, is_final: bool) -> None:
        text = f"took {spent_ns} ns, budget {self._budget_ns} ns"
        if is_final:
            self.quarantine(host, f"OVER_BUDGET: {text}")
        else:
            self._alerts.add(Alert("OVER_BUDGET", host.strategy_id, text, self._pulse.now_ns))


def heard_by(strategy: Strategy) -> frozenset[str]:
    """Return the names of the callbacks by which a strategy follows prices."""
    names = set(_CALLBACKS.values()) - {"on_status", "on_funding"}
    return frozenset(name for name in names if _overrides(strategy, name))


def _overrides(strategy: Strategy, name: str) -> bool:
    return getattr(type(strategy), name) is not getattr(Strategy, name)
