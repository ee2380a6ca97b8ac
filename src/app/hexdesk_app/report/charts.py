"""Charts as inline SVG: colours come from the page's style sheet, so that they follow its theme."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape
from typing import Literal

import msgspec

WIDTH = 1_000.0
LEFT, RIGHT, TOP, BOTTOM = 76.0, 6.0, 30.0, 26.0
EDGE = 30.0
"""Nearer to the right edge than this, a centred text would be cut."""
X_TICKS_MAX = 8
Y_TICKS_MAX = 6
TIME_STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
)  # fmt: skip
MINUTE_S, DAY_S = 60, 86_400
GOOD_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Marker(msgspec.Struct, frozen=True):
    """A fill: a triangle pointing up for a buy, down for a sell, with a text on hover."""

    ts_ns: int
    value: float
    side: Literal["BUY", "SELL"]
    text: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One panel over time.

    Attributes:
        label: What is shown and its unit.
        times_ns: Ascending.
        values: One for each time.
        kind: `line`, `area` from `base`, or `steps` from `base`.
        base: Where an area starts.
        style: Class of the colour: accent, down, muted.
        height: In units of `WIDTH`.
        markers: Drawn on top.
        span_ns: First and last time of the axis, so that panels above each other agree.
        zone: Of the times on the axis.
    """

    label: str
    times_ns: Sequence[int]
    values: Sequence[float]
    kind: Literal["line", "area", "steps"]
    base: float = 0.0
    style: str = "accent"
    height: float = 270.0
    markers: Sequence[Marker] = ()
    span_ns: tuple[int, int]
    zone: tzinfo = UTC


def render_chart(chart: Chart) -> str:
    """Return the SVG of a chart; of one without values, an empty text."""
    if not chart.values:
        return ""
    low, high = _range(chart)
    first, last = chart.span_ns
    width = WIDTH - LEFT - RIGHT
    height = chart.height - TOP - BOTTOM

    def x_of(ts_ns: int) -> float:
        return LEFT + width * (ts_ns - first) / max(last - first, 1)

    def y_of(value: float) -> float:
        return TOP + height * (high - value) / (high - low)

    box = f"0 0 {WIDTH:.0f} {chart.height:.0f}"
    parts = [
        f'<svg viewBox="{box}" role="img" aria-label="{escape(chart.label)}">',
        *_y_axis(low, high, y_of),
        *_x_axis(chart, x_of),
        *_curve(chart, x_of, y_of),
        *(_triangle(each, x_of, y_of) for each in chart.markers),
        f'<text class="label" x="{LEFT:.0f}" y="16">{escape(chart.label)}</text>',
        "</svg>",
    ]
    return "\n".join(parts)


def _range(chart: Chart) -> tuple[float, float]:
    values = [*chart.values, *(marker.value for marker in chart.markers)]
    if chart.kind != "line":
        values.append(chart.base)
    low, high = min(values), max(values)
    margin = (high - low) * 0.06 or abs(high) * 0.001 or 1.0
    return low - margin, high + margin


def good_step(span: float, ticks_max: int) -> float:
    """Return the smallest round step that divides a span into at most so many parts."""
    raw = span / ticks_max
    power = 10.0 ** math.floor(math.log10(raw))
    return power * next(step for step in GOOD_STEPS if step * power >= raw * (1 - 1e-9))


def time_step_s(span_s: float) -> int:
    """Return the smallest round step in seconds that gives at most `X_TICKS_MAX` parts."""
    fitting = (step for step in TIME_STEPS_S if span_s / step <= X_TICKS_MAX)
    return next(fitting, math.ceil(span_s / X_TICKS_MAX))


def _y_axis(low: float, high: float, y_of: Callable[[float], float]) -> list[str]:
    step = good_step(high - low, Y_TICKS_MAX)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step, decimals) != step:
        decimals += 1
    parts: list[str] = []
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        value = number * step
        y = y_of(value)
        parts.append(f'<path class="grid" d="M{LEFT:.0f} {y:.1f}H{WIDTH - RIGHT:.0f}"/>')
        text = f"{value:,.{decimals}f}".replace("-", "\N{MINUS SIGN}")
        parts.append(f'<text class="tick end" x="{LEFT - 8:.0f}" y="{y + 4:.1f}">{text}</text>')
    return parts


def _x_axis(chart: Chart, x_of: Callable[[int], float]) -> list[str]:
    first, last = chart.span_ns
    height = chart.height
    step = time_step_s((last - first) / 1e9)
    layout = "%Y-%m-%d" if step >= DAY_S else "%H:%M" if step >= MINUTE_S else "%H:%M:%S"
    ahead = _ahead_of_utc_s(first // 1_000_000_000, chart.zone)
    start = -(-(first // 1_000_000_000 + ahead) // step) * step - ahead
    parts: list[str] = []
    for second in range(start, last // 1_000_000_000 + 1, step):
        x = x_of(second * 1_000_000_000)
        if x < LEFT:
            continue
        text = datetime.fromtimestamp(second, chart.zone).strftime(layout)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP:.0f}V{height - BOTTOM:.0f}"/>')
        side = "end" if x > WIDTH - EDGE else "mid"
        parts.append(f'<text class="tick {side}" x="{x:.1f}" y="{height - 8:.0f}">{text}</text>')
    return parts


def _ahead_of_utc_s(second: int, zone: tzinfo) -> int:
    """Return how far a zone is ahead, so that ticks stand at its round times."""
    return int((datetime.fromtimestamp(second, zone).utcoffset() or timedelta()).total_seconds())


def _curve(chart: Chart, x_of: Callable[[int], float], y_of: Callable[[float], float]) -> list[str]:
    points = [(x_of(at), y_of(v)) for at, v in zip(chart.times_ns, chart.values, strict=True)]
    if chart.kind == "steps":
        points = [
            corner
            for i, (x, y) in enumerate(points)
            for corner in ([(x, points[i - 1][1]), (x, y)] if i else [(x, y)])
        ]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    stroke = f'<path class="line {chart.style}" d="{line}"/>'
    if chart.kind == "line":
        return [stroke]
    base = y_of(chart.base)
    area = f"{line}L{points[-1][0]:.1f} {base:.1f}L{points[0][0]:.1f} {base:.1f}Z"
    zero = f'<path class="base" d="M{LEFT:.0f} {base:.1f}H{WIDTH - RIGHT:.0f}"/>'
    return [f'<path class="area {chart.style}" d="{area}"/>', zero, stroke]


def _triangle(marker: Marker, x_of: Callable[[int], float], y_of: Callable[[float], float]) -> str:
    x, y = x_of(marker.ts_ns), y_of(marker.value)
    tip = 5.0 if marker.side == "BUY" else -5.0
    return (
        f'<path class="mark {marker.side.lower()}"'
        f' d="M{x:.1f} {y:.1f}l-4 {2 * tip:.0f}h8z"><title>{escape(marker.text)}</title></path>'
    )
