"""Use cases of orders: what a person writes becomes an intent, and goes the desk's way."""

from collections.abc import Callable

from msgspec.structs import replace

from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import host_of, hosts_of, invalid, order_of, unknown
from hexdesk.application.control.sight import MANUAL, Sight
from hexdesk.application.control.views import order_info
from hexdesk.application.desk import Desk
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.operating.manual import take_charge
from hexdesk.application.orders.authority import OPERATOR, STRATEGY
from hexdesk.application.orders.working import is_close
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import fee_of
from hexdesk.domain.commands import (
    CancelAll,
    OpenBooks,
    OperatorAmend,
    OperatorCancel,
    OperatorSubmit,
    Resolution,
)
from hexdesk.domain.commands import ResolveOrder as Resolve
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import currency_scale, format_raw, parse_raw
from hexdesk.domain.order import Order, new_order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.records import Verb
from hexdesk.domain.risk import Verdict
from hexdesk.domain.values import DENIED, TimeNs
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_requests import (
    AmendOrder,
    CancelAllOrders,
    CanceledAll,
    CancelOrder,
    CheckOrder,
    CreateOrder,
    ResolveOrder,
)
from hexdesk.ports.control_views import (
    Amount,
    OrderInfo,
    OrderTerms,
    OrderVerdict,
)

TAG_LENGTH_MAX = 64
PREVIEW_ID = "preview"
"""Stands for the id of an order that is only tried; it never leaves this module."""


class Orders:
    """What operators do with orders."""

    def __init__(self, desk: Desk, sight: Sight, chronicle: Chronicle) -> None:
        self._desk = desk
        self._sight = sight
        self._chronicle = chronicle

    # --- mutations -----------------------------------------------------------------------------

    def create(self, request: CreateOrder, now_ns: TimeNs) -> OrderInfo:
        """Submit an order, or show what risk makes of it."""
        if request.dry_run:
            return self._try(request.terms, now_ns)
        intent = self._intent(request.terms, now_ns)
        host = host_of(self._desk, intent.strategy_id)
        if intent.instrument_id not in host.ledgers:
            broker = self._desk.owners.broker_name(host)
            books = OpenBooks(intent.strategy_id, broker, (intent.instrument_id,), now_ns)
            self._desk.command(books)
        outcome = self._desk.command(OperatorSubmit(intent, request.reason, now_ns))
        self._chronicle.catch_up()
        return self._sight.order(order_of(self._desk, outcome.client_order_id))

    def amend(self, request: AmendOrder, now_ns: TimeNs) -> OrderInfo:
        """Ask to replace terms."""
        order = order_of(self._desk, request.client_order_id)
        self._check_version(order, request.expected_version)
        instrument = self._instrument(order.intent.instrument_id)
        quantity = _number("quantity", request.quantity, instrument.quantity_scale)
        price = _number("price", request.price, instrument.price_scale)
        trigger = _number("trigger_price", request.trigger_price, instrument.price_scale)
        if not (quantity or price or trigger):
            raise invalid("quantity", "expected a new quantity, price or trigger_price")
        if order.is_closed or order.pending_cancels or order.doubt is not None:
            raise _wrong_state(order, "amended")
        if request.dry_run:
            return self._sight.order(order)
        outcome = self._desk.command(
            OperatorAmend(request.client_order_id, quantity, price, trigger, request.reason, now_ns)
        )
        self._chronicle.catch_up()
        if outcome.refusal:
            code, _, text = outcome.refusal.partition(": ")
            raise ControlError(
                Reason.STATE_WRONG,
                f"{request.client_order_id} was not amended: {outcome.refusal}",
                facts={"code": code, "text": text},
            )
        return self._sight.order(order)

    def cancel(self, request: CancelOrder, now_ns: TimeNs) -> OrderInfo:
        """Ask to cancel; a closed order is shown as it is."""
        order = order_of(self._desk, request.client_order_id)
        self._check_version(order, request.expected_version)
        if not request.dry_run and not order.is_closed:
            self._desk.command(OperatorCancel(request.client_order_id, request.reason, now_ns))
            self._chronicle.catch_up()
        return self._sight.order(order)

    def resolve(self, request: ResolveOrder, now_ns: TimeNs) -> OrderInfo:
        """Settle an order in doubt by a person's word."""
        order = order_of(self._desk, request.client_order_id)
        self._check_version(order, request.expected_version)
        resolution = next((each for each in Resolution if each.value == request.resolution), None)
        if resolution is None:
            raise invalid("resolution", f"expected one of {', '.join(Resolution)}")
        scale = self._instrument(order.intent.instrument_id).price_scale
        price = _number("price", request.price, scale)
        if bool(price) is not (resolution is Resolution.FILLED):
            raise invalid("price", "expected the average price of what was filled, and only then")
        is_done = resolution is Resolution.FILLED and order.cum_qty >= order.quantity
        if order.doubt is None or is_done:
            raise _wrong_state(order, "resolved so")
        if not request.dry_run:
            by, reason = request.author, request.reason
            order_id = request.client_order_id
            command = Resolve(order_id, resolution, price, by, reason, now_ns)
            self._desk.command(command)
            self._chronicle.catch_up()
        return self._sight.order(order_of(self._desk, request.client_order_id))

    def cancel_all(self, request: CancelAllOrders, now_ns: TimeNs) -> CanceledAll:
        """Ask to cancel open orders; where nothing can be told, owe that."""
        hosts = hosts_of(self._desk, request.strategy_id)
        if request.instrument_id:
            self._instrument(request.instrument_id)
        concerned = [
            order.intent.client_order_id
            for host in hosts
            for order in self._desk.open_orders(host, request.instrument_id)
            if not order.pending_cancels
        ]
        meant = self._desk.owed.flattens(request.strategy_id, request.instrument_id)
        called_off = self._sight.shown(meant)
        if not request.dry_run:
            command = CancelAll(request.strategy_id, request.reason, now_ns, request.instrument_id)
            self._desk.command(command)
            concerned = [each for each in concerned if self._sight.is_being_canceled(each)]
            queued = self._sight.queued(request.strategy_id)
        else:
            busy = [host for host in hosts if self._desk.open_orders(host, request.instrument_id)]
            queued = self._sight.to_be_queued(busy, request.instrument_id, Verb.CANCEL_ALL)
        return CanceledAll(ids=tuple(concerned), queued=queued, called_off=called_off)

    # --- queries -------------------------------------------------------------------------------

    def check(self, query: CheckOrder, now_ns: TimeNs) -> OrderVerdict:
        """Say what risk would say."""
        intent = self._intent(query.terms, now_ns)
        host, ledger = self._books(intent)
        order, denial = self._verdict(intent, host, ledger)
        instrument = ledger.instrument
        price = order.reserve_price or intent.price or intent.trigger_price or ledger.market.mark
        settle = instrument.settle
        value = instrument.value(price, intent.quantity)
        scale = currency_scale(settle)
        fee = fee_of(value, instrument.taker_fee, instrument.value_scale, scale)
        code, text = denial or ("", "")
        return OrderVerdict(
            allowed=denial is None,
            code=code,
            text=f"{code}: {text}" if denial else "",
            reserve=Amount(format_raw(order.reserved, ledger.balance.scale), settle),
            worst_price=instrument.format_price(price) if price else "",
            notional=Amount(instrument.format_value(value), settle),
            fee=Amount(format_raw(fee, scale), settle),
            verdicts=_verdicts(host, order, ledger, denial, now_ns),
        )

    # --- inside --------------------------------------------------------------------------------

    def _try(self, terms: OrderTerms, now_ns: TimeNs) -> OrderInfo:
        """Return the order that would be, INITIALIZED or DENIED, and nameless."""
        intent = self._intent(terms, now_ns)
        host, ledger = self._books(intent)
        order, denial = self._verdict(intent, host, ledger)
        if denial is not None:
            order.life = DENIED
            order.code, order.text = denial[0], f"{denial[0]}: {denial[1]}"
        shown = order_info(order, ledger, self._desk.owners.broker_name(host), 0)
        return replace(shown, client_order_id="")

    def _verdict(
        self, intent: NewOrder, host: StrategyHost, ledger: Ledger
    ) -> tuple[Order, tuple[str, str] | None]:
        take_charge(host)
        order = new_order(intent)
        authority = OPERATOR if is_close(intent) else STRATEGY
        return order, self._desk.execution.preview(host, order, ledger, authority)

    def _books(self, intent: NewOrder) -> tuple[StrategyHost, Ledger]:
        """Return an owner and its books; where it has none yet, empty ones that nobody keeps."""
        host = host_of(self._desk, intent.strategy_id)
        ledger = host.ledgers.get(intent.instrument_id)
        if ledger is None:
            market = self._desk.market(intent.instrument_id)
            ledger = Ledger(host.strategy_id, market, host.account)
        return host, ledger

    def _intent(self, terms: OrderTerms, now_ns: TimeNs) -> NewOrder:
        """Return the intent that terms ask for; its id is not final.

        Raises:
            ControlError: A value is malformed, or something named is not there.
        """
        instrument = self._instrument(terms.instrument_id)
        strategy_id, account_id = self._owner(terms)
        price_scale, quantity_scale = instrument.price_scale, instrument.quantity_scale
        if len(terms.tag) > TAG_LENGTH_MAX:
            raise invalid("tag", f"expected at most {TAG_LENGTH_MAX} characters")
        quantity = _number("quantity", terms.quantity, quantity_scale)
        if not quantity:
            raise invalid("quantity", "expected a decimal number above 0")
        return NewOrder(
            PREVIEW_ID,
            strategy_id,
            account_id,
            terms.instrument_id,
            terms.side,
            terms.order_type,
            quantity,
            now_ns,
            _number("price", terms.price, price_scale),
            _number("trigger_price", terms.trigger_price, price_scale),
            _number("trailing_offset", terms.trailing_offset, price_scale),
            terms.time_in_force,
            terms.expire_ns,
            terms.post_only,
            terms.reduce_only,
            terms.position_effect,
            _number("display_quantity", terms.display_quantity, quantity_scale),
            tag=terms.tag,
        )

    def _owner(self, terms: OrderTerms) -> tuple[str, str]:
        """Return strategy and account id of an order."""
        desk = self._desk
        accounts = desk.accounts
        if terms.strategy_id:
            host = host_of(desk, terms.strategy_id)
            name = desk.owners.broker_name(host)
            if terms.account not in ("", name):
                raise invalid("account", f"expected {name!r}, where the strategy trades")
            return terms.strategy_id, host.account.id
        if not terms.account and len(accounts) != 1:
            raise invalid("account", f"expected one of {', '.join(accounts) or 'none'}")
        name = terms.account or next(iter(accounts))
        if name not in accounts:
            raise unknown("account", name, f"accounts: {', '.join(accounts)}")
        return f"{MANUAL}{name}", accounts[name].id

    def _instrument(self, instrument_id: str) -> Instrument:
        market = self._desk.markets.by_id.get(instrument_id)
        if market is None:
            remedy = "the desk's configuration and feeds define instruments"
            raise unknown("instrument", instrument_id, remedy)
        return market.instrument

    def _check_version(self, order: Order, expected: int) -> None:
        client_order_id = order.intent.client_order_id
        version = self._sight.version_of(client_order_id)
        if expected and expected != version:
            raise ControlError(
                Reason.VERSION_CONFLICT,
                f"order {client_order_id}: expected version {expected}, was {version}",
                remedy="read the order again and decide anew",
                facts={"version": str(version)},
            )


def _number(field: str, text: str, scale: int) -> int:
    """Return a decimal number at a scale, 0 for none; or refuse."""
    if not text:
        return 0
    try:
        raw = parse_raw(text, scale)
    except ValueError as error:
        raise invalid(field, str(error)) from error
    if raw <= 0:
        raise invalid(field, f"expected a decimal number above 0, was {text[:60]!r}")
    return raw


def _wrong_state(order: Order, verb: str) -> ControlError:
    status = order.reported_status.name
    return ControlError(
        Reason.STATE_WRONG,
        f"order {order.intent.client_order_id} is {status} and cannot be {verb} now",
        facts={"status": status},
    )


def _verdicts(
    host: StrategyHost,
    order: Order,
    ledger: Ledger,
    denial: tuple[str, str] | None,
    now_ns: TimeNs,
) -> tuple[Verdict, ...]:
    """Return what denies an order: the first of desk and gate, then every rule and level."""
    checks = host.gate.checks
    found = checks.explain(order, ledger, order.quantity, now_ns) if checks is not None else ()
    if denial is None or any((each.code, each.text) == denial for each in found):
        return found
    return (_first_verdict(*denial, ledger.instrument), *found)


def _first_verdict(code: str, text: str, instrument: Instrument) -> Verdict:
    """Return a denial of desk or gate as a verdict; two numbers, where it has them, as decimals."""
    facts = [part.partition("=")[::2] for part in text.split()]
    numbers = [int(value) for _, value in facts if value.isdecimal()]
    if len(facts) != 2 or len(numbers) != 2:  # noqa: PLR2004 - what is measured, and its limit
        return Verdict(code, code, text, "")
    name = facts[0][0]
    show: Callable[[int], str] = str
    if "notional" in name:
        show = instrument.format_value
    elif "price" in name:
        show = instrument.format_price
    elif name in {"quantity", "worst"}:
        show = instrument.format_quantity
    return Verdict(name, code, *map(show, numbers))
