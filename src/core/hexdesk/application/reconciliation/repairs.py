"""Does on a desk what reconciliation asks for. Every repair is an input, and so in the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b

from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.desk import Desk
from hexdesk.application.orders.authority import OPERATOR
from hexdesk.application.reconciliation.actions import (
    Action,
    AdjustCash,
    AdjustPosition,
    AdoptExternal,
    CancelLeftover,
    CloseIncident,
    FeedReport,
    FlattenInstrument,
    OpenIncident,
)
from hexdesk.application.reconciliation.evidence import evidence
from hexdesk.application.reconciliation.recall import note_of
from hexdesk.application.strategies.host import external_books
from hexdesk.domain.commands import (
    AdoptOrder,
    ClearReducing,
    Halt,
    OpenBooks,
    OperatorCancel,
    SetReducing,
)
from hexdesk.domain.order import Order
from hexdesk.domain.orders import NewOrder, client_order_id_problem
from hexdesk.domain.reports import Fill, OrderAccepted
from hexdesk.domain.values import AUTO, BUY, CLOSE, HEDGING, MARKET, OPEN, SELL, TAKER, TimeNs
from hexdesk.errors import InvariantError

ID_BYTES = 10


@dataclass(frozen=True)
class Repairs:
    """Carries out actions for one broker; call it between inputs.

    Attributes:
        desk: Whose books are repaired.
        broker: Whose side is taken.
        claims: Of `ReconciliationSettings`.
    """

    desk: Desk
    broker: str
    claims: Mapping[str, str] = field(default_factory=dict[str, str])

    def do(self, action: Action, now_ns: TimeNs) -> None:
        """Carry one action out."""
        desk = self.desk
        match action:
            case FeedReport(report=report):
                desk.on_report(report)  # type: ignore[arg-type]
            case CancelLeftover():
                desk.command(OperatorCancel(action.client_order_id, action.reason, now_ns))
            case AdoptExternal():
                self._adopt(action, now_ns)
            case AdjustPosition():
                self._adjust(action, now_ns)
            case AdjustCash():
                desk.deposit(self.broker, action.money, action.reason, now_ns)
            case FlattenInstrument():
                self._flatten(action, now_ns)
            case SetReducing() | ClearReducing() | Halt():
                desk.command(action)
            case OpenIncident(incident=incident):
                desk.command(note_of(incident, now_ns))
                text = f"incident {incident.id}: {incident.finding.evidence}"
                desk.alerts.add(Alert("RECONCILE_ASK", incident.finding.key, text, now_ns))
            case CloseIncident(incident=incident):
                desk.command(note_of(incident, now_ns))
                how = f", {incident.policy.value}" if incident.policy is not None else ""
                text = f"incident {incident.id} is resolved by {incident.by}{how}: {incident.why}"
                desk.alerts.add(Alert("RECONCILE_DONE", incident.finding.key, text, now_ns))
            case Alert():
                desk.alerts.add(action)

    def _adopt(self, action: AdoptExternal, now_ns: TimeNs) -> None:
        """Take an order that is not ours into the books, and all that is known of it."""
        found = action.order
        intent = found.intent if found is not None else _intent_of(action.fills, now_ns)
        if intent.instrument_id not in self.desk.markets.by_id:
            text = "an order of an instrument that is not configured; nothing was adopted"
            self.desk.alerts.add(Alert("ORDER_EXTERNAL", intent.instrument_id, text, now_ns))
            return
        venue_order_id = found.venue_order_id if found else action.fills[0].venue_order_id
        client_order_id = _own_id(intent.client_order_id, self.broker, venue_order_id)
        order = self.desk.execution.order(client_order_id)
        if order is None:
            owner = self._claimant(intent.instrument_id) or intent.strategy_id
            adopted = replace(
                intent, client_order_id=client_order_id, strategy_id=owner, ts_init=now_ns
            )
            order = self._take_in(adopted, "found at the broker", now_ns)
        fills = [replace(fill, client_order_id=client_order_id) for fill in action.fills]
        if found is None:
            first = fills[0]  # its order's id at the broker is how it is known again
            self.desk.on_report(
                OrderAccepted(client_order_id, venue_order_id, first.ts_event, now_ns)
            )
            for fill in fills:
                self.desk.on_report(fill)
        else:
            for report in evidence(
                order, found, fills, asked_ns=now_ns, visibility_ms=0, now_ns=now_ns
            ):
                self.desk.on_report(report)
        if action.is_canceled and not order.is_closed:
            reason = "an order that is not ours is canceled, as configured"
            self.desk.command(OperatorCancel(client_order_id, reason, now_ns))

    def _claimant(self, instrument_id: str) -> str:
        """Return the strategy that claims what others send of an instrument at this broker."""
        strategy_id = self.claims.get(instrument_id, "")
        host = self.desk.hosts.get(strategy_id)
        if host is None or host.account is not self.desk.accounts[self.broker]:
            return ""
        return strategy_id if instrument_id in host.ledgers else ""

    def _adjust(self, action: AdjustPosition, now_ns: TimeNs) -> None:
        """Book what nobody reported as an order and a fill that say so of themselves."""
        market = self.desk.markets.by_id.get(action.instrument_id)
        price = action.price or (market.mark if market is not None else 0)
        if market is None or not price:
            text = f"{action.reason}; it has no price yet and cannot be adjusted"
            self.desk.alerts.add(Alert("ADJUST_FAILED", action.instrument_id, text, now_ns))
            return
        owner = action.strategy_id or external_books(self.broker)
        client_order_id = _own_id("", self.broker, action.trade_id)
        side = BUY if action.quantity > 0 else SELL
        quantity = abs(action.quantity)
        effect = AUTO
        if self.desk.accounts[self.broker].position_mode is HEDGING:
            effect = CLOSE if action.strategy_id else OPEN
        intent = NewOrder(
            client_order_id, owner, self.desk.accounts[self.broker].id, action.instrument_id,
            side, MARKET, quantity, now_ns, position_effect=effect, tag="adjusting",
        )  # fmt: skip
        self._take_in(intent, action.reason, now_ns)
        fill = Fill(
            client_order_id, "", action.trade_id, action.instrument_id, side, quantity, price,
            TAKER, 0, market.instrument.settle, now_ns, now_ns,
        )  # fmt: skip
        self.desk.on_report(fill)

    def _flatten(self, action: FlattenInstrument, now_ns: TimeNs) -> None:
        """Close what is held of an instrument, each owner's part from its own books."""
        desk, instrument_id = self.desk, action.instrument_id
        account = desk.accounts[self.broker]
        for host in list(desk.hosts.values()):
            if host.account is account and instrument_id in host.ledgers:
                close = partial(desk.operator.flatten, host, instrument_id, OPERATOR)
                desk.within(now_ns, close)

    def _take_in(self, intent: NewOrder, reason: str, now_ns: TimeNs) -> Order:
        desk = self.desk
        owner = intent.strategy_id
        if owner not in desk.hosts:
            owner = external_books(self.broker)
        desk.command(OpenBooks(owner, self.broker, (intent.instrument_id,), now_ns))
        account_id = desk.accounts[self.broker].id
        adopted = replace(
            intent, strategy_id=owner, account_id=account_id, list_id="", parent_id=""
        )
        desk.command(AdoptOrder(adopted, reason, now_ns))
        order = desk.execution.order(intent.client_order_id)
        if order is None:
            raise InvariantError(f"order {intent.client_order_id} was adopted and is not there")
        return order


def _own_id(client_order_id: str, broker: str, venue_id: str) -> str:
    """Return the id of an order that is not ours: its own, or one derived from the venue's."""
    if client_order_id and not client_order_id_problem(client_order_id):
        return client_order_id
    text = f"{broker}/{client_order_id}/{venue_id}"
    return f"x{blake2b(text.encode(), digest_size=ID_BYTES).hexdigest()}"


def _intent_of(fills: Sequence[Fill], now_ns: TimeNs) -> NewOrder:
    """Return the least order that executions can be of."""
    first = fills[0]
    quantity = sum(fill.quantity for fill in fills)
    return NewOrder(
        first.client_order_id, "", "", first.instrument_id, first.side, MARKET, quantity, now_ns
    )
