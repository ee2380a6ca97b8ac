"""Turns what a desk holds into what the Control port shows: raw integers to exact decimals."""

from collections.abc import Callable, Iterable

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.market.markets import Market
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Account, Balance
from hexdesk.domain.instruments import Instrument, MarginMode
from hexdesk.domain.money import RATE_SCALE, currency_scale, format_raw, pow10
from hexdesk.domain.order import Order
from hexdesk.domain.positions import HedgedPosition
from hexdesk.domain.reports import Fill
from hexdesk.ports.control_markets import InstrumentInfo, MarketInfo, QuoteInfo, TradeInfo
from hexdesk.ports.control_views import (
    AccountInfo,
    Amount,
    BalanceInfo,
    DoubtInfo,
    FillInfo,
    OrderInfo,
    PositionInfo,
)

AVERAGE_EXTRA_SCALE = 2
"""Decimals of an average price beyond the instrument's own; averages are for display."""
_AVERAGE_FACTOR = pow10(AVERAGE_EXTRA_SCALE)


def order_info(order: Order, ledger: Ledger, account: str, version: int) -> OrderInfo:
    """Return an order as it is now."""
    instrument = ledger.instrument
    intent = order.intent
    prices, quantities = instrument.price_scale, instrument.quantity_scale
    doubt = order.doubt
    return OrderInfo(
        client_order_id=intent.client_order_id,
        strategy_id=intent.strategy_id,
        account=account,
        instrument_id=intent.instrument_id,
        side=intent.side,
        order_type=intent.order_type,
        quantity=format_raw(order.quantity, quantities),
        price=format_raw(order.price, prices) if order.price else "",
        trigger_price=_or_empty(order.trigger_price, instrument.format_price),
        trailing_offset=_or_empty(intent.trailing_offset, instrument.format_price),
        time_in_force=intent.time_in_force,
        expire_ns=intent.expire_ns,
        post_only=intent.post_only,
        reduce_only=intent.reduce_only,
        position_effect=intent.position_effect,
        display_quantity=_or_empty(intent.display_quantity, instrument.format_quantity),
        tag=intent.tag,
        contingency=intent.contingency,
        list_id=intent.list_id,
        parent_id=intent.parent_id,
        venue_order_id=order.venue_order_id,
        status=order.reported_status,
        life=order.life,
        pending_cancels=order.pending_cancels.bit_count(),
        pending_amends=order.pending_amends.bit_count(),
        doubt=None if doubt is None else DoubtInfo(doubt.operation, doubt.since_ns, doubt.attempts),
        cum_qty=format_raw(order.cum_qty, quantities),
        leaves_qty=format_raw(order.leaves_qty, quantities),
        canceled_qty=format_raw(order.canceled_qty, quantities),
        avg_px=average_text(order.cum_value, order.cum_qty, prices) if order.cum_qty else "",
        code=order.code,
        text=order.text,
        fill_count=len(order.fills or ()) - len(order.busts or ()),
        create_ns=intent.ts_init,
        reserved=Amount(format_raw(order.reserved, ledger.balance.scale), instrument.settle),
        version=version,
    )


def fill_info(fill: Fill, order: Order, instrument: Instrument, account: str) -> FillInfo:
    """Return a fill, with whose it is."""
    currency = fill.fee_currency
    paid = Amount(format_raw(fill.fee, currency_scale(currency)), currency) if currency else None
    intent = order.intent
    return FillInfo(
        client_order_id=intent.client_order_id,
        strategy_id=intent.strategy_id,
        account=account,
        instrument_id=fill.instrument_id,
        side=fill.side,
        last_qty=format_raw(fill.quantity, instrument.quantity_scale),
        last_px=format_raw(fill.price, instrument.price_scale),
        liquidity=fill.liquidity,
        commission=paid,
        trade_id=fill.trade_id,
        event_ns=fill.ts_event,
        receive_ns=fill.ts_init,
        busted=order.busts is not None and fill.trade_id in order.busts,
    )


def position_info(ledger: Ledger, account: str) -> PositionInfo:
    """Return a strategy's position at the market's mark."""
    instrument, position = ledger.instrument, ledger.position
    quantity, settle = instrument.format_quantity, instrument.settle
    mark = ledger.market.mark
    legs = (position.long, position.short) if isinstance(position, HedgedPosition) else (position,)
    long = sum(max(leg.quantity, 0) for leg in legs)
    short = sum(max(-leg.quantity, 0) for leg in legs)
    value = instrument.format_value
    return PositionInfo(
        strategy_id=ledger.strategy_id,
        account=account,
        instrument_id=instrument.id,
        quantity=quantity(position.quantity),
        long_quantity=quantity(long),
        short_quantity=quantity(short),
        avg_px=_display(position.avg_px, instrument) if long or short else "",
        mark_price=instrument.format_price(mark) if mark else "",
        notional=Amount(value(instrument.value(mark, long + short)), settle),
        realised=Amount(value(position.realised), settle),
        unrealised=Amount(value(ledger.unrealised()), settle),
        fees=Amount(format_raw(ledger.fees, currency_scale(settle)), settle),
        funding=Amount(format_raw(ledger.funding, currency_scale(settle)), settle),
        open_buy_quantity=quantity(ledger.open_buy),
        open_sell_quantity=quantity(ledger.open_sell),
        is_flat=not (long or short),
    )


def account_info(name: str, account: Account, hosts: Iterable[StrategyHost]) -> AccountInfo:
    """Return an account with what its open positions are worth."""
    ledgers = [
        ledger for host in hosts if host.account is account for ledger in host.ledgers.values()
    ]
    balances = sorted(account.balances.items())
    return AccountInfo(
        name=name,
        account_id=account.id,
        position_mode=account.position_mode,
        balances=tuple(_balance_info(balance, ledgers) for _, balance in balances),
    )


def _balance_info(balance: Balance, ledgers: Iterable[Ledger]) -> BalanceInfo:
    scale = balance.scale

    def text(raw: int) -> str:
        return format_raw(raw, scale)

    return BalanceInfo(
        currency=balance.currency,
        total=text(balance.total),
        reserved=text(balance.reserved),
        used=text(balance.used),
        available=text(balance.available),
        equity=text(equity_of(balance, ledgers)),
    )


def equity_of(balance: Balance, ledgers: Iterable[Ledger]) -> int:
    """Return cash and what open positions are worth, at the balance's scale."""
    equity = balance.total
    for ledger in ledgers:
        instrument = ledger.instrument
        if instrument.settle == balance.currency:
            margined = instrument.is_margined
            position = ledger.position
            worth = ledger.unrealised() if margined else position.held_value(ledger.market.mark)
            equity += worth * pow10(balance.scale - instrument.value_scale)
    return equity


def sums_of(ledgers: Iterable[Ledger]) -> dict[str, tuple[Amount, Amount, Amount, Amount]]:
    """Return realised and open results, fees and funding by settlement currency, exact."""
    rows = list(ledgers)
    sums: dict[str, tuple[Amount, Amount, Amount, Amount]] = {}
    for settle in dict.fromkeys(ledger.instrument.settle for ledger in rows):
        own = [ledger for ledger in rows if ledger.instrument.settle == settle]
        scale = max(ledger.instrument.value_scale for ledger in own)
        realised, unrealised = (
            format_raw(sum(_at(scale, ledger, value) for ledger, value in values), scale)
            for values in (
                [(ledger, ledger.position.realised) for ledger in own],
                [(ledger, ledger.unrealised()) for ledger in own],
            )
        )
        money_scale = currency_scale(settle)
        fees = format_raw(sum(ledger.fees for ledger in own), money_scale)
        funding = format_raw(sum(ledger.funding for ledger in own), money_scale)
        sums[settle] = (
            Amount(realised, settle),
            Amount(unrealised, settle),
            Amount(fees, settle),
            Amount(funding, settle),
        )
    return sums


def market_info(market: Market) -> MarketInfo:
    """Return a market's latest state."""
    instrument, quote, trade = market.instrument, market.quote, market.trade
    price, size = instrument.format_price, instrument.format_quantity
    return MarketInfo(
        instrument_id=instrument.id,
        status=market.status,
        quote=None
        if quote is None
        else QuoteInfo(
            bid_price=_or_empty(quote.bid_price, price),
            bid_size=size(quote.bid_size),
            ask_price=_or_empty(quote.ask_price, price),
            ask_size=size(quote.ask_size),
            event_ns=quote.ts_event,
            receive_ns=quote.ts_init,
        ),
        trade=None
        if trade is None
        else TradeInfo(
            price=price(trade.price),
            size=size(trade.size),
            aggressor=trade.aggressor,
            trade_id=trade.trade_id,
            event_ns=trade.ts_event,
            receive_ns=trade.ts_init,
        ),
        mark_price=_or_empty(market.mark, price),
    )


def instrument_info(instrument: Instrument) -> InstrumentInfo:
    """Return an instrument in decimals."""
    price, quantity = instrument.format_price, instrument.format_quantity
    value = instrument.format_value
    return InstrumentInfo(
        instrument_id=instrument.id,
        kind=instrument.kind.value,
        base=instrument.base,
        quote_currency=instrument.quote,
        settle_currency=instrument.settle,
        ticks=tuple((price(band.floor), price(band.tick)) for band in instrument.ticks),
        lot=quantity(instrument.lot),
        multiplier=format_raw(instrument.multiplier, instrument.multiplier_scale),
        inverse=instrument.inverse,
        min_quantity=quantity(instrument.min_quantity),
        max_quantity=_or_empty(instrument.max_quantity, quantity),
        min_notional=_or_empty(instrument.min_notional, value),
        max_notional=_or_empty(instrument.max_notional, value),
        lower_limit=_or_empty(instrument.lower_limit, price),
        upper_limit=_or_empty(instrument.upper_limit, price),
        maker_fee=format_raw(instrument.maker_fee, RATE_SCALE),
        taker_fee=format_raw(instrument.taker_fee, RATE_SCALE),
        margin=format_raw(instrument.margin, RATE_SCALE),
        closes_by_day=instrument.closes_by_day,
        maintenance_margin=format_raw(instrument.maintenance_margin, RATE_SCALE),
        is_isolated=instrument.margin_mode is MarginMode.ISOLATED,
    )


def _at(scale: int, ledger: Ledger, value: int) -> int:
    return value * pow10(scale - ledger.instrument.value_scale)


def _or_empty(raw: int, text: Callable[[int], str]) -> str:
    return text(raw) if raw else ""


def average_text(value: int, quantity: int, scale: int) -> str:
    """Return the quotient of two raw numbers as a price, rounded for display: half to even."""
    sign = -1 if (value < 0) is not (quantity < 0) else 1
    divisor = abs(quantity)
    scaled, rest = divmod(abs(value) * _AVERAGE_FACTOR, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and scaled & 1):
        scaled += 1
    return format_raw(sign * scaled, scale + AVERAGE_EXTRA_SCALE)


def _display(raw_price: float, instrument: Instrument) -> str:
    return average_text(*raw_price.as_integer_ratio(), instrument.price_scale)
