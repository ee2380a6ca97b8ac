"""What moves the venue's market when nobody pushes events: a seeded random walk."""

from collections.abc import Iterable, Mapping
from random import Random

from hexdesk.domain.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentSettings,
    make_instrument,
)
from hexdesk.domain.market import MarketEvent, Quote, Trade
from hexdesk.domain.money import parse_raw
from hexdesk.domain.values import Aggressor, PriceRaw, QtyRaw, TimeNs
from hexdesk.errors import ConfigError

DEFAULT_INSTRUMENT = make_instrument(
    "BTCUSDT-PERP.SIM",
    InstrumentSettings(
        kind=InstrumentKind.PERPETUAL,
        base="BTC",
        quote="USDT",
        tick="0.1",
        lot="0.001",
        maker_fee="0.0002",
        taker_fee="0.0005",
        margin="0.05",
    ),
)
"""Listed by a venue whose configuration names no instrument."""
DEFAULT_START = {DEFAULT_INSTRUMENT.id: "60000"}
TICKS_FROM_ZERO = 10_000
"""Where a walk begins without a start price: far from zero at any tick."""
SPREAD_TICKS_MAX = 3
SIZE_LOTS_MAX = 5_000
TRADE_SHARE = 0.5


class RandomWalk:
    """Quotes and trades of some instruments; equal seeds give equal walks.

    A walk stays between the instrument's daily limits, or one tick above zero without any.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        seed: int,
        *,
        step_ticks: int,
        start_prices: Mapping[str, str],
    ) -> None:
        """Begin.

        Raises:
            ConfigError: A start price is no price, or of an instrument that is not listed.
        """
        self._instruments = tuple(instruments)
        self._chance = Random(f"{seed}:walk")
        self._step_ticks = step_ticks
        self._trade_count = 0
        prices = {**DEFAULT_START, **start_prices}
        _check_ids(start_prices, self._instruments)
        self._bids = {
            instrument.id: _start(instrument, prices.get(instrument.id, ""))
            for instrument in self._instruments
        }

    def step(self, now_ns: TimeNs) -> list[MarketEvent]:
        """Return the next quote of each instrument, and a trade now and then."""
        events: list[MarketEvent] = []
        for instrument in self._instruments:
            quote = self._quote(instrument, now_ns)
            events.append(quote)
            if self._chance.random() < TRADE_SHARE:
                events.append(self._trade(instrument, quote, now_ns))
        return events

    def _quote(self, instrument: Instrument, now_ns: TimeNs) -> Quote:
        chance = self._chance
        bid = self._bids[instrument.id]
        ticks = chance.randint(-self._step_ticks, self._step_ticks)
        spread = chance.randint(1, SPREAD_TICKS_MAX)
        bid = _bounded(instrument, bid + ticks * instrument.tick_at(bid))
        ask = bid
        for _ in range(spread):
            ask = instrument.ceil_price(ask + 1)
        self._bids[instrument.id] = bid
        return Quote(
            instrument.id, bid, self._size(instrument), ask, self._size(instrument), now_ns, now_ns
        )

    def _trade(self, instrument: Instrument, quote: Quote, now_ns: TimeNs) -> Trade:
        self._trade_count += 1
        is_buy = self._chance.random() < 0.5  # noqa: PLR2004 - a coin
        return Trade(
            instrument.id,
            quote.ask_price if is_buy else quote.bid_price,
            self._size(instrument),
            Aggressor.BUYER if is_buy else Aggressor.SELLER,
            f"W{self._trade_count}",
            now_ns,
            now_ns,
        )

    def _size(self, instrument: Instrument) -> QtyRaw:
        return self._chance.randint(1, SIZE_LOTS_MAX) * instrument.lot


def _check_ids(start_prices: Mapping[str, str], instruments: tuple[Instrument, ...]) -> None:
    unknown = sorted(set(start_prices) - {instrument.id for instrument in instruments})
    if unknown:
        raise ConfigError(
            f"start_prices names {unknown[0]!r}, which the venue does not list",
            code="CONFIG_VALUE",
            remedy=f'define it under [instruments."{unknown[0]}"], or delete its start price',
        )


def _start(instrument: Instrument, text: str) -> PriceRaw:
    try:
        price = parse_raw(text, instrument.price_scale) if text else 0
    except ValueError as error:
        raise ConfigError(f"start_prices.{instrument.id}: {error}", code="CONFIG_VALUE") from error
    if text and price <= 0:
        raise ConfigError(
            f"start_prices.{instrument.id}: expected a price above 0, was {text!r}",
            code="CONFIG_VALUE",
        )
    if not text:
        price = instrument.ticks[0].tick * TICKS_FROM_ZERO
        if instrument.lower_limit or instrument.upper_limit:
            price = (instrument.lower_limit + (instrument.upper_limit or price)) // 2
    return _bounded(instrument, price)


def _bounded(instrument: Instrument, price: PriceRaw) -> PriceRaw:
    lowest = max(instrument.ceil_price(max(instrument.lower_limit, 1)), 1)
    price = max(price, lowest)
    if instrument.upper_limit:
        room = SPREAD_TICKS_MAX * instrument.tick_at(instrument.upper_limit)
        price = max(min(price, instrument.upper_limit - room), lowest)
    return instrument.floor_price(price) or lowest
