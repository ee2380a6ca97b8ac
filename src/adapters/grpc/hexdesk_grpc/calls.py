"""What surrounds every call: who calls, limits, deadlines, and how a refusal is told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeGuard

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import status_pb2  # pyright: ignore[reportMissingTypeStubs] - beside the code

from hexdesk.ports.control import Caller, Control, ControlError, Mutation, Page, Pause, Reason
from hexdesk.ports.telemetry import HEADER, join_trace
from hexdesk_api.v1 import access_pb2
from hexdesk_grpc import to_wire
from hexdesk_grpc.errors import DETAILS_KEY, bug_status, status_of
from hexdesk_grpc.identity import Identity
from hexdesk_grpc.method import Method
from hexdesk_grpc.turns import Turns

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
Stream: TypeAlias = Callable[[Control, Caller, Any, asyncio.Event, Turns], AsyncIterator[bytes]]
PIECE = 4
"""Items of a page that are shown before others may have a turn."""
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Calls:
    """Carries calls out on one control plane.

    Attributes:
        stopping: Set once streams are to end.
        stream_count: Streams under way.
    """

    def __init__(
        self,
        control: Control,
        identity: Identity,
        *,
        streams_max: int,
        deadline_s: float,
        logger: logging.Logger,
    ) -> None:
        self.stopping = asyncio.Event()
        self.stream_count = 0
        self._control = control
        self._identity = identity
        self._streams_max = streams_max
        self._deadline_s = deadline_s
        self._logger = logger
        self._bug_count = 0
        self._turns = Turns()

    def unary(self, method: Method | None) -> Callable[[Any, Context], Awaitable[Any]]:
        """Return what answers a method; one that this desk does not have refuses."""

        async def answer(message: Any, context: Context) -> Any:  # noqa: ANN401 - a message
            join_trace(_trace_header(context))
            return await self._guarded(context, self._answer(method, message, context))

        return answer

    def stream(self, make: Stream) -> Callable[[Any, Context], AsyncIterator[bytes]]:
        """Return what answers a streaming method."""

        async def answer(message: Any, context: Context) -> AsyncIterator[bytes]:  # noqa: ANN401 - a message
            self.stream_count += 1
            try:
                caller = await self._guarded(context, self._admit(message, context))
                stream = make(self._control, caller, message, self.stopping, self._turns)
                while True:
                    part = await self._guarded(context, _next(stream), deadline=False)
                    if part is None:
                        break
                    yield part
                if self.stopping.is_set():
                    error = ControlError(Reason.DESK_STOPPING, "the desk is stopping")
                    await _abort(context, status_of(error))
            finally:
                self.stream_count -= 1

        return answer

    async def _answer(self, method: Method | None, message: Any, context: Context) -> Any:  # noqa: ANN401 - messages
        await self._turns.next()
        _check_read(message)
        caller = self._identity.of(context)
        answer = await carry_out(self._control, caller, method, message, self._turns.pause)
        await self._turns.pause()  # before it is written and sent
        return answer

    async def _admit(self, message: Any, context: Context) -> Caller:  # noqa: ANN401 - a message
        await self._turns.next()
        _check_read(message)
        if self.stream_count > self._streams_max:
            raise ControlError(
                Reason.LIMIT_REACHED,
                f"{self._streams_max} streams are open",
                facts={"limit": str(self._streams_max)},
            )
        return self._identity.of(context)

    async def _guarded(
        self, context: Context, work: Awaitable[Any], *, deadline: bool = True
    ) -> Any:  # noqa: ANN401 - whatever the work gives
        try:
            if not deadline:
                return await work
            async with asyncio.timeout(self._deadline_s):  # makes no task, as wait_for does
                return await work
        except ControlError as error:
            await _abort(context, status_of(error))
        except TimeoutError:
            text = f"no answer within {self._deadline_s:g} s"
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, text)
        except (asyncio.CancelledError, grpc.aio.AbortError):
            raise
        except Exception:
            self._bug_count += 1
            incident = f"{self._identity.name}-{self._bug_count}"
            self._logger.exception("a call failed; incident %s", incident)
            await _abort(context, bug_status(incident))


def reader(kind: type[Message]) -> Callable[[bytes], Message | DecodeError]:
    """Return what reads a request; where grpc itself fails to, it answers UNKNOWN."""

    def read(body: bytes) -> Message | DecodeError:
        try:
            return kind.FromString(body)
        except DecodeError as error:
            return error

    return read


def _check_read(message: object) -> None:
    if isinstance(message, DecodeError):
        raise ControlError(Reason.FIELD_INVALID, f"not a request of this method: {message}")


async def carry_out(
    control: Control,
    caller: Caller,
    method: Method | None,
    message: Any,  # noqa: ANN401 - a message
    pause: Pause,
) -> Any:  # noqa: ANN401 - a message
    """Answer one message with another, whatever it came over; a long list in pieces.

    Raises:
        ControlError: It was refused.
    """
    if isinstance(message, access_pb2.GetCallerRequest):
        return to_wire.caller(caller)
    if method is None:
        raise ControlError(Reason.NOT_OFFERED, "this desk does not offer that method")
    request = method.parse(message)
    if isinstance(request, Mutation):
        return method.show(await control.tell(caller, request))
    found = await control.ask(caller, request, pause)
    await pause()
    return await _shown(method, found, pause)


async def _shown(method: Method, found: Any, pause: Pause) -> Any:  # noqa: ANN401 - a view, a message
    """Show what was found; a page in pieces that are put together."""
    if not _is_page(found):
        return method.show(found)
    answer = method.show(Page(found.items[:PIECE], found.next_page_token))
    for first in range(PIECE, len(found.items), PIECE):
        await pause()
        answer.MergeFrom(method.show(Page(found.items[first : first + PIECE])))
    return answer


def _is_page(found: object) -> TypeGuard[Page[Any]]:
    return isinstance(found, Page)


def _trace_header(context: Context) -> str:
    metadata = context.invocation_metadata() or ()
    return next((str(value) for key, value in metadata if key == HEADER), "")


async def _next(stream: AsyncIterator[bytes]) -> bytes | None:
    return await anext(stream, None)


async def _abort(context: Context, status: status_pb2.Status) -> None:
    trailing: Sequence[tuple[str, bytes]] = ((DETAILS_KEY, status.SerializeToString()),)
    await context.abort(_CODES[status.code], status.message, tuple(trailing))
