"""The clients of `bench control`, in a process of their own: it is told what to do line by line.

    python -m hexdesk_app.bench.control_load ADDRESS ECHO_ADDRESS

reads one JSON document a line, `{"do": "calls", "count": 1000}`, and answers with one.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from hexdesk_app.bench.control_crowd import KINDS, OWN_CONNECTION, STREAM, Crowd, event_stream
from hexdesk_app.bench.control_rig import ECHO
from hexdesk_app.bench.market import INSTRUMENT_ID
from hexdesk_client import AsyncClient, PlainClient, Target, make_request

Answer: TypeAlias = dict[str, Any]
BLOCK = 50
"""Calls of one kind in a row, before it is the next one's turn."""
TEXT = "x" * 200
"""What is echoed: about as long as an order."""
CROWDS: list[Crowd] = []


def main() -> None:
    """Do what is said until there is nothing more."""
    address, echo_address = sys.argv[1:3]
    for line in sys.stdin:
        wanted = json.loads(line)
        verb = VERBS[wanted.pop("do")]
        answer = verb(address, echo_address, **wanted)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def calls(address: str, echo_address: str, *, count: int) -> Answer:
    """Call each method in turn and return its durations in microseconds, sorted."""
    with PlainClient(Target(address)) as client, grpc.insecure_channel(echo_address) as channel:
        echo = channel.unary_unary(
            f"/{ECHO}/Echo",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )
        creates = Creates(client)
        resting = creates.one()
        get_order = make_request("OrderService.GetOrder", {"name": resting.name})
        get_desk = make_request("DeskService.GetDesk")
        text = StringValue(value=TEXT)
        kinds: dict[str, Callable[[], Any]] = {
            "echo": lambda: echo(text, timeout=10),
            "desk": lambda: client.call(client.desk.GetDesk, get_desk),
            "order": lambda: client.call(client.orders.GetOrder, get_order),
            "create": creates.one,
        }
        spent: dict[str, list[float]] = {kind: [] for kind in kinds}
        done = -BLOCK  # the first turn warms up
        while done < count:
            for kind, call in kinds.items():
                block = [_timed_us(call) for _ in range(min(BLOCK, count))]
                if done >= 0:
                    spent[kind] += block
            creates.cancel()
            done += BLOCK
    return {kind: sorted(durations) for kind, durations in spent.items()}


class Creates:
    """Submits limit orders that the venue accepts and that rest, and cancels them afterwards."""

    def __init__(self, client: PlainClient) -> None:
        self._client = client
        self._create = client.method("OrderService.CreateOrder")
        self._cancel = client.method("OrderService.CancelAllOrders")
        self._request = make_request(
            "OrderService.CreateOrder",
            {
                "order": {
                    "instrument": f"instruments/{INSTRUMENT_ID}",
                    "account": "accounts/sim",
                    "side": "SIDE_BUY",
                    "order_type": "ORDER_TYPE_LIMIT",
                    "quantity": "0.001",
                    "price": "61000",
                },
                "reason": "bench",
            },
        )
        self._count = 0
        self._statuses = self._request.order.DESCRIPTOR.fields_by_name["status"].enum_type

    def one(self) -> Any:  # noqa: ANN401 - a message
        """Submit one; the answer says that the venue has it.

        Raises:
            RuntimeError: It does not.
        """
        self._count += 1
        self._request.request_id = f"bench-{time.monotonic_ns()}-{self._count}"
        made: Any = self._client.call(self._create, self._request)
        if self._statuses.values_by_number[made.status].name != "ORDER_STATUS_ACCEPTED":
            raise RuntimeError(f"expected an accepted order, was {made}")
        return made

    def cancel(self) -> None:
        """Cancel all but the first."""
        self._client.call(self._cancel, make_request("OrderService.CancelAllOrders"))


def token(address: str, _echo: str) -> Answer:
    """Return where the stream of events is now."""
    return {"token": asyncio.run(_token(address))}


def streams(address: str, _echo: str, *, count: int, token: str) -> Answer:
    """Read everything after a token over connections of their own; seconds of each."""
    return {"seconds": asyncio.run(_streams(address, count, token))}


def bare(_address: str, echo_address: str) -> Answer:
    """Read the bare stream to its end; seconds."""
    return {"seconds": asyncio.run(_bare(echo_address))}


def crowd(address: str, _echo: str, *, kind: str) -> Answer:
    """Let a crowd of clients come, and answer once they are all there."""
    CROWDS.append(Crowd(KINDS[kind], address))
    return {}


def leave(_address: str, _echo: str) -> Answer:
    """Let the crowd go; what it did."""
    return CROWDS.pop().leave()


async def _token(address: str) -> str:
    async with AsyncClient(Target(address)) as client:
        request = make_request(STREAM)
        async for response in client.follow(request):
            if response.snapshot.complete:
                return response.resume_token
    raise RuntimeError("the stream ended before its snapshot")


async def _streams(address: str, count: int, resume_token: str) -> list[float]:
    async with AsyncClient(Target(address)) as client:
        request = make_request("DeskService.GetDesk")
        last = (await client.call(client.desk.GetDesk, request)).event_sequence
    channels = [grpc.aio.insecure_channel(address, OWN_CONNECTION) for _ in range(count)]
    for channel in channels:
        await channel.channel_ready()
    request = make_request(STREAM, {"resume_token": resume_token})
    async with asyncio.timeout(600):
        found = await asyncio.gather(*(_read(channel, request, last) for channel in channels))
    for channel in channels:
        await channel.close()
    return list(found)


async def _read(channel: grpc.aio.Channel, request: Any, last: int) -> float:  # noqa: ANN401 - a message
    begun = time.perf_counter()
    call = event_stream(channel)(request)
    seen = 0
    while True:
        response: Any = await call.read()
        seen += len(response.events)
        if response.sequence >= last:
            break
    seconds = time.perf_counter() - begun
    call.cancel()
    if response.HasField("resync") or not seen:
        raise RuntimeError("the stream did not go on where it was")
    return seconds


async def _bare(echo_address: str) -> float:
    async with grpc.aio.insecure_channel(echo_address, OWN_CONNECTION) as channel:
        await channel.channel_ready()
        begun = time.perf_counter()
        untyped: Any = channel
        call = untyped.unary_stream(f"/{ECHO}/Stream")(b"")
        while await call.read() is not grpc.aio.EOF:
            pass
        return time.perf_counter() - begun


def _timed_us(call: Callable[[], Any]) -> float:
    begun = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - begun) / 1_000


VERBS: dict[str, Callable[..., Answer]] = {
    "calls": calls,
    "token": token,
    "streams": streams,
    "bare": bare,
    "crowd": crowd,
    "leave": leave,
}

if __name__ == "__main__":
    main()
