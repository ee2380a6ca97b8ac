"""Bad input is counted and told, and harms nothing."""

import pytest
from hypothesis import given
from msgspec.structs import replace

from hexdesk.application import desk as desk_module
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import BookUpdate, Quote
from hexdesk.domain.reports import (
    Fill,
    FillBusted,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderTriggered,
    OrderUpdated,
    VenueReport,
)
from hexdesk.domain.values import BUY, LIMIT, MAKER, SELL, Life
from hexdesk.errors import InvariantError
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from hexdesk.testing.strategies import quote_paths
from tests.core.application.books import check_books
from tests.core.application.rig import Request, Rig, agreeable

ID = INSTRUMENT.id


def buy(context: StrategyContext) -> str:
    return context.submit(ID, BUY, LOT, LIMIT, BID)


def sent(rig: Rig) -> str:
    order_id = rig.act(buy)
    rig.accept(order_id)
    return order_id


@pytest.mark.parametrize(
    ("bid", "ask", "mark"),
    [
        (BID, ASK, (BID + ASK) // 2),
        (ASK, BID, (BID + ASK) // 2),
        (BID, BID, BID),
        (BID, 0, BID),
        (0, ASK, ASK),
        (0, 0, 0),
    ],
)
def test_odd_quotes_are_shown_and_valued(bid: int, ask: int, mark: int) -> None:
    rig = Rig().start(bid, ask)
    assert rig.puppets["a"].of("on_quote")[0].bid_price == bid
    assert rig.desk.markets.by_id[ID].mark == mark


@given(path=quote_paths(ID, start=BID))
def test_no_quote_harms_a_desk_that_trades_on_each(path: tuple[Quote, ...]) -> None:
    rig = Rig().start()
    rig.broker.answer = agreeable
    puppet = rig.puppets["a"]

    def trade(quote: Quote) -> None:
        context = puppet.context
        side = BUY if quote.ask_size % 2 else SELL
        context.submit(ID, side, LOT)
        context.submit(ID, side, LOT, LIMIT, quote.bid_price)

    puppet.hooks["on_quote"] = trade
    for quote in path:
        now = rig.now()
        rig.desk.on_quote(replace(quote, ts_init=now, ts_event=now))
        if rig.sent:
            rig.fill(rig.sent[-1].client_order_id, 10)
        check_books(rig)
    assert not rig.host().fault


def test_time_that_goes_back_is_counted_and_stands_still() -> None:
    rig = Rig().start()
    now = rig.now()
    rig.desk.on_quote(Quote(ID, BID, 1, ASK, 1, now, now))
    rig.desk.on_quote(Quote(ID, BID, 2, ASK, 2, now - 50, now - 50))
    rig.desk.handle(BookUpdate(ID, (), (), snapshot=True, ts_event=now, ts_init=now - 60))
    assert rig.desk.counts.time_regressions == 2
    assert rig.puppets["a"].context.now_ns() == now
    assert len(rig.puppets["a"].of("on_quote")) == 3


def test_events_of_unknown_instruments_are_counted() -> None:
    rig = Rig().start()
    now = rig.now()
    rig.desk.on_quote(Quote("OTHER.ACME", BID, 1, ASK, 1, now, now))
    rig.desk.handle(BookUpdate("OTHER.ACME", (), (), snapshot=True, ts_event=now, ts_init=now))
    assert rig.desk.counts.unknown_instruments == 2
    rig.quote()
    assert rig.desk.markets.by_id[ID].quote is not None


def report(kind: type, order_id: str, venue_order_id: str = "") -> VenueReport:
    match kind.__name__:
        case "Fill":
            return Fill(order_id, venue_order_id, "T1", ID, BUY, LOT, BID, MAKER, 0, "USDT", 5, 5)
        case "FillBusted":
            return FillBusted(order_id, "T1", None, 5, 5)
        case "OrderUpdated":
            return OrderUpdated(order_id, 1, LOT, BID, 0, 5, 5)
        case "OrderRejected":
            return OrderRejected(order_id, "VENUE_OTHER", "", 5, 5)
        case "OrderTriggered":
            return OrderTriggered(order_id, 5, 5)
        case _:
            return OrderAccepted(order_id, venue_order_id, 5, 5)


@pytest.mark.parametrize("kind", [Fill, FillBusted, OrderUpdated, OrderRejected, OrderAccepted])
@pytest.mark.parametrize("order_id", ["stranger", ""])
def test_reports_of_orders_nobody_knows_are_kept_and_told(kind: type, order_id: str) -> None:
    rig = Rig().start()
    rig.report(report(kind, order_id))
    assert rig.desk.counts.dead_letters == 1
    assert list(rig.desk.execution.dead_letters) == [report(kind, order_id)]
    assert rig.alerts == ["DEAD_LETTER"]
    assert rig.records[-1] == report(kind, order_id), "evidence is journalled"
    assert not rig.puppets["a"].of("on_order")
    check_books(rig)


def test_a_report_by_the_venues_id_alone_reaches_its_owner_with_ours() -> None:
    rig = Rig("a", "b").start()
    sent(rig)
    order_id = rig.act(buy, "b")
    rig.accept(order_id)
    rig.report(report(Fill, "", f"V-{order_id}"))
    assert [fill.client_order_id for fill in rig.puppets["b"].of("on_fill")] == [order_id]
    assert rig.held("b") == LOT
    assert rig.held("a") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 0},
        {"quantity": -LOT},
        {"price": 0},
        {"side": SELL},
        {"instrument_id": "OTHER.ACME"},
    ],
)
def test_a_fill_that_cannot_be_of_its_order_is_not_booked(changes: dict[str, object]) -> None:
    rig = Rig().start()
    order_id = sent(rig)
    rig.report(replace(report(Fill, order_id), **changes))
    assert rig.held() == 0
    assert rig.order(order_id).life is Life.ACCEPTED
    assert rig.desk.counts.dead_letters == 1
    assert "DEAD_LETTER" in rig.alerts
    rig.fill(order_id)
    assert rig.held() == LOT
    check_books(rig)


def test_a_trade_told_twice_is_booked_once() -> None:
    rig = Rig().start()
    order_id = sent(rig)
    fill = rig.fill(order_id, 10)
    rig.report(fill)
    rig.fill(order_id)
    rig.report(fill)
    assert rig.held() == LOT
    assert rig.desk.counts.duplicates == 2
    assert len(rig.puppets["a"].of("on_fill")) == 2
    check_books(rig)


@pytest.mark.parametrize("live", [True, False, None])
def test_a_bust_before_its_fill_leaves_nothing_behind(*, live: bool | None) -> None:
    rig = Rig().start()
    order_id = sent(rig)
    rig.bust(order_id, "T1", live=live)
    rig.fill(order_id, LOT, trade_id="T1")
    assert rig.held() == 0
    assert rig.order(order_id).is_closed is (live is not True)
    check_books(rig)


def test_an_overfill_is_booked_and_told() -> None:
    rig = Rig().start()
    order_id = sent(rig)
    rig.fill(order_id, 3 * LOT)
    assert rig.held() == 3 * LOT
    assert "OVERFILLED" in rig.alerts
    check_books(rig)


def test_a_bust_is_told_and_taken_back_with_its_fee() -> None:
    rig = Rig().start()
    balance = rig.account.balance("USDT")
    before = balance.total
    order_id = sent(rig)
    rig.fill(order_id, LOT, trade_id="T1")
    assert balance.total == before - 7
    rig.bust(order_id, "T1", live=True)
    assert (balance.total, balance.used) == (before, 0)
    assert rig.order(order_id).life is Life.ACCEPTED
    assert {"FILL_BUSTED", "ORDER_REOPENED"} <= set(rig.alerts)
    assert [order.client_order_id for order in rig.puppets["a"].context.open_orders()] == [order_id]
    check_books(rig)


def test_a_storm_of_reports_halts_and_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "REPORTS_MAX", 50)
    rig = Rig().start()

    def storm(request: Request) -> list[VenueReport]:
        order_id = request.client_order_id
        fills: list[VenueReport] = [
            replace(report(Fill, order_id), trade_id=f"T{number}", quantity=1)
            for number in range(100)
        ]
        return [*agreeable(request), *fills]

    rig.broker.answer = storm
    order_id = rig.act(buy)
    assert "more venue reports" in rig.desk.execution.halted
    assert rig.order(order_id).life is Life.FILLED
    assert rig.held() == LOT
    check_books(rig)


def test_a_venue_that_fails_on_a_quote_is_a_bug_and_not_a_strategys_fault() -> None:
    rig = Rig().start()

    def fail(_quote: object) -> None:
        raise ValueError("a bug in the venue")

    rig.desk.markets.watch(ID, on_quote=fail)
    with pytest.raises(InvariantError, match="a bug in the venue"):
        rig.quote()
    assert not rig.host().fault


def test_reports_that_a_venue_gives_at_once_are_handled_before_the_next_event() -> None:
    rig = Rig("a", "b").start()
    rig.broker.answer = agreeable
    puppet = rig.puppets["a"]
    puppet.hooks["on_quote"] = lambda _quote: buy(puppet.context)
    rig.quote()
    names = [name for name, _ in puppet.seen[-2:]]
    assert names == ["on_quote", "on_order"]


def test_a_cancel_told_before_its_order_was_accepted_closes_it() -> None:
    rig = Rig().start()
    order_id = rig.act(buy)
    rig.report(OrderCanceled(order_id, "", 5, 5))
    rig.accept(order_id)
    assert rig.order(order_id).life is Life.CANCELED
    check_books(rig)


def test_instruments_stay_apart() -> None:
    other: Instrument = replace(INSTRUMENT, id="OTHER.ACME")
    rig = Rig(instruments=[INSTRUMENT, other]).start()
    rig.quote(BID, ASK, other)
    order_id = rig.act(lambda context: context.submit("OTHER.ACME", BUY, LOT))
    rig.fill(order_id)
    assert rig.held("a", other) == LOT
    assert rig.held("a") == 0
    check_books(rig)
