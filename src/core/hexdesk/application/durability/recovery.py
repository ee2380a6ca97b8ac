"""What a desk does at its start with the journal of the runs before it.

1. `read_past`: the state that the journal gives, by itself, without any configuration.
2. `Replay.restore` into the desk that was built, before its strategies are made.
3. `doubt_unanswered`: what was asked and not answered has an unknown outcome.
4. The brokers are asked and the books compared (`hexdesk.application.reconciliation`).
5. Strategies get their states back and are started.
"""

import msgspec

from hexdesk.application.desk import Desk
from hexdesk.application.durability.replay import read_life
from hexdesk.application.durability.state import DeskState, capture, decode_state, encode_state
from hexdesk.application.orders.answers import unanswered
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.values import TimeNs
from hexdesk.ports.journal import Journal


class Past(msgspec.Struct, frozen=True):
    """What a journal says of the runs before.

    Attributes:
        state: What the desk knew.
        sequence: Number of the record after which it knew that.
        record_count: Records read for it, besides a snapshot.
        latest_ns: Latest time that is known of in it, 0 if none.
    """

    state: DeskState
    sequence: int
    record_count: int
    latest_ns: TimeNs


def read_past(journal: Journal) -> Past | None:
    """Return what a journal says; None for a new one, or if its last run was a virtual one.

    Raises:
        DataError: The journal is damaged, or its records contradict each other.
    """
    snapshot = journal.snapshot()
    after = 0 if snapshot is None else snapshot.sequence
    if not journal.sequence:
        return None
    state = None if snapshot is None else decode_state(snapshot.state)
    desk = read_life(journal.records(after=after), state)
    if desk is None or desk.is_virtual:
        return None
    state = decode_state(encode_state(capture(desk)))  # it must not share orders with the reader
    latest_ns = max(desk.pulse.now_ns, _latest_ns(state))
    return Past(state, journal.sequence, journal.sequence - after, latest_ns)


def _latest_ns(state: DeskState) -> TimeNs:
    """Return the latest time that orders tell of: no record may have followed a snapshot."""
    return max(
        (
            max(order.intent.ts_init, *(fill.ts_init for fill in (order.fills or {}).values()), 0)
            for order in (*state.open, *state.closed)
        ),
        default=0,
    )


def doubt_unanswered(desk: Desk, now_ns: TimeNs) -> int:
    """Let the outcome of every request that was not answered before be unknown; return how many."""
    waiting = list(unanswered(desk.execution.open.values()))
    for request in waiting:
        desk.on_report(OutcomeUnknown(*request, "the desk ended before the answer", now_ns))
    return len(waiting)
