"""What `plugins.toml` may say about the journal on disk."""

from typing import Annotated, Literal

import msgspec

BYTES_PER_MB = 1 << 20


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the journal on disk.

    Attributes:
        sync: When written frames are forced to the disk. `group`: by a thread, every
            `sync_window_ms`. `each`: at each commit, before orders leave. `none`: when the
            operating system likes. Whichever it is, frames survive the death of the process.
        sync_window_ms: How much a loss of power may cost under `group`, 1 to 1000.
        segment_mb: Size at which a new file is begun, 1 to 1024.
        keep_snapshots: How many snapshots are kept, the latest ones, 2 to 1000.
        keep_days: How long records are kept that the oldest kept snapshot stands for, 0 to
            36500; 0 is for ever.
    """

    sync: Literal["group", "each", "none"] = "group"
    sync_window_ms: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 5
    segment_mb: Annotated[int, msgspec.Meta(ge=1, le=1_024)] = 64
    keep_snapshots: Annotated[int, msgspec.Meta(ge=2, le=1_000)] = 2
    keep_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 0
