"""Money and exposure of accounts and strategies, kept up to date a market at a time.

A stake is what one strategy has in one instrument; stakes add up to purses. A purse's sums may be a
little old: those who deny by them refresh them first (`LiveCase`). All money is at the scale of the
account's balance.
"""

from collections.abc import Callable, Iterable

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.risk.numbers import NO_LIMIT
from hexdesk.application.risk.valuation import Rate, Rates, converted
from hexdesk.domain.accounts import Balance
from hexdesk.domain.money import SCALE_MAX, Money, currency_scale, pow10
from hexdesk.domain.positions import HedgedPosition
from hexdesk.domain.risk import DESK_SCOPE
from hexdesk.domain.values import BUY, OPEN, SELL, MoneyRaw, PriceRaw, QtyRaw, TimeNs
from hexdesk.ports.risk import NONE

NEVER = -1


class Purse:
    """An account, or a strategy at it, in one currency.

    Attributes:
        scope: As in levels: `account:NAME` or `strategy:NAME`.
        balance: The account's.
        is_account: Whether it is the account's own.
        capital: What a strategy was given.
        has_capital: Whether it was given any; else it shares what is left of the account.
        parts: Of an account: its strategies.
        is_gone: Of a strategy: whether it was taken away, and its books alone are there.
        stakes: What adds up to it.
        worth: What open positions add to cash, at the latest marks.
        result: Of its stakes, realised and not, less fees.
        gross: Values of positions with all that works, long and short added.
        count: Stakes that hold or work anything.
        blind: Stakes that hold something nobody has told a price of.
        day_end_ns: When its trading day ends.
        day_base: Result at which that day began.
        peak: Best result.
        noted_peak: The one that was written down.
        noted_ns: When.
        whole: All accounts of the desk in its currency; of accounts only.
        accepted: Result of a strategy that a person accepted: its loss counts from there.
        calm_above: Result above which no rule has anything to say.
        calm_paid_in: What was paid in when that was worked out.
    """

    __slots__ = (
        "accepted", "balance", "blind", "calm_above", "calm_paid_in", "capital", "count",
        "day_base", "day_end_ns", "gross", "has_capital", "is_account", "is_gone", "noted_ns",
        "noted_peak", "parts", "peak", "result", "scope", "stakes", "whole", "worth",
    )  # fmt: skip

    def __init__(self, scope: str, balance: Balance, *, is_account: bool) -> None:
        self.scope = scope
        self.balance = balance
        self.is_account = is_account
        self.capital: MoneyRaw = 0
        self.has_capital = False
        self.is_gone: Callable[[], bool] = bool
        self.parts: list[Purse] = []
        self.stakes: list[Stake] = []
        self.worth: MoneyRaw = 0
        self.result: MoneyRaw = 0
        self.gross: MoneyRaw = 0
        self.count = 0
        self.blind: set[Stake] = set()
        self.day_end_ns: TimeNs = NEVER
        self.day_base: MoneyRaw = 0
        self.peak: MoneyRaw = 0
        self.noted_peak: MoneyRaw = 0
        self.noted_ns: TimeNs = 0
        self.whole: Whole | None = None
        self.accepted: MoneyRaw = 0
        self.calm_above: MoneyRaw = NO_LIMIT
        self.calm_paid_in: MoneyRaw = 0

    @property
    def equity(self) -> MoneyRaw:
        """Cash and open positions of the account; a strategy's capital and result."""
        if self.is_account:
            return self.balance.total + self.worth
        return self.capital + self.result

    def give(self, capital: Money | None) -> None:
        """Let a strategy have capital from now on, or none; of another currency none is there."""
        currency = self.balance.currency
        self.has_capital = capital is not None and capital.currency == currency
        amount = capital.amount if capital is not None and self.has_capital else 0
        self.capital = amount * pow10(self.balance.scale - currency_scale(currency))

    @property
    def up(self) -> MoneyRaw:
        """Sum of positions with all that buys, signed; worked out when it is asked for."""
        return sum(stake.up for stake in self.stakes)

    @property
    def down(self) -> MoneyRaw:
        """The same with all that sells, positive for short."""
        return sum(stake.down for stake in self.stakes)

    @property
    def paid_in(self) -> MoneyRaw:
        """What of it is no result: deposits, or capital."""
        return self.balance.deposited if self.is_account else self.capital

    @property
    def available(self) -> MoneyRaw:
        """What a strategy's capital still lets it bind; open losses count, open gains do not."""
        return max(self.capital + _unbound(self.stakes), 0)

    @property
    def left(self) -> MoneyRaw:
        """What an account's strategies without capital may still bind together.

        `NONE` where nobody has capital. Who was taken away keeps no more than its books need, and
        who has lost more than its capital lost what others share.
        """
        owned = [part for part in self.parts if part.has_capital]
        if not owned:
            return NONE
        given = sum(
            max(-_unbound(part.stakes), 0 if part.is_gone() else part.capital) for part in owned
        )
        shared = [each for part in self.parts if not part.has_capital for each in part.stakes]
        return max(self.balance.deposited - given + _unbound(shared), 0)

    def refresh(self) -> None:
        """Bring every stake up to date."""
        for stake in self.stakes:
            stake.refresh()


def _unbound(stakes: Iterable["Stake"]) -> MoneyRaw:
    """Return what stakes leave of a capital of nothing: mostly negative."""
    total = open_result = 0
    for stake in stakes:
        ledger = stake.ledger
        total += ledger.booked - ledger.reserved - ledger.bound
        open_result += stake.unrealised
    return total + min(open_result, 0)


class Whole(Purse):
    """All accounts of a desk in one currency, at `SCALE_MAX`.

    Attributes:
        members: Purses of the accounts, in each currency that they have.
        rates: What makes one sum of them.
        unvalued: Why there is none; empty where there is. Brought up to date by `gather`.
    """

    __slots__ = ("_known", "_now_ns", "members", "rates", "unvalued")

    def __init__(self, rates: Rates, now_ns: Callable[[], TimeNs]) -> None:
        super().__init__(DESK_SCOPE, Balance(rates.currency, SCALE_MAX), is_account=True)
        self.members: list[Purse] = []
        self.rates = rates
        self.unvalued = ""
        self._known: dict[str, Rate] = {}
        self._now_ns = now_ns

    def join(self, account: Purse) -> None:
        """Count an account from now on."""
        account.whole = self
        self.members.append(account)
        self.gather()

    def gather(self) -> None:
        """Take over what the accounts' sums say, at the rates of now.

        Without a rate the sum is as blind as without a price.
        """
        now_ns = self._now_ns()
        currencies = {purse.balance.currency for purse in self.members}
        self._known = {each: self.rates.of(each, now_ns) for each in sorted(currencies)}
        problems = [rate.problem for rate in self._known.values() if rate.problem]
        self.unvalued = problems[0] if problems else ""
        self.gross = self._sum(lambda purse: purse.gross)
        self.blind = set[Stake]()
        for purse in self.members:
            self.blind |= purse.blind
            if self._known[purse.balance.currency].problem:
                self.blind |= set(purse.stakes)

    def refresh(self) -> None:
        """Bring every stake of every account up to date."""
        for member in self.members:
            member.refresh()
        self.gather()

    def of(self, amount: MoneyRaw, balance: Balance) -> MoneyRaw:
        """Return what an amount of an account is in the sum, rounded down."""
        rate = self._known[balance.currency]
        return converted(amount, rate, SCALE_MAX - balance.scale)

    @property
    def known(self) -> Iterable[Rate]:
        """The rates that the sum was made with, by currency."""
        return self._known.values()

    @property
    def equity(self) -> MoneyRaw:
        """Cash and open positions of all accounts."""
        return self._sum(lambda purse: purse.equity)

    @property
    def paid_in(self) -> MoneyRaw:
        """Deposits of all accounts."""
        return self._sum(lambda purse: purse.paid_in)

    def _sum(self, read: Callable[[Purse], MoneyRaw]) -> MoneyRaw:
        return sum(self.of(read(purse), purse.balance) for purse in self.members)


class Stake:
    """What one strategy holds and works in one instrument.

    Attributes:
        ledger: Its books.
        account: Purse of its account.
        strategy: Purse of its strategy.
        pile: All stakes of the account in the instrument, this one included.
        factor: Makes a value of the instrument money.
        unit: Money of one raw price times one raw quantity; 0 for inverse contracts.
        is_plain: Whether it is netted, and linear.
        mark: Latest price it was valued at; 0 for none yet.
        unrealised: Open result at it.
        gross: See `Purse`; likewise `up` and `down`.
        entry_ns: When it grew, or tried to, last; -1 for never.
    """

    __slots__ = (
        "_fills", "_is_hedged", "_owned", "account", "down", "entry_ns", "factor", "gross",
        "instrument", "is_plain", "ledger", "mark", "pile", "result", "strategy", "unit",
        "unrealised", "up", "worth",
    )  # fmt: skip

    def __init__(self, ledger: Ledger, account: Purse, strategy: Purse) -> None:
        instrument = ledger.instrument
        self.ledger = ledger
        self.account = account
        self.strategy = strategy
        self.pile: list[Stake] = []
        self.instrument = instrument
        self.factor = pow10(ledger.balance.scale - instrument.value_scale)
        self.unit = 0 if instrument.inverse else instrument.multiplier * self.factor
        self._owned = not instrument.is_margined
        self._is_hedged = isinstance(ledger.position, HedgedPosition)
        self.is_plain = bool(self.unit) and not self._is_hedged
        self._fills = NEVER
        self.mark: PriceRaw = 0
        self.unrealised: MoneyRaw = 0
        self.worth: MoneyRaw = 0
        self.result: MoneyRaw = 0
        self.gross: MoneyRaw = 0
        self.up: MoneyRaw = 0
        self.down: MoneyRaw = 0
        self.entry_ns: TimeNs = NEVER
        account.stakes.append(self)
        strategy.stakes.append(self)
        if ledger.position.cost:
            account.blind.add(self)
            strategy.blind.add(self)
        self.refresh()

    def value(self, price: PriceRaw, quantity: QtyRaw) -> MoneyRaw:
        """Return the money that a signed quantity is worth at a price."""
        unit = self.unit
        if unit:
            return price * quantity * unit
        value = self.instrument.value(price, abs(quantity)) * self.factor
        return value if quantity > 0 else -value

    @property
    def long_worst(self) -> QtyRaw:
        """Position, signed, if all that buys were filled and nothing else."""
        ledger = self.ledger
        return ledger.position.leg(BUY, OPEN).quantity + ledger.open_buy

    @property
    def short_worst(self) -> QtyRaw:
        """Position, positive for short, if all that sells were filled and nothing else."""
        ledger = self.ledger
        return ledger.open_sell - ledger.position.leg(SELL, OPEN).quantity

    def gross_of(self, up: MoneyRaw, down: MoneyRaw) -> MoneyRaw:
        """Return the gross exposure that both outcomes mean."""
        if self._is_hedged:
            return max(up, 0) + max(down, 0)
        return max(up, down, 0)

    def refresh(self) -> None:
        """Value all of it at the latest mark, and tell the purses what changed."""
        ledger = self.ledger
        position = ledger.position
        if ledger.fill_count == self._fills and not (
            position.cost or self.up or self.down or ledger.open_buy or ledger.open_sell
        ):  # flat and idle, as it was
            return
        mark = ledger.market.mark or self.mark
        if not mark:
            return
        self._fills = ledger.fill_count
        if not self.mark:
            self.account.blind.discard(self)
            self.strategy.blind.discard(self)
        self.mark = mark
        if self.is_plain:
            worth, up, down, gross = self._plainly(mark)
        else:
            worth = self._open_worth(mark)
            up, down = self.value(mark, self.long_worst), self.value(mark, self.short_worst)
            gross = self.gross_of(up, down)
        result = ledger.booked + self.unrealised
        more_worth = worth - self.worth
        more = result - self.result
        account = self.account
        account.worth += more_worth
        account.result += more
        strategy = self.strategy
        strategy.worth += more_worth
        strategy.result += more
        self.worth = worth
        self.result = result
        self.expose(up, down, gross)

    def _plainly(self, mark: PriceRaw) -> tuple[MoneyRaw, MoneyRaw, MoneyRaw, MoneyRaw]:
        """Value the position; return its worth and the outcomes, up, down and gross.

        The numbers are those of the ways for all instruments, in one place: this is what a look at
        the market costs.
        """
        ledger = self.ledger
        position = ledger.position
        unit = mark * self.unit
        held = position.quantity
        value = held * unit
        cost = position.cost * self.factor
        self.unrealised = value - cost if held > 0 else value + cost
        up = value + ledger.open_buy * unit
        down = ledger.open_sell * unit - value
        return value if self._owned else self.unrealised, up, down, max(up, down, 0)

    def _open_worth(self, mark: PriceRaw) -> MoneyRaw:
        """Value the position; return its worth."""
        position = self.ledger.position
        if not position.cost:
            self.unrealised = 0
            return 0
        self.unrealised = position.unrealised(mark) * self.factor
        return position.held_value(mark) * self.factor if self._owned else self.unrealised

    def expose(self, up: MoneyRaw, down: MoneyRaw, gross: MoneyRaw) -> None:
        """Set the exposure of both outcomes and what it is in all, and tell the purses."""
        self.up = up
        self.down = down
        more = gross - self.gross
        if more:
            account = self.account
            account.gross += more
            self.strategy.gross += more
            if not (gross and self.gross):  # to nothing, or from it
                account.count += 1 if gross else -1
            self.gross = gross
