"""What sales of an instrument that is paid in full bind of the account's base asset."""

from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import rescale_up
from hexdesk.domain.values import MoneyRaw, QtyRaw


class BoundBase:
    """Base asset that one strategy has sold, or offers, beyond what it bought itself.

    What a strategy bought is its position, not a balance; only what it sells beyond that is bound
    in the account's balance of the base asset, which a deposit made: sold is `used`, offered is
    `reserved`. So two strategies cannot sell the same deposit.
    """

    __slots__ = ("_account", "_asset", "_offered", "_quantity_scale", "_sold", "_unit")

    def __init__(self, account: Account, instrument: Instrument) -> None:
        self._account = account
        self._asset = instrument.base
        self._unit = instrument.multiplier
        self._quantity_scale = instrument.quantity_scale + instrument.multiplier_scale
        self._offered: MoneyRaw = 0
        self._sold: MoneyRaw = 0

    def lacks(self, short: QtyRaw) -> tuple[MoneyRaw, MoneyRaw] | None:
        """Return what is needed and available to be short of a quantity at worst; None is enough.

        An instrument without a base has none.
        """
        needed = self._amount(short) - self._sold - self._offered
        balance = self._account.balances.get(self._asset)
        available = 0 if balance is None else balance.available
        return (needed, available) if needed > max(available, 0) else None

    def bind(self, short: QtyRaw, sold: QtyRaw) -> None:
        """Set of which quantity the strategy is short at worst, and how much of that is sold."""
        before = self._offered
        self.resume(short, sold)
        if self._offered != before:
            self._account.balance(self._asset).reserved += self._offered - before

    def resume(self, short: QtyRaw, sold: QtyRaw) -> None:
        """Set the same where a snapshot gave the account back what is reserved in it."""
        if not self._asset:
            return
        before = self._sold
        self._sold = self._amount(sold)
        self._offered = self._amount(short) - self._sold
        if self._sold != before:
            self._account.balance(self._asset).used += self._sold - before

    def _amount(self, quantity: QtyRaw) -> MoneyRaw:
        scale = self._account.scale_of(self._asset)
        return rescale_up(quantity * self._unit, self._quantity_scale, scale)
