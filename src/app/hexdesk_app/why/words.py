"""Records in words, with the numbers of their instrument."""

from collections.abc import Callable
from typing import Any

from hexdesk.application.orders.resolving import BY_OPERATOR
from hexdesk.domain.cash import CashMoved
from hexdesk.domain.commands import (
    AdoptOrder,
    CancelAll,
    Flatten,
    NoteIncident,
    OperatorAmend,
    OperatorCancel,
    OperatorSubmit,
    ResendOrder,
    ResolveOrder,
)
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Bar, BookUpdate, FundingRate, InstrumentStatus, Quote, Trade
from hexdesk.domain.money import RATE_SCALE, currency_scale, format_raw
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.records import VerbOwed
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    FillBusted,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderHeld,
    OrderRejected,
    OrderTriggered,
    OrderUpdated,
    OutcomeUnknown,
)
from hexdesk.domain.values import Authority, PriceRaw, QtyRaw
from hexdesk.ports.journal import JournalRecord
from hexdesk_app.display.numbers import grouped, moment
from hexdesk_app.reading.journals import kind_of

ASKED_BY = {
    Authority.UNKNOWN: "",
    Authority.STRATEGY: "the strategy",
    Authority.PROTECTION: "the desk, to protect a position",
    Authority.OPERATOR: "a person or the desk's care for the account",
}


class Words:
    """Says records in words.

    Attributes:
        instrument: Whose scales numbers have.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument

    def of(self, record: JournalRecord) -> str:
        """Return what a record says."""
        say = _WORDS.get(type(record))
        return kind_of(record) if say is None else say(self, record)

    def price(self, raw: PriceRaw) -> str:
        """Return a price."""
        return grouped(self.instrument.format_price(raw))

    def quantity(self, raw: QtyRaw) -> str:
        """Return a quantity."""
        return grouped(self.instrument.format_quantity(raw))

    def terms(self, order: NewOrder) -> str:
        """Return what is asked of a venue."""
        parts = [order.side.name, self.quantity(order.quantity), order.order_type.name]
        if order.price:
            parts += ["at", self.price(order.price)]
        if order.trigger_price:
            parts += ["trigger", self.price(order.trigger_price)]
        if order.trailing_offset:
            parts += ["trailing by", self.price(order.trailing_offset)]
        parts.append(order.time_in_force.name)
        if order.expire_ns:
            parts += ["until", moment(order.expire_ns)]
        if order.position_effect:
            parts.append(order.position_effect.name)
        parts += ["post only"] if order.post_only else []
        parts += ["reduce only"] if order.reduces_only else []
        return " ".join(parts)

    def changes(self, record: AmendOrder | OrderUpdated | OperatorAmend) -> str:
        """Return the terms that an amendment names."""
        parts = [f"quantity {self.quantity(record.quantity)}"] if record.quantity else []
        parts += [f"price {self.price(record.price)}"] if record.price else []
        parts += [f"trigger {self.price(record.trigger_price)}"] if record.trigger_price else []
        return ", ".join(parts)


def _quote(words: Words, quote: Quote) -> str:
    if quote.instrument_id != words.instrument.id:
        return f"a quote of {quote.instrument_id}"
    bid = f"{words.price(quote.bid_price)} x {words.quantity(quote.bid_size)}"
    ask = f"{words.price(quote.ask_price)} x {words.quantity(quote.ask_size)}"
    return f"a quote of {quote.instrument_id}: {bid if quote.bid_price else 'no bid'} / " + (
        ask if quote.ask_price else "no ask"
    )


def _trade(words: Words, trade: Trade) -> str:
    if trade.instrument_id != words.instrument.id:
        return f"a trade of {trade.instrument_id}"
    what = f"{words.quantity(trade.size)} at {words.price(trade.price)}"
    return f"a trade of {trade.instrument_id}: {what}"


def _bar(words: Words, bar: Bar) -> str:
    if bar.instrument_id != words.instrument.id:
        return f"a bar of {bar.instrument_id}"
    prices = (bar.open, bar.high, bar.low, bar.close)
    named = zip(("open", "high", "low", "close"), prices, strict=True)
    text = ", ".join(f"{name} {words.price(price)}" for name, price in named)
    return f"a bar of {bar.step_s} s of {bar.instrument_id}: {text}"


def _fill(words: Words, fill: Fill) -> str:
    fee = format_raw(fill.fee, currency_scale(fill.fee_currency)) if fill.fee_currency else "?"
    money = f"{grouped(fee)} {fill.fee_currency}".strip()
    what = f"{words.quantity(fill.quantity)} at {words.price(fill.price)}"
    kind = f", {fill.liquidity.name.lower()}" if fill.liquidity else ""
    return f"fill {fill.trade_id}: {what}{kind}, fee {money}"


def _moved(_words: Words, moved: CashMoved) -> str:
    amount = grouped(format_raw(moved.amount, currency_scale(moved.currency)))
    what = f" for {moved.instrument_id}" if moved.instrument_id else ""
    return f"{moved.cash_kind.value} {moved.cash_id}{what}: {amount} {moved.currency}"


def _asked(record: AmendOrder | CancelOrder) -> str:
    who = ASKED_BY[record.authority]
    return f", asked for by {who}" if who else ""


def _coded(what: str, by_a_person: str = "") -> Callable[[Words, Any], str]:
    """Return what says a report with its code; a person's word is called one, not evidence."""

    def say(_words: Words, record: Any) -> str:  # noqa: ANN401 - whatever has a code
        code, text = record.code, getattr(record, "text", "")
        is_persons = code == BY_OPERATOR
        said = f"{by_a_person or what}, by a person's word" if is_persons else what
        return ": ".join(filter(None, (said, "" if is_persons else code, text)))

    return say


def _incident(_words: Words, it: NoteIncident) -> str:
    name = f"{it.broker} incident {it.incident}"
    if not it.resolved_ns:
        return f"{it.mismatch}, {name}: {it.evidence}"
    how = f" by {it.policy}" if it.policy else ""
    return f"{it.by} resolved {name}{how}: {it.why}"


def _said(what: str) -> Callable[[Words, Any], str]:
    """Return what says a command with its reason."""

    def say(_words: Words, record: Any) -> str:  # noqa: ANN401 - whatever has a reason
        return f"{what}: {record.reason}" if record.reason else what

    return say


_WORDS: dict[type, Callable[[Words, Any], str]] = {
    Quote: _quote,
    Trade: _trade,
    Bar: _bar,
    BookUpdate: lambda _words, book: f"a change of the book of {book.instrument_id}",
    InstrumentStatus: lambda _w, new: f"status of {new.instrument_id}: {new.status.name}",
    FundingRate: lambda _w, it: f"funding of {it.instrument_id}: {format_raw(it.rate, RATE_SCALE)}",
    TimerFired: lambda _words, timer: f"timer {timer.name!r} of {timer.strategy_id}",
    StrategyFaulted: lambda _words, it: f"{it.strategy_id} was quarantined: {it.reason}",
    NewOrder: lambda words, order: words.terms(order),
    AmendOrder: lambda words, it: (
        f"amendment {it.request_id} to {words.changes(it) or 'the same'}{_asked(it)}"
    ),
    CancelOrder: lambda _words, it: f"cancel {it.request_id}{_asked(it)}",
    OrderHeld: lambda _words, _held: "held by the desk until its entry is filled",
    OrderDenied: lambda _words, denied: f"denied, nothing left: {denied.text}",
    OrderAccepted: lambda _w, it: (
        f"accepted as {it.venue_order_id}" if it.venue_order_id else "accepted"
    ),
    OrderTriggered: lambda _words, _it: "triggered",
    OrderRejected: _coded("rejected"),
    OrderCanceled: _coded("canceled"),
    OrderExpired: lambda _words, _it: "expired",
    OrderUpdated: lambda words, it: f"amendment {it.request_id} holds: {words.changes(it)}",
    CancelRejected: _coded("cancel refused"),
    AmendRejected: _coded("amendment refused"),
    Fill: _fill,
    FillBusted: lambda _words, bust: f"trade {bust.trade_id} is broken",
    CashMoved: _moved,
    OutcomeUnknown: lambda _w, it: f"outcome of {it.operation.name} unknown: {it.text}",
    OrderAbandoned: _coded(
        "evidence says that the venue does not have it", "the venue does not have it"
    ),
    NoteIncident: _incident,
    AdoptOrder: lambda words, it: f"adopted, {it.reason}: {words.terms(it.intent)}",
    OperatorSubmit: _said("a person submits an order"),
    OperatorAmend: _said("an amendment is asked for"),
    OperatorCancel: _said("a cancel is asked for"),
    ResolveOrder: lambda _w, it: f"{it.by} says it is {it.resolution.value}: {it.reason}",
    ResendOrder: lambda _w, it: f"sent again under its id, retry {it.attempt}: {it.reason}",
    CancelAll: _said("all orders are to be canceled"),
    Flatten: _said("positions are to be closed"),
    VerbOwed: lambda _w, it: (
        f"{it.verb} of {it.strategy_id} is queued: {it.why}"
        if it.verb
        else f"what was queued for {it.strategy_id} is no more: {it.why}"
    ),
}
