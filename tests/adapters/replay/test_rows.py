from contextlib import suppress
from decimal import Decimal
from string import printable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.domain.instruments import InstrumentKind, InstrumentSettings, make_instrument
from hexdesk.domain.market import Bar, BookLevel, BookUpdate, MarketEvent, Quote, Trade
from hexdesk.domain.money import format_raw
from hexdesk.domain.values import Aggressor
from hexdesk_replay.rows import INT64_MAX, KINDS, Row, RowParser, kind_of

ID = "BTCUSDT-PERP.BINANCE"
INSTRUMENT = make_instrument(
    ID, InstrumentSettings(kind=InstrumentKind.PERPETUAL, quote="USDT", tick="0.1", lot="0.001")
)
QUOTE = {
    "ts_event": "20", "ts_init": "10", "bid_price": "61800.2", "bid_size": "2.507",
    "ask_price": "61800.3", "ask_size": "2.51",
}  # fmt: skip
TRADE = {
    "ts_event": "20", "ts_init": "10", "price": "61800.3", "size": "0.006", "aggressor": "1",
    "trade_id": "5266583935",
}  # fmt: skip
DEPTH = {"ts_event": "20", "ts_init": "10", "side": "1", "price": "1", "size": "2", "flags": "0"}
BAR = {
    "ts_event": "60000000000", "ts_close": "120000000000", "open": "5", "high": "7", "low": "4",
    "close": "6", "volume": "0.5",
}  # fmt: skip


SNAPSHOT, CHANGE = True, False


def parser(default_id: str = ID) -> RowParser:
    return RowParser({ID: INSTRUMENT}, default_id)


def parse(kind: str, row: Row) -> MarketEvent | None:
    return parser().parse(kind, row)


def test_a_quote_is_read_exactly() -> None:
    assert parse("quote", {**QUOTE}) == Quote(ID, 618_002, 2_507, 618_003, 2_510, 20, 10)


def test_a_missing_side_has_price_0() -> None:
    row = {**QUOTE, "bid_price": "", "bid_size": None}
    assert parse("quote", row) == Quote(ID, 0, 0, 618_003, 2_510, 20, 10)


def test_an_unknown_size_stays_0() -> None:
    row = {**QUOTE, "bid_size": "0", "ask_size": 0}
    assert parse("quote", row) == Quote(ID, 618_002, 0, 618_003, 0, 20, 10)


def test_a_crossed_quote_is_a_quote() -> None:
    row = {**QUOTE, "bid_price": "61800.4"}
    assert parse("quote", row) == Quote(ID, 618_004, 2_507, 618_003, 2_510, 20, 10)


@pytest.mark.parametrize("value", ["", None])
def test_time_of_receipt_falls_back_to_that_of_the_event(value: object) -> None:
    event = parse("quote", {**QUOTE, "ts_init": value})
    assert event is not None
    assert event.ts_init == 20


@pytest.mark.parametrize(
    ("text", "aggressor"),
    [
        ("1", Aggressor.BUYER),
        (-1, Aggressor.SELLER),
        ("seller", Aggressor.SELLER),
        ("0", Aggressor.UNKNOWN),
        ("", Aggressor.UNKNOWN),
    ],
)
def test_a_trade_is_read_exactly(text: object, aggressor: Aggressor) -> None:
    row = {**TRADE, "aggressor": text}
    assert parse("trade", row) == Trade(ID, 618_003, 6, aggressor, "5266583935", 20, 10)


def test_depth_rows_make_one_message() -> None:
    rows = parser()
    assert rows.parse("depth", {**DEPTH, "flags": "1"}) is None
    assert rows.rows_open == 1
    book = rows.parse("depth", {**DEPTH, "side": "ask", "price": "1.1", "flags": 3})
    assert book == BookUpdate(
        ID, (BookLevel(10, 2_000),), (BookLevel(11, 2_000),), SNAPSHOT, 20, 10
    )
    assert rows.rows_open == 0
    assert rows.parse("depth", {**DEPTH, "size": 0, "flags": 2}) == BookUpdate(
        ID, (BookLevel(10, 0),), (), CHANGE, 20, 10
    )


def test_a_malformed_last_row_ends_its_message_all_the_same() -> None:
    rows = parser()
    rows.parse("depth", {**DEPTH})
    with pytest.raises(ValueError, match="price"):
        rows.parse("depth", {**DEPTH, "price": "x", "flags": "2"})
    assert rows.parse("depth", {**DEPTH, "flags": "2"}) == BookUpdate(
        ID, (BookLevel(10, 2_000),), (), CHANGE, 20, 10
    )


def test_a_bar_becomes_known_at_its_end() -> None:
    minute = 60_000_000_000
    assert parse("bar", {**BAR}) == Bar(ID, 60, 50, 70, 40, 60, 500, minute, 2 * minute, 2 * minute)


def test_a_row_may_name_its_instrument() -> None:
    row = {**QUOTE, "instrument_id": ID}
    assert parser("").parse("quote", row) == parse("quote", {**QUOTE})


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("quote", {"ts_event": "x"}, "ts_event: expected a whole number, was 'x'"),
        ("quote", {"ts_event": ""}, "ts_event is missing"),
        ("quote", {"ts_event": "0"}, "ts_event: expected nanoseconds since 1970, was 0"),
        ("quote", {"ts_event": -1}, "ts_event: expected a whole number"),
        ("quote", {"ts_event": Decimal("1.5")}, "ts_event: expected a whole number"),
        ("quote", {"ts_event": Decimal("1E999999999")}, "ts_event: expected a whole number"),
        ("quote", {"ts_event": str(INT64_MAX + 1)}, "ts_event: expected a whole number"),
        ("quote", {"bid_price": "61800.25"}, "bid_price: expected at most 1 decimals"),
        ("quote", {"bid_price": "1e20"}, "bid_price: 1e20 is too large"),
        ("quote", {"bid_price": True}, "bid_price: expected a number, was 'True'"),
        ("quote", {"bid_price": ["1"]}, "bid_price: expected a number"),
        ("quote", {"ask_size": "-1"}, "ask_size: expected 0 or more, was -1"),
        ("quote", {"ask_size": "nan"}, "ask_size: expected a decimal number"),
        ("quote", {"instrument_id": "ETH.X"}, "instrument_id: 'ETH.X' is not configured"),
        ("trade", {"price": ""}, "price is missing"),
        ("trade", {"aggressor": "2"}, "aggressor: expected 1, buyer, -1, seller, 0, unknown"),
        ("depth", {"side": "0"}, "side: expected 1, bid, -1, ask, was '0'"),
        ("depth", {"flags": "?"}, "flags: expected a whole number"),
        ("bar", {"ts_close": "60000000000"}, "ts_close: expected whole seconds after ts_event"),
        ("bar", {"high": "5"}, "expected low <= open, close <= high"),
        ("bar", {"volume": "-0.1"}, "volume: expected 0 or more"),
    ],
)
def test_a_malformed_row_says_what_is_wrong(
    kind: str, change: dict[str, object], message: str
) -> None:
    good: dict[str, dict[str, str]] = {"quote": QUOTE, "trade": TRADE, "depth": DEPTH, "bar": BAR}
    with pytest.raises(ValueError, match=message):
        parse(kind, {**good[kind], **change})


def test_names_tell_the_kind() -> None:
    assert [kind_of(row) for row in (QUOTE, TRADE, DEPTH, BAR)] == list(KINDS)
    assert kind_of({**QUOTE, "seq": "1", "flags": "0"}) == "quote"
    assert kind_of(["ts_event", "rate"]) == ""


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(),
    st.text(printable, max_size=50),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(["1", "-1", "0.5", "1e9", "0", "1e999999999"]),
)


@given(st.sampled_from([*KINDS]), st.data())
def test_any_row_is_an_event_or_a_value_error(kind: str, data: st.DataObject) -> None:
    row = {name: data.draw(VALUES) for name in (*KINDS[kind], "ts_init")}
    with suppress(ValueError):
        event = parse(kind, row)
        assert event is None or 0 < event.ts_init <= INT64_MAX


@given(st.integers(min_value=1, max_value=INT64_MAX), st.integers(min_value=0, max_value=INT64_MAX))
def test_numbers_are_read_as_they_were_written(price: int, size: int) -> None:
    row = {**TRADE, "price": format_raw(price, 1), "size": format_raw(size, 3)}
    event = parse("trade", row)
    assert isinstance(event, Trade)
    assert (event.price, event.size) == (price, size)
