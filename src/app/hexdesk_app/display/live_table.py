"""What a running desk shows: a table that refreshes, or a line every ten seconds in a pipe.

It is written to stderr: stdout belongs to the result.
"""

from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from hexdesk_app.display.look import PLAIN_LOOK, Look
from hexdesk_app.display.numbers import count, duration, grouped, rate, signed
from hexdesk_app.display.tables import color_of, make_table, to_rich

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

REFRESH_S = 0.25
LINE_EVERY_S = 10.0
BAR_WIDTH = 30
MONEY_DECIMALS = 2
MODE_STYLES = {"live": "bold white on red", "paper": "bold black on cyan"}


class LiveStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy now; money in `currency`, quantities as decimal strings."""

    name: str
    state: str
    position: dict[str, str]
    orders: int
    fills: int
    rejects: int
    realised_pnl: str
    unrealised_pnl: str
    fees: str
    currency: str


class LiveQuote(msgspec.Struct, frozen=True, kw_only=True):
    """The market of one instrument now; empty texts before the first quote."""

    instrument_id: str
    bid: str
    ask: str
    position: str


class LiveSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What a desk publishes of itself.

    Attributes:
        name: Of the desk.
        mode: backtest, paper or live.
        state: As `running`, `stopping`, `halted`.
        now_ns: Time of the desk, UTC.
        events: Inputs handled so far.
        per_second: Inputs handled a second of late.
        p50_us: Median handling time; 0 where it is not measured.
        p99_us: The same of the slowest hundredth.
        progress: Part of the recording that was played, 0 to 1; negative for live feeds.
        remaining_s: Time to its end; negative where unknown.
        equity: In `currency`.
        net_pnl: In `currency`.
        currency: Of the money.
        queue: Inputs that wait.
        in_doubt: Orders whose outcome is unknown.
        bad_rows: Rows of recorded data that could not be used.
        strategies: One row each.
        quotes: One row per instrument.
    """

    name: str
    mode: str
    state: str
    now_ns: int
    events: int
    per_second: float
    equity: str
    net_pnl: str
    currency: str
    p50_us: float = 0.0
    p99_us: float = 0.0
    progress: float = -1.0
    remaining_s: float = -1.0
    queue: int = 0
    in_doubt: int = 0
    bad_rows: int = 0
    strategies: tuple[LiveStrategy, ...] = ()
    quotes: tuple[LiveQuote, ...] = ()


class LiveTable:
    """Shows snapshots; a context manager.

    `show` may be called as often as wanted: it draws at most every `REFRESH_S` on a terminal,
    prints a line at most every `LINE_EVERY_S` elsewhere.
    """

    def __init__(
        self,
        console: "Console",
        look: Look = PLAIN_LOOK,
        *,
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._console = console
        self._look = look
        self._clock_s = clock_s
        self._live: Live | None = None
        self._due_s = float("-inf")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            from rich.live import Live

            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def is_due(self) -> bool:
        """Whether a snapshot would be shown now; taking one can be spared otherwise."""
        return self._clock_s() >= self._due_s

    def show(self, snapshot: LiveSnapshot) -> None:
        """Show a snapshot if it is time for one."""
        if not self.is_due:
            return
        if self._live is None:
            self._due_s = self._clock_s() + LINE_EVERY_S
            line = to_line(snapshot, self._look)
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            self._due_s = self._clock_s() + REFRESH_S
            self._live.update(to_renderable(snapshot, self._look), refresh=True)


def to_line(snapshot: LiveSnapshot, look: Look = PLAIN_LOOK) -> str:
    """Return a snapshot in one line."""
    parts = [
        f"{snapshot.name} {snapshot.mode.upper()} {snapshot.state}",
        f"{look.moment(snapshot.now_ns)} {look.zone}",
        f"{count(snapshot.events)} events",
        rate(snapshot.per_second),
        f"equity {grouped(snapshot.equity, MONEY_DECIMALS)} {snapshot.currency}",
        f"net {signed(snapshot.net_pnl, MONEY_DECIMALS)}",
        f"{count(sum(each.orders for each in snapshot.strategies))} orders",
        f"{count(sum(each.fills for each in snapshot.strategies))} fills",
    ]
    if snapshot.progress >= 0:
        parts.insert(2, f"{snapshot.progress:.0%}")
    if snapshot.remaining_s >= 0:
        parts.append(f"{duration(snapshot.remaining_s)} left")
    return ", ".join(parts)


def to_renderable(snapshot: LiveSnapshot, look: Look = PLAIN_LOOK) -> "RenderableType":
    """Return a snapshot as rich shows it."""
    from rich.console import Group
    from rich.text import Text

    style = MODE_STYLES.get(snapshot.mode, "bold black on white")
    banner = Text.assemble(
        (f" {snapshot.mode.upper()} ", style),
        f"  {snapshot.name}  ",
        (snapshot.state, "bold"),
        f"  {look.moment(snapshot.now_ns)} {look.zone}",
    )
    net = signed(snapshot.net_pnl, MONEY_DECIMALS)
    money = Text.assemble(
        f"equity {grouped(snapshot.equity, MONEY_DECIMALS)} {snapshot.currency}   net ",
        (net, f"bold {color_of(net, look.up_color)}".strip()),
        f"   {count(snapshot.events)} events   {rate(snapshot.per_second)}",
        f"   p50 {snapshot.p50_us:.1f} µs, p99 {snapshot.p99_us:.1f} µs" if snapshot.p99_us else "",
    )
    lines: list[RenderableType] = [banner, money]
    if snapshot.progress >= 0:
        lines.append(_bar(snapshot))
    alarms = _alarms(snapshot)
    if alarms:
        lines.append(Text(alarms, style="bold yellow"))
    if snapshot.quotes:
        lines.append(_quotes(snapshot, look.up_color))
    lines.append(_strategies(snapshot, look.up_color))
    return Group(*lines)


def _bar(snapshot: LiveSnapshot) -> "RenderableType":
    from rich.text import Text

    done = round(BAR_WIDTH * min(snapshot.progress, 1.0))
    left = f", {duration(snapshot.remaining_s)} left" if snapshot.remaining_s >= 0 else ""
    return Text.assemble(
        ("━" * done, "cyan"), ("━" * (BAR_WIDTH - done), "dim"), f" {snapshot.progress:.0%}{left}"
    )


def _alarms(snapshot: LiveSnapshot) -> str:
    facts = (
        (snapshot.queue, "inputs waiting"),
        (snapshot.in_doubt, "orders in doubt"),
        (snapshot.bad_rows, "unusable rows"),
    )
    return "   ".join(f"{count(number)} {what}" for number, what in facts if number)


def _quotes(snapshot: LiveSnapshot, up_color: str) -> "RenderableType":
    rows = [
        (each.instrument_id, grouped(each.bid), grouped(each.ask), signed(each.position))
        for each in snapshot.quotes
    ]
    return to_rich(make_table("", ("instrument", "#bid", "#ask", "+position"), rows), up_color)


def _strategies(snapshot: LiveSnapshot, up_color: str) -> "RenderableType":
    rows = [
        (
            each.name,
            each.state,
            ", ".join(signed(quantity) for quantity in each.position.values()) or "0",
            count(each.orders),
            count(each.fills),
            count(each.rejects),
            signed(each.realised_pnl, MONEY_DECIMALS),
            signed(each.unrealised_pnl, MONEY_DECIMALS),
            grouped(each.fees, MONEY_DECIMALS),
            each.currency,
        )
        for each in snapshot.strategies
    ]
    headers = ("strategy", "state", "#position", "#orders", "#fills", "#refused")
    money = ("+realised", "+unrealised", "#fees", "currency")
    return to_rich(make_table("", (*headers, *money), rows), up_color)
