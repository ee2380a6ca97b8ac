"""Reading what comes over the wire: anything is a message or a `WireError`."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hexdesk.domain.orders import AmendOrder, CancelOrder
from hexdesk.domain.reports import OrderAccepted, VenueReport
from hexdesk.domain.values import Operation
from hexdesk_sim.venue import wire
from hexdesk_sim.venue.rest import BALANCES, FILLS, INSTRUMENTS, ORDER, ORDERS, POSITIONS, TIME
from hexdesk_sim.venue.translate import doubt, refusal

DECODERS: list[msgspec.json.Decoder[Any]] = [
    wire.CLIENT_MESSAGES, wire.SERVER_MESSAGES, wire.NEW_ORDER, wire.AMEND_ORDER,
    wire.MARKET_EVENTS, wire.ANSWER, wire.PROBLEM, INSTRUMENTS, ORDER, ORDERS, FILLS, POSITIONS,
    BALANCES, TIME,
]  # fmt: skip
MESSAGES = st.sampled_from([
    wire.Hello(account="a", after=7),
    wire.Subscribe(request_id=1, instrument_ids=["X.Y"]),
    wire.Welcome(epoch="e", sequence=3, is_complete=True, instruments=[]),
    wire.Subscribed(request_id=1, unknown=[]),
    wire.Reports(sequence=1, reports=[OrderAccepted("K1", "V1", 1, 2)]),
    wire.Market(sequence=1, events=[]),
    wire.Heartbeat(sequence=1, time_ns=2),
    wire.Answer(sequence=1, report=OrderAccepted("K1", "V1", 1, 2)),
    wire.Problem("CODE", "text"),
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=15,
).map(msgspec.json.encode)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a real message with a few bytes cut out, doubled or replaced."""
    data = bytearray(msgspec.json.encode(draw(MESSAGES)))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(start + 4, len(data))))
        data[start:end] = draw(st.binary(max_size=4))
    return bytes(data)


@given(data=damaged() | JSON | st.binary(max_size=100), decoder=st.sampled_from(DECODERS))
@example(data=b"[" * 50_000, decoder=wire.SERVER_MESSAGES)
@example(data=b"1" * 10_000, decoder=wire.ANSWER)
@example(data=b'{"type":"hello","account":"\\ud800"}', decoder=wire.CLIENT_MESSAGES)
def test_any_bytes_are_a_message_or_a_wire_error(
    data: bytes, decoder: msgspec.json.Decoder[Any]
) -> None:
    try:
        message = wire.read(decoder, data)
    except wire.WireError:
        return
    assert wire.read(decoder, wire.encode(message)) == message


@given(message=MESSAGES)
def test_a_message_comes_back_as_it_went(message: msgspec.Struct) -> None:
    decoder = msgspec.json.Decoder(type(message))
    assert wire.read(decoder, wire.encode(message)) == message


@given(number=st.integers())
def test_a_number_beyond_any_market_is_named(number: int) -> None:
    problem = wire.number_problem(AmendOrder("K1", 1, number, 0, 0, 0))
    assert ("quantity" in problem) is (abs(number) > wire.NUMBER_MAX)


@pytest.mark.parametrize(
    ("request_", "operation"),
    [
        (AmendOrder("K1", 3, 1, 1, 0, 0), Operation.REPLACE),
        (CancelOrder("K1", 3, 0), Operation.CANCEL),
    ],
)
def test_refusal_and_doubt_name_their_request(
    request_: AmendOrder | CancelOrder, operation: Operation
) -> None:
    unknown = doubt(request_, "why", 5)
    assert (unknown.operation, unknown.request_id) == (operation, 3)
    refused: VenueReport = refusal(request_, "CODE", "why", 5)
    assert getattr(refused, "request_id", 0) == 3
