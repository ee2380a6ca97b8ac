"""Plays recorded days twice, with a risk preset and without any, and says what it saved.

    python -m scripts.risk_on_real_days --data ../shared/data [--check]

Writes `docs/risk_on_real_days.md`; with `--check` it compares. One strategy trades all of them: it
buys a lot at once, and another whenever the price is a step below the highest since the last one.
Days without limits are not kind to it. Recordings hold bars: each is shown to the desk as four
quotes, a tick wide and of any size, of open, low and high (the one that is further from the close
first) and close. Nothing trades between them, so a gap is a gap.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from hexdesk.application.clock import VirtualClock
from hexdesk.application.player import Player
from hexdesk.domain.commands import StartStrategy
from hexdesk.domain.market import Bar, MarketEvent, Quote
from hexdesk.domain.money import pow10
from hexdesk.domain.reports import OrderDenied
from hexdesk.domain.risk import UNLIMITED, RiskStepped
from hexdesk.domain.values import BUY, NS_PER_SECOND, PriceRaw
from hexdesk.errors import require
from hexdesk.plugin import Strategy, StrategyContext
from hexdesk.ports.market_data import Recording
from hexdesk_app.build import Application, build
from hexdesk_app.config import Config, Sources, load_config
from hexdesk_app.config.presets import PRESET_DAYS
from hexdesk_app.display.look import find_zone
from hexdesk_app.display.tables import make_table, to_markdown

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "risk_on_real_days.md"
DATA = ROOT / ".." / "shared" / "data"
PERCENT = 100
BASIS = 10_000
REFUSED = "refused"
ID = "DAY.REAL"
HEAD = """# The presets on real days

What a preset does on a bad day, and what it does not. The same strategy trades recorded days
twice: with the preset `unlimited`, and with one of the five that carry the seed systems' numbers.
Written by `python -m scripts.risk_on_real_days`, from recordings that are not part of hexdesk.

The strategy buys a lot at once, and another whenever the price is a step below the highest since:
it gives a limit something to do. Bars are shown to the desk as four quotes each; nothing trades
between them, so a gap is a gap. No limit saves what a gap takes: it saves what would have been
bought after it. A market that turns makes the bought dips good again; then a limit costs something
at the end, and has saved the worst all the same. Each level of a rule and each code of a refusal
is shown once, where it came first.

"""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Some real days and who trades on them.

    Attributes:
        name: Of the days.
        preset: Which suits them.
        file: Recording, below the folder of the data.
        begin: First day, in UTC.
        end: The day after the last.
        instrument: Keys of `[instruments.NAME]`.
        deposit: What the account begins with.
        quantity: Of each purchase.
        step_bps: How far below the highest price the next purchase is, in basis points.
        stop_bps: Distance of the protective stop; 0 for none.
        target_bps: Distance of the target; 0 for none.
        rule: Which is expected to stop what grows: a rule's name, or a code.
        on: On which local day.
    """

    name: str
    preset: str
    file: str
    begin: str
    end: str
    instrument: str
    deposit: str
    quantity: str
    step_bps: int
    stop_bps: int = 0
    target_bps: int = 0
    rule: str
    on: str


FUTURE = 'kind = "future"\nquote = "CNY"\ntaker_fee = "0.0001"\nmargin = "0.1"\n'
SWAP = 'kind = "perpetual"\ntaker_fee = "0.0005"\nmargin = "0.05"\n'
DAYS = (
    Day(
        name="rb, the gap after the holidays", preset="cn_futures",
        file="shfe/rb/bars_5m.parquet", begin="2020-01-21", end="2020-02-05",
        instrument=FUTURE + 'tick = "1"\nlot = "1"\nmultiplier = "10"\n',
        deposit="200000 CNY", quantity="4", step_bps=50,
        rule="drawdown", on="2020-02-03",
    ),
    Day(
        name="IF, halted at 13:30", preset="cn_futures",
        file="cffex/IF/bars_5m.parquet", begin="2016-01-04", end="2016-01-05",
        instrument=FUTURE + 'tick = "0.2"\nlot = "1"\nmultiplier = "300"\n',
        deposit="2000000 CNY", quantity="1", step_bps=100,
        rule="daily_loss", on="2016-01-04",
    ),
    Day(
        name="IF, halted after 25 minutes", preset="cn_futures",
        file="cffex/IF/bars_5m.parquet", begin="2016-01-07", end="2016-01-08",
        instrument=FUTURE + 'tick = "0.2"\nlot = "1"\nmultiplier = "300"\n',
        deposit="2000000 CNY", quantity="1", step_bps=50,
        rule="daily_loss", on="2016-01-07",
    ),
    Day(
        name="SPY, the week of the earthquake", preset="us_equity",
        file="us-equity/SPY/bars_1m.parquet", begin="2011-03-10", end="2011-03-17",
        instrument='kind = "equity"\nquote = "USD"\ntick = "0.01"\nlot = "1"\n',
        deposit="50000 USD", quantity="36", step_bps=50,
        rule="RISK_CONCENTRATION", on="2011-03-10",
    ),
    Day(
        name="N225, a fall from the day's high", preset="jp_equity",
        file="ose-index/N225/bars_1m.parquet", begin="2021-01-14", end="2021-01-15",
        instrument='kind = "equity"\nquote = "JPY"\ntick = "0.01"\nlot = "1"\n',
        deposit="20000000 JPY", quantity="100", step_bps=20,
        rule="daily_loss", on="2021-01-14",
    ),
    Day(
        name="BTC, from 41,000 to 33,000", preset="crypto_swap",
        file="ftx/BTC-PERP/bars_1m.parquet", begin="2022-01-20", end="2022-01-25",
        instrument=SWAP + 'quote = "USD"\nbase = "BTC"\ntick = "0.001"\nlot = "0.0001"\n',
        deposit="10000 USD", quantity="0.1", step_bps=50, stop_bps=200,
        rule="daily_loss", on="2022-01-20",
    ),
    Day(
        name="XRP, twelve percent in a day", preset="crypto_futures",
        file="usdt-perp/XRPUSDT/bars_5m.parquet", begin="2021-11-16", end="2021-11-17",
        instrument=SWAP + 'quote = "USDT"\nbase = "XRP"\ntick = "0.0001"\nlot = "0.1"\n',
        deposit="10000 USDT", quantity="8000", step_bps=100, stop_bps=300, target_bps=650,
        rule="daily_loss", on="2021-11-16",
    ),
)  # fmt: skip


class Tripped(NamedTuple):
    """A step of the ladder, or the first refusal of a code."""

    rule: str
    level: str
    text: str
    ts_ns: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What some days came to.

    Attributes:
        result: At the end, open positions marked, in whole units of the deposit's currency.
        worst: The lowest before.
        largest: Largest position.
        fills: Executions.
        denials: Refused orders by code.
        tripped: In order of time; each level of a rule, and each code, once.
    """

    result: int
    worst: int
    largest: str
    fills: int
    denials: dict[str, int]
    tripped: tuple[Tripped, ...]


class DipBuyer(Strategy):
    """Buys a lot, and another whenever the price is a step below the highest since."""

    __slots__ = ("_day", "_peak", "_quantity")

    def __init__(self, context: StrategyContext, day: Day) -> None:
        super().__init__(context)
        (instrument_id,) = context.instrument_ids
        self._day = day
        self._quantity = context.instrument(instrument_id).parse_quantity(day.quantity)
        self._peak: PriceRaw = 0

    def on_quote(self, quote: Quote) -> None:
        """Buy, or remember the price."""
        price, day = quote.ask_price, self._day
        if self._peak and price * BASIS > self._peak * (BASIS - day.step_bps):
            self._peak = max(self._peak, price)
            return
        self._peak = price
        if not day.stop_bps:
            self.context.submit(quote.instrument_id, BUY, self._quantity)
            return
        tick = self.context.instrument(quote.instrument_id).ticks[0].tick
        target = price * (BASIS + day.target_bps) // BASIS // tick * tick if day.target_bps else 0
        self.context.submit_bracket(
            quote.instrument_id, BUY, self._quantity,
            stop_price=price * (BASIS - day.stop_bps) // BASIS // tick * tick,
            target_price=target,
        )  # fmt: skip


class QuotedBars:
    """A recording of bars, shown as quotes; implements `Recording`."""

    def __init__(self, bars: Recording, begin_ns: int, end_ns: int) -> None:
        self._bars = bars
        self._begin_ns = begin_ns
        self._end_ns = end_ns
        self.instruments = bars.instruments
        self.problems = bars.problems
        self.problem_count = bars.problem_count
        self.tick = 1

    def events(self) -> Iterator[MarketEvent]:
        """Yield four quotes for each bar within the time."""
        bars = (each for each in self._bars.events() if isinstance(each, Bar))
        wanted = (each for each in bars if self._begin_ns <= each.ts_open < self._end_ns)
        return chain.from_iterable(map(self._quotes, wanted))

    def _quotes(self, bar: Bar) -> Iterator[Quote]:
        rises = bar.close >= bar.open
        middle = (bar.low, bar.high) if rises else (bar.high, bar.low)
        length = (bar.ts_event - bar.ts_open) // 4
        for number, price in enumerate((bar.open, *middle, bar.close)):
            now_ns = bar.ts_open + number * length
            yield Quote(ID, price, 0, price + self.tick, 0, now_ns, now_ns)


def configuration(day: Day, preset: str, data: Path) -> Config:
    """Return the configuration of some days with a preset."""
    file = (data / day.file).resolve()
    text = f"""
[desk]
name = "realdays"
mode = "backtest"
run_id = "realdays"
[brokers.sim]
plugin = "sim"
deposits = ["{day.deposit}"]
[feeds.bars]
plugin = "catalog"
dataset = "{file}"
instrument = "{ID}"
[risk]
preset = "{preset}"
[instruments."{ID}"]
{day.instrument}
"""
    return load_config(Sources(built_in=(("day", text),), search=False))


def replay(day: Day, preset: str, data: Path) -> Outcome:
    """Play some days.

    Raises:
        HexdeskError: The data cannot be read.
    """
    config = configuration(day, preset, data)
    first = build(config)
    quoted = QuotedBars(first.recordings["bars"], _midnight_ns(day.begin), _midnight_ns(day.end))
    app = build(config, overrides={"recordings": {"bars": quoted}})
    quoted.tick = app.instruments[ID].ticks[0].tick
    app.desk.add_strategy(
        "dips", lambda context: DipBuyer(context, day), broker="sim", instrument_ids=[ID]
    )
    watch = _Watch(app)
    clock = app.clock
    require(isinstance(clock, VirtualClock), "recordings are played by a virtual clock")
    player = Player(app.desk, clock, quoted.events())  # type: ignore[arg-type]
    clock.advance_to(player.peek_ns())  # type: ignore[attr-defined]
    app.desk.command(StartStrategy("", clock.now_ns()))
    while not player.is_over:
        player.play()
    return watch.outcome()


class _Watch:
    """Follows the result of the one strategy."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._ledger = app.desk.hosts["dips"].ledgers[ID]
        self._factor = pow10(self._ledger.balance.scale - self._ledger.instrument.value_scale)
        self._result = self._worst = self._largest = 0
        self._ledger.market.add("quote", self._look)

    def _look(self, _quote: Quote) -> None:
        ledger = self._ledger
        open_result = ledger.position.unrealised(ledger.market.mark) * self._factor
        self._result = ledger.booked + open_result
        self._worst = min(self._worst, self._result)
        self._largest = max(self._largest, abs(ledger.position.quantity))

    def outcome(self) -> Outcome:
        """Return what it came to."""
        desk, instrument = self._app.desk, self._ledger.instrument
        tripped: list[Tripped] = []
        codes: set[str] = set()
        seen: set[tuple[str, int]] = set()
        for record in self._app.journal.records():
            if isinstance(record, RiskStepped) and (record.rule, record.level) not in seen:
                seen.add((record.rule, record.level))
                tripped.append(Tripped(record.rule, record.level.name, record.text, record.ts_init))
            elif isinstance(record, OrderDenied) and record.code not in codes:
                codes.add(record.code)
                tripped.append(Tripped(record.code, REFUSED, record.text, record.ts_init))
        unit = pow10(self._ledger.balance.scale)
        return Outcome(
            result=round(self._result / unit),
            worst=round(self._worst / unit),
            largest=instrument.format_quantity(self._largest),
            fills=desk.counts.fills,
            denials=dict(desk.counts.denials),
            tripped=tuple(tripped),
        )


def zone_of(day: Day) -> tzinfo:
    """Return the time zone of a preset's trading day."""
    return find_zone(PRESET_DAYS.get(day.preset, ("UTC", ""))[0])


def local(ts_ns: int, day: Day) -> str:
    """Return a moment as people there read it."""
    moment = datetime.fromtimestamp(ts_ns // NS_PER_SECOND, zone_of(day))
    return moment.strftime("%Y-%m-%d %H:%M")


def page(data: Path) -> str:
    """Return the document."""
    rows: list[tuple[str, ...]] = []
    details: list[str] = []
    for day in DAYS:
        bare, held = replay(day, UNLIMITED, data), replay(day, day.preset, data)
        currency = day.deposit.partition(" ")[2]
        rows.append(
            (
                day.name, f"`{day.preset}`", f"{day.deposit}",
                *(f"{each:+,}" for each in (bare.worst, held.worst, bare.result, held.result)),
                f"{held.worst - bare.worst:+,}", f"{held.result - bare.result:+,}", currency,
            )
        )  # fmt: skip
        details.append(_details(day, bare, held))
    headers = (
        "days", "preset", "deposit", "#worst without", "#worst with", "#end without", "#end with",
        "#saved at worst", "#saved at end", "currency",
    )  # fmt: skip
    return HEAD + to_markdown(make_table("", headers, rows)) + "\n\n" + "\n".join(details)


def _details(day: Day, bare: Outcome, held: Outcome) -> str:
    steps = [
        (local(each.ts_ns, day), each.rule, each.level, each.text.partition(": ")[2] or each.text)
        for each in held.tripped
    ]
    exits = f", stops {day.stop_bps / PERCENT:g} %" if day.stop_bps else ""
    exits += f" and targets {day.target_bps / PERCENT:g} % away" if day.target_bps else ""
    denials = ", ".join(f"{code} {count:,}" for code, count in sorted(held.denials.items()))
    return f"""## {day.name}

`{day.preset}` on `{day.file}`, {day.begin} to {day.end}.
{day.quantity} at once, and again {day.step_bps / PERCENT:g} % below the highest price since{exits}.
Largest position {bare.largest} without, {held.largest} with; fills {bare.fills:,} and
{held.fills:,}; refused: {denials or "none"}.

{to_markdown(make_table("", ("when, local", "what", "level", "measured"), steps))}
"""


def _midnight_ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * NS_PER_SECOND


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    text = page(options.data)
    if options.check:
        return int(PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
