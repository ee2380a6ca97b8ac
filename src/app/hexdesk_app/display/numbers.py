"""Numbers and times as people read them; decimal strings stay exact."""

from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation

NS_PER_SECOND = 1_000_000_000
MINUS = "\N{MINUS SIGN}"


def grouped(text: str, decimals: int | None = None) -> str:
    """Return a decimal string with thousands separators; `decimals` rounds for display."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite():
        return text
    if decimals is not None:
        number = round(number, decimals) + 0  # no zero is negative
    return f"{number:,f}".replace("-", MINUS)


def signed(text: str, decimals: int | None = None) -> str:
    """Return a decimal string with separators and its sign, which zero has not."""
    shown = grouped(text, decimals)
    is_zero = not any(digit in shown for digit in "123456789")
    return shown if sign_of(text) <= 0 or is_zero else f"+{shown}"


def sign_of(text: str) -> int:
    """Return -1, 0 or 1; 0 for what is no number."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return 0
    return 0 if number.is_nan() else (number > 0) - (number < 0)


def count(number: int) -> str:
    """Return an integer with separators."""
    return f"{number:,}"


def rate(per_second: float) -> str:
    """Return a rate in three significant figures: `1.52 M/s`."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if per_second >= limit:
            return f"{per_second / limit:.3g} {unit}/s"
    return f"{per_second:.3g}/s"


def duration(seconds: float) -> str:
    """Return `4:12:00`, days before it where there are any, decimals below ten seconds."""
    if seconds < 10:  # noqa: PLR2004 - one digit before the point
        return f"{seconds:.2f} s"
    whole = round(seconds)
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days} d {clock}" if days else clock


def moment(ts_ns: int, zone: tzinfo = UTC) -> str:
    """Return a UTC time in ns as date and time with milliseconds; `-` for 0."""
    if not ts_ns:
        return "-"
    whole, rest = divmod(ts_ns, NS_PER_SECOND)
    try:
        shown = datetime.fromtimestamp(whole, zone)
    except (OverflowError, ValueError, OSError):
        return f"{ts_ns} ns"
    return f"{shown:%Y-%m-%d %H:%M:%S}.{rest // 1_000_000:03}"
