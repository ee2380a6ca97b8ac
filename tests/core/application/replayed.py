"""A desk's journal read again: from its start, and from a snapshot on the way."""

from collections.abc import Sequence

import msgspec

from hexdesk.application.durability.rebuild import Rebuild
from hexdesk.application.durability.replay import Replay, empty_desk
from hexdesk.application.durability.state import DeskState, capture, decode_state, encode_state
from hexdesk.domain.records import RunStarted
from hexdesk.ports.journal import JournalRecord
from tests.core.application.rig import Rig


def assert_replayed(rig: Rig, half: int) -> None:
    """Assert that the journal gives the desk's state, at once and with a snapshot after `half`."""
    expected = capture_fully(rig)
    records = rig.records
    assert_same(replayed(records), expected)
    if half < 2:
        return
    snapshot = replayed(records[:half])
    assert_same(replayed(records[half:], snapshot=snapshot, run=records[0]), expected)


def assert_every_commit_replays(rig: Rig, commits: Sequence[int], expected: bytes) -> None:
    """Assert that a journal cut behind any commit can be read, and read on from there.

    What a crash leaves is such a journal. On the way each state is the same as JSON as it is as
    msgpack, in which snapshots are where a number passes 64 bits.
    """
    rebuild = Rebuild()
    behind = set(commits)
    for number, record in enumerate(rig.records, 1):
        rebuild.take(record)
        if number in behind:
            encoded = rebuild.encoded()
            as_json = msgspec.json.encode(decode_state(encoded))
            assert encode_state(decode_state(as_json)) == encoded, number
    assert_same(rebuild.encoded(), expected)


def capture_fully(rig: Rig) -> bytes:
    """Return a desk's encoded state."""
    return encode_state(capture(rig.desk))


def assert_same(found: bytes, expected: bytes) -> None:
    """Assert that two states are equal, and show where they are not."""
    if found != expected:
        for name in DeskState.__struct_fields__:
            left, right = (getattr(decode_state(data), name) for data in (found, expected))
            assert left == right, name
    assert found == expected


def replayed(
    records: list[JournalRecord], *, snapshot: bytes = b"", run: JournalRecord | None = None
) -> bytes:
    """Return the state that records give, after a snapshot if there is one."""
    first = records[0] if run is None else run
    assert isinstance(first, RunStarted)
    replay = Replay(empty_desk(first))
    if snapshot:
        replay.restore(decode_state(snapshot))
        replay.read(records)
    else:
        replay.read(records[1:])
    return encode_state(capture(replay.desk))
