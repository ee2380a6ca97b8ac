"""How an account's capital is divided: parts of strategies, and what is left for the others.

Every part keeps what its owner's orders reserve and positions bind, less what was earned and with
open losses; so does the rest, which strategies without capital share. So the parts never add up to
more than the account, and no change takes away what is in use.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.risk.numbers import ONE, percent
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Balance
from hexdesk.domain.money import Money, currency_scale, format_raw, parse_money, pow10
from hexdesk.domain.values import MoneyRaw
from hexdesk.errors import ConfigError

CODE = "RISK_CAPITAL"
SHARED = "shared"
"""Stands for no capital of one's own."""
Division: TypeAlias = Mapping[str, Money]
"""What strategies have of their own, by id."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one strategy has of an account in a currency; all at the balance's scale.

    Attributes:
        strategy_id: Whose.
        capital: Its own; None where it shares what is left.
        needed: What it must keep: reserved and bound, less what was earned, with open losses.
        reserved: Of it, for open orders.
        bound: Of it, by positions.
        result: Realised, less fees.
        open_result: Not realised.
        is_gone: Whether it was taken away: it keeps what its books need and no more.
    """

    strategy_id: str
    capital: MoneyRaw | None
    needed: MoneyRaw
    reserved: MoneyRaw
    bound: MoneyRaw
    result: MoneyRaw
    open_result: MoneyRaw
    is_gone: bool

    @property
    def kept(self) -> MoneyRaw:
        """What of the account is its own, lost or not; nothing where it shares the rest."""
        if self.capital is None:
            return 0
        return self.needed if self.is_gone else max(self.capital, self.needed)


class Treasury:
    """Looks at the division of a desk's accounts, and at what it may become."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def parts(self, account: str, currency: str, division: Division) -> list[Part]:
        """Return what strategies have of an account, those with books in the currency, by id."""
        found = self._desk.accounts[account]
        balance = found.balance(currency)
        return [
            _part(host, balance, division.get(host.strategy_id))
            for _, host in sorted(self._desk.hosts.items())
            if host.account is found and _ledgers(host, balance)
        ]

    def currencies(self, account: str) -> list[str]:
        """Return the currencies that books of an account are settled in."""
        found = self._desk.accounts[account]
        hosts = [host for host in self._desk.hosts.values() if host.account is found]
        return sorted(
            {ledger.instrument.settle for host in hosts for ledger in host.ledgers.values()}
        )

    def free(self, account: str, currency: str, parts: Iterable[Part]) -> MoneyRaw:
        """Return what is left of an account for strategies without capital."""
        balance = self._desk.accounts[account].balance(currency)
        return balance.deposited - sum(part.kept for part in parts)

    @staticmethod
    def spare(parts: Iterable[Part]) -> MoneyRaw:
        """Return what parts leave of a capital of nothing together: mostly negative."""
        total = open_result = 0
        for part in parts:
            total += part.result - part.reserved - part.bound
            open_result += part.open_result
        return total + min(open_result, 0)

    def read(self, text: str, account: str, currencies: Iterable[str]) -> Money | None:
        """Return what a text as `5000 USDT`, `25 %` or `shared` means at an account.

        A share is one of what was paid in, rounded down to what the currency is booked with.

        Raises:
            ConfigError: Neither; or a share, and there are several currencies.
        """
        if text.strip() == SHARED:
            return None
        amount, sign, rest = text.strip().partition("%")
        try:
            if sign and not rest:
                money = self._share(percent("capital", amount.strip()), account, currencies)
            else:
                money = parse_money(text)
        except ValueError as error:
            message = f"capital: expected '5000 USDT', '25 %' or '{SHARED}', was {text[:60]!r}"
            raise ConfigError(message, code=CODE) from error
        if money.amount < 0:
            raise ConfigError(f"capital: expected 0 or more, was {money}", code=CODE)
        return money

    def check(
        self, before: Division, after: Division, changed: Iterable[str], account: str
    ) -> None:
        """Refuse a division that takes away what is in use, or more than there is.

        Raises:
            ConfigError: The same.
        """
        names = set(changed)
        currencies = {
            money.currency
            for division in (before, after)
            for name, money in division.items()
            if name in names
        }
        for currency in sorted(currencies):
            self._check_currency(before, after, names, (account, currency))

    # --- inside ----------------------------------------------------------------------------------

    def _check_currency(
        self, before: Division, after: Division, changed: set[str], place: tuple[str, str]
    ) -> None:
        balance = self._desk.accounts[place[0]].balance(place[1])
        parts = self.parts(*place, after)
        for part in parts:
            if part.strategy_id in changed and part.capital is not None:
                self._check_marks(part.strategy_id, balance)
                if part.capital < part.needed:
                    raise ConfigError(
                        f"{part.strategy_id} would have {_shown(part.capital, balance)}, and needs"
                        f" {_shown(part.needed, balance)} for what it holds, works and has lost",
                        code=CODE,
                    )
        shared = [part for part in parts if part.capital is None]
        newcomers = (after[name] for name in changed & after.keys() - self._desk.hosts.keys())
        free = self.free(*place, parts) - sum(_own(money, balance) or 0 for money in newcomers)
        needed = max(-self.spare(shared), 0)
        if free < needed and free < self.free(*place, self.parts(*place, before)):
            names = ", ".join(part.strategy_id for part in shared if part.needed)
            why = f", and {names} share it and need {_shown(needed, balance)}" if names else ""
            text = f"{_shown(free, balance)} would be left of {place[0]}{why}"
            raise ConfigError(text, code=CODE)

    def _check_marks(self, strategy_id: str, balance: Balance) -> None:
        """Refuse to say what is needed for something that nobody has told a price of."""
        for ledger in _ledgers(self._desk.hosts[strategy_id], balance):
            if ledger.position.cost and not ledger.market.mark:
                text = f"{strategy_id} holds {ledger.instrument.id}, of which no price is known yet"
                raise ConfigError(text, code=CODE)

    def _share(self, part: int, account: str, currencies: Iterable[str]) -> Money:
        found = sorted(set(currencies))
        if len(found) != 1 or not 0 <= part <= ONE:
            raise ValueError
        balance = self._desk.accounts[account].balance(found[0])
        digits = pow10(balance.scale - currency_scale(found[0]))
        return Money(balance.deposited * part // ONE // digits, found[0])


def _ledgers(host: StrategyHost, balance: Balance) -> list[Ledger]:
    return [ledger for ledger in host.ledgers.values() if ledger.balance is balance]


def _part(host: StrategyHost, balance: Balance, capital: Money | None) -> Part:
    ledgers = _ledgers(host, balance)
    part = Part(
        strategy_id=host.strategy_id,
        capital=_own(capital, balance),
        needed=0,
        reserved=sum(ledger.reserved for ledger in ledgers),
        bound=sum(ledger.bound for ledger in ledgers),
        result=sum(ledger.booked for ledger in ledgers),
        open_result=sum(ledger.open_result for ledger in ledgers),
        is_gone=host.strategy is None,
    )
    return msgspec.structs.replace(part, needed=max(-Treasury.spare([part]), 0))


def _own(capital: Money | None, balance: Balance) -> MoneyRaw | None:
    """Return capital at a balance's scale; None where there is none in its currency."""
    if capital is None or capital.currency != balance.currency:
        return None
    return capital.amount * pow10(balance.scale - currency_scale(capital.currency))


def _shown(amount: MoneyRaw, balance: Balance) -> str:
    return f"{format_raw(amount, balance.scale)} {balance.currency}"
