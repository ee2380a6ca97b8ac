"""Sending an order again under its own id, where two sends can never make two orders.

That is where the broker's venue knows an order by our id and takes it once, and where no send has
left at all (orders.md section 3, rule 2). Only orders of this run, while they are young, and while
nobody asked for anything else: what is left is looked up. Each retry is a command in the journal
before its bytes leave.

A refusal of a second send says nothing of the first. So a broker's report that an order never left
(`LINK_DOWN`) ends it only if that holds for every send of it; until then it is in doubt.
"""

from collections.abc import Mapping

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.orders.answers import ANSWER_TIMEOUT_NS
from hexdesk.application.reconciliation.settings import ReconciliationSettings, nanoseconds
from hexdesk.domain.commands import ResendOrder
from hexdesk.domain.links import LINK_DOWN
from hexdesk.domain.order import Order
from hexdesk.domain.reports import OrderRejected, OutcomeUnknown, VenueReport
from hexdesk.domain.values import SUBMITTED, Operation, TimeNs
from hexdesk.ports.broker import Capabilities


class Resend(msgspec.Struct, frozen=True, gc=False):
    """Whether the same order may be sent once more under its own id, and when at the earliest."""

    is_allowed: bool
    due_ns: TimeNs = 0
    why: str = ""


class Sends(msgspec.Struct):
    """The sends of one order that had no answer.

    Attributes:
        last_ns: When the latest was made, or failed.
        text: What is known of it.
        is_unsent: Whether provably none of them left, as far as the broker has told.
        is_under_way: Whether the latest has left and the broker has not told what became of it.
        count: How many there were, the first one too.
    """

    last_ns: TimeNs
    text: str
    is_unsent: bool = False
    is_under_way: bool = False
    count: int = 1


def may_resend(
    order: Order,
    sends: Sends,
    capabilities: Capabilities,
    settings: ReconciliationSettings,
    now_ns: TimeNs,
) -> Resend:
    """Decide on a same-id retry: only where two sends provably make one order, or none has left."""
    doubt = order.doubt
    expire_ns = order.intent.expire_ns
    why = ""
    if order.life is not SUBMITTED or doubt is None:
        why = "its outcome is known"
    elif doubt.operation is not Operation.SUBMIT or order.request_count:
        why = "something else was asked of it since"
    elif not (sends.is_unsent or capabilities.dedupes_client_id):
        why = "the broker may make two orders of it"
    elif sends.count > settings.resends_max:
        why = f"{settings.resends_max} retries were made"
    elif now_ns - order.intent.ts_init > nanoseconds(settings.resend_age_s):
        why = f"it is older than {settings.resend_age_s:g} s"
    elif expire_ns and now_ns >= expire_ns:
        why = "it has expired"
    due_ns = sends.last_ns + nanoseconds(settings.resend_apart_s)
    return Resend(is_allowed=not why, due_ns=due_ns, why=why)


class Resends:
    """The same-id retries of one broker's orders; its reports come through `filtered`.

    Attributes:
        is_on: Whether anything is sent again; on once somebody calls `step` regularly.
    """

    def __init__(self, desk: Desk, broker: str, settings: ReconciliationSettings) -> None:
        self.is_on = False
        self._desk = desk
        self._broker = broker
        self._settings = settings
        self._capabilities = Capabilities()
        self._begun_ns: TimeNs = 0
        self._scanned_ns: TimeNs = 0
        self._sends: dict[str, Sends] = {}

    def begin(self, capabilities: Capabilities, now_ns: TimeNs) -> None:
        """Send again, from now on, what is sent from now on."""
        self.is_on = self._settings.resends_max > 0
        self._capabilities = capabilities
        self._begun_ns = now_ns

    def filtered(self, report: VenueReport) -> VenueReport:
        """Return what a broker's report means for the desk."""
        kind = type(report)
        if kind is OrderRejected and self.is_on:
            return self._refused(report)  # type: ignore[arg-type]
        if kind is OutcomeUnknown and self.is_on:
            self._note(report)  # type: ignore[arg-type]
        return report

    def step(self, now_ns: TimeNs) -> None:
        """Send again what is due; call it between inputs, every quarter of a second or so."""
        if not self.is_on:
            return
        if now_ns - self._scanned_ns >= nanoseconds(self._settings.in_flight_s):
            self._scanned_ns = now_ns
            self._scan()
        orders = self._orders()
        for order_id, sends in list(self._sends.items()):
            order = orders.get(order_id)
            if order is None:
                del self._sends[order_id]
            else:
                self._try(order_id, order, sends, now_ns)

    def stop(self, now_ns: TimeNs) -> None:
        """Send nothing again from now on; what provably never left has ended."""
        self.is_on = False
        orders = self._orders()
        for order_id, sends in list(self._sends.items()):
            order = orders.get(order_id)
            if order is not None and not sends.is_under_way:
                self._give_up(order_id, order, sends, "the desk stops", now_ns)

    def _orders(self) -> Mapping[str, Order]:
        return self._desk.execution.open

    def _refused(self, report: OrderRejected) -> VenueReport:
        """Doubt an order that did not leave, while it may leave again or an earlier send may have.

        Where one send, or each one, provably did not leave and none is to follow, it has ended.
        """
        order = self._orders().get(report.client_order_id)
        if report.code != LINK_DOWN or order is None:
            return report
        sends = self._sends.get(report.client_order_id)
        if sends is None:
            is_only_send = order.life is SUBMITTED and order.doubt is None
            if not is_only_send or order.request_count or order.intent.ts_init < self._begun_ns:
                return report
            sends = self._sends[report.client_order_id] = Sends(0, "", is_unsent=True)
        elif sends.is_unsent and sends.count > self._settings.resends_max:
            return report
        sends.last_ns, sends.text, sends.is_under_way = report.ts_init, report.text, False
        return OutcomeUnknown(
            report.client_order_id, Operation.SUBMIT, 0, report.text, report.ts_init
        )

    def _note(self, unknown: OutcomeUnknown) -> None:
        """Take note that a send may have left."""
        if unknown.operation is not Operation.SUBMIT:
            return
        sends = self._sends.setdefault(unknown.client_order_id, Sends(0, ""))
        sends.is_unsent = sends.is_under_way = False
        sends.last_ns, sends.text = unknown.ts_init, unknown.text

    def _scan(self) -> None:
        """Find the doubts that no broker reported: nobody answered in time."""
        account = self._desk.accounts[self._broker]
        for order_id, order in self._orders().items():
            doubt = order.doubt
            if doubt is None or doubt.operation is not Operation.SUBMIT or order_id in self._sends:
                continue
            host = self._desk.hosts[order.intent.strategy_id]
            if host.account is account and order.intent.ts_init >= self._begun_ns:
                self._sends[order_id] = Sends(doubt.since_ns, "no answer in time")

    def _try(self, order_id: str, order: Order, sends: Sends, now_ns: TimeNs) -> None:
        if sends.is_under_way:
            if now_ns - sends.last_ns < ANSWER_TIMEOUT_NS:
                return
            sends.is_unsent = sends.is_under_way = False  # it may have left
        again = may_resend(order, sends, self._capabilities, self._settings, now_ns)
        why = again.why
        if again.is_allowed:
            if now_ns < again.due_ns:
                return
            sends.count += 1
            sends.last_ns = now_ns
            sends.is_under_way = True
            retry = ResendOrder(order_id, sends.count - 1, sends.text, now_ns)
            why = self._desk.command(retry).refusal
        if why:
            sends.is_under_way = False
            self._give_up(order_id, order, sends, why, now_ns)

    def _give_up(self, order_id: str, order: Order, sends: Sends, why: str, now_ns: TimeNs) -> None:
        """Let an order end of which provably no send left; any other is looked up."""
        if sends.is_unsent and order.life is SUBMITTED and order.doubt is not None:
            del self._sends[order_id]
            text = f"{sends.text}; not sent again: {why}"
            self._desk.on_report(OrderRejected(order_id, LINK_DOWN, text, now_ns, now_ns))
