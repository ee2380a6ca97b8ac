"""Reader of `.acme` files: a quote a line, `ns bid bid_size ask ask_size`, `#` begins a comment."""

from collections.abc import Iterator, Sequence

from acme_venue.settings import AcmeFileSettings
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import MarketEvent, Quote
from hexdesk.domain.money import parse_raw
from hexdesk.errors import ConfigError, DataError
from hexdesk.plugin import RecordingContext
from hexdesk.ports.market_data import RowProblem

PROBLEMS_MAX = 100


class AcmeRecording:
    """One file; it is opened anew for each pass."""

    def __init__(self, context: RecordingContext, settings: AcmeFileSettings) -> None:
        instrument = context.instruments.get(settings.instrument)
        if instrument is None:
            raise ConfigError(
                f"expected an instrument that is defined, was {settings.instrument!r}",
                remedy=f'add [instruments."{settings.instrument}"] to plugins.toml',
            )
        self._instrument: Instrument = instrument
        self._path = context.base_path / settings.path
        self._problems: list[RowProblem] = []
        self._problem_count = 0

    @property
    def instruments(self) -> Sequence[Instrument]:
        """None: the configuration defines them."""
        return ()

    @property
    def problems(self) -> Sequence[RowProblem]:
        """The first problems of the last pass."""
        return self._problems

    @property
    def problem_count(self) -> int:
        """All problems of the last pass."""
        return self._problem_count

    def events(self) -> Iterator[MarketEvent]:
        """Yield quotes in the order of the file.

        Raises:
            DataError: The file cannot be read.
        """
        self._problems.clear()
        self._problem_count = 0
        try:
            with self._path.open(encoding="utf-8") as lines:
                for row, line in enumerate(lines, 1):
                    words = line.partition("#")[0].split()
                    if words:
                        yield from self._quote(row, words)
        except OSError as error:
            raise DataError(
                f"cannot be read: {error.strerror}", file=self._path.name, remedy="check the path"
            ) from error

    def _quote(self, row: int, words: list[str]) -> Iterator[Quote]:
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
            self._problem_count += 1
            if len(self._problems) < PROBLEMS_MAX:
                self._problems.append(RowProblem(self._path.name, row, str(error)))
