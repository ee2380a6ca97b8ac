"""Where what an account holds would be liquidated, from its ledgers: exact, worked out when asked.

The venue's own rules decide; this follows the common ones. Cross: all money of the account in the
currency stands behind its positions, with their open results; spot holdings are no collateral.
Isolated: the initial margin of a position alone, of each strategy and leg for itself. The price is
the market's latest here, the maintenance margin one rate for any size.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import Instrument, MarginMode
from hexdesk.domain.liquidation import Liquidation, liquidation
from hexdesk.domain.money import RATE_SCALE, pow10
from hexdesk.domain.positions import HedgedPosition, Position
from hexdesk.domain.values import NETTING, MoneyRaw, PriceRaw

_ONE = pow10(RATE_SCALE)


class _Held(NamedTuple):
    """What is held of one instrument; money at the scale of the account's balance.

    Attributes:
        net: Value at the mark, signed.
        gross: Value that maintenance is due for.
        result: Open.
        bound: Initial margin.
    """

    instrument: Instrument
    mark: PriceRaw
    net: MoneyRaw
    gross: MoneyRaw
    result: MoneyRaw
    bound: MoneyRaw

    @property
    def maintenance(self) -> MoneyRaw:
        """Money that must stand behind it, rounded up."""
        return -(-self.gross * self.instrument.maintenance_margin // _ONE)

    def with_slack(self, slack: MoneyRaw) -> Liquidation | None:
        """Return where it is liquidated, with so much more than the maintenance behind it."""
        rate, inverse = self.instrument.maintenance_margin, self.instrument.inverse
        return liquidation(self.mark, slack, self.net, self.gross, rate, inverse=inverse)


def liquidations(account: Account, ledgers: Iterable[Ledger]) -> dict[str, Liquidation]:
    """Return where each margined position of an account would be liquidated, by instrument.

    Left out: what no price would liquidate, and what hangs on a position that has no price yet.

    Args:
        account: Whose money stands behind them.
        ledgers: All of the account.
    """
    by_instrument: dict[str, list[Ledger]] = {}
    for ledger in ledgers:
        if ledger.instrument.is_margined and ledger.position.cost:
            by_instrument.setdefault(ledger.instrument.id, []).append(ledger)
    is_netted = account.position_mode is NETTING
    found: dict[str, Liquidation | None] = {}
    cross: dict[str, list[_Held]] = {}
    money = {each.currency: each.total for each in account.balances.values()}
    blind: set[str] = set()
    for instrument_id, own in by_instrument.items():
        instrument = own[0].instrument
        legs = [held for ledger in own for held in _legs(ledger)]
        if instrument.margin_mode is MarginMode.ISOLATED:
            money[instrument.settle] -= sum(each.bound for each in legs)
            if own[0].market.mark:
                found[instrument_id] = _nearest(
                    each.with_slack(each.bound + each.result - each.maintenance) for each in legs
                )
        elif own[0].market.mark:
            cross.setdefault(instrument.settle, []).append(_sum(legs, is_netted=is_netted))
        else:
            blind.add(instrument.settle)
    for currency, all_held in cross.items():
        if currency not in blind:
            slack = money[currency] + sum(each.result - each.maintenance for each in all_held)
            found |= {each.instrument.id: each.with_slack(slack) for each in all_held}
    return {name: each for name, each in found.items() if each is not None}


def _legs(ledger: Ledger) -> Iterator[_Held]:
    """Yield what a strategy holds of an instrument, long and short apart."""
    instrument, mark, position = ledger.instrument, ledger.market.mark, ledger.position
    factor = pow10(ledger.balance.scale - instrument.value_scale)
    legs: tuple[Position, ...] = (
        (position.long, position.short) if isinstance(position, HedgedPosition) else (position,)
    )
    for leg in legs:
        if leg.cost:
            value = instrument.value(mark, abs(leg.quantity)) * factor
            net = value if leg.quantity > 0 else -value
            bound = -(-leg.cost * factor * instrument.margin // _ONE)
            yield _Held(instrument, mark, net, value, leg.unrealised(mark) * factor, bound)


def _sum(legs: list[_Held], *, is_netted: bool) -> _Held:
    """Return all of an instrument as one, as the venue holds it."""
    net = sum(each.net for each in legs)
    gross = abs(net) if is_netted else sum(each.gross for each in legs)
    result = sum(each.result for each in legs)
    return _Held(legs[0].instrument, legs[0].mark, net, gross, result, 0)


def _nearest(found: Iterable[Liquidation | None]) -> Liquidation | None:
    """Return the one that comes first; None where there is none."""
    there = [each for each in found if each is not None]
    return min(there, key=lambda each: each.distance, default=None)
