"""The report as one HTML file: its own style, charts as SVG, no script, no outside request."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from importlib.resources import files
from itertools import accumulate
from string import Template

from hexdesk_app.display.look import PLAIN_LOOK, Look
from hexdesk_app.display.numbers import count, duration, grouped, rate, sign_of, signed
from hexdesk_app.display.tables import Table, color_of
from hexdesk_app.report.charts import Chart, Marker, render_chart
from hexdesk_app.report.summary import (
    MONEY_DECIMALS,
    accounts_table,
    bad_rows_table,
    currencies_table,
    fills_table,
    net_result,
    positions_table,
    rejects_table,
    settings_table,
    strategies_table,
)
from hexdesk_app.result import EquityPoint, RunResult

INSTRUMENT_CHARTS_MAX = 12
"""More instruments are tables only."""


def render_page(result: RunResult, look: Look = PLAIN_LOOK) -> str:
    """Return the report of a run."""
    folder = files("hexdesk_app.report")
    template = Template(folder.joinpath("page.html").read_text("utf-8"))
    title = " · ".join(part for part in (result.name or "hexdesk", result.mode) if part)
    return template.substitute(
        up_color=escape(look.up_color),
        title=escape(title),
        style=folder.joinpath("page.css").read_text("utf-8"),
        name=escape(result.name or "hexdesk"),
        mode=_badge(result.mode),
        facts=_facts(result, look),
        body="\n".join(part for part in _body(result, look) if part),
        result_hash=escape(result.result_hash),
        versions=escape(", ".join(f"{name} {text}" for name, text in result.versions.items())),
    )


def drawdowns(equity: Sequence[float]) -> list[float]:
    """Return how far each value lies below the highest before it: 0 or negative."""
    return [value - peak for value, peak in zip(equity, accumulate(equity, max), strict=True)]


def _badge(mode: str) -> str:
    return f'<span class="mode {escape(mode)}">{escape(mode)}</span>\n' if mode else ""


def _facts(result: RunResult, look: Look) -> str:
    facts = [("data", result.dataset or "live")]
    if result.start_ns:
        span = duration((result.end_ns - result.start_ns) / 1e9)
        facts.append(("from", f"{look.moment(result.start_ns)} {look.zone}"))
        facts.append(("to", f"{look.moment(result.end_ns)} {look.zone} ({span})"))
    facts.append(("run", result.run_id))
    return "".join(f"<span>{name} <b>{escape(value)}</b></span>" for name, value in facts if value)


def _body(result: RunResult, look: Look) -> list[str]:
    return [
        _notes(result),
        _cards(result),
        _equity(result, look),
        *(
            _instrument(result, each, look)
            for each in list(result.instruments)[:INSTRUMENT_CHARTS_MAX]
        ),
        _section(strategies_table(result)),
        _section(currencies_table(result)),
        _pair(positions_table(result), rejects_table(result)),
        _section(accounts_table(result)),
        _section(bad_rows_table(result)),
        _folded(fills_table(result, look), f"{count(result.fills)} in all"),
        _folded(settings_table(result), "effective values and where they come from"),
    ]


def _notes(result: RunResult) -> str:
    notes = list(result.warnings)
    if result.interrupted:
        notes.insert(0, "This run was interrupted before the end of its data.")
    if not notes:
        return ""
    return (
        '<section class="notes">'
        + "".join(f"<p>{escape(note)}</p>" for note in notes)
        + "</section>"
    )


def _cards(result: RunResult) -> str:
    net = net_result(result)
    deposit = Decimal(result.deposit)
    part = f"{_percent(Decimal(net) / deposit)} of deposits" if deposit > 0 else result.currency
    equity = [float(point.equity) for point in result.equity_curve]
    deepest = str(round(Decimal(min(drawdowns(equity), default=0.0)), MONEY_DECIMALS))
    refused = sum(result.rejects.values())
    funding = ("funding", _money(result.funding), result.currency, sign_of(result.funding))
    cards = [
        ("net result", _money(net), part, sign_of(net)),
        ("realised", _money(result.realised_pnl), result.currency, sign_of(result.realised_pnl)),
        (
            "unrealised",
            _money(result.unrealised_pnl),
            "open positions at the last mark",
            sign_of(result.unrealised_pnl),
        ),
        ("fees", grouped(result.fees, MONEY_DECIMALS), result.currency, 0),
        *([funding] if Decimal(result.funding) else []),
        ("deepest drawdown", _money(deepest), result.currency, sign_of(deepest)),
        ("orders", count(result.orders), f"{count(refused)} refused", 0),
        ("fills", count(result.fills), _ratio(result.fills, result.orders), 0),
        ("speed", rate(result.per_second), _speed_note(result), 0),
    ]
    return '<div class="cards">' + "".join(map(_card, cards)) + "</div>"


def _speed_note(result: RunResult) -> str:
    note = f"{count(result.events)} events in {duration(result.seconds)}"
    latency = result.latency
    return f"{note}; p50 {latency.p50_us:.1f}, p99 {latency.p99_us:.1f} µs" if latency else note


def _card(card: tuple[str, str, str, int]) -> str:
    name, value, note, sign = card
    style = {1: ' class="up"', -1: ' class="down"'}.get(sign, "")
    return (
        f'<div class="card"><span>{escape(name)}</span><b{style}>{escape(value)}</b>'
        f"<small>{escape(note)}</small></div>"
    )


def _percent(share: Decimal) -> str:
    return f"{signed(str(share * 100), 3)} %"


def _money(text: str) -> str:
    return signed(text, MONEY_DECIMALS)


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2f} an order" if whole else "no orders"


def _span(result: RunResult) -> tuple[int, int]:
    """Return the ends of every time axis; the last sample may come after the last event."""
    last_ns = result.equity_curve[-1].ts_ns if result.equity_curve else 0
    return result.start_ns, max(result.end_ns, last_ns, result.start_ns + 1)


def _equity(result: RunResult, look: Look) -> str:
    points = list(result.equity_curve)
    if not points:
        return ""
    if points[0].ts_ns > result.start_ns and Decimal(result.deposit) > 0:
        points.insert(0, EquityPoint(result.start_ns, result.deposit))
    times = [point.ts_ns for point in points]
    equity = [float(point.equity) for point in points]
    unit = f", {result.currency}" if result.currency else ""
    panels = [
        Chart(
            label=f"Equity{unit}",
            times_ns=times,
            values=equity,
            kind="area",
            base=equity[0],
            span_ns=_span(result),
            zone=look.tzinfo,
        ),
        Chart(
            label=f"Drawdown{unit}",
            times_ns=times,
            values=drawdowns(equity),
            kind="area",
            style="down",
            height=150.0,
            span_ns=_span(result),
            zone=look.tzinfo,
        ),
    ]
    return f"<section><h2>Equity</h2>{''.join(map(render_chart, panels))}</section>"


def _instrument(result: RunResult, instrument_id: str, look: Look) -> str:
    points = result.instruments[instrument_id]
    if not points:
        return ""
    times = [point.ts_ns for point in points]
    markers = [
        Marker(
            fill.ts_ns,
            float(fill.price),
            fill.side,
            f"{fill.side} {fill.quantity} at {fill.price}, {fill.strategy},"
            f" {look.moment(fill.ts_ns)} {look.zone}",
        )
        for fill in result.fill_samples
        if fill.instrument_id == instrument_id
    ]
    panels = [
        Chart(
            label="Price and fills",
            times_ns=times,
            values=[float(point.price) for point in points],
            kind="line",
            style="muted",
            height=320.0,
            markers=markers,
            span_ns=_span(result),
            zone=look.tzinfo,
        ),
        Chart(
            label="Net position",
            times_ns=times,
            values=[float(point.position) for point in points],
            kind="steps",
            height=140.0,
            span_ns=_span(result),
            zone=look.tzinfo,
        ),
    ]
    shown = "".join(map(render_chart, panels))
    return f"<section><h2>{escape(instrument_id)}</h2>{shown}</section>"


def _section(table: Table) -> str:
    if not table.rows:
        return ""
    return f"<section><h2>{escape(table.title)}</h2>{_table(table)}</section>"


def _pair(*tables: Table) -> str:
    shown = "".join(
        f"<section><h2>{escape(table.title)}</h2>"
        + (_table(table) if table.rows else '<p class="empty">none</p>')
        + "</section>"
        for table in tables
    )
    return f'<div class="pair">{shown}</div>'


def _folded(table: Table, note: str) -> str:
    if not table.rows:
        return ""
    return (
        f"<section><details><summary>{escape(table.title)} <small>({escape(note)})</small>"
        f"</summary>{_table(table)}</details></section>"
    )


def _table(table: Table) -> str:
    kinds = [column.kind for column in table.columns]
    heads = "".join(
        f'<th class="{"text" if kind == "text" else "num"}">{escape(column.header)}</th>'
        for column, kind in zip(table.columns, kinds, strict=True)
    )
    rows: list[str] = []
    for number, row in enumerate(table.rows):
        cells = "".join(
            f'<td class="{_cell_style(text, kind)}">{escape(text)}</td>'
            for text, kind in zip(row, kinds, strict=True)
        )
        is_total = table.total and number == len(table.rows) - 1
        rows.append(f'<tr class="total">{cells}</tr>' if is_total else f"<tr>{cells}</tr>")
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell_style(text: str, kind: str) -> str:
    if kind == "text":
        return "text"
    color = color_of(text, "green") if kind == "signed" else ""
    return "num" + {"green": " up", "red": " down"}.get(color, "")
