"""What a live desk does with the runs before it, and for those after it."""

import logging

from hexdesk.application.desk import Desk
from hexdesk.application.durability.recovery import doubt_unanswered
from hexdesk.application.durability.state import capture, encode_state, hash_of, run_ended
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.ports.journal import Journal
from hexdesk_app.build import Application
from hexdesk_app.config.schema import Mode

SNAPSHOT_RECORDS = 50_000
"""Records after which a snapshot is worth its while: reading them takes a fraction of a second."""
SNAPSHOT_NS = 600 * NS_PER_SECOND
"""Time after which one is taken of fewer records."""
logger = logging.getLogger("hexdesk.run")


def resume(app: Application) -> None:
    """Take up what the journal says; what was asked and not answered has an unknown outcome."""
    past, desk = app.past, app.desk
    if past is None:
        return
    doubts = doubt_unanswered(desk, max(app.clock.now_ns(), desk.pulse.now_ns))
    logger.info(
        "took up where the journal ends, at record %d (%d read): %d open orders, %d in doubt",
        past.sequence,
        past.record_count,
        len(desk.execution.open),
        doubts,
    )


async def open_balances(app: Application, broker: str) -> None:
    """Book what a broker of a live desk that begins anew holds, as what it begins with.

    Raises:
        VenueError: The broker does not say.
    """
    if app.past is not None or app.config.desk.mode is not Mode.LIVE:
        return
    for money in await app.assembly.brokers[broker].query_balances():
        app.desk.deposit(broker, money, "opening balance", app.clock.now_ns())


def restore_strategies(app: Application) -> None:
    """Give the strategies their own states back."""
    if app.past is not None:
        for host in app.desk.hosts.values():
            if host.strategy is not None:
                app.desk.restore_strategy(host)


class StateKeeper:
    """Takes snapshots, so that a restart need not read the whole journal."""

    def __init__(self, desk: Desk, journal: Journal) -> None:
        self._desk = desk
        self._journal = journal
        self._sequence = journal.sequence
        self._taken_ns = desk.pulse.now_ns

    def look(self, now_ns: TimeNs) -> None:
        """Take a snapshot if it is time."""
        count = self._journal.sequence - self._sequence
        if count >= SNAPSHOT_RECORDS or (count and now_ns - self._taken_ns >= SNAPSHOT_NS):
            self._desk.save_strategies()
            self._take(now_ns)

    def end(self, now_ns: TimeNs) -> None:
        """Take the last snapshot, and write down that the run ended in good order."""
        state = self._take(now_ns)
        self._desk.end_run(run_ended(self._desk, hash_of(state), now_ns))

    def _take(self, now_ns: TimeNs) -> bytes:
        state = encode_state(capture(self._desk))
        self._journal.save_snapshot(state)
        self._sequence = self._journal.sequence
        self._taken_ns = now_ns
        return state
