"""Settings of the replay feed."""

import msgspec


class ReplaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to play.

    Attributes:
        dataset: `sample:NAME`, a file, or a list of them that is merged by time of receipt.
        instrument: Id of rows that do not name theirs in a column `instrument_id`; empty takes
            the only instrument that is configured.
    """

    dataset: str | tuple[str, ...]
    instrument: str = ""

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets, one or more."""
        return (self.dataset,) if isinstance(self.dataset, str) else self.dataset
