"""Streams as JSON lines, or as server-sent events where the client asks for them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import msgspec
from aiohttp import hdrs, web
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2  # pyright: ignore[reportMissingTypeStubs] - beside the code

from hexdesk.ports.control import ControlError, Reason
from hexdesk_grpc.errors import status_of
from hexdesk_grpc.http.answering import HEADERS, encoded

LINES = "application/x-ndjson"
EVENTS = "text/event-stream"
FIRST_S = 0.25
"""A refusal that comes within this time is an HTTP status; a later one the last line."""


async def stream_answer(
    request: web.Request,
    method: MethodDescriptor,
    parts: AsyncIterator[bytes],
    stopping: asyncio.Event,
) -> web.StreamResponse:
    """Send the parts of a stream until it ends, the client goes or the server stops.

    Raises:
        ControlError: It was refused before anything was sent.
    """
    kind = GetMessageClass(method.output_type)
    is_events = EVENTS in request.headers.get(hdrs.ACCEPT, "")
    response = web.StreamResponse(headers=HEADERS | {"X-Accel-Buffering": "no"})
    response.content_type = EVENTS if is_events else LINES
    following = asyncio.ensure_future(_next(parts))
    try:
        await asyncio.wait({following}, timeout=FIRST_S)
        if following.done():
            following.result()
        await response.prepare(request)
        while (part := await following) is not None:
            message = kind.FromString(part)
            token = getattr(message, "resume_token", "")
            text = encoded(message)
            await response.write(_event(text, token) if is_events else text + b"\n")
            following = asyncio.ensure_future(_next(parts))
        if stopping.is_set():
            error = ControlError(Reason.DESK_STOPPING, "the desk is stopping")
            await _end(response, status_of(error), is_events=is_events)
    except ControlError as error:
        if not response.prepared:
            raise
        await _end(response, status_of(error), is_events=is_events)
    except ConnectionError:
        pass  # the client has gone; there is nobody to tell
    finally:
        following.cancel()
        await asyncio.wait({following})
        if isinstance(parts, AsyncGenerator):
            await parts.aclose()
    return response


async def _next(parts: AsyncIterator[bytes]) -> bytes | None:
    return await anext(parts, None)


async def _end(response: web.StreamResponse, status: status_pb2.Status, *, is_events: bool) -> None:
    """Say in the stream why it ends."""
    text = encoded(status)
    if is_events:
        await response.write(b"event: error\ndata: " + text + b"\n\n")
        return
    await response.write(msgspec.json.encode({"error": msgspec.Raw(text)}) + b"\n")


def _event(text: bytes, token: str) -> bytes:
    head = f"id: {token}\n".encode() if token else b""
    return head + b"data: " + text + b"\n\n"
