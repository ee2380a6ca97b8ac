"""Crowds of clients while ticks are timed: users as they should be, and ones as they should not."""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from operator import methodcaller
from typing import Any, TypeAlias

import grpc
from google.protobuf.message_factory import GetMessageClass

from hexdesk_app.bench.market import INSTRUMENT_ID
from hexdesk_client import make_request

STREAM = "EventService.StreamEvents"
OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1))
STREAMS = 5
CALLS_PER_SECOND = 200
METHODS = (
    "DeskService.GetDesk",
    "PortfolioService.ListPositions",
    "RiskService.ListDenials",
    "OrderService.ListOrders",
)
PAGE_SIZE = 10
CONNECTIONS = 1_000
"""Connections of hostile clients: some silent, some half open, some that ask without a right."""
SLOW_READERS = 20
BAD_CALLS_PER_SECOND = 100
OVERSIZE_BYTES = 2_000_000
BEGIN_PATIENCE_S = 120.0
CALL_PATIENCE_S = 30.0

Report: TypeAlias = dict[str, Any]
Work: TypeAlias = Callable[[str, asyncio.Event, Callable[[], None]], Awaitable[Report]]


class Crowd:
    """Clients on a thread of their own; made, they are all there."""

    def __init__(self, work: Work, address: str) -> None:
        """Let them come.

        Raises:
            TimeoutError: They did not in time.
        """
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._begun = threading.Event()
        self._report: Report = {}
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work, address), daemon=True)
        self._thread.start()
        if not self._begun.wait(BEGIN_PATIENCE_S):
            raise TimeoutError("the crowd did not come")

    def leave(self) -> Report:
        """Let them go and return what they did.

        Raises:
            RuntimeError: Something went wrong with them.
        """
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(BEGIN_PATIENCE_S)
        if self._error is not None:
            raise RuntimeError("the crowd broke") from self._error
        return self._report

    def _run(self, work: Work, address: str) -> None:
        async def carry_out() -> Report:
            return await work(address, self._stopping, self._begun.set)

        try:
            self._report = self._loop.run_until_complete(carry_out())
        except BaseException as error:  # noqa: BLE001 - told by `leave`
            self._error = error
            self._begun.set()


def event_stream(channel: grpc.aio.Channel) -> Any:  # noqa: ANN401 - a method
    """Return the event stream's method."""
    return _method(channel, STREAM)


async def users(address: str, stopping: asyncio.Event, begun: Callable[[], None]) -> Report:
    """Follow all events over some streams, and call at a steady rate."""
    async with contextlib.AsyncExitStack() as stack:
        seen = [0] * STREAMS
        readers: list[asyncio.Task[None]] = []
        for number in range(STREAMS):
            call = event_stream(await _channel(stack, address))(make_request(STREAM))
            await call.read()
            readers.append(asyncio.create_task(_follow(call, seen, number)))
        channel = await _channel(stack, address)
        calls = [(_method(channel, name), _request(name)) for name in METHODS]
        begun()
        done = await _steadily(
            CALLS_PER_SECOND, stopping, lambda number: _answered(*calls[number % len(calls)])
        )
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        return {"calls": done, "events": min(seen)}


async def hostiles(address: str, stopping: asyncio.Event, begun: Callable[[], None]) -> Report:
    """Read nothing, connect without end, say nothing or nonsense, ask without a right."""
    host, _, port = address.rpartition(":")
    async with contextlib.AsyncExitStack() as stack:
        lines: list[socket.socket] = []
        for number in range(CONNECTIONS - SLOW_READERS - 1):
            line = stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
            if number % 2:
                line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")  # and then never a frame
            lines.append(line)
            if number % 50 == 0:
                await asyncio.sleep(0)
        for _ in range(SLOW_READERS):
            channel = await _channel(stack, address)
            call = event_stream(channel)(make_request(STREAM))
            await call.read()
            stack.callback(call.cancel)  # and never a second read
        channel = await _channel(stack, address)
        create = _method(channel, "OrderService.CreateOrder")
        huge = make_request("OrderService.CreateOrder", {"reason": "x" * OVERSIZE_BYTES})
        small = make_request("DeskService.GetDesk")
        get = _method(channel, "DeskService.GetDesk")
        token = (("authorization", "Bearer hdx_wrong"),)
        begun()

        async def bad(number: int) -> None:
            if number % 20 == 0:
                await _refused(create(huge, timeout=CALL_PATIENCE_S))
            else:
                await _refused(get(small, metadata=token, timeout=CALL_PATIENCE_S))
            if number % 10 == 0 and lines:
                _reset(lines.pop())

        done = await _steadily(BAD_CALLS_PER_SECOND, stopping, bad)
        return {"calls": done, "connections": CONNECTIONS}


KINDS: dict[str, Work] = {"users": users, "hostiles": hostiles}


async def _steadily(
    rate: int, stopping: asyncio.Event, call: Callable[[int], Awaitable[None]]
) -> int:
    """Begin so many calls a second; return how many it were."""
    done = 0
    waiting: set[asyncio.Task[None]] = set()
    begun = time.perf_counter()
    while not stopping.is_set():
        while done < (time.perf_counter() - begun) * rate:
            waiting.add(asyncio.ensure_future(call(done)))
            done += 1
        await asyncio.sleep(1 / rate)
        for task in [task for task in waiting if task.done()]:
            waiting.remove(task)
            task.result()
    await asyncio.gather(*waiting)
    return done


async def _answered(method: Any, request: Any) -> None:  # noqa: ANN401 - messages
    await method(request, timeout=CALL_PATIENCE_S)


async def _refused(call: Awaitable[Any]) -> None:
    with contextlib.suppress(grpc.aio.AioRpcError):
        await call
        raise RuntimeError("what must be refused was answered")


async def _follow(call: Any, seen: list[int], number: int) -> None:  # noqa: ANN401 - a stream
    while True:
        response = await call.read()
        seen[number] += len(response.events)


async def _channel(stack: contextlib.AsyncExitStack, address: str) -> grpc.aio.Channel:
    channel = grpc.aio.insecure_channel(address, OWN_CONNECTION)
    stack.push_async_callback(channel.close)
    async with asyncio.timeout(BEGIN_PATIENCE_S):
        await channel.channel_ready()
    return channel


def _method(channel: grpc.aio.Channel, name: str) -> Any:  # noqa: ANN401 - a method
    service, _, short = name.partition(".")
    file = make_request(name).DESCRIPTOR.file
    method = file.services_by_name[service].methods_by_name[short]
    untyped: Any = channel
    open_method = untyped.unary_stream if method.server_streaming else untyped.unary_unary
    return open_method(
        f"/{file.package}.{service}/{short}",
        request_serializer=methodcaller("SerializeToString"),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )


def _request(name: str) -> Any:  # noqa: ANN401 - a message
    lists = name.startswith("OrderService")
    fields = {"page_size": PAGE_SIZE, "instrument": f"instruments/{INSTRUMENT_ID}"}
    return make_request(name, fields if lists else None)


def _reset(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
