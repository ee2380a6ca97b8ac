"""The short way through the gate and the rules never differ."""

import hypothesis.strategies as st
from hypothesis import given
from msgspec.structs import replace

from hexdesk.application.gate.gate_limits import GateLimits
from hexdesk.application.gate.plain_orders import has_plain_terms, passes_plainly
from hexdesk.application.gate.risk_gate import RiskGate
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.market.markets import Market
from hexdesk.domain.accounts import Account
from hexdesk.domain.instruments import Instrument, InstrumentKind, TickBand
from hexdesk.domain.market import Quote
from hexdesk.domain.order import new_order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.risk import UNLIMITED, RiskLimits
from hexdesk.domain.values import (
    AUTO,
    BUY,
    CLOSE,
    FOK,
    GTC,
    GTD,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    STOP_LIMIT,
    STOP_MARKET,
    Contingency,
    TradingStatus,
)
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT
from tests.core.application.gate.sending import ID, STRICT
from tests.core.application.rig import ALL_CAPABILITIES

BANDED = replace(INSTRUMENT, ticks=(TickBand(0, 5), TickBand(100_000, 10)))
INVERSE = replace(
    INSTRUMENT, base="TEST", settle="TEST", inverse=True, multiplier=100, quantity_scale=0, lot=1,
    min_quantity=1,
)  # fmt: skip
SPOT = replace(INSTRUMENT, kind=InstrumentKind.SPOT)


@st.composite
def candidates(draw: st.DrawFn) -> NewOrder:
    kind = draw(st.sampled_from([LIMIT, LIMIT, MARKET, MARKET, STOP_MARKET, STOP_LIMIT]))
    near = st.integers(-600, 600).map(lambda ticks: BID + 5 * ticks)
    odd = st.sampled_from([0, -5, 1, BID + 1, 2**70])
    price = draw(near | odd) if kind in (LIMIT, STOP_LIMIT) or draw(st.integers(0, 9)) == 0 else 0
    rare = draw(st.integers(0, 5)) == 0
    return NewOrder(
        "O1", "s", "account", ID, draw(st.sampled_from([BUY, SELL])), kind,
        draw(st.integers(0, 60).map(lambda lots: lots * 10) | st.sampled_from([5, -10, 2**70])),
        100,
        price,
        draw(near) if kind in (STOP_MARKET, STOP_LIMIT) else 0,
        time_in_force=draw(st.sampled_from([GTC, FOK, GTD])) if rare else GTC,
        expire_ns=draw(st.sampled_from([0, 5, 500])) if rare else 0,
        post_only=draw(st.booleans()),
        tag=draw(st.sampled_from(["", "", "why", "é", "x" * 101, "\ud800"])),
        list_id="O1" if rare and draw(st.booleans()) else "",
        contingency=draw(st.sampled_from(Contingency)) if rare else Contingency.NONE,
        reduce_only=rare and draw(st.booleans()),
        position_effect=draw(st.sampled_from([AUTO, OPEN, CLOSE])) if rare else AUTO,
        display_quantity=draw(st.sampled_from([0, 10, 10**6])) if rare else 0,
    )  # fmt: skip


rules = st.builds(
    RiskLimits,
    order_quantity_max=st.sampled_from([UNLIMITED, "0", "0.1", "0.3"]),
    order_notional_max=st.sampled_from([UNLIMITED, "1000", "3000"]),
    position_quantity_max=st.sampled_from([UNLIMITED, "0", "0.2", "0.5"]),
    position_notional_max=st.sampled_from([UNLIMITED, "0", "2000", "5000"]),
    collar_pct=st.sampled_from([UNLIMITED, "0", "0.5", "2"]),
    orders_per_second_max=st.just(UNLIMITED),
    open_orders_max=st.sampled_from([UNLIMITED, "0", "2"]),
)


@given(
    intent=candidates(),
    rule=rules,
    instrument=st.sampled_from([INSTRUMENT, STRICT, BANDED, INVERSE, SPOT]),
    touches=st.sampled_from([(BID, ASK), (ASK, BID), (BID, BID), (0, ASK), (BID, 0), (0, 0), None]),
    held=st.integers(-60, 60),
    working=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    money=st.integers(0, 10_000),
    open_count=st.integers(0, 3),
    status=st.sampled_from([TradingStatus.TRADING] * 3 + [TradingStatus.CLOSE_ONLY]),
)
def test_the_short_way_accepts_only_what_the_rules_accept(
    intent: NewOrder, rule: RiskLimits, instrument: Instrument, touches: tuple[int, int] | None,
    held: int, working: tuple[int, int], money: int, open_count: int, status: TradingStatus,
) -> None:  # fmt: skip
    account = Account("account", [instrument])
    market = Market(instrument)
    market.status = status
    if touches is not None:
        market.quote = Quote(ID, touches[0], 10, touches[1], 10, 1, 1)
    ledger = Ledger("s", market, account)
    if held:
        ledger.position.book(BUY if held > 0 else SELL, abs(held) * 10, BID, AUTO)
    ledger.open_buy, ledger.open_sell = working[0] * 10, working[1] * 10
    account.balance(instrument.settle).total = money * 10**7
    gate_limits = GateLimits(rule, instrument)
    gate = RiskGate(ALL_CAPABILITIES, {ID: gate_limits})
    short = new_order(intent)
    passes = has_plain_terms(intent, takes_post_only=True) and passes_plainly(
        short, intent, ledger, gate_limits, open_count
    )
    by_rules = new_order(intent)
    gate._is_plain = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    denial = gate.check(by_rules, ledger, 100, open_count)
    if passes:
        assert denial is None
        if by_rules.reserve_price:
            assert (short.reserve_price, short.reserved) == (
                by_rules.reserve_price,
                by_rules.reserved,
            )
    if denial is None and not ledger.is_reducing(intent, intent.quantity):
        assert by_rules.reserved <= ledger.available
