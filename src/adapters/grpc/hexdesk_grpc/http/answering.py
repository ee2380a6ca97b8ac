"""Answers and refusals as HTTP: JSON of the contract's messages, google.rpc.Status for errors."""

from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc import status_pb2  # pyright: ignore[reportMissingTypeStubs] - beside the code
from grpc import StatusCode

from hexdesk.ports.control import Pause

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
JSON = "application/json"
PIECE = 4
"""Items of a list that become JSON before others may have a turn."""
HTTP_STATUSES = {
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.FAILED_PRECONDITION: 400,
    StatusCode.OUT_OF_RANGE: 400,
    StatusCode.UNAUTHENTICATED: 401,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.ABORTED: 409,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.INTERNAL: 500,
    StatusCode.UNIMPLEMENTED: 501,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.DEADLINE_EXCEEDED: 504,
}
"""As google/rpc/code.proto maps them."""
_BY_NUMBER = {code.value[0]: status for code, status in HTTP_STATUSES.items()}


def plain(message: Message) -> dict[str, Any]:
    """Return a message as JSON shows it: the contract's field names, defaults written out."""
    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def encoded(message: Message) -> bytes:
    """Return a message as JSON text."""
    return msgspec.json.encode(plain(message))


async def encoded_in_pieces(message: Message, pause: Pause) -> bytes:
    """Return a message as JSON text, like `encoded`; what is long in it item by item."""
    lists: dict[str, Sequence[Any]] = {
        field.name: value
        for field, value in message.ListFields()
        if field.message_type is not None and isinstance(value, Sequence)
    }
    long = {name: value for name, value in lists.items() if len(value) > PIECE}
    if not long:
        return encoded(message)
    rest = type(message)()
    rest.CopyFrom(message)
    for name in long:
        rest.ClearField(name)
    shown = plain(rest)
    for name, value in long.items():
        items: list[msgspec.Raw] = []
        for number, each in enumerate(value, start=1):
            items.append(msgspec.Raw(encoded(each)))
            if number % PIECE == 0:
                await pause()
        shown[name] = items
    return msgspec.json.encode(shown)


async def answer(message: Message, pause: Pause) -> web.Response:
    """Return the answer of a call."""
    body = await encoded_in_pieces(message, pause)
    return web.Response(body=body, content_type=JSON, headers=HEADERS)


def refusal(status: status_pb2.Status, http_status: int = 0) -> web.Response:
    """Return a refusal; `http_status` where HTTP has a word that gRPC has not."""
    return web.Response(
        status=http_status or _BY_NUMBER[status.code],
        body=encoded(status),
        content_type=JSON,
        headers=HEADERS | ({"WWW-Authenticate": "Bearer"} if status.code == _NO_TOKEN else {}),
    )


_NO_TOKEN: int = StatusCode.UNAUTHENTICATED.value[0]
