"""What a broker that forgot everything is told at a restart: the account, as its venue knew it.

A venue nets what our strategies hold apart, so its position costs something else than theirs, and
some of what is realised in our books is still open in its own. Both move money between realised
and open results, never in sum (law L4): cash is counted to fit.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from hexdesk.application.desk import Desk
from hexdesk.domain.accounts import Account, Balance
from hexdesk.domain.instruments import Instrument, InstrumentKind
from hexdesk.domain.money import pow10
from hexdesk.domain.order import IS_ACCEPTED, IS_TRIGGERED, UNREPORTED, Order
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.values import HEDGING
from hexdesk.ports.broker import ForgetfulBroker


def hand_over(desk: Desk, broker: str, to: ForgetfulBroker) -> None:
    """Tell a broker what the desk's books say of its account."""
    account = desk.accounts[broker]
    positions = _positions(desk, account)
    balances = _balances(desk, account, positions)
    to.take_up(_orders(desk, account), positions, balances, tuple(account.cash_ids))


def _orders(desk: Desk, account: Account) -> list[Order]:
    """Return the orders that the venue answered, closed ones first."""
    execution, hosts = desk.execution, desk.hosts
    return [
        order
        for order in (*execution.closed.values(), *execution.open.values())
        if hosts[order.intent.strategy_id].account is account and _was_answered(order)
    ]


def _was_answered(order: Order) -> bool:
    """Whether the venue provably had an order."""
    facts = order.facts & (IS_ACCEPTED | IS_TRIGGERED)
    return bool(facts or order.fills) or order.rejected_ns != UNREPORTED


def _positions(desk: Desk, account: Account) -> dict[str, Position | HedgedPosition]:
    """Return what the account holds or held, by instrument."""
    held: dict[str, list[Position | HedgedPosition]] = defaultdict(list)
    for host in desk.hosts.values():
        if host.account is account:
            for instrument_id, ledger in host.ledgers.items():
                held[instrument_id].append(ledger.position)
    found: dict[str, Position | HedgedPosition] = {}
    for instrument_id, parts in held.items():
        instrument = desk.markets.by_id[instrument_id].instrument
        if account.position_mode is HEDGING:
            hedge = found[instrument_id] = HedgedPosition(instrument)
            legs = [part for part in parts if isinstance(part, HedgedPosition)]
            _net(instrument, [leg.long for leg in legs], hedge.long)
            _net(instrument, [leg.short for leg in legs], hedge.short)
        else:
            net = found[instrument_id] = Position(instrument)
            _net(instrument, [part for part in parts if isinstance(part, Position)], net)
    return found


def _net(instrument: Instrument, parts: Sequence[Position], net: Position) -> None:
    """Let a position be several taken together; the larger side's average cost stands."""
    net.quantity = quantity = sum(part.quantity for part in parts)
    net.cash_flow = sum(part.cash_flow for part in parts)
    side = [part for part in parts if part.quantity * quantity > 0]
    held = sum(abs(part.quantity) for part in side)
    if held:
        net.cost = sum(part.cost for part in side) * abs(quantity) // held
        net.today = min(sum(part.today for part in side), abs(quantity))
    direction = -1 if instrument.inverse else 1
    open_cost = net.cost if quantity > 0 else -net.cost
    net.realised = net.cash_flow + open_cost * direction  # law L11


def _balances(
    desk: Desk, account: Account, positions: dict[str, Position | HedgedPosition]
) -> list[Balance]:
    """Return cash: a purchase of spot is money spent and base asset got."""
    cash = {
        currency: Balance(currency, balance.scale, balance.total)
        for currency, balance in account.balances.items()
    }
    for instrument_id, net in positions.items():
        instrument = desk.markets.by_id[instrument_id].instrument
        if instrument.is_margined:
            settle = cash[instrument.settle]
            realised = sum(part.realised for part in _parts(desk, account, instrument_id))
            settle.total += (net.realised - realised) * pow10(settle.scale - instrument.value_scale)
        elif instrument.kind is InstrumentKind.SPOT and instrument.base:
            base = cash.get(instrument.base)
            scale = instrument.quantity_scale + instrument.multiplier_scale
            if base is None or base.scale < scale:
                base = cash[instrument.base] = _finer(instrument.base, base, scale)
            base.total += net.quantity * instrument.multiplier * pow10(base.scale - scale)
    return list(cash.values())


def _parts(desk: Desk, account: Account, instrument_id: str) -> Iterable[Position | HedgedPosition]:
    return (
        host.ledgers[instrument_id].position
        for host in desk.hosts.values()
        if host.account is account and instrument_id in host.ledgers
    )


def _finer(currency: str, balance: Balance | None, scale: int) -> Balance:
    if balance is None:
        return Balance(currency, scale)
    return Balance(currency, scale, balance.total * pow10(scale - balance.scale))
