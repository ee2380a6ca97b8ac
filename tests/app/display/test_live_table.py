"""The live table, on a terminal and in a pipe."""

from io import StringIO

from rich.console import Console

from hexdesk_app.display.live_table import (
    LiveQuote,
    LiveSnapshot,
    LiveStrategy,
    LiveTable,
    to_line,
    to_renderable,
)
from hexdesk_app.display.look import Look

SNAPSHOT = LiveSnapshot(
    name="demo",
    mode="paper",
    state="running",
    now_ns=1_762_300_800_000_000_000,
    events=412_334,
    per_second=1_520_000.0,
    equity="100196.404",
    net_pnl="-196.404",
    currency="USDT",
    p50_us=4.2,
    p99_us=11.8,
    progress=0.5,
    remaining_s=12.0,
    in_doubt=2,
    strategies=(
        LiveStrategy(
            name="mm-btc", state="running", position={"X.Y": "0.01"}, orders=1_812, fills=31,
            rejects=13, realised_pnl="1", unrealised_pnl="-2", fees="0.5", currency="USDT",
        ),
    ),
    quotes=(LiveQuote(instrument_id="X.Y", bid="101250.1", ask="", position="0.01"),),
)  # fmt: skip


def test_a_pipe_gets_one_line_every_ten_seconds() -> None:
    now = [0.0]
    text = StringIO()
    with LiveTable(Console(file=text), clock_s=lambda: now[0]) as table:
        for second in (0.0, 5.0, 9.9, 10.0, 10.1, 20.0):
            now[0] = second
            table.show(SNAPSHOT)
    assert text.getvalue().splitlines() == [to_line(SNAPSHOT)] * 3


def test_a_line_says_what_matters() -> None:
    assert to_line(SNAPSHOT) == (
        "demo PAPER running, 2025-11-05 00:00:00.000 UTC, 50%, 412,334 events, 1.52 M/s,"
        " equity 100,196.40 USDT, net \N{MINUS SIGN}196.40, 1,812 orders, 31 fills, 0:00:12 left"
    )


def test_times_are_shown_in_the_readers_zone() -> None:
    tokyo = Look(zone="Asia/Tokyo")
    assert "2025-11-05 09:00:00.000 Asia/Tokyo" in to_line(SNAPSHOT, tokyo)
    text = StringIO()
    Console(file=text, width=120).print(to_renderable(SNAPSHOT, tokyo))
    assert "2025-11-05 09:00:00.000 Asia/Tokyo" in text.getvalue()


def test_a_terminal_gets_a_table_that_is_drawn_a_few_times_a_second() -> None:
    now = [0.0]
    text = StringIO()
    console = Console(file=text, force_terminal=True, width=120, legacy_windows=False)
    with LiveTable(console, clock_s=lambda: now[0]) as table:
        assert table.is_due
        table.show(SNAPSHOT)
        drawn = text.getvalue()
        assert not table.is_due
        table.show(SNAPSHOT)
        assert text.getvalue() == drawn
        now[0] = 0.3
        table.show(SNAPSHOT)
        assert text.getvalue() != drawn
    for word in ("PAPER", "mm-btc", "+0.01", "1.52 M/s", "2 orders in doubt", "50%", "101,250.1"):
        assert word in drawn
