"""What a desk and the process that writes its history tell each other, as JSON."""

import msgspec

from hexdesk.domain.history import EquityRow
from hexdesk_app.config import PluginSection
from hexdesk_app.history.feed import FeedStats


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """From the desk, once: what is to be written, and from where.

    Attributes:
        section: Of the read model.
        journal: Name of the journal's plugin.
        state_path: The desk's own folder.
    """

    section: PluginSection
    journal: str
    state_path: str


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """From the desk, again and again; each is answered.

    Attributes:
        sequence: Number of the last committed record.
        equity: Samples that were not told yet.
        close_s: Write what waits within this time, then end; None to go on.
    """

    sequence: int
    equity: list[EquityRow]
    close_s: float | None


class Note(msgspec.Struct, frozen=True):
    """A line for the desk's log; `level` is a number of `logging`."""

    level: int
    text: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """From the process that writes.

    Attributes:
        stats: How it is doing; `behind` is about the progress that is answered.
        notes: What it has to say, oldest first.
        refusal: Why it cannot begin, after which it ends; empty if it can.
    """

    stats: FeedStats
    notes: tuple[Note, ...] = ()
    refusal: str = ""
