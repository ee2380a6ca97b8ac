"""Accounts at the venue: cash, and what each account holds of each instrument.

Spot is an exchange of two currencies: a buyer pays the quote currency and receives the base
currency, a seller the other way round. Both are balances, exact; the position is only what was
bought less what was sold.
"""

from collections import deque
from collections.abc import Collection

from hexdesk.domain.accounts import Account, Balance
from hexdesk.domain.instruments import Instrument, InstrumentKind
from hexdesk.domain.money import RATE_SCALE, ceil_div, currency_scale, pow10
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import (
    BUY,
    CLOSING_EFFECTS,
    HEDGING,
    MAKER,
    Liquidity,
    MoneyRaw,
    PositionEffect,
    PositionMode,
    PriceRaw,
    QtyRaw,
    Side,
    TimeNs,
    ValueRaw,
)
from hexdesk.ports.broker import ReportSink
from hexdesk_sim.order import SimOrder

NS_PER_DAY = 86_400 * 1_000_000_000


class VenueAccount:
    """One account: its orders, executions, cash and holdings.

    Attributes:
        id: FIX 1.
        deliver: Takes its reports.
        orders: By client order id, oldest first; of closed ones the latest, up to a limit.
        open_count: Orders that are not closed.
        fills: Executions that were not busted, oldest first, up to a limit.
        cash: Balances by currency.
        holdings: By instrument id.
    """

    __slots__ = (
        "_closed",
        "_history_max",
        "cash",
        "deliver",
        "fills",
        "holdings",
        "id",
        "open_count",
        "orders",
    )

    def __init__(
        self,
        account_id: str,
        deliver: ReportSink,
        instruments: Collection[Instrument],
        *,
        mode: PositionMode,
        history_max: int,
    ) -> None:
        self.id = account_id
        self.deliver = deliver
        self.orders: dict[str, SimOrder] = {}
        self.open_count = 0
        self.fills: deque[Fill] = deque(maxlen=history_max)
        self.cash = Account(account_id, instruments, position_mode=mode)
        self._open_base_balances(instruments)
        self.holdings: dict[str, Holding] = {}
        self._closed: deque[str] = deque()
        self._history_max = history_max

    def _open_base_balances(self, instruments: Collection[Instrument]) -> None:
        """Keep base currencies finely enough for every quantity that can be traded."""
        balances = self.cash.balances
        for instrument in instruments:
            base = instrument.base
            if instrument.kind is not InstrumentKind.SPOT or not base:
                continue
            known = balances[base].scale if base in balances else currency_scale(base)
            scale = max(known, instrument.quantity_scale + instrument.multiplier_scale)
            balances[base] = Balance(base, scale)

    def retire(self, client_order_id: str) -> None:
        """Take note that an order is closed, and forget the one that has been closed longest.

        A bust may have made that one live again; then it stays, and is retired anew when it ends.
        """
        closed = self._closed
        closed.append(client_order_id)
        if len(closed) > self._history_max:
            oldest = closed.popleft()
            order = self.orders.get(oldest)
            if order is not None and order.is_closed:
                del self.orders[oldest]


class Holding:
    """What an account holds of one instrument.

    Attributes:
        account: Whose it is.
        balance: Cash of the settlement currency.
        base: Cash of the base currency of a spot instrument, None of others. One without a name
            is kept here alone.
        position: Netted, or long and short apart.
        frozen: Orders that may only shrink it, by sequence.
        roll_ns: End of the trading day that the position was last seen in.
    """

    __slots__ = (
        "_base_factor",
        "_cash_factor",
        "_fee_divisor",
        "_fee_factor",
        "_instrument",
        "_is_margined",
        "_maker_rate",
        "_rolls_at_ns",
        "_taker_rate",
        "_unit",
        "account",
        "balance",
        "base",
        "frozen",
        "position",
        "roll_ns",
    )

    def __init__(
        self, account: VenueAccount, instrument: Instrument, balance: Balance, day_end_ns: TimeNs
    ) -> None:
        hedging = account.cash.position_mode is HEDGING
        self.account = account
        self.balance = balance
        self.position = HedgedPosition(instrument) if hedging else Position(instrument)
        self.frozen: dict[int, SimOrder] = {}
        self.roll_ns: TimeNs = 0
        self._instrument = instrument
        self._is_margined = instrument.is_margined
        self.base: Balance | None = None
        self._base_factor = 0
        if instrument.kind is InstrumentKind.SPOT:
            scale = instrument.quantity_scale + instrument.multiplier_scale
            base = account.cash.balances.get(instrument.base) if instrument.base else None
            self.base = base or Balance("", scale)
            self._base_factor = instrument.multiplier * pow10(self.base.scale - scale)
        self._unit = 0 if instrument.inverse else instrument.multiplier
        self._maker_rate = instrument.maker_fee
        self._taker_rate = instrument.taker_fee
        money_scale = currency_scale(instrument.settle)
        self._cash_factor = pow10(balance.scale - instrument.value_scale)
        self._fee_factor = pow10(balance.scale - money_scale)
        self._fee_divisor = pow10(max(instrument.value_scale + RATE_SCALE - money_scale, 0))
        self._rolls_at_ns = day_end_ns

    def book(
        self,
        side: Side,
        quantity: QtyRaw,
        price: PriceRaw,
        effect: PositionEffect,
        liquidity: Liquidity,
    ) -> MoneyRaw:
        """Book an execution in position and cash, and return its fee.

        The fee is that of `fee_of`, whose powers of ten are kept here: tests compare them.
        """
        unit = self._unit
        gain = self.position.book(side, quantity, price, effect)
        value = price * quantity * unit if unit else self._instrument.value(price, quantity)
        if not self._is_margined:
            gain = -value if side is BUY else value
            if self.base is not None:
                self.base.total += quantity * side * self._base_factor
        rate = self._maker_rate if liquidity is MAKER else self._taker_rate
        fee = -(-value * rate // self._fee_divisor)
        self.balance.total += gain * self._cash_factor - fee * self._fee_factor
        return fee

    def unbook(self, fill: Fill, effect: PositionEffect) -> None:
        """Take a broken execution back, its fee too."""
        position = self.position
        if isinstance(position, HedgedPosition):
            gain = position.unbook(fill.side, fill.quantity, fill.price, effect)
        else:
            gain = position.unbook(fill.side, fill.quantity, fill.price)
        instrument = self._instrument
        if not self._is_margined:
            value = instrument.value(fill.price, fill.quantity)
            gain = value if fill.side is BUY else -value
            if self.base is not None:
                self.base.total -= fill.quantity * fill.side * self._base_factor
        self.balance.total += gain * self._cash_factor + fill.fee * self._fee_factor

    def closable(self, side: Side, effect: PositionEffect) -> QtyRaw:
        """Return how much an order of this side and effect can close at the most."""
        position = self.position
        if isinstance(position, HedgedPosition):
            if effect not in CLOSING_EFFECTS:
                return 0
            position = position.leg(side, effect)
        elif position.quantity >= 0 if side is BUY else position.quantity <= 0:
            return 0
        return position.closable(effect)

    def unfrozen(self, order: SimOrder) -> QtyRaw:
        """Return what an order with a closing effect may close beside others that wait to."""
        effect = order.effect
        side = order.intent.side
        others = sum(
            other.leaves_qty
            for other in self.frozen.values()
            if other.sequence != order.sequence
            and other.intent.side is side
            and other.effect in CLOSING_EFFECTS
            and (other.effect is effect or PositionEffect.CLOSE in (other.effect, effect))
        )
        return self.closable(side, effect) - others

    def roll(self, now_ns: TimeNs) -> None:
        """Make today's quantities yesterday's when a trading day has ended since the last call."""
        if now_ns < self.roll_ns:
            return
        if self.roll_ns:
            self.position.roll_trading_day()
        self.roll_ns = next_day_end(now_ns, self._rolls_at_ns)

    def open_result(self, mark: PriceRaw) -> tuple[MoneyRaw, MoneyRaw]:
        """Return open result and margin of a margined holding, at the cash scale; else zeros."""
        if not self._is_margined or not mark:
            return 0, 0
        unrealised = self.position.unrealised(mark) * self._cash_factor
        return unrealised, self.margin(mark, abs(self.position.quantity), fee_rate=0)

    def base_of(self, quantity: QtyRaw) -> MoneyRaw:
        """Return what a quantity of a spot instrument is in the base currency, at its scale."""
        return quantity * self._base_factor

    def margin(self, price: PriceRaw, quantity: QtyRaw, *, fee_rate: int) -> MoneyRaw:
        """Return what opening a quantity at a price ties up, with its fee, at the cash scale."""
        value: ValueRaw = self._instrument.value(price, quantity) * self._cash_factor
        rate = self._instrument.margin if self._is_margined else pow10(RATE_SCALE)
        return ceil_div(value * (rate + max(fee_rate, 0)), pow10(RATE_SCALE))


def next_day_end(now_ns: TimeNs, day_end_ns: TimeNs) -> TimeNs:
    """Return the first end of a trading day after a time; `day_end_ns` counts from midnight."""
    return now_ns - (now_ns - day_end_ns) % NS_PER_DAY + NS_PER_DAY


def day_end_of(text: str) -> TimeNs:
    """Return the nanoseconds after midnight that `HH:MM` means."""
    hours, _, minutes = text.partition(":")
    return (int(hours) * 60 + int(minutes)) * 60 * 1_000_000_000
