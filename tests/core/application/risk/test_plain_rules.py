"""The short way through the commonest rules says nothing that the rules themselves do not say."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec.structs import replace

from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.market.markets import Market
from hexdesk.application.risk.books import Purse, Stake
from hexdesk.application.risk.case import LiveCase
from hexdesk.application.risk.order_rules import Exposure, SelfTrade, exposure
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import Quote
from hexdesk.domain.order import Order, new_order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import ACCEPTED, AUTO, BUY, LIMIT, SELL, Side
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT, SIZE
from tests.core.application.risk.desks import ACCOUNT, ID, RiskRig, plan

INVERSE = replace(INSTRUMENT, inverse=True)
lots = st.integers(0, 6)


def make_stake(instrument: Instrument, held: int, cash: int) -> Stake:
    """Return a strategy's part of an account that it is alone in, at a market of one quote."""
    market = Market(instrument)
    market.quote = Quote(ID, BID, SIZE, ASK, SIZE, 1, 1)
    account = Account("account", [instrument])
    ledger = Ledger("s", market, account)
    ledger.balance.total = cash
    if held:
        ledger.position.book(BUY if held > 0 else SELL, abs(held) * LOT, BID, AUTO)
    purses = (Purse(ACCOUNT, ledger.balance, is_account=True),
              Purse("strategy:s", ledger.balance, is_account=False))  # fmt: skip
    stake = Stake(ledger, *purses)
    stake.pile.append(stake)
    return stake


def intent(side: Side, price: int, quantity: int, name: str = "new") -> NewOrder:
    """Return a limit order."""
    return NewOrder(name, "s", "account", ID, side, LIMIT, quantity, 1, price)


@given(
    instrument=st.sampled_from([INSTRUMENT, INSTRUMENT, INVERSE]),
    held=st.integers(-4, 4),
    working=st.tuples(lots, lots),
    elsewhere=st.integers(0, 10**12),
    side=st.sampled_from([BUY, SELL]),
    quantity=st.integers(1, 5),
    ticks=st.integers(-50, 50),
    cash=st.integers(-(10**11), 10**12),
    gross_max=st.sampled_from(["0.5", "1", "3"]),
    has_exits=st.booleans(),
)
def test_it_lets_pass_what_the_rules_let_pass_and_counts_it_alike(
    instrument: Instrument, held: int, working: tuple[int, int], elsewhere: int, side: Side,
    quantity: int, ticks: int, cash: int, gross_max: str, has_exits: bool,
) -> None:  # fmt: skip
    stake = make_stake(instrument, held, cash)
    ledger = stake.ledger
    ledger.open_buy, ledger.open_sell = (each * LOT for each in working)
    ledger.has_exits = has_exits
    stake.refresh()
    stake.account.gross += elsewhere
    open_orders = {
        name: open_order(intent(each, ASK if each is BUY else BID, LOT, name))
        for name, each, count in (("b", BUY, working[0]), ("s", SELL, working[1]))
        if count
    }
    order = intent(side, BID + ticks * instrument.ticks[0].tick, quantity * LOT)
    (rule,) = exposure(Exposure(gross_max=gross_max))
    plain, case = LiveCase(open_orders), LiveCase(open_orders)
    facts = (order, stake, order.price, order.quantity, 1, 1)
    passes = plain.load_plainly(*facts, rule.limit)
    case.load(*facts)
    if passes:
        assert rule.check(case) is SelfTrade().check(case) is None
        assert (plain.gross, plain.symbol_value) == (case.gross, case.symbol_value)
        assert (plain.messages, plain.side, plain.value) == (1, side, case.value)
    is_plain = not instrument.inverse and not has_exits
    if is_plain and not (working[1] if side is BUY else working[0]):
        assert passes is (rule.check(case) is None)  # it is taken wherever it can be


def open_order(order: NewOrder) -> Order:
    """Return an order that rests."""
    made = new_order(order)
    made.life = ACCEPTED
    return made


def test_strategies_that_share_an_instrument_are_looked_at_by_the_rules() -> None:
    stake = make_stake(INSTRUMENT, 0, 10**12)
    order = intent(BUY, BID, LOT)
    case = LiveCase({})
    assert case.load_plainly(order, stake, BID, LOT, 1, 1, 10**9)
    stake.pile.append(Stake(stake.ledger, stake.account, stake.strategy))
    assert not case.load_plainly(order, stake, BID, LOT, 1, 1, 10**9)


@pytest.mark.parametrize("more", [{}, {"position_count": {"max": "1"}}])
def test_what_passed_by_it_is_seen_by_the_next_order(more: dict[str, dict[str, str]]) -> None:
    rig = RiskRig(
        plan(mark_every_ns=10**12, exposure={"gross_max": "1"}, **more), deposit="3000 USDT"
    )
    stake = next(iter(rig.engine.stakes))
    while not rig.codes():
        rig.buy(price=BID)
        assert stake.account.gross == stake.gross
    assert rig.codes() == ["RISK_EXPOSURE"]
    assert stake.gross > 0
