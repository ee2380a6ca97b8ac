"""Settings of rules as numbers: exact, checked, and off only where that is said."""

from hexdesk.domain.money import RATE_SCALE, SCALE_MAX, format_raw, parse_raw, pow10
from hexdesk.domain.risk import OFF, UNLIMITED

NO_LIMIT = 2**200
ONE = pow10(RATE_SCALE)
PERCENT = ONE // pow10(2)
_TO_RATE = pow10(SCALE_MAX - RATE_SCALE)
_PERCENT_SCALE = RATE_SCALE - 2
LIMIT_MAX = 10**15
"""Larger limits are typing errors: `unlimited` is written as a word."""


def number(name: str, text: str, *, least: int = 0) -> int:
    """Return a limit at `SCALE_MAX`; `NO_LIMIT` where there is none.

    Raises:
        ValueError: Not a number, or a senseless one.
    """
    if text in (OFF, UNLIMITED):
        return NO_LIMIT
    try:
        raw = parse_raw(text, SCALE_MAX)
    except ValueError as error:
        message = f"{name}: {error}, or {UNLIMITED!r}"
        raise ValueError(message) from error
    if raw < least * pow10(SCALE_MAX) or raw > LIMIT_MAX * pow10(SCALE_MAX):
        message = f"{name}: expected {least} to {LIMIT_MAX}, or {UNLIMITED!r}, was {text!r}"
        raise ValueError(message)
    return raw


def ratio(name: str, text: str) -> int:
    """Return a plain ratio (`3` is three times) at `RATE_SCALE`; raises as `number`."""
    raw = number(name, text)
    return raw if raw == NO_LIMIT else raw // _TO_RATE


def percent(name: str, text: str) -> int:
    """Return a percentage as a ratio at `RATE_SCALE`; raises as `number`."""
    raw = number(name, text)
    return raw if raw == NO_LIMIT else raw // _TO_RATE // 100


def count(name: str, text: str) -> int:
    """Return a whole number; raises as `number`, and for fractions."""
    raw = number(name, text)
    if raw == NO_LIMIT:
        return raw
    whole, rest = divmod(raw, pow10(SCALE_MAX))
    if rest:
        message = f"{name}: expected a whole number, was {text!r}"
        raise ValueError(message)
    return whole


def share(part: int, whole: int) -> int:
    """Return a part of a whole at `RATE_SCALE`, rounded up; `NO_LIMIT` of nothing or debts."""
    if part <= 0:
        return 0
    return -(-part * ONE // whole) if whole > 0 else NO_LIMIT


def as_ratio(value: int) -> str:
    """Return a ratio for people."""
    return "infinite" if value >= NO_LIMIT else format_raw(value, RATE_SCALE)


def as_percent(value: int) -> str:
    """Return a ratio in percent for people."""
    return "infinite" if value >= NO_LIMIT else format_raw(value, _PERCENT_SCALE)
