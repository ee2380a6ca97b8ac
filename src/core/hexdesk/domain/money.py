"""Exact decimal numbers as integers, and the one rounding rule.

The rule: an amount is never rounded, except fees, funding and currency conversion, which are
rounded to the currency's scale **against us** (a payment up, a receipt down).
"""

from decimal import Decimal, InvalidOperation
from functools import lru_cache

import msgspec

from hexdesk.domain.values import MoneyRaw

DEFAULT_CURRENCY_SCALE = 8
CURRENCY_SCALES = {
    "USD": 2, "EUR": 2, "GBP": 2, "CHF": 2, "AUD": 2, "CAD": 2, "HKD": 2, "CNY": 2, "SGD": 2,
    "JPY": 0, "KRW": 0,
}  # fmt: skip
"""Decimals that are booked per currency. Crypto currencies have `DEFAULT_CURRENCY_SCALE`."""

RATE_SCALE = 9
"""Scale of fee rates and ratios: 0.02 % is 200_000."""
SCALE_MAX = 18
"""Largest scale accepted anywhere; beyond it a typing error is likelier than a market."""
_POWERS = tuple(int(10**exponent) for exponent in range(64))
FORMATTED_MAX = 65_536
"""Texts of numbers that are remembered: some 10 MB at most."""
DIGITS_MAX = 40
"""Most digits accepted in a number from outside."""


class Money(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An amount of one currency.

    Attributes:
        amount: Raw amount at the currency's scale.
        currency: Upper-case code, as `USDT`.
    """

    amount: MoneyRaw
    currency: str

    def __str__(self) -> str:
        return f"{format_raw(self.amount, currency_scale(self.currency))} {self.currency}"


def pow10(exponent: int) -> int:
    """Return a power of ten; the exponent is not negative."""
    return int(10**exponent)


def currency_scale(currency: str) -> int:
    """Return how many decimals amounts of a currency are booked with."""
    return CURRENCY_SCALES.get(currency, DEFAULT_CURRENCY_SCALE)


def parse_raw(text: str | int | Decimal, scale: int) -> int:
    """Return the integer that a decimal number is at a scale, exactly.

    Raises:
        ValueError: Not a finite decimal number, absurdly long, or with more decimals than the
            scale holds (`"0.123"` at scale 2): nothing is ever rounded on the way in.
    """
    try:
        number = Decimal(text)
    except (InvalidOperation, TypeError, ValueError):
        number = Decimal("NaN")
    if not number.is_finite():
        message = f"expected a decimal number, was {str(text)[:60]!r}"
        raise ValueError(message)
    sign, digits, exponent = number.as_tuple()
    shift = int(exponent) + scale
    if len(digits) > DIGITS_MAX or abs(shift) > DIGITS_MAX:
        message = f"expected at most {DIGITS_MAX} digits, was {str(text)[:60]!r}"
        raise ValueError(message)
    raw = int("".join(map(str, digits)))
    if shift >= 0:
        raw *= pow10(shift)
    else:
        raw, lost = divmod(raw, pow10(-shift))
        if lost:
            message = f"expected at most {scale} decimals, was {str(text)[:60]!r}"
            raise ValueError(message)
    return -raw if sign else raw


@lru_cache(maxsize=FORMATTED_MAX)
def parse_wire(text: str, scale: int) -> int:
    """Return what `parse_raw` returns, in a tenth of the time, for a venue's plain decimals.

    Remembered, as by `format_raw`: then it takes a hundredth.

    Raises:
        ValueError: Not digits with at most one dot and a leading minus, or more decimals than the
            scale holds, unless they are zeros.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    missing = scale - len(fraction)
    if missing < 0:
        if digits[missing:].strip("0"):
            message = f"expected at most {scale} decimals, was {text[:60]!r}"
            raise ValueError(message)
        digits = digits[:missing]
        missing = 0
    if not digits.isdigit() and not (digits[1:].isdigit() and digits[0] == "-"):
        message = f"expected a decimal number, was {text[:60]!r}"
        raise ValueError(message)
    return int(digits) * _POWERS[missing]


@lru_cache(maxsize=FORMATTED_MAX)
def format_raw(raw: int, scale: int) -> str:
    """Return a raw integer as a plain decimal string without trailing zeros.

    Remembered: a market's prices and sizes come again and again.
    """
    if scale <= 0:
        return str(raw * pow10(-scale))
    whole, fraction = divmod(abs(raw), pow10(scale))
    decimals = f"{fraction:0{scale}d}".rstrip("0")
    sign = "-" if raw < 0 else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def parse_money(text: str) -> Money:
    """Return the amount that a text as `50000 USDT` names.

    Raises:
        ValueError: Not a number and a currency, or more decimals than the currency has.
    """
    parts = text.split()
    if len(parts) != 2 or not parts[1].isalnum() or not parts[1].isascii():  # noqa: PLR2004 - two words
        message = f"expected an amount and a currency as in '50000 USDT', was {text[:60]!r}"
        raise ValueError(message)
    currency = parts[1].upper()
    return Money(parse_raw(parts[0], currency_scale(currency)), currency)


def ceil_div(dividend: int, divisor: int) -> int:
    """Return the quotient rounded up; the divisor is positive."""
    return -(-dividend // divisor)


def rescale_up(raw: int, scale: int, target: int) -> int:
    """Return a raw amount at another scale, rounded up (towards paying more) where digits go."""
    if target >= scale:
        return raw * pow10(target - scale)
    return ceil_div(raw, pow10(scale - target))


def rescale_down(raw: int, scale: int, target: int) -> int:
    """Return a raw amount at another scale, rounded down (towards receiving less)."""
    if target >= scale:
        return raw * pow10(target - scale)
    return raw // pow10(scale - target)
