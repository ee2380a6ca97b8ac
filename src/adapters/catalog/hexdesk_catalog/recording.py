"""Parquet files as a `Recording`, merged by time of receipt."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import MarketEvent
from hexdesk.errors import ConfigError
from hexdesk.plugin import RecordingContext
from hexdesk.ports.recordings import ProblemLog, ReportsProblems, merge_by_receipt
from hexdesk_catalog.batches import BatchReader
from hexdesk_catalog.events import EventMaker
from hexdesk_catalog.files import MarketFile, find_files, open_file
from hexdesk_catalog.instruments import find_instruments, instrument_ids
from hexdesk_catalog.settings import CatalogSettings


class CatalogRecording(ReportsProblems):
    """Plays files in order of receipt; equal times in the order of their paths.

    A row that goes back in time is reported, but played where it stands.

    Raises:
        ConfigError: No dataset is named, or one instrument is named for files of several.
        DataError: A file is missing, unreadable, or holds no market events.
    """

    def __init__(self, context: RecordingContext, settings: CatalogSettings) -> None:
        if not settings.datasets:
            raise ConfigError("expected a dataset", path=f"feeds.{context.name}.dataset")
        super().__init__()
        self._chosen = settings.instrument
        self._files: list[MarketFile] = []
        for dataset in settings.datasets:
            wanted, others = find_files(context.base_path / Path(dataset).expanduser())
            self._files += map(open_file, wanted)
            for path in others:
                context.logger.warning("%s is left out: no market events", path)
        self._check_chosen(f"feeds.{context.name}.instrument")
        self._instruments = find_instruments(self._files, self._chosen, context.instruments)

    @property
    def instruments(self) -> Sequence[Instrument]:
        """Every instrument of the files: as configured, else as the files and folders say."""
        return tuple(self._instruments.values())

    def events(self) -> Iterator[MarketEvent]:
        """Yield events in order of receipt; each pass counts problems anew.

        Raises:
            DataError: A file is damaged, or a number does not fit the configured instrument.
        """
        log = self._begin_pass()
        return merge_by_receipt([self._play(file, log) for file in self._files])

    def _check_chosen(self, path: str) -> None:
        alone = {instrument_ids(file, "") for file in self._files if not file.symbols}
        if self._chosen and len(alone) > 1:
            names = ", ".join(sorted(names[0] for names in alone))
            raise ConfigError(
                f"{self._chosen!r} cannot be the instrument of {names[:200]}", path=path,
                remedy="leave it out, or name the files of one instrument",
            )  # fmt: skip

    def _play(self, file: MarketFile, log: ProblemLog) -> Iterator[MarketEvent]:
        maker = EventMaker(file, log)
        for batch in BatchReader(file, self._chosen, self._instruments, log).batches():
            yield from maker.events(batch)
        maker.finish()
