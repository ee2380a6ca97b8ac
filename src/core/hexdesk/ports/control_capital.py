"""What can be asked and told about the division of capital while a desk runs.

Amounts are exact decimal strings in the currency that is named beside them.
"""

from typing import ClassVar

import msgspec

from hexdesk.ports.control import Mutation, Query, Scope


class PartInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What one strategy has of an account.

    Attributes:
        strategy_id: Whose.
        capital: Its own, of an unloaded one what is still kept; empty where it shares what is left.
        needed: What it must keep: reserved and bound, less what was earned, with open losses.
        available: What it may still bind.
        reserved: By open orders.
        bound: By positions.
        realised_pnl: Booked result, less fees.
        unrealised_pnl: Open result.
        is_unloaded: Whether it was taken away: it keeps what its books need and no more.
    """

    strategy_id: str
    capital: str
    needed: str
    available: str
    reserved: str
    bound: str
    realised_pnl: str
    unrealised_pnl: str
    is_unloaded: bool = False


class DivisionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How one account is divided in one currency.

    Attributes:
        account: Section name of its broker.
        currency: Of all amounts.
        deposited: What was paid in, less what was taken out.
        left: What is nobody's own.
        left_available: What of it strategies without capital may still bind together.
        parts: By strategy.
    """

    account: str
    currency: str
    deposited: str
    left: str
    left_available: str
    parts: tuple[PartInfo, ...]


class CapitalInfo(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts; `version` grows with each change, for `expected_version`."""

    divisions: tuple[DivisionInfo, ...]
    version: int


class PartChange(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy's capital before and after, as `5000 USDT`; `shared` is none of its own."""

    strategy_id: str
    before: str
    capital: str


class CapitalChanged(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of the division came to, or would.

    Attributes:
        changes: By strategy.
        is_looser: Whether a strategy may bind more than before.
        needs_second: Whether a second person would have to agree; of dry runs only.
        confirmed_by: Who agreed; empty where nobody had to.
        version: Of the division now.
    """

    changes: tuple[PartChange, ...]
    is_looser: bool
    needs_second: bool = False
    confirmed_by: str = ""
    version: int = 0


class GetCapital(Query[CapitalInfo], frozen=True, kw_only=True):
    """Return how accounts are divided among strategies."""


class SetCapital(Mutation[CapitalChanged], frozen=True, kw_only=True):
    """Give a strategy a part of its account; `author` is set by the control plane.

    Attributes:
        strategy_id: Whose.
        capital: `5000 USDT`, `25 %` of what was paid in, or `shared` for none of its own.
    """

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    strategy_id: str
    capital: str
    author: str = ""


class MoveCapital(Mutation[CapitalChanged], frozen=True, kw_only=True):
    """Take capital from one strategy and give it to another; `author` is set by the plane.

    Attributes:
        source: Who gives; empty for what is left of the account.
        target: Who gets it; empty likewise.
        amount: As `500 USDT`.
    """

    scope: ClassVar[Scope] = Scope.RISK
    needs_reason: ClassVar[bool] = True
    amount: str
    source: str = ""
    target: str = ""
    author: str = ""
