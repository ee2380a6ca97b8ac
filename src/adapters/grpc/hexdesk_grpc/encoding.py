"""Batches of events as bytes: each event is encoded once, for whoever reads it first."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hexdesk.ports.control import EventBatch
from hexdesk.ports.control_events import Event, EventKind, EventPayload, Resync, Snapshot
from hexdesk_api.v1 import events_pb2
from hexdesk_grpc import bodies, to_wire
from hexdesk_grpc.wire import VARINT, Fields, delimited, varint

_CAUSES = {
    Resync.TOKEN_TOO_OLD: events_pb2.Resync.CAUSE_TOKEN_TOO_OLD,
    Resync.OTHER_RUN: events_pb2.Resync.CAUSE_OTHER_RUN,
    Resync.TOO_SLOW: events_pb2.Resync.CAUSE_TOO_SLOW,
    Resync.TOKEN_UNUSABLE: events_pb2.Resync.CAUSE_TOKEN_UNUSABLE,
}
_BODIES: dict[EventKind, Callable[[Any], bytes]] = {
    EventKind.ORDER: bodies.order,
    EventKind.ORDER_REPORT: bodies.report,
    EventKind.FILL: bodies.fill,
    EventKind.POSITION: bodies.position,
    EventKind.ACCOUNT: lambda info: to_wire.account(info).SerializeToString(),
    EventKind.STRATEGY: lambda info: to_wire.strategy(info).SerializeToString(),
    EventKind.DESK: lambda info: to_wire.desk(info).SerializeToString(),
    EventKind.ALERT: lambda info: to_wire.alert(info).SerializeToString(),
    EventKind.COMMAND: lambda info: to_wire.command(info).SerializeToString(),
}
_FIELDS = Fields(events_pb2.Event)
_SEQUENCE = _FIELDS.tag("sequence", VARINT)
_TIME = _FIELDS.time("time")
_TAGS = {kind: _FIELDS.tag(kind.name.lower()) for kind in EventKind}
_EVENTS = Fields(events_pb2.StreamEventsResponse).tag("events")
_STATES = frozenset({EventKind.POSITION, EventKind.ACCOUNT})
"""Kinds that show a state as it is now: of many that were waiting, all show the same."""
STATES_MAX = 64
"""States that a reader's encoder remembers."""


def encode_batch(batch: EventBatch) -> bytes:
    """Return a whole response."""
    return encode_events(batch, Encoder()) + encode_head(batch)


def encode_events(batch: EventBatch, encoder: "Encoder") -> bytes:
    """Return the part of a response that is events, as they were encoded for the first reader.

    Parts of several batches may follow each other, with the head of the last one at the end.
    """
    encode = encoder.encode
    return b"".join([each.wire or encode(each) for each in batch.events])


def encode_head(batch: EventBatch) -> bytes:
    """Return the rest of a response."""
    return events_pb2.StreamEventsResponse(
        sequence=batch.sequence,
        resume_token=batch.resume_token,
        snapshot=None if batch.snapshot is None else _snapshot(batch.snapshot),
        resync=None
        if batch.resync is None
        else events_pb2.Resync(
            cause=_CAUSES[batch.resync.cause], missed_count=batch.resync.missed_count
        ),
    ).SerializeToString()


def event(found: Event) -> events_pb2.Event | None:
    """Return an event; None for one about something that is gone."""
    if found.payload is None:
        return None
    return events_pb2.Event.FromString(_event(found, _BODIES[found.kind](found.payload)))


class Encoder:
    """Encodes events for a reader; a state that comes again unchanged is encoded once."""

    def __init__(self) -> None:
        self._states: dict[int, tuple[EventPayload, bytes]] = {}

    def encode(self, found: Event) -> bytes:
        """Return an event as an item of the response, and keep it for other readers."""
        payload, kind = found.payload, found.kind
        if payload is None:
            return b""
        body = self._state(kind, payload) if kind in _STATES else _BODIES[kind](payload)
        found.wire = wire = _EVENTS + delimited(_event(found, body))
        return wire

    def _state(self, kind: EventKind, payload: EventPayload) -> bytes:
        """Return what a state was encoded to; it is the same object as long as it is the same."""
        known = self._states.get(id(payload))
        if known is None:
            if len(self._states) >= STATES_MAX:
                self._states.clear()
            known = self._states[id(payload)] = (payload, _BODIES[kind](payload))
        return known[1]


def _event(found: Event, body: bytes) -> bytes:
    head = _SEQUENCE + varint(found.sequence) + _TIME(found.ts_ns)
    return head + _before(found.kind, len(body)) + body


@lru_cache(maxsize=1_024)
def _before(kind: EventKind, length: int) -> bytes:
    """Return what stands before a body."""
    return _TAGS[kind] + varint(length)


def _snapshot(part: Snapshot) -> events_pb2.Snapshot:
    return events_pb2.Snapshot(
        desk=None if part.desk is None else to_wire.desk(part.desk),
        strategies=[to_wire.strategy(each) for each in part.strategies],
        accounts=[to_wire.account(each) for each in part.accounts],
        positions=[to_wire.position(each) for each in part.positions],
        orders=[to_wire.order(each) for each in part.orders],
        complete=part.is_complete,
    )
