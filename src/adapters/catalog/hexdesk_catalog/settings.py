"""Settings of the catalog."""

import msgspec


class CatalogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to play.

    Attributes:
        dataset: A Parquet file, a folder of them, or a list of both, merged by time of receipt.
        instrument: Id for files that hold one instrument; empty takes `FOLDER.PARENT-FOLDER`.
    """

    dataset: str | tuple[str, ...]
    instrument: str = ""

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets, one or more."""
        return (self.dataset,) if isinstance(self.dataset, str) else self.dataset
