"""Recorded files as a `Recording`: samples and text files, merged by time of receipt."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import MarketEvent
from hexdesk.errors import ConfigError, DataError
from hexdesk.plugin import RecordingContext
from hexdesk.ports.recordings import ProblemLog, ReportsProblems, merge_by_receipt
from hexdesk_replay.rows import RowParser
from hexdesk_replay.sample import SAMPLES, SCHEME, Sample
from hexdesk_replay.settings import ReplaySettings
from hexdesk_replay.text import read_rows

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz")


class ReplayRecording(ReportsProblems):
    """Plays datasets in order of receipt; equal times in the order of the datasets.

    A row that goes back in time is reported, but played where it stands.
    """

    def __init__(self, context: RecordingContext, settings: ReplaySettings) -> None:
        super().__init__()
        self._path = f"feeds.{context.name}"
        self._configured = context.instruments
        self._default_id = settings.instrument or _only(context.instruments)
        self._sources: list[Sample | Path] = [
            self._source(dataset, context.base_path) for dataset in settings.datasets
        ]
        if not self._sources:
            raise ConfigError("expected a dataset", path=f"{self._path}.dataset")
        self._check_instruments()

    @property
    def instruments(self) -> Sequence[Instrument]:
        """Instruments of samples; text files define none."""
        return tuple(
            {
                source.instrument.id: source.instrument
                for source in self._sources
                if isinstance(source, Sample)
            }.values()
        )

    def events(self) -> Iterator[MarketEvent]:
        """Yield events in order of receipt; each pass counts problems anew.

        Raises:
            DataError: A file is missing, unreadable, damaged or cut off.
        """
        log = self._begin_pass()
        streams = [
            source.events()
            if isinstance(source, Sample)
            else play(source, self._configured, self._default_id, log)
            for source in self._sources
        ]
        return merge_by_receipt(streams)

    def _source(self, dataset: str, base_path: Path) -> Sample | Path:
        path = f"{self._path}.dataset"
        if dataset.startswith(SCHEME):
            sample = SAMPLES.get(dataset.removeprefix(SCHEME))
            if sample is None:
                known = ", ".join(SCHEME + name for name in SAMPLES)
                raise ConfigError(
                    f"{dataset!r} is no sample", path=path, remedy=f"samples are: {known}"
                )
            return sample
        if not dataset.endswith(SUFFIXES):
            raise ConfigError(
                f"expected a file that ends in {', '.join(SUFFIXES)}, was {dataset!r}",
                path=path,
                remedy='Parquet files are played by plugin = "catalog"',
            )
        file = base_path / Path(dataset).expanduser()
        if not file.is_file():
            raise DataError("no such file", file=str(file), remedy=f"check {path}")
        return file

    def _check_instruments(self) -> None:
        """Refuse what could play no row at all.

        Raises:
            ConfigError: `instrument` is unknown, text files are to be played but no instrument is
                configured, or one of a sample is configured at other scales.
        """
        files = any(isinstance(source, Path) for source in self._sources)
        if self._default_id and self._default_id not in self._configured:
            raise ConfigError(
                f"{self._default_id!r} is not configured",
                path=f"{self._path}.instrument",
                remedy=f'add a section [instruments."{self._default_id}"]',
            )
        if files and not self._configured:
            raise ConfigError(
                "text files do not say which ticks and lots their instrument has",
                path=f"{self._path}.dataset",
                remedy='add a section as [instruments."BTCUSDT-PERP.BINANCE"]',
            )
        for instrument in self.instruments:
            other = self._configured.get(instrument.id, instrument)
            if _scales(other) != _scales(instrument):
                found, expected = _scales(other), _scales(instrument)
                raise ConfigError(
                    f"price_scale, quantity_scale: expected {expected} of the sample, was {found}",
                    path=f'instruments."{instrument.id}"',
                    remedy="set price_scale = {} and quantity_scale = {} there".format(*expected),
                )


def play(
    path: Path, instruments: Mapping[str, Instrument], default_id: str, log: ProblemLog
) -> Iterator[MarketEvent]:
    """Yield the events of a text file in its order, and report what is wrong with it.

    Raises:
        DataError: It is missing, unreadable, damaged or cut off.
    """
    parser = RowParser(instruments, default_id)
    name = str(path)
    latest = number = 0
    for number, found in read_rows(path):
        if isinstance(found, ValueError):
            log.add(name, number, str(found))
            continue
        try:
            event = parser.parse(*found)
        except ValueError as error:
            log.add(name, number, str(error))
            continue
        if event is None:
            continue
        if event.ts_init < latest:
            back = latest - event.ts_init
            log.add(name, number, f"ts_init went back by {back} ns; played where it stands")
        latest = event.ts_init
        yield event
    if parser.rows_open:
        log.add(name, number, f"the last depth message has no end; {parser.rows_open} rows unused")


def _only(instruments: Mapping[str, Instrument]) -> str:
    """Return the id of the instrument if there is but one: rows need not name it."""
    return next(iter(instruments)) if len(instruments) == 1 else ""


def _scales(instrument: Instrument) -> tuple[int, int]:
    return instrument.price_scale, instrument.quantity_scale
