"""Reader of `.acme` files: a quote a line, `ns bid bid_size ask ask_size`, `#` begins a comment."""

from collections.abc import Iterator, Sequence

from acme_venue.settings import AcmeFileSettings
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import MarketEvent, Quote
from hexdesk.domain.money import parse_raw
from hexdesk.errors import ConfigError, DataError
from hexdesk.plugin import RecordingContext
from hexdesk.ports.recordings import ProblemLog, ReportsProblems


class AcmeRecording(ReportsProblems):
    """One file; it is opened anew for each pass."""

    def __init__(self, context: RecordingContext, settings: AcmeFileSettings) -> None:
        super().__init__()
        instrument = context.instruments.get(settings.instrument)
        if instrument is None:
            raise ConfigError(
                f"expected an instrument that is defined, was {settings.instrument!r}",
                remedy=f'add [instruments."{settings.instrument}"] to plugins.toml',
            )
        self._instrument: Instrument = instrument
        self._path = context.base_path / settings.path

    @property
    def instruments(self) -> Sequence[Instrument]:
        """None: the configuration defines them."""
        return ()

    def events(self) -> Iterator[MarketEvent]:
        """Yield quotes in the order of the file.

        Raises:
            DataError: The file cannot be read.
        """
        log = self._begin_pass()
        try:
            with self._path.open(encoding="utf-8") as lines:
                for row, line in enumerate(lines, 1):
                    words = line.partition("#")[0].split()
                    if words:
                        yield from self._quote(row, words, log)
        except OSError as error:
            raise DataError(
                f"cannot be read: {error.strerror}", file=self._path.name, remedy="check the path"
            ) from error

    def _quote(self, row: int, words: list[str], log: ProblemLog) -> Iterator[Quote]:
        prices, sizes = self._instrument.price_scale, self._instrument.quantity_scale
        try:
            time_text, bid, bid_size, ask, ask_size = words
            time = int(time_text)
            yield Quote(
                self._instrument.id,
                parse_raw(bid, prices),
                parse_raw(bid_size, sizes),
                parse_raw(ask, prices),
                parse_raw(ask_size, sizes),
                time,
                time,
            )
        except ValueError as error:
            log.add(self._path.name, row, str(error))
