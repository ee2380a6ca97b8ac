from fractions import Fraction

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from hexdesk.domain.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentSettings,
    TickBand,
    make_instrument,
)
from hexdesk.testing.strategies import instruments, prices, quantities


def settings(**changes: object) -> InstrumentSettings:
    base: dict[str, object] = {"kind": "perpetual", "quote": "USDT", "tick": "0.1", "lot": "0.001"}
    return msgspec.convert(base | changes, InstrumentSettings)


def toyota() -> Instrument:
    """A share with the Tokyo exchange's table for shares outside TOPIX 500, first bands."""
    bands = [["3000", "5"], ["5000", "10"], ["30000", "50"], ["50000", "100"], ["300000", "500"]]
    return make_instrument(
        "7203.TSE",
        settings(kind="equity", quote="JPY", tick="1", tick_bands=bands, lot="100"),
    )


@pytest.mark.parametrize(
    ("price", "tick"),
    [(1, 1), (3_000, 1), (3_001, 5), (5_000, 5), (5_010, 10), (30_000, 10), (30_050, 50),
     (300_000, 100), (300_500, 500), (9_999_999, 500)],
)  # fmt: skip
def test_tokyo_ticks_change_with_the_band(price: int, tick: int) -> None:
    assert toyota().tick_at(price) == tick


@pytest.mark.parametrize(
    ("price", "lower", "upper"),
    [(2_999, 2_999, 2_999), (3_002, 3_000, 3_005), (4_998, 4_995, 5_000), (5_001, 5_000, 5_010),
     (29_995, 29_990, 30_000), (30_001, 30_000, 30_050)],
)  # fmt: skip
def test_rounding_across_tokyo_bands(price: int, lower: int, upper: int) -> None:
    instrument = toyota()
    assert (instrument.floor_price(price), instrument.ceil_price(price)) == (lower, upper)


@given(instruments(), st.integers(1, 5_000))
def test_rounding_finds_the_nearest_price_on_the_grid(instrument: Instrument, price: int) -> None:
    lower, upper = instrument.floor_price(price), instrument.ceil_price(price)
    grid = [candidate for candidate in range(lower, upper + 1) if instrument.is_on_grid(candidate)]
    assert lower <= price <= upper
    assert grid == ([price] if instrument.is_on_grid(price) else [lower, upper])


@given(instruments(), st.integers(0, 10**9))
def test_quantities_round_down_to_lots(instrument: Instrument, quantity: int) -> None:
    rounded = instrument.floor_quantity(quantity)
    assert rounded % instrument.lot == 0
    assert rounded <= quantity < rounded + instrument.lot


@given(instruments(inverse=False), prices, quantities)
def test_linear_value_is_exact(instrument: Instrument, price: int, quantity: int) -> None:
    exact = (
        Fraction(price, 10**instrument.price_scale)
        * Fraction(quantity, 10**instrument.quantity_scale)
        * Fraction(instrument.multiplier, 10**instrument.multiplier_scale)
    )
    assert Fraction(instrument.value(price, quantity), 10**instrument.value_scale) == exact


@given(instruments(inverse=True), prices, quantities)
def test_inverse_value_is_floored_by_less_than_one(
    instrument: Instrument, price: int, quantity: int
) -> None:
    exact = (
        Fraction(quantity * instrument.multiplier, 10**instrument.multiplier_scale)
        / Fraction(price, 10**instrument.price_scale)
        * 10**instrument.value_scale
    )
    assert instrument.value(price, quantity) <= exact < instrument.value(price, quantity) + 1


def test_inverse_value_at_price_zero_is_zero() -> None:
    assert _inverse().value(0, 5) == 0


def _inverse() -> Instrument:
    return make_instrument(
        "BTCUSD.ACME",
        settings(quote="USD", base="BTC", inverse=True, multiplier="100", tick="0.5", lot="1"),
    )


def test_settings_become_an_instrument() -> None:
    instrument = make_instrument(
        "BTCUSDT-PERP.BINANCE",
        settings(base="BTC", min_notional="20", maker_fee="0.0002", taker_fee="-0.0001"),
    )
    assert (instrument.venue, instrument.settle) == ("BINANCE", "USDT")
    assert (instrument.price_scale, instrument.quantity_scale, instrument.value_scale) == (1, 3, 4)
    assert instrument.ticks == (TickBand(0, 1),)
    assert (instrument.lot, instrument.min_quantity, instrument.max_quantity) == (1, 1, 0)
    assert instrument.min_notional == 200_000
    assert (instrument.maker_fee, instrument.taker_fee) == (200_000, -100_000)
    assert instrument.is_margined
    assert _inverse().settle == "BTC"


@pytest.mark.parametrize(
    "kind", [InstrumentKind.SPOT, InstrumentKind.EQUITY, InstrumentKind.FUTURE]
)
def test_only_futures_and_perpetuals_are_margined(kind: InstrumentKind) -> None:
    instrument = make_instrument("X.Y", settings(kind=kind.value))
    assert instrument.is_margined is (kind is InstrumentKind.FUTURE)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tick": "0"}, "expected a tick above 0, was '0'"),
        ({"tick": "abc"}, "tick: expected a decimal number, was 'abc'"),
        ({"lot": "-1"}, "expected a lot above 0, was '-1'"),
        ({"lot": "0.0000000000000000001"}, "expected at most 18 decimals"),
        ({"multiplier": "0"}, "expected a multiplier above 0, was '0'"),
        ({"margin": "0"}, "expected a margin above 0, was '0'"),
        ({"maker_fee": "2%"}, "maker_fee: expected a decimal number, was '2%'"),
        ({"price_scale": 0}, "tick: expected at most 0 decimals, was '0.1'"),
        ({"min_quantity": "0.0001"}, "min_quantity: expected at most 3 decimals, was '0.0001'"),
        ({"max_notional": "-5"}, "max_notional: expected 0 or more, was '-5'"),
        ({"tick_bands": [["5", "1"], ["3", "2"]]}, "expected tick_bands by ascending floor"),
        ({"tick_bands": [["3.05", "1"]]}, "expected tick_bands whose floors lie on both grids"),
        ({"min_quantity": "2", "max_quantity": "1"}, "expected min_quantity up to max_quantity"),
        ({"lower_limit": "2", "upper_limit": "1"}, "expected lower_limit up to upper_limit"),
        ({"min_notional": "2", "max_notional": "1"}, "expected min_notional up to max_notional"),
        (
            {"margin": "0.05", "maintenance_margin": "0.06"},
            "expected maintenance_margin up to margin",
        ),
        ({"inverse": True}, "expected settle or base for an inverse contract"),
        ({"quote": ""}, "expected a quote currency"),
        (
            {"inverse": True, "base": "BTC", "lot": "0.000000000000000001"},
            "expected fewer decimals in lot and multiplier of an inverse contract",
        ),
    ],
)
def test_bad_settings_say_what_to_do(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        make_instrument("X.Y", settings(**changes))
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", ["", "X", ".Y", "X.", "X Y.Z", "比特币.Y"])
def test_bad_ids_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected an instrument id as in"):
        make_instrument(name, settings())


def test_format() -> None:
    instrument = make_instrument("X.Y", settings())
    assert instrument.format_price(101) == "10.1"
    assert instrument.format_quantity(1_500) == "1.5"
    assert instrument.format_value(-25_000) == "-2.5"


@pytest.mark.parametrize(
    ("text", "quantity"), [("0.3", 30), ("0.25", None), ("0.1", None), ("x", None), ("0.301", None)]
)
def test_a_quantity_of_an_order_is_a_multiple_of_the_lot(text: str, quantity: int | None) -> None:
    instrument = make_instrument(
        "X.ACME", settings(lot="0.10", quantity_scale=2, min_quantity="0.2")
    )
    if quantity is not None:
        assert instrument.parse_quantity(text) == quantity
        return
    with pytest.raises(ValueError, match=r"a multiple of 0\.1, at least 0\.2, of X\.ACME, was"):
        instrument.parse_quantity(text)
