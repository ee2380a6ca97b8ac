"""Numbers as people read them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk_app.display.numbers import MINUS, duration, grouped, moment, rate, sign_of, signed


@pytest.mark.parametrize(
    ("text", "decimals", "shown"),
    [
        ("1234567.891", 2, "+1,234,567.89"),
        ("-0.005", 2, "0.00"),
        ("0.001", 2, "0.00"),
        ("0", None, "0"),
        ("-12", None, f"{MINUS}12"),
        ("1E+3", None, "+1,000"),
        ("unlimited", 2, "unlimited"),
        ("", None, ""),
        ("NaN", 2, "NaN"),
    ],
)
def test_signed_numbers(text: str, decimals: int | None, shown: str) -> None:
    assert signed(text, decimals) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**20)))
def test_separators_change_no_digit(number: Decimal) -> None:
    shown = grouped(str(number)).replace(",", "").replace(MINUS, "-")
    assert Decimal(shown) == number
    assert sign_of(str(number)) == (number > 0) - (number < 0)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.123, "0.12 s"), (10.0, "0:00:10"), (15_120.4, "4:12:00"), (90_061.0, "1 d 1:01:01")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("per_second", "shown"), [(0.0, "0/s"), (999.0, "999/s"), (1_520_000.0, "1.52 M/s")]
)
def test_rates(per_second: float, shown: str) -> None:
    assert rate(per_second) == shown


def test_moments() -> None:
    assert moment(1_762_300_800_123_456_789) == "2025-11-05 00:00:00.123"
    assert moment(0) == "-"
    assert moment(10**30) == f"{10**30} ns"
