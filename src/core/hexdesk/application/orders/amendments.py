"""Requests to replace the terms of an order: which may be asked, and what risk counts meanwhile."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from hexdesk.application.orders.authority import STRATEGY, Authority
from hexdesk.application.orders.order_store import OrderStore
from hexdesk.application.orders.standing import Standing
from hexdesk.application.orders.working import is_alternative
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.order import Order, new_order
from hexdesk.domain.orders import AmendOrder, NewOrder
from hexdesk.domain.records import OrderReserved
from hexdesk.domain.reports import AmendRejected, OrderUpdated
from hexdesk.domain.values import HELD, PriceRaw, QtyRaw


class Amendments:
    """Asks for other terms of the orders of one desk."""

    __slots__ = ("_ask", "_count_burst", "_counts", "_pulse", "_standing", "_store")

    def __init__(
        self,
        store: OrderStore,
        standing: Standing,
        ask: Callable[[Callable[[Any], None], AmendOrder], None],
        count_burst: Callable[[StrategyHost], None],
    ) -> None:
        """Send requests by `ask`; `count_burst` counts those of a strategy within one input."""
        self._store = store
        self._standing = standing
        self._ask = ask
        self._count_burst = count_burst
        self._counts = store.counts
        self._pulse = store.pulse

    def amend(
        self,
        order: Order,
        quantity: QtyRaw,
        price: PriceRaw,
        trigger: PriceRaw,
        authority: Authority = STRATEGY,
    ) -> int:
        """Ask to replace terms; 0 keeps one. Return the request's number.

        0 means that it cannot be asked now, or was denied; a denial is told as `AmendRejected`.
        Until the answer, risk counts the larger of both quantities.
        """
        if order.is_closed or order.pending_cancels or order.doubt is not None:
            return 0
        host = self._store.hosts[order.intent.strategy_id]
        wanted = replace(
            order.intent,
            quantity=quantity or order.quantity,
            price=price or order.price,
            trigger_price=trigger or order.trigger_price,
        )
        rest = wanted.quantity - order.cum_qty - order.dead_qty
        denial = self._check(host, order, wanted, rest, authority)
        now_ns = self._pulse.now_ns
        if denial is not None:
            self._counts.amend_denials[denial[0]] += 1
            refusal = AmendRejected(wanted.client_order_id, 0, *denial, now_ns, now_ns)
            self._store.tell_later(host, refusal)
            return 0
        order.request_count = request_id = order.request_count + 1
        terms = (wanted.quantity, wanted.price, wanted.trigger_price)
        if order.life is HELD:
            updated = OrderUpdated(wanted.client_order_id, request_id, *terms, now_ns, now_ns)
            self._store.decide(host, order, updated)
            return request_id
        order.pending_amends |= 1 << request_id
        self._counts.amends += 1
        request = AmendOrder(wanted.client_order_id, request_id, *terms, now_ns, authority)
        self._ask(host.broker.amend, request)
        return request_id

    def _check(
        self, host: StrategyHost, order: Order, wanted: NewOrder, rest: QtyRaw, authority: Authority
    ) -> tuple[str, str] | None:
        """Return why terms cannot be replaced, or None and work the worse of old and new ones."""
        ledger = host.ledgers[wanted.instrument_id]
        gate = host.gate
        if authority is STRATEGY:
            self._count_burst(host)
            if is_alternative(wanted) and wanted.quantity != order.quantity:
                return "ORDER_UNSUPPORTED", "quantity: that of a linked order follows its list"
        if order.life is HELD:
            return gate.check_terms(wanted, ledger)
        if rest <= 0:
            return "ORDER_SIZE", f"quantity={wanted.quantity} cum={order.cum_qty}"
        working = order.working_qty
        ledger.work(order, 0)
        probe = new_order(wanted)
        denial = self._standing.denial(host, wanted, ledger, rest, authority)
        if denial is None:
            if authority is STRATEGY:
                denial = gate.check_amend(probe, rest, ledger, self._pulse.now_ns)
            else:
                denial = gate.check_amend_of_close(wanted, rest, ledger)
        if denial is None:
            if probe.reserve_price > order.reserve_price:
                order.reserve_price = probe.reserve_price
                self._store.record(OrderReserved(wanted.client_order_id, order.reserve_price))
            working = max(working, rest)
        ledger.work(order, working)
        return denial
