"""Batches of events as bytes: each event is encoded once, for whoever reads it first."""

from collections.abc import Callable
from typing import Any

from hexdesk.ports.control import EventBatch
from hexdesk.ports.control_events import Event, EventKind, EventPayload, Resync, Snapshot
from hexdesk_api.v1 import events_pb2
from hexdesk_grpc import into, to_wire

_EVENTS_TAG = b"\x1a"
"""How protobuf begins an item of `StreamEventsResponse.events`."""
_VARINT_MORE = 0x80
_CAUSES = {
    Resync.TOKEN_TOO_OLD: events_pb2.Resync.CAUSE_TOKEN_TOO_OLD,
    Resync.OTHER_RUN: events_pb2.Resync.CAUSE_OTHER_RUN,
    Resync.TOO_SLOW: events_pb2.Resync.CAUSE_TOO_SLOW,
    Resync.TOKEN_UNUSABLE: events_pb2.Resync.CAUSE_TOKEN_UNUSABLE,
}
Put = Callable[[Any, events_pb2.Event], None]
_PUTS: dict[EventKind, Put] = {
    EventKind.ORDER: lambda info, event: into.put_order(info, event.order),
    EventKind.ORDER_REPORT: lambda info, event: into.put_report(info, event.order_report),
    EventKind.FILL: lambda info, event: into.put_fill(info, event.fill),
    EventKind.POSITION: lambda info, event: into.put_position(info, event.position),
    EventKind.ACCOUNT: lambda info, event: event.account.CopyFrom(to_wire.account(info)),
    EventKind.STRATEGY: lambda info, event: event.strategy.CopyFrom(to_wire.strategy(info)),
    EventKind.DESK: lambda info, event: event.desk.CopyFrom(to_wire.desk(info)),
    EventKind.ALERT: lambda info, event: event.alert.CopyFrom(to_wire.alert(info)),
    EventKind.COMMAND: lambda info, event: event.command.CopyFrom(to_wire.command(info)),
}
_STATES = frozenset({EventKind.POSITION, EventKind.ACCOUNT})
"""Kinds that show a state as it is now: of many that were waiting, all show the same."""


def encode_batch(batch: EventBatch) -> bytes:
    """Return a whole response."""
    return encode_events(batch) + encode_head(batch)


def encode_events(batch: EventBatch) -> bytes:
    """Return the part of a response that is events, as they were encoded for the first reader.

    Parts of several batches may follow each other, with the head of the last one at the end.
    """
    encode = Encoder().encode
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
    payload = found.payload
    if payload is None:
        return None
    message = events_pb2.Event()
    _put(found, payload, message)
    return message


class Encoder:
    """Encodes the events of one batch; a state that comes several times is encoded once."""

    def __init__(self) -> None:
        self._scratch = events_pb2.Event()
        self._states: dict[int, bytes] = {}

    def encode(self, found: Event) -> bytes:
        """Return an event as an item of the response, and keep it for other readers."""
        payload = found.payload
        if payload is None:
            return b""
        scratch = self._scratch
        scratch.Clear()
        if found.kind in _STATES:
            body = self._state(found, payload)
        else:
            _put(found, payload, scratch)
            body = scratch.SerializeToString()
        size = len(body)
        head = _HEADS[size] if size < HEADS_MAX else _EVENTS_TAG + _varint(size)
        found.wire = wire = head + body
        return wire

    def _state(self, found: Event, payload: EventPayload) -> bytes:
        """Return an event whose payload may be the same object as that of an earlier one."""
        scratch = self._scratch
        _put_head(found, scratch)
        head = scratch.SerializeToString()
        rest = self._states.get(id(payload))  # alive as long as its event, which is the batch's
        if rest is None:
            _PUTS[found.kind](payload, scratch)
            rest = self._states[id(payload)] = scratch.SerializeToString()[len(head) :]
        return head + rest


def _put(found: Event, payload: EventPayload, message: events_pb2.Event) -> None:
    _put_head(found, message)
    _PUTS[found.kind](payload, message)


def _put_head(found: Event, message: events_pb2.Event) -> None:
    message.sequence = found.sequence
    if found.ts_ns:
        into.put_time(found.ts_ns, message.time)


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= _VARINT_MORE:
        encoded.append(number & (_VARINT_MORE - 1) | _VARINT_MORE)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


HEADS_MAX = 1_024
_HEADS = [_EVENTS_TAG + _varint(size) for size in range(HEADS_MAX)]
"""How an event of a size begins in the response."""


def _snapshot(part: Snapshot) -> events_pb2.Snapshot:
    return events_pb2.Snapshot(
        desk=None if part.desk is None else to_wire.desk(part.desk),
        strategies=[to_wire.strategy(each) for each in part.strategies],
        accounts=[to_wire.account(each) for each in part.accounts],
        positions=[to_wire.position(each) for each in part.positions],
        orders=[to_wire.order(each) for each in part.orders],
        complete=part.is_complete,
    )
