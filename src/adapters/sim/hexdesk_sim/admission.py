"""Whether the venue takes an order or an amendment, as things stand when it arrives."""

from hexdesk.domain.values import (
    BUY,
    CONDITIONAL_TYPES,
    LIMIT,
    STOP_LIMIT,
    TradingStatus,
)
from hexdesk_sim.book import Book
from hexdesk_sim.checks import (
    VENUE_OTHER,
    VENUE_POST_ONLY,
    Refusal,
    band_refusal,
    closing_refusal,
    notional_refusal,
    price_refusal,
    quantity_refusal,
    status_refusal,
    terms_refusal,
)
from hexdesk_sim.holdings import Holding
from hexdesk_sim.order import SimOrder
from hexdesk_sim.settings import MatchSettings


def order_refusal(
    book: Book, holding: Holding, order: SimOrder, settings: MatchSettings
) -> Refusal:
    """Return why a new order is refused, None if it is not; looks at the market for the caller."""
    instrument = book.instrument
    intent = order.intent
    status = book.market.status
    if status is not TradingStatus.TRADING:
        refusal = status_refusal(status, reduces=order.reduces)
        if refusal:
            return refusal
    refusal = quantity_refusal(instrument, order.quantity) or terms_refusal(
        instrument, intent, order.ts_event
    )
    if refusal:
        return refusal
    if holding.account.open_count >= settings.open_orders_max:
        return VENUE_OTHER, f"open_orders={settings.open_orders_max} expected=fewer"
    book.look()
    return _market_refusal(book, holding, order, settings)


def amend_refusal(
    book: Book, holding: Holding, order: SimOrder, draft: SimOrder, settings: MatchSettings
) -> Refusal:
    """Return why an open order's new terms, as a draft, are refused; None if they are not."""
    instrument = book.instrument
    refusal = status_refusal(book.market.status, reduces=order.reduces) or quantity_refusal(
        instrument, draft.quantity
    )
    if refusal:
        return refusal
    gone = order.cum_qty + order.dead_qty
    if draft.quantity < gone:
        shown = instrument.format_quantity
        return VENUE_OTHER, f"quantity={shown(draft.quantity)} expected=at_least_{shown(gone)}"
    if draft.price != order.price and order.kind not in (LIMIT, STOP_LIMIT):
        return VENUE_OTHER, f"price={instrument.format_price(draft.price)} expected=none"
    if draft.trigger_price != order.trigger_price:
        if order.kind not in CONDITIONAL_TYPES:
            return VENUE_OTHER, f"order={order.life.name} expected=untriggered"
        refusal = price_refusal(instrument, "trigger_price", draft.trigger_price)
        if refusal:
            return refusal
    book.look()
    return _market_refusal(book, holding, draft, settings) if draft.leaves_qty else None


def _market_refusal(
    book: Book, holding: Holding, order: SimOrder, settings: MatchSettings
) -> Refusal:
    """Check what depends on the market and on the account's state."""
    instrument = book.instrument
    intent = order.intent
    liquidity = book.liquidity
    price = order.price
    touch = liquidity.ask if intent.side is BUY else liquidity.bid
    if price:
        refusal = price_refusal(instrument, "price", price) or band_refusal(
            instrument, intent.side, price, touch, settings.price_band_pct
        )
        if refusal:
            return refusal
        if intent.post_only and liquidity.reaches(intent.side, price):
            shown = instrument.format_price
            return VENUE_POST_ONLY, f"price={shown(price)} touch={shown(touch)} expected=resting"
    if order.reduces:
        holding.roll(book.now_ns())
        return closing_refusal(instrument, holding, order)
    return notional_refusal(instrument, price or order.trigger_price or touch, order.quantity)
