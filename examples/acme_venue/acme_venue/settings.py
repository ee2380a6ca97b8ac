"""Settings, as in `plugins.toml`."""

from typing import Annotated

import msgspec


class AcmeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the exchange is reached.

    Attributes:
        answer_ms: How long it takes to answer.
    """

    answer_ms: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 1


class AcmeFileSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to read.

    Attributes:
        path: File; a relative one starts at the folder of the configuration.
        instrument: Id of its quotes.
    """

    path: str
    instrument: str
