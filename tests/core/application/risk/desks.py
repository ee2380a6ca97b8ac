"""A rig whose desk has rules; plans in a word."""

from typing import Any

import msgspec
from msgspec.structs import replace

from hexdesk.application.durability.replay import read_life
from hexdesk.application.risk.catalog import BY_NAME
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.office import RiskOffice
from hexdesk.application.risk.plan import ActiveRule, RiskPlan
from hexdesk.domain.market import Quote
from hexdesk.domain.money import parse_money
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import OrderDenied
from hexdesk.domain.risk import RearmRule
from hexdesk.domain.values import BUY, LIMIT, MARKET, NS_PER_SECOND, Side
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from tests.core.application.rig import Rig

ID = INSTRUMENT.id
ACCOUNT = "account:venue"


def activate(name: str, settings: object = None) -> ActiveRule:
    """Return a rule that is on; without settings, with its defaults."""
    kind = BY_NAME[name]
    typed = msgspec.convert(settings or {}, kind.settings)
    return ActiveRule(name, kind.layer, typed, kind.make)


def plan(
    *, capital: dict[str, str] | None = None, mark_every_ns: int = 0, **rules: Any
) -> RiskPlan:
    """Return a plan of rules by name, `{}` for the defaults, marking at every quote."""
    return RiskPlan(
        rules={name: activate(name, settings) for name, settings in rules.items()},
        capital={name: parse_money(text) for name, text in (capital or {}).items()},
        mark_every_ns=mark_every_ns,
    )


class RiskRig(Rig):
    """A rig with a plan; with a `past` it remembers what that one's journal says of risk."""

    def __init__(
        self,
        wanted: RiskPlan,
        *names: str,
        deposit: str = "",
        past: Rig | None = None,
        **more: Any,
    ) -> None:
        super().__init__(*names, **more)
        if past is not None:
            self._remember(past)
        if deposit:
            target = parse_money(deposit)
            self.deposit_more(replace(target, amount=target.amount - self.deposit.amount))
            self.deposits.clear()
            self.deposit = target
        self.engine = RiskEngine(self.desk, wanted).attach()
        self.office = RiskOffice(self.desk, self.engine)
        self.start()

    def _remember(self, past: Rig) -> None:
        self.clock.advance_by(past.clock.now_ns() - self.clock.now_ns())
        desk = read_life(past.records)
        assert desk is not None
        for note in desk.risk.describe():
            self.desk.risk.take(note)

    def buy(self, lots: int = 1, price: int = 0, name: str = "a", **terms: Any) -> str:
        """Send an order of a number of lots; at the market without a price."""
        return self.send(BUY, lots, price, name, **terms)

    def send(self, side: Side, lots: int, price: int = 0, name: str = "a", **terms: Any) -> str:
        """Send an order."""
        kind = LIMIT if price else MARKET
        return self.act(
            lambda context: context.submit(ID, side, lots * LOT, kind, price, **terms), name
        )

    def hold(self, lots: int, price: int = ASK, name: str = "a") -> None:
        """Buy and be filled."""
        self.fill(self.buy(lots, name=name), price=price)

    def later(self, seconds: float) -> None:
        """Let time pass, and show a quote."""
        self.clock.advance_by(int(seconds * NS_PER_SECOND))
        quote = self.desk.market(ID).quote
        self.quote(quote.bid_price if quote else BID, quote.ask_price if quote else ASK)

    def codes(self, name: str = "a") -> list[str]:
        """Codes that a strategy was denied with."""
        return [denial.code for denial in self.denials(name)]

    def last_denial(self, name: str = "a") -> OrderDenied:
        """The latest denial."""
        return self.denials(name)[-1]

    def rearm(
        self, scope: str, rule: str, by: str = "me", reason: str = "test", *, accepts: bool = False
    ) -> str:
        """End a level as a person; return why that cannot be."""
        command = RearmRule(scope, rule, by, reason, accepts, self.now())
        return self.desk.command(command).refusal

    def levels(self) -> dict[tuple[str, str], str]:
        """Levels above NORMAL, by scope and rule."""
        return {each: step.level.name for each, step in self.desk.risk.steps.items()}


def quote_at(price: int, now_ns: int) -> Quote:
    """Return a quote around a price."""
    return Quote(ID, price, SIZE, price + 5, SIZE, now_ns, now_ns)


__all__ = ["ACCOUNT", "ASK", "BID", "ID", "LOT", "NewOrder", "RiskRig", "plan", "quote_at"]
