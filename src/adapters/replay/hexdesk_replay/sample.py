"""The recorded market that ships inside the package; `samples/NOTICE.md` says where it is from."""

from collections.abc import Iterator
from importlib.resources import files

import msgspec

from hexdesk.domain.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentSettings,
    make_instrument,
)
from hexdesk.domain.market import Quote, Trade
from hexdesk.errors import DataError
from hexdesk_replay.columns import read_columns

SCHEME = "sample:"


class Sample(msgspec.Struct, frozen=True):
    """A recording of one instrument and where it lies in the package."""

    file: str
    instrument: Instrument

    def events(self) -> Iterator[Quote | Trade]:
        """Yield its events in order of receipt.

        Raises:
            DataError: The file is missing or damaged.
        """
        try:
            stream = (files("hexdesk_replay") / "samples" / self.file).open("rb")
        except OSError as error:
            raise DataError(
                f"cannot be read: {error}", file=self.file, remedy="install hexdesk-replay again"
            ) from error
        with stream as file:
            yield from read_columns(file, self.file, self.instrument.id)


# Tick, lot and currencies are the venue's at the time. Fees and margin are no part of the
# recording: they are the venue's typical public figures for an ordinary account.
BTCUSDT_PERP = make_instrument(
    "BTCUSDT-PERP.BINANCE",
    InstrumentSettings(
        kind=InstrumentKind.PERPETUAL,
        base="BTC",
        quote="USDT",
        settle="USDT",
        tick="0.1",
        lot="0.001",
        maker_fee="0.0002",
        taker_fee="0.0005",
        margin="0.05",
    ),
)

SAMPLES = {"btcusdt": Sample("btcusdt.columns", BTCUSDT_PERP)}
"""All samples, by the name after `sample:`."""
