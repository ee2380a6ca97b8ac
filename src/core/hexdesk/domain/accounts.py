"""Money of an account, by currency, exact.

Each currency has one cash scale, fine enough for every instrument settled in it, so that adding a
realised result never rounds; it also holds every quantity of an asset that is owned, not margined.
Equity = cash + what open positions are worth.
"""

from collections.abc import Iterable

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import (
    RATE_SCALE,
    Money,
    currency_scale,
    format_raw,
    pow10,
    rescale_down,
)
from hexdesk.domain.values import NETTING, MoneyRaw, PositionMode

CASH_IDS_MAX = 10_000
"""Movements of cash that an account remembers: nine years of one instrument's funding."""


class Balance:
    """Cash of one currency at `scale`.

    Attributes:
        total: Deposits, results, fees and funding so far.
        reserved: Part kept back for open orders; never negative.
        used: Part bound as margin of open positions; never negative.
        deposited: Part of `total` that was paid in, less what was taken out: no result.
        unassigned: Part of `total` that came without a trade and is no strategy's result: interest,
            and what came for a position that nobody here holds.
    """

    __slots__ = ("currency", "deposited", "reserved", "scale", "total", "unassigned", "used")

    def __init__(self, currency: str, scale: int, total: MoneyRaw = 0) -> None:
        self.currency = currency
        self.scale = scale
        self.total = total
        self.reserved: MoneyRaw = 0
        self.used: MoneyRaw = 0
        self.deposited: MoneyRaw = 0
        self.unassigned: MoneyRaw = 0

    @property
    def available(self) -> MoneyRaw:
        """What new orders may still reserve."""
        return self.total - self.reserved - self.used

    def __str__(self) -> str:
        return f"{format_raw(self.total, self.scale)} {self.currency}"


class Account:
    """One account at a broker: balances by currency.

    Attributes:
        id: FIX 1.
        position_mode: How the venue nets.
        balances: By currency.
        cash_ids: Ids of the latest movements of cash without a trade, oldest first.
    """

    def __init__(
        self,
        account_id: str,
        instruments: Iterable[Instrument] = (),
        *,
        position_mode: PositionMode = NETTING,
    ) -> None:
        self.id = account_id
        self.position_mode = position_mode
        self.balances: dict[str, Balance] = {}
        self.cash_ids: dict[str, None] = {}
        self._scales: dict[str, int] = {}
        settled: list[str] = []
        for instrument in instruments:
            settled.append(instrument.settle)
            self._widen(instrument.settle, instrument.value_scale)
            if not instrument.is_margined:
                digits = instrument.quantity_scale + instrument.multiplier_scale
                self._widen(instrument.base, digits)
        for currency in settled:
            self.balance(currency)

    def scale_of(self, currency: str) -> int:
        """Return the decimals that cash of a currency, or an owned asset, has here."""
        balance = self.balances.get(currency)
        if balance is not None:
            return balance.scale
        return self._scales.get(currency, currency_scale(currency))

    def balance(self, currency: str) -> Balance:
        """Return the balance of a currency, opened at 0 if it is new."""
        balance = self.balances.get(currency)
        if balance is None:
            balance = self.balances[currency] = Balance(currency, self.scale_of(currency))
        return balance

    def deposit(self, money: Money) -> None:
        """Add an amount; a negative one is a withdrawal."""
        self.receive(money.amount, money.currency, paid_in=True)

    def is_new(self, cash_id: str) -> bool:
        """Whether a movement of cash is told for the first time; it has been told now."""
        if cash_id in self.cash_ids:
            return False
        self.cash_ids[cash_id] = None
        if len(self.cash_ids) > CASH_IDS_MAX:
            del self.cash_ids[next(iter(self.cash_ids))]
        return True

    def receive(self, amount: MoneyRaw, currency: str, *, paid_in: bool = False) -> MoneyRaw:
        """Add an amount at its currency's scale, and return it at the balance's.

        `paid_in` says that it is no result; a negative amount is paid, or taken out.
        """
        balance = self.balance(currency)
        received = amount * pow10(balance.scale - currency_scale(currency))
        balance.total += received
        if paid_in:
            balance.deposited += received
        return received

    def pay_fee(self, fee: MoneyRaw, currency: str) -> None:
        """Take a fee at its currency's scale; a negative one is a rebate."""
        self.receive(-fee, currency)

    def _widen(self, currency: str, scale: int) -> None:
        self._scales[currency] = max(scale, self.scale_of(currency))


def against_us(received: int, value_scale: int, currency: str) -> MoneyRaw:
    """Return a value times a rate (`RATE_SCALE`) as money of a currency, rounded down.

    So a payment, which is negative, goes up, and a receipt down.
    """
    return rescale_down(received, value_scale + RATE_SCALE, currency_scale(currency))


def fee_of(value: int, rate: int, value_scale: int, money_scale: int) -> MoneyRaw:
    """Return the fee on a value at a rate (`RATE_SCALE`), rounded against us."""
    divisor_digits = value_scale + RATE_SCALE - money_scale
    if divisor_digits <= 0:
        return value * rate * pow10(-divisor_digits)
    return -(-value * rate // pow10(divisor_digits))
