"""What `plugins.toml` may say about the read model in SQLite."""

from typing import Annotated, Literal

import msgspec


class SqliteSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the read model in SQLite.

    Attributes:
        sync: `normal`: a loss of power may cost the last seconds, which come again from the
            journal. `full`: every batch is forced to the disk.
        cache_mb: Memory for pages of the file, 1 to 4096.
    """

    sync: Literal["normal", "full"] = "normal"
    cache_mb: Annotated[int, msgspec.Meta(ge=1, le=4_096)] = 16
