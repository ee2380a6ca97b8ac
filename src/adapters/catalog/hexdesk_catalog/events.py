"""From columns to market events.

- Quotes and trades are taken as they are: one-sided, locked and crossed quotes too.
- Depth rows become one update a message; a row's flags say whether it ends one (2) and whether it
  belongs to a snapshot (1).
- A bar becomes known at its end. A quote bar becomes the quote at its end: closing prices, last
  sizes.
- A snapshot of a CTP front becomes a trade at the last price of what its volume grew by since the
  snapshot before, then a quote. The first snapshot of a trading day and symbol has no trade, as
  nobody knows when its volume was traded.
- A funding rate with more decimals than `RATE_SCALE` (public ones went through binary floats) is
  the nearest one with as many.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

from hexdesk.domain.market import (
    Bar,
    BookLevel,
    BookUpdate,
    FundingRate,
    MarketEvent,
    Quote,
    Trade,
)
from hexdesk.domain.money import RATE_SCALE, pow10
from hexdesk.domain.values import NS_PER_SECOND, Aggressor
from hexdesk.ports.recordings import ProblemLog
from hexdesk_catalog.batches import Batch
from hexdesk_catalog.files import MarketFile
from hexdesk_catalog.kinds import BARS, DEPTH, FUNDING, QUOTE_BARS, QUOTES, TICKS, TRADES

SNAPSHOT = 1
LAST = 2
_AGGRESSORS = {int(aggressor): aggressor for aggressor in Aggressor}


class EventMaker:
    """Makes the events of one file; it remembers what goes over the end of a batch."""

    def __init__(self, file: MarketFile, log: ProblemLog) -> None:
        self._name = str(file.path)
        self._step_s = file.step_s
        self._rate_scale = file.rate_scale
        self._log = log
        self._bids: list[BookLevel] = []
        self._asks: list[BookLevel] = []
        self._snapshot = False
        self._last_row = 0
        self._traded: dict[str, tuple[int, int]] = {}
        makers: dict[str, Callable[[Batch], Iterator[MarketEvent]]] = {
            QUOTES: self._quotes,
            TRADES: self._trades,
            DEPTH: self._depth,
            BARS: self._bars,
            QUOTE_BARS: self._quote_bars,
            TICKS: self._ticks,
            FUNDING: self._funding,
        }
        self.events = makers[file.kind.name]

    def finish(self) -> None:
        """Report a depth message that has no end."""
        rows = len(self._bids) + len(self._asks)
        if rows:
            problem = f"the last depth message has no end; {rows} rows unused"
            self._log.add(self._name, self._last_row, problem)

    def _quotes(self, batch: Batch) -> Iterator[MarketEvent]:
        return map(
            Quote, batch.ids, batch["bid_price"], batch["bid_size"], batch["ask_price"],
            batch["ask_size"], batch["ts_event"], batch["ts_init"],
        )  # fmt: skip

    def _trades(self, batch: Batch) -> Iterator[MarketEvent]:
        return map(
            Trade, batch.ids, batch["price"], batch["size"],
            map(_AGGRESSORS.__getitem__, batch["aggressor"]), batch.trade_ids, batch["ts_event"],
            batch["ts_init"],
        )  # fmt: skip

    def _depth(self, batch: Batch) -> Iterator[MarketEvent]:
        bids, asks, snapshot = self._bids, self._asks, self._snapshot
        levels = map(BookLevel, batch["price"], batch["size"])
        usables: Iterable[bool] = batch.usable or repeat(True)  # noqa: FBT003 - what else
        for instrument_id, usable, side, level, flags, ts_event, ts_init in zip(
            batch.ids, usables, batch["side"], levels, batch["flags"],
            batch["ts_event"], batch["ts_init"], strict=False,
        ):  # fmt: skip
            if usable:
                (bids if side > 0 else asks).append(level)
            if flags:
                snapshot = snapshot or bool(flags & SNAPSHOT)
                if flags & LAST:
                    if bids or asks:
                        yield BookUpdate(
                            instrument_id, tuple(bids), tuple(asks), snapshot, ts_event, ts_init
                        )
                    bids.clear()
                    asks.clear()
                    snapshot = False
        self._snapshot = snapshot
        self._last_row = batch["row"][-1] if batch["row"] else self._last_row

    def _bars(self, batch: Batch) -> Iterator[MarketEvent]:
        ends = batch["ts_close"]
        return map(
            Bar, batch.ids, self._steps(batch), batch["open"], batch["high"], batch["low"],
            batch["close"], batch["volume"], batch["ts_event"], ends, batch["ts_init"],
        )  # fmt: skip

    def _quote_bars(self, batch: Batch) -> Iterator[MarketEvent]:
        return map(
            Quote, batch.ids, batch["bid_close"], batch["bid_size"], batch["ask_close"],
            batch["ask_size"], batch["ts_close"], batch["ts_init"],
        )  # fmt: skip

    def _ticks(self, batch: Batch) -> Iterator[MarketEvent]:
        quotes = map(
            Quote, batch.ids, batch["bid_price"], batch["bid_size"], batch["ask_price"],
            batch["ask_size"], batch["ts_event"], batch["ts_init"],
        )  # fmt: skip
        for quote, row, day, last, volume in zip(
            quotes, batch["row"], batch["trading_day"], batch["last"], batch["volume"], strict=True
        ):
            instrument_id = quote.instrument_id
            before_day, before = self._traded.get(instrument_id, (0, 0))
            self._traded[instrument_id] = day, volume
            if day == before_day and volume != before:
                if volume < before:
                    problem = f"volume fell from {before} to {volume}; no trade is made of it"
                    self._log.add(self._name, row, problem)
                else:
                    yield Trade(
                        instrument_id, last, volume - before, Aggressor.UNKNOWN, "",
                        quote.ts_event, quote.ts_init,
                    )  # fmt: skip
            yield quote

    def _funding(self, batch: Batch) -> Iterator[MarketEvent]:
        rates = (_nearest_rate(raw, self._rate_scale) for raw in batch["rate"])
        return map(FundingRate, batch.ids, rates, batch["ts_event"], batch["ts_init"])

    def _steps(self, batch: Batch) -> Iterator[int]:
        if self._step_s:
            return repeat(self._step_s)
        pairs = zip(batch["ts_event"], batch["ts_close"], strict=True)
        return ((end - start) // NS_PER_SECOND for start, end in pairs)


def _nearest_rate(raw: int, scale: int) -> int:
    """Return a rate at `RATE_SCALE`; a half goes away from 0."""
    unit = pow10(max(scale - RATE_SCALE, 0))
    size = (2 * abs(raw) * pow10(max(RATE_SCALE - scale, 0)) + unit) // (2 * unit)
    return size if raw >= 0 else -size
