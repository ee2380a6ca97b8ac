import string
from decimal import Decimal
from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hexdesk.domain.money import (
    DIGITS_MAX,
    Money,
    ceil_div,
    currency_scale,
    format_raw,
    parse_money,
    parse_raw,
    rescale_down,
    rescale_up,
)

raws = st.integers(-(10**20), 10**20)
scales = st.integers(0, 18)


@given(raws, scales)
def test_format_and_parse_are_inverse(raw: int, scale: int) -> None:
    assert parse_raw(format_raw(raw, scale), scale) == raw


@given(raws, scales)
def test_format_is_the_shortest_plain_decimal(raw: int, scale: int) -> None:
    text = format_raw(raw, scale)
    assert Fraction(text) == Fraction(raw, 10**scale)
    assert "e" not in text.lower()
    assert not ("." in text and text.endswith(("0", ".")))
    assert not text.startswith(("-0.0000000000000000000", "+"))


@given(st.text(alphabet=string.digits + "+-.eE_ naif,", max_size=60), scales)
def test_parse_is_exact_or_refuses(text: str, scale: int) -> None:
    try:
        raw = parse_raw(text, scale)
    except ValueError as error:
        assert "expected" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert Fraction(raw, 10**scale) == Fraction(Decimal(text))


@given(st.text(max_size=30), scales)
def test_parse_never_raises_anything_else(text: str, scale: int) -> None:
    try:
        parse_raw(text, scale)
        parse_money(text)
    except ValueError as error:
        assert "expected" in str(error)  # noqa: PT017 - as above


@pytest.mark.parametrize(
    ("text", "scale", "raw"),
    [("10123.45", 2, 1_012_345), ("-0.5", 1, -5), ("1e3", 0, 1000), (7, 2, 700), ("0", 8, 0)],
)
def test_parse(text: str | int, scale: int, raw: int) -> None:
    assert parse_raw(text, scale) == raw


@pytest.mark.parametrize(
    ("text", "scale", "problem"),
    [
        ("0.123", 2, "expected at most 2 decimals, was '0.123'"),
        ("", 2, "expected a decimal number, was ''"),
        ("nan", 2, "expected a decimal number, was 'nan'"),
        ("-inf", 2, "expected a decimal number, was '-inf'"),
        ("1,5", 2, "expected a decimal number, was '1,5'"),
        ("9" * (DIGITS_MAX + 1), 2, f"expected at most {DIGITS_MAX} digits"),
        ("1e999999999", 2, f"expected at most {DIGITS_MAX} digits"),
        ("1e-999999999", 2, f"expected at most {DIGITS_MAX} digits"),
    ],
)
def test_parse_refuses(text: str, scale: int, problem: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_raw(text, scale)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("50000 USDT", Money(50_000 * 10**8, "USDT")),
        ("1.25 usd", Money(125, "USD")),
        (" 100  JPY ", Money(100, "JPY")),
        ("-3 BTC", Money(-3 * 10**8, "BTC")),
    ],
)
def test_parse_money(text: str, money: Money) -> None:
    assert parse_money(text) == money
    assert parse_money(str(money)) == money


@pytest.mark.parametrize("text", ["", "50000", "50000USDT", "1 US DT", "1 U$D", "x USD", "0.5 JPY"])
def test_parse_money_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_money(text)


def test_unknown_currencies_are_booked_with_eight_decimals() -> None:
    assert (currency_scale("JPY"), currency_scale("USD"), currency_scale("DOGE")) == (0, 2, 8)


@given(raws, st.integers(1, 10**9))
def test_ceil_div_rounds_up(dividend: int, divisor: int) -> None:
    quotient = ceil_div(dividend, divisor)
    assert (quotient - 1) * divisor < dividend <= quotient * divisor


@given(raws, scales, scales)
def test_rescaling_rounds_against_us_by_less_than_one(raw: int, scale: int, target: int) -> None:
    exact = Fraction(raw * 10**target, 10**scale)
    pays, gets = rescale_up(raw, scale, target), rescale_down(raw, scale, target)
    assert gets <= exact <= pays
    assert pays - gets <= 1
    if target >= scale:
        assert pays == gets == exact
