"""The first risk gate: every order passes it, or never leaves and is told why.

The rules (`risk_rules`) are read in a fixed order and the first denial ends the check; plain orders
take a short way (`plain_orders`). The layered, latched engine of a later issue takes this module's
place behind the same `check`.
"""

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from hexdesk.application.gate.gate_limits import NO_LIMIT, GateLimits
from hexdesk.application.gate.plain_orders import has_plain_terms, passes_plainly
from hexdesk.application.gate.risk_rules import (
    Denial,
    check_close_size,
    check_free,
    check_grid,
    check_limits,
    check_session,
)
from hexdesk.application.gate.soundness import soundness_problem
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.orders.unlocated import equal_unlocated
from hexdesk.application.orders.working import is_close
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder, order_value_problem
from hexdesk.domain.risk import Verdict
from hexdesk.domain.values import (
    AUTO,
    GTC,
    HEDGING,
    LIMIT,
    MARKET,
    NS_PER_SECOND,
    QtyRaw,
    TimeNs,
)
from hexdesk.ports.broker import Capabilities

NO_ORDERS: Mapping[str, Order] = MappingProxyType({})


class Checks(Protocol):
    """Rules and levels beside the gate; `hexdesk.application.risk.checks` has them."""

    def check(
        self, candidate: Order, ledger: Ledger, rest: QtyRaw, now_ns: TimeNs
    ) -> Denial | None:
        """Return why an order must not leave, or None and count it."""
        ...

    def preview(
        self, candidate: Order, ledger: Ledger, rest: QtyRaw, now_ns: TimeNs
    ) -> Denial | None:
        """Return the same, and count nothing."""
        ...

    def explain(
        self, candidate: Order, ledger: Ledger, rest: QtyRaw, now_ns: TimeNs
    ) -> tuple[Verdict, ...]:
        """Return what every rule and level that denies has to say, and count nothing."""
        ...


class OrderRate:
    """Counts the requests of one strategy in a sliding second."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: deque[TimeNs] = deque()

    def admits(self, now_ns: TimeNs, limit: int) -> bool:
        """Count one more request, unless it would exceed the limit."""
        times = self._times
        horizon = now_ns - NS_PER_SECOND
        while times and times[0] <= horizon:
            times.popleft()
        if len(times) >= limit:
            return False
        times.append(now_ns)
        return True

    def take_back(self) -> None:
        """Count the latest request no more: it did not leave."""
        self._times.pop()

    def copy(self) -> "OrderRate":
        """Return the same counts, to be counted on apart."""
        other = OrderRate()
        other._times.extend(self._times)
        return other


class RiskGate:
    """Checks orders of one strategy at one broker.

    Attributes:
        checks: Rules and levels that come after its own; None without any.
        rate: Of the strategy's requests.
        plain_order_id: Latest order whose maker vouches for its terms: all but instrument, side,
            quantity, type and price are left at their defaults.
    """

    __slots__ = (
        "_capabilities",
        "_is_plain",
        "_limits",
        "_orders",
        "_supported",
        "_takes_post_only",
        "checks",
        "plain_order_id",
        "rate",
    )

    def __init__(
        self,
        capabilities: Capabilities,
        limits: dict[str, GateLimits],
        orders: Mapping[str, Order] = NO_ORDERS,
    ) -> None:
        """Check by limits of each instrument, and beside the desk's open orders."""
        self._capabilities = capabilities
        self._limits = limits
        self._orders = orders
        self._supported = frozenset(
            (order_type, force)
            for order_type in capabilities.order_types
            for force in capabilities.times_in_force
        )
        self._is_plain = (
            capabilities.position_mode is not HEDGING
            and capabilities.client_ids
            and {(LIMIT, GTC), (MARKET, GTC)} <= self._supported
        )
        self._takes_post_only = capabilities.post_only
        self.checks: Checks | None = None
        self.plain_order_id = ""
        self.rate = OrderRate()

    def check(
        self, candidate: Order, ledger: Ledger, now_ns: TimeNs, open_count: int
    ) -> Denial | None:
        """Return why an order must not leave, or None and set what it reserves, and at what price.

        Desk and strategy states are the caller's to check; they come before.
        """
        order = candidate.intent
        limits = self._limits[order.instrument_id]
        if not (
            self._is_plain
            and (
                order.client_order_id is self.plain_order_id
                or has_plain_terms(order, takes_post_only=self._takes_post_only)
            )
            and passes_plainly(candidate, order, ledger, limits, open_count)
        ):
            denial = self._explain(candidate, ledger, limits, open_count)
            if denial is not None:
                return denial
            price = candidate.reserve_price
            candidate.reserved = ledger.cash_of(order, price, candidate.quantity)
        return self._check_rate_and_rules(candidate, ledger, candidate.quantity, now_ns)

    def preview(
        self, candidate: Order, ledger: Ledger, now_ns: TimeNs, open_count: int
    ) -> Denial | None:
        """Do what `check` does, for an order that is only thought of: it is not counted."""
        rate, self.rate = self.rate, self.rate.copy()
        checks, self.checks = self.checks, None
        try:
            denial = self.check(candidate, ledger, now_ns, open_count)
        finally:
            self.rate = rate
            self.checks = checks
        if denial is None and checks is not None:
            denial = checks.preview(candidate, ledger, candidate.quantity, now_ns)
        return denial

    def _explain(
        self, candidate: Order, ledger: Ledger, limits: GateLimits, open_count: int
    ) -> Denial | None:
        """Return the first denial of an order that the short way did not let pass, or None."""
        order = candidate.intent
        return (
            self.check_terms(order, ledger)
            or check_session(order, ledger)
            or (check_free(order, ledger, order.quantity) if is_close(order) else None)
            or check_limits(candidate, ledger, limits, open_count, order.quantity)
            or self._check_unanswered(order)
        )

    def check_terms(self, order: NewOrder, ledger: Ledger) -> Denial | None:
        """Return why an order could never leave, whatever is held and whenever it is sent."""
        problem = soundness_problem(order) or order_value_problem(order)
        if problem:
            return "ORDER_VALUE", problem
        return self._check_support(order) or check_grid(order, ledger)

    def check_close(self, candidate: Order, ledger: Ledger) -> Denial | None:
        """Return why a close that the desk itself sends must not leave.

        It skips limits and rate, never values, grid, session and size (orders.md section 9,
        "bypass"), and reserves nothing. It may close what other orders work to close already:
        exits protect whatever the strategy sent beside them, and `flatten` cancels as it closes.
        """
        order = candidate.intent
        candidate.reserve_price = 0
        return (
            self.check_terms(order, ledger)
            or check_session(order, ledger)
            or check_close_size(order.quantity, ledger.closable(order))
        )

    def _check_rate_and_rules(
        self, candidate: Order, ledger: Ledger, rest: QtyRaw, now_ns: TimeNs
    ) -> Denial | None:
        """Return why an order that passed the gate's limits must not leave, or None and count it.

        What only reduces passes the rate, and takes nothing of it where there is none left.
        """
        order = candidate.intent
        limit = self._limits[order.instrument_id].orders_per_second_max
        is_counted = limit is not NO_LIMIT and self.rate.admits(now_ns, limit)
        if not is_counted and limit is not NO_LIMIT and not ledger.is_reducing(order, rest):
            return "RISK_RATE", f"orders_per_second limit={limit}"
        if self.checks is None:
            return None
        denial = self.checks.check(candidate, ledger, rest, now_ns)
        if denial is not None and is_counted:
            self.rate.take_back()
        return denial

    def check_amend(
        self, candidate: Order, rest: QtyRaw, ledger: Ledger, now_ns: TimeNs
    ) -> Denial | None:
        """Return why an amended order, given as a new one, must not leave.

        `rest` is what it would have left to fill: what was filled is in the position already.
        """
        order = candidate.intent
        limits = self._limits[order.instrument_id]
        denial = (
            self.check_amend_of_close(order, rest, ledger)
            or (check_free(order, ledger, rest) if is_close(order) else None)
            or check_limits(candidate, ledger, limits, 0, rest)
        )
        return denial or self._check_rate_and_rules(candidate, ledger, rest, now_ns)

    def check_amend_of_close(self, order: NewOrder, rest: QtyRaw, ledger: Ledger) -> Denial | None:
        """Return why an amendment that the desk itself wants must not leave: no limits, no rate."""
        if not self._capabilities.amend:
            return "ORDER_UNSUPPORTED", "request=amend"
        denial = self.check_terms(order, ledger) or check_session(order, ledger)
        if denial is None and is_close(order):
            return check_close_size(rest, ledger.closable(order))
        return denial

    def _check_unanswered(self, order: NewOrder) -> Denial | None:
        """Return why an order must wait: no id would tell it from one that is unanswered."""
        if self._capabilities.client_ids:
            return None
        equal = equal_unlocated(order, self._orders.values())
        return ("ORDER_UNANSWERED", f"equal={equal}") if equal else None

    def _check_support(self, order: NewOrder) -> Denial | None:
        capabilities = self._capabilities
        if (order.order_type, order.time_in_force) not in self._supported:
            return (
                "ORDER_UNSUPPORTED",
                f"type={order.order_type.name} time_in_force={order.time_in_force.name}",
            )
        if order.post_only and not capabilities.post_only:
            return "ORDER_UNSUPPORTED", "post_only=true"
        if order.reduce_only and not capabilities.reduce_only:
            return "ORDER_UNSUPPORTED", "reduce_only=true"
        if order.display_quantity and not capabilities.display_quantity:
            return "ORDER_UNSUPPORTED", "display_quantity"
        if order.position_effect is AUTO:
            if capabilities.position_mode is HEDGING:
                return (
                    "ORDER_UNSUPPORTED",
                    "position_effect=AUTO mode=HEDGING expected=OPEN_or_CLOSE",
                )
        elif not capabilities.position_effects:
            return "ORDER_UNSUPPORTED", f"position_effect={order.position_effect.name}"
        return None
