"""The quotes that a bar stands for, in a market that recorded bars alone tell about.

Orders are matched against quotes and trades. A recording of bars has neither, so a bar is shown as
four quotes without a spread, of unknown size, all at its end, when it became known: open, then the
nearer and the farther end of its range, close.
"""

from hexdesk.application.market.markets import Market
from hexdesk.domain.market import Bar, Quote
from hexdesk.domain.values import PriceRaw


class BarQuotes:
    """Remembers which markets live on bars: the first true quote of a market ends that."""

    def __init__(self) -> None:
        self._latest: dict[str, Quote] = {}

    def of(self, bar: Bar, market: Market) -> list[Quote]:
        """Return what a bar shows of its market, in order.

        Nothing where other quotes are known, where it overlaps what was shown before (a day after
        its minutes), or where a price is not positive.
        """
        latest = self._latest.get(bar.instrument_id)
        if market.quote is not latest or bar.low <= 0:
            return []
        if latest is not None and bar.ts_open < latest.ts_event:
            return []
        quotes = [
            Quote(bar.instrument_id, price, 0, price, 0, bar.ts_event, bar.ts_init)
            for price in _path(bar)
        ]
        self._latest[bar.instrument_id] = quotes[-1]
        return quotes


def _path(bar: Bar) -> tuple[PriceRaw, ...]:
    """Return the prices of a bar in the order that they are supposed to have come."""
    if bar.high - bar.open < bar.open - bar.low:
        return bar.open, bar.high, bar.low, bar.close
    return bar.open, bar.low, bar.high, bar.close
