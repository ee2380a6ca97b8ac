"""Makes a desk once, to see that it can be made; nothing is connected."""

from hexdesk.errors import require
from hexdesk_app.config import Config
from hexdesk_app.resolve import Parts


async def make_once(config: Config, parts: Parts) -> None:
    """Make what a start would make before it connects; a journal only in memory.

    Live feeds name their instruments when they are connected, so a desk with such feeds ends here
    with its feeds.

    Raises:
        HexdeskError: It would not start.
    """
    from hexdesk.application.durability.memory_journal import MemoryJournal
    from hexdesk_app.build import build
    from hexdesk_app.telemetry.watch import make_alarm, make_telemetry

    app = build(config, overrides={"parts": parts, "journal": MemoryJournal()})
    if app.recordings:
        require(app.assembly, "a desk was made")
    else:
        require(len(app.feeds) == len(parts.feeds), "every feed was made")
    make_alarm(app)
    telemetry = make_telemetry(app)
    if telemetry is not None:
        telemetry.close(0.0)
