"""Each rule fires just beyond its limit and not at it; denied orders never leave and say why."""

import pytest
from msgspec.structs import replace

from hexdesk.application.gate.gate_limits import GateLimits
from hexdesk.application.gate.risk_gate import RiskGate
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.market.markets import Market
from hexdesk.domain.accounts import Account
from hexdesk.domain.market import InstrumentStatus
from hexdesk.domain.money import Money
from hexdesk.domain.order import new_order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import (
    BUY,
    CLOSE,
    FOK,
    GTC,
    GTD,
    HEDGING,
    LIMIT,
    MARKET,
    NS_PER_SECOND,
    OPEN,
    SELL,
    STOP_LIMIT,
    STOP_MARKET,
    TradingStatus,
)
from hexdesk.ports.broker import Capabilities
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.gate.sending import (
    ID,
    OPEN_LIMITS,
    STRICT,
    Send,
    denied,
    hold,
    limits,
    order,
)
from tests.core.application.rig import ALL_CAPABILITIES, Rig


def test_a_denial_is_told_recorded_counted_and_never_leaves() -> None:
    rig = Rig(limits=limits(order_quantity_max="0.1")).start()
    order_id = rig.act(order(quantity=LOT + 10))
    (denial,) = rig.denials()
    assert denial.client_order_id == order_id
    assert denial.code == "ORDER_SIZE"
    assert denial.text == "ORDER_SIZE: quantity=110 limit=100"
    assert rig.records[-3:-1] == [rig.order(order_id).intent, denial]
    assert rig.desk.counts.denials == {"ORDER_SIZE": 1}
    assert not rig.requests
    check_books(rig)


AT_AND_BEYOND: list[tuple[str, RiskLimits, list[Send], Send, Send]] = [
    ("ORDER_SIZE", limits(order_quantity_max="0.1"), [], order(), order(quantity=LOT + 10)),
    (
        "ORDER_SIZE",
        limits(order_notional_max="1000"),
        [],
        order(price=BID),
        order(price=BID + 5),
    ),
    (
        "RISK_POSITION",
        limits(position_quantity_max="0.3"),
        [order(quantity=2 * LOT)],
        order(),
        order(quantity=LOT + 10),
    ),
    (
        "RISK_POSITION",
        limits(position_quantity_max="0.3"),
        [order(SELL, 2 * LOT, ASK)],
        order(SELL, LOT, ASK),
        order(SELL, LOT + 10, ASK),
    ),
    (
        "RISK_POSITION",
        limits(position_notional_max="2000"),
        [order()],
        order(price=BID),
        order(price=BID + 5),
    ),
    (
        "RISK_OPEN_ORDERS",
        limits(open_orders_max="2"),
        [order()],
        order(),
        lambda context: (order()(context), order()(context))[1],
    ),
    (
        "ORDER_COLLAR",
        limits(collar_pct="1"),
        [],
        order(price=ASK + ASK // 100),
        order(price=ASK + ASK // 100 + 5),
    ),
    (
        "ORDER_COLLAR",
        limits(collar_pct="1"),
        [],
        order(SELL, price=BID - BID // 100),
        order(SELL, price=BID - BID // 100 - 5),
    ),
]


@pytest.mark.parametrize(("code", "rule", "before", "at", "beyond"), AT_AND_BEYOND)
def test_a_limit_allows_what_is_at_it_and_denies_what_is_beyond(
    code: str, rule: RiskLimits, before: list[Send], at: Send, beyond: Send
) -> None:
    for last, codes in ((at, []), (beyond, [code])):
        rig = Rig(limits=rule, capabilities=ALL_CAPABILITIES).start(BID, ASK)
        for send in before:
            rig.accept(rig.act(send))
        rig.act(last)
        assert denied(rig) == codes
        check_books(rig)


def test_collar_is_measured_against_the_touch_it_takes_from_and_not_without_one() -> None:
    rig = Rig(limits=limits(collar_pct="1")).start(0, 0)
    rig.act(order(price=ASK * 2))
    rig.quote(0, ASK)
    rig.act(order(SELL, price=5))
    rig.act(order(price=ASK * 2))
    assert denied(rig) == ["ORDER_COLLAR"]


def test_what_only_reduces_passes_the_rate_and_takes_nothing_of_it() -> None:
    rig = Rig(limits=limits(orders_per_second_max="2")).start()
    rig.fill(rig.act(order()))
    rig.fill(rig.act(order()))
    for _ in range(4):
        rig.accept(rig.act(order(SELL, quantity=LOT // 2)))
    assert denied(rig) == []
    rig.act(order())
    assert denied(rig) == ["RISK_RATE"]


def test_rate_counts_a_sliding_second_of_orders_and_amendments() -> None:
    rig = Rig(limits=limits(orders_per_second_max="3")).start()
    first = rig.act(order())
    rig.accept(first)
    rig.act(order())
    assert rig.act(lambda context: context.amend(first, price=BID - 5))
    rig.act(order())
    assert not rig.act(lambda context: context.amend(first, price=BID - 10))
    assert denied(rig) == ["RISK_RATE"]
    assert rig.desk.counts.denials == {"RISK_RATE": 1}, "orders alone, as a strategy's row has them"
    assert rig.desk.counts.amend_denials == {"RISK_RATE": 1}
    rig.clock.advance_by(NS_PER_SECOND)
    rig.act(order())
    assert len(rig.sent) == 3


def test_a_denied_order_does_not_count_towards_the_rate() -> None:
    rig = Rig(limits=limits(orders_per_second_max="1")).start()
    rig.act(order(quantity=7))
    rig.act(order())
    assert denied(rig) == ["ORDER_LOT"]


TERMS: list[tuple[str, Send]] = [
    ("ORDER_VALUE", order(quantity=0)),
    ("ORDER_VALUE", order(quantity=-LOT)),
    ("ORDER_VALUE", order(price=-5, kind=LIMIT)),
    ("ORDER_VALUE", order(price=0, kind=LIMIT)),
    ("ORDER_VALUE", order(price=BID, kind=MARKET)),
    ("ORDER_VALUE", order(price=0, kind=STOP_MARKET)),
    ("ORDER_VALUE", order(expire_ns=5)),
    ("ORDER_VALUE", order(price=0, expire_ns=5)),
    ("ORDER_VALUE", order(time_in_force=GTD, expire_ns=5)),
    ("ORDER_VALUE", order(time_in_force=FOK, post_only=True)),
    ("ORDER_VALUE", order(display_quantity=2 * LOT)),
    ("ORDER_TICK", order(price=BID + 1)),
    ("ORDER_TICK", order(price=0, kind=STOP_MARKET, trigger_price=BID + 1)),
    ("ORDER_LOT", order(quantity=LOT + 1)),
    ("ORDER_LOT", order(quantity=10)),
    ("ORDER_SIZE", order(quantity=1_010)),
    ("ORDER_PRICE_LIMIT", order(price=89_995)),
    ("ORDER_PRICE_LIMIT", order(SELL, price=110_005)),
    ("ORDER_MIN_NOTIONAL", order(quantity=20)),
    ("ORDER_SIZE", order(quantity=1_000, price=109_000)),
]


@pytest.mark.parametrize(("code", "send"), TERMS)
def test_terms_that_can_never_be_taken_are_denied(code: str, send: Send) -> None:
    rig = Rig(limits=limits(), instruments=[STRICT]).start()
    rig.act(send)
    assert denied(rig) == [code]
    assert not rig.requests


@pytest.mark.parametrize(
    "send",
    [
        order(quantity=30),
        order(quantity=1_000, price=105_000),
        order(price=90_000),
        order(SELL, price=110_000),
        order(SELL, 1_000, 0),
        order(time_in_force=GTD, expire_ns=10**19 // 2),
        order(display_quantity=LOT),
        order(price=BID - 10, kind=STOP_LIMIT, trigger_price=BID - 5),
    ],
)
def test_terms_at_their_bounds_pass(send: Send) -> None:
    rig = Rig(limits=limits(), instruments=[STRICT]).start()
    rig.act(send)
    assert denied(rig) == []


@pytest.mark.parametrize(
    ("send", "needed"),
    [
        (order(post_only=True), "post_only"),
        (order(reduce_only=True), "reduce_only"),
        (order(display_quantity=LOT), "display_quantity"),
        (order(position_effect=OPEN), "position_effects"),
    ],
)
def test_what_a_venue_does_not_declare_is_denied(send: Send, needed: str) -> None:
    rig = Rig(limits=limits(), capabilities=replace(ALL_CAPABILITIES, **{needed: False})).start()
    rig.act(send)
    assert denied(rig) == ["ORDER_UNSUPPORTED"]


def test_types_and_times_in_force_are_denied_unless_declared() -> None:
    few = replace(ALL_CAPABILITIES, order_types=frozenset({LIMIT}), times_in_force=frozenset({GTC}))
    rig = Rig(limits=limits(), capabilities=few).start()
    rig.act(order())
    rig.act(order(price=0))
    rig.act(order(time_in_force=FOK))
    assert denied(rig) == ["ORDER_UNSUPPORTED"] * 2
    assert not rig.act(lambda context: context.amend("nobody", price=BID))


def test_amendments_are_denied_where_a_venue_knows_none() -> None:
    rig = Rig(limits=limits(), capabilities=replace(ALL_CAPABILITIES, amend=False)).start()
    order_id = rig.act(order())
    rig.accept(order_id)
    assert not rig.act(lambda context: context.amend(order_id, price=BID - 5))
    refusal = rig.puppets["a"].of("on_order")[-1]
    assert refusal.code == "ORDER_UNSUPPORTED"


def test_a_hedge_wants_open_or_close() -> None:
    hedged = replace(ALL_CAPABILITIES, position_mode=HEDGING)
    rig = Rig(limits=limits(position_quantity_max="0.2"), capabilities=hedged).start()
    rig.act(order(price=0))
    rig.act(order(SELL, price=0, position_effect=CLOSE))
    assert denied(rig) == ["ORDER_UNSUPPORTED", "ORDER_OVER_CLOSE"]
    for side in (BUY, SELL):
        rig.fill(rig.act(order(side, 2 * LOT, 0, position_effect=OPEN)))
    rig.act(order(BUY, 10, 0, position_effect=OPEN))
    assert denied(rig)[2:] == ["RISK_POSITION"], "each leg is held to the limit"
    rig.act(order(SELL, 2 * LOT, 0, position_effect=CLOSE))
    rig.act(order(SELL, 2 * LOT + 10, 0, position_effect=CLOSE))
    assert denied(rig)[3:] == ["ORDER_OVER_CLOSE"]
    check_books(rig)


def test_reduce_only_may_not_exceed_or_grow_what_is_held() -> None:
    rig = Rig(limits=limits()).start()
    rig.act(order(SELL, price=0, reduce_only=True))
    hold(rig, LOT)
    rig.act(order(BUY, price=0, reduce_only=True))
    rig.act(order(SELL, LOT + 10, 0, reduce_only=True))
    rig.act(order(SELL, LOT, 0, reduce_only=True))
    assert denied(rig) == ["ORDER_OVER_CLOSE"] * 3


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        (TradingStatus.TRADING, []),
        (TradingStatus.HALTED, ["SESSION_CLOSED"] * 2),
        (TradingStatus.CLOSED, ["SESSION_CLOSED"] * 2),
        (TradingStatus.CLOSE_ONLY, ["SESSION_CLOSED"]),
    ],
)
def test_a_session_decides_what_may_be_sent(status: TradingStatus, codes: list[str]) -> None:
    rig = Rig(limits=limits()).start()
    hold(rig, LOT)
    now = rig.now()
    rig.desk.handle(InstrumentStatus(ID, status, now, now))
    rig.act(order(BUY, LOT, 0))
    rig.act(order(SELL, LOT, 0))
    assert denied(rig) == codes


def test_funds_are_reserved_and_spent_only_once() -> None:
    rig = Rig(limits=limits()).start()
    balance = rig.account.balance("USDT")
    rig.deposit = Money(200 * 10**8 + 8 * 10**7, "USDT")
    balance.total = rig.deposit.amount
    for _ in range(2):
        rig.accept(rig.act(order()))
    rig.act(order())
    assert denied(rig) == ["CAPITAL_FUNDS"]
    assert balance.available == 0
    check_books(rig)
    rig.canceled(rig.sent[0].client_order_id)
    rig.act(order())
    assert denied(rig) == ["CAPITAL_FUNDS"]


def test_market_orders_need_a_price_unless_they_reduce() -> None:
    rig = Rig(limits=limits()).start()
    hold(rig, LOT)
    rig.quote(0, 0)
    rig.act(order(BUY, LOT, 0))
    assert denied(rig) == ["PRICE_UNAVAILABLE"]
    rig.act(order(SELL, LOT, 0))
    assert denied(rig) == ["PRICE_UNAVAILABLE"]
    rig.quote(0, ASK)
    rig.act(order(SELL, LOT, 0))
    assert denied(rig) == ["PRICE_UNAVAILABLE"] * 2, "with the first sell it would go short"


def test_without_quotes_the_last_trade_values_a_market_order() -> None:
    rig = Rig(limits=limits(order_notional_max="1000000")).start()
    rig.desk.markets.by_id[ID].quote = None
    rig.act(order(BUY, LOT, 0))
    rig.act(order(SELL, LOT, 0))
    assert [sent.side for sent in rig.sent] == [BUY, SELL]
    rig.act(order(BUY, 10**6 * LOT, 0))
    assert denied(rig) == ["ORDER_SIZE"], "it is worth something"


def test_an_instrument_that_is_not_the_strategys_is_denied_and_flat() -> None:
    rig = Rig(limits=limits()).start()
    rig.act(lambda context: context.submit("OTHER.ACME", BUY, LOT))
    rig.act(lambda context: context.submit_bracket("OTHER.ACME", BUY, LOT, stop_price=5))
    assert denied(rig) == ["ORDER_VALUE"] * 3
    position = rig.act(lambda context: context.position("OTHER.ACME"))
    assert (position.quantity, position.realised) == (0, 0)
    assert rig.act(lambda context: context.position_quantity("OTHER.ACME")) == 0


def test_reductions_pass_limits_that_only_forbid_growing() -> None:
    rule = limits(
        order_quantity_max="0.1", order_notional_max="1001", position_quantity_max="0.3",
        position_notional_max="3003", open_orders_max="1",
    )  # fmt: skip
    rig = Rig(limits=rule).start()
    for _ in range(3):
        hold(rig, LOT)
    rig.accept(rig.act(order(SELL, 10, ASK)))
    rig.act(order(SELL, 2 * LOT, ASK))
    assert denied(rig) == []
    rig.act(order(SELL, 2 * LOT, ASK))
    assert denied(rig) == ["ORDER_SIZE"], "more than is held, with what works, is no reduction"
    check_books(rig)


def test_a_reduction_reserves_nothing_when_there_is_nothing_left() -> None:
    rig = Rig(limits=limits(order_quantity_max="0.1")).start()
    hold(rig, LOT)
    hold(rig, LOT)
    balance = rig.account.balance("USDT")
    balance.total = balance.used
    rig.act(order(SELL, 2 * LOT, ASK))
    assert denied(rig) == []
    assert balance.available >= 0


def test_an_amendment_counts_what_is_filled_once() -> None:
    rig = Rig(limits=limits(position_quantity_max="0.3")).start()
    order_id = rig.act(order(quantity=3 * LOT))
    rig.accept(order_id)
    rig.fill(order_id, LOT)
    assert rig.act(lambda context: context.amend(order_id, price=BID - 5))
    assert not rig.act(lambda context: context.amend(order_id, quantity=3 * LOT + 10))
    check_books(rig)
    assert not rig.act(lambda context: context.amend(order_id, quantity=LOT)), "filled already"
    refusals = [event.code for event in rig.puppets["a"].of("on_order")[-2:]]
    assert refusals == ["RISK_POSITION", "ORDER_SIZE"]


def test_a_smaller_price_is_reserved_once_the_venue_has_taken_it() -> None:
    rig = Rig(limits=limits()).start()
    order_id = rig.act(order())
    rig.accept(order_id)
    before = rig.account.balance("USDT").reserved
    rig.act(lambda context: context.amend(order_id, price=BID // 2))
    assert rig.account.balance("USDT").reserved == before
    rig.confirm(rig.amends[0])
    assert rig.account.balance("USDT").reserved == before // 2
    rig.act(lambda context: context.amend(order_id, price=BID))
    assert rig.account.balance("USDT").reserved == before
    rig.refuse(rig.amends[1])
    assert rig.account.balance("USDT").reserved == before // 2
    check_books(rig)


def test_capabilities_are_those_of_the_broker() -> None:
    gate = RiskGate(Capabilities(), {ID: GateLimits(OPEN_LIMITS, INSTRUMENT)})
    ledger = Ledger("s", Market(INSTRUMENT), Account("account", [INSTRUMENT]))
    intent = NewOrder("O1", "s", "account", ID, BUY, STOP_MARKET, LOT, 1, trigger_price=BID)
    denial = gate.check(new_order(intent), ledger, 1, 0)
    assert denial is not None
    assert denial[0] == "ORDER_UNSUPPORTED"


def test_post_only_is_denied_in_the_same_words_whatever_the_way() -> None:
    rig = Rig(limits=limits(), capabilities=replace(ALL_CAPABILITIES, post_only=False)).start()
    rig.act(order(post_only=True, tag="bid"))
    assert denied(rig) == ["ORDER_UNSUPPORTED"]
    rig = Rig(limits=limits()).start()
    rig.act(order(post_only=True, tag="bid"))
    assert rig.sent[0].post_only
