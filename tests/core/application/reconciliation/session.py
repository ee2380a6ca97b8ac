"""A desk, its reconciler and a broker that says what a test lets it say."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.reconciliation.actions import Action, CancelLeftover, FeedReport
from hexdesk.application.reconciliation.reconciler import Reconciler
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import Query, QueryKind, Truth
from hexdesk.domain.commands import ClearReducing, Halt, NoteIncident, SetReducing
from hexdesk.domain.money import Money
from hexdesk.domain.order import Order
from hexdesk.domain.reports import Fill, OrderAbandoned, VenueReport
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.ports.broker import Capabilities, VenueOrder, VenuePosition
from tests.core.application.rig import ALL_CAPABILITIES, DEPOSIT, Rig

SECOND = NS_PER_SECOND
PROVING = replace(ALL_CAPABILITIES, lookup_key="client_order_id", absence_is_proof=True)


class Session:
    """Lets time pass, asks what is due, and does what comes back.

    Attributes:
        orders: By client order id, what the broker knows; open or closed.
        fills: What it lists.
        positions: The same, by instrument.
        balances: The same.
        modes: What the account is set to.
        broken: Kinds of query that fail.
        asked: Queries made so far.
        done: Actions so far.
    """

    def __init__(
        self,
        settings: ReconciliationSettings | None = None,
        capabilities: Capabilities = PROVING,
        modes: dict[str, str] | None = None,
        *,
        starts: bool = True,
        past: Sequence[NoteIncident] = (),
    ) -> None:
        self.rig = Rig("a", "b", capabilities=capabilities).start()
        self.desk = self.rig.desk
        self.settings = settings or ReconciliationSettings()
        self.reconciler = Reconciler(
            "venue", self.desk, capabilities, self.settings, modes=modes, past=past
        )
        self.orders: dict[str, VenueOrder] = {}
        self.fills: list[Fill] = []
        self.positions: dict[str, int] = {}
        self.average_prices: dict[str, float] = {}
        self.balances: Sequence[Money] = [DEPOSIT]
        self.modes: dict[str, str] = dict(modes or {})
        self.broken: set[QueryKind] = set()
        self.asked: list[Query] = []
        self.done: list[Action] = []
        if starts:
            self.reconciler.start(self.rig.clock.now_ns())
            self.wait(0)

    def wait(self, seconds: float, step_s: float = 0.5) -> list[Action]:
        """Let time pass in steps; return what was done meanwhile."""
        before = len(self.done)
        end_ns = self.rig.clock.now_ns() + round(seconds * SECOND)
        while True:
            self._step()
            if self.rig.clock.now_ns() >= end_ns:
                return self.done[before:]
            self.rig.clock.advance_by(round(step_s * SECOND))

    def do(self, actions: Sequence[Action]) -> None:
        """Hand actions to the desk, as a driver does."""
        for action in actions:
            self.done.append(action)
            match action:
                case FeedReport(report=report):
                    self._feed(report)
                case SetReducing() | ClearReducing() | Halt():
                    self.desk.command(action)
                case Alert():
                    self.desk.alerts.add(action)
                case CancelLeftover(client_order_id=order_id):
                    self._cancel(order_id)
                case _:
                    pass

    def of(self, kind: type, actions: Sequence[Action] | None = None) -> list[Action]:
        """Return actions of a type."""
        return [each for each in (self.done if actions is None else actions) if type(each) is kind]

    def codes(self, actions: Sequence[Action] | None = None) -> list[str]:
        """Return codes of alerts."""
        return [
            each.code
            for each in (self.done if actions is None else actions)
            if isinstance(each, Alert)
        ]

    @property
    def reducing(self) -> Mapping[str, Mapping[str, str]]:
        """Why instruments may only shrink, by the desk."""
        return self.desk.execution.reducing

    def show(self, order: Order, **changes: object) -> None:
        """Let the broker know an order as we do, but for some fields."""
        intent = order.intent
        fields: dict[str, object] = {
            "venue_order_id": f"V-{intent.client_order_id}",
            "life": order.life,
            "quantity": order.quantity,
            "price": order.price,
            "trigger_price": order.trigger_price,
            "cum_qty": order.cum_qty,
            "ts_event": self.rig.clock.now_ns(),
        }
        self.orders[intent.client_order_id] = VenueOrder(intent, **fields | changes)  # type: ignore[arg-type]

    def agree(self) -> None:
        """Let the broker know all that we know."""
        execution = self.desk.execution
        self.orders.clear()
        self.fills.clear()
        self.positions.clear()
        for order in (*execution.open.values(), *execution.closed.values()):
            self.show(order)
            self.fills += [
                fill for fill in (order.fills or {}).values()
                if fill.trade_id not in (order.busts or {})
            ]  # fmt: skip
        for host in self.desk.hosts.values():
            for instrument_id, ledger in host.ledgers.items():
                held = self.positions.get(instrument_id, 0) + ledger.position.quantity
                self.positions[instrument_id] = held
        balance = self.rig.account.balance("USDT")
        self.balances = [Money(balance.total // 10 ** (balance.scale - 8), "USDT")]

    def _feed(self, report: VenueReport | OrderAbandoned) -> None:
        self.desk.on_report(report)  # type: ignore[arg-type]

    def _cancel(self, order_id: str) -> None:
        strategy_id = self.rig.order(order_id).intent.strategy_id
        self.rig.act(lambda context: context.cancel(order_id), strategy_id)

    def _step(self) -> None:
        now_ns = self.rig.clock.now_ns()
        self.do(self.reconciler.tick(now_ns))
        for query in self.reconciler.due(now_ns):
            self.asked.append(query)
            if query.kind in self.broken:
                self.do(self.reconciler.failed(query, "no answer", now_ns))
            else:
                self.do(self.reconciler.answered(query, self._answer(query), now_ns))

    def _answer(self, query: Query) -> Truth:
        asked_ns: TimeNs = query.asked_ns
        match query.kind:
            case QueryKind.ORDER:
                return Truth(asked_ns=asked_ns, order=self.orders.get(query.client_order_id))
            case QueryKind.ORDERS:
                listed = [order for order in self.orders.values() if order.life < order.life.FILLED]
                return Truth(asked_ns=asked_ns, orders=listed)
            case QueryKind.FILLS:
                since_ns = query.since_ns
                fills = [fill for fill in self.fills if fill.ts_event >= since_ns]
                return Truth(asked_ns=asked_ns, since_ns=since_ns, fills=fills)
            case QueryKind.POSITIONS:
                return Truth(
                    asked_ns=asked_ns,
                    positions=[
                        VenuePosition(each, quantity, self.average_prices.get(each, 0.0))
                        for each, quantity in self.positions.items()
                        if quantity
                    ],
                    modes=self.modes,
                )
            case _:
                return Truth(asked_ns=asked_ns, balances=self.balances)
