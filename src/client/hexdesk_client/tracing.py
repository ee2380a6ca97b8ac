"""A span for each call, and W3C trace context on its way to the desk.

Where the program has set OpenTelemetry up, a call is a span of its own and its context is sent
along. Else what the environment variable TRACEPARENT holds is sent, so that a script is part of
the trace of what started it. OpenTelemetry is no dependency: who has not imported it records
nothing.
"""

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.message import Message

HEADER = "traceparent"
VARIABLE = "TRACEPARENT"
SCOPE = "hexdesk_client"
LENGTH = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
Metadata = Sequence[tuple[str, str]]


@contextmanager
def traced(request: Message, address: str) -> Generator[Metadata]:
    """Record a call, which ends with the block; yields what is to be sent with it.

    Names and attributes follow OpenTelemetry's conventions for RPC.
    """
    if "opentelemetry.trace" not in sys.modules:
        yield _inherited()
        return
    from opentelemetry import propagate, trace  # noqa: PLC0415 - only for who has imported it

    host, _, port = address.rpartition(":")
    method = _method_of(request)
    attributes: dict[str, Any] = {
        "rpc.system.name": "grpc",
        "rpc.method": method,
        "server.address": host.strip("[]"),
        "server.port": int(port) if port.isdecimal() else 0,
    }
    tracer = trace.get_tracer(SCOPE)
    with tracer.start_as_current_span(
        method,
        kind=trace.SpanKind.CLIENT,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        try:
            yield tuple(carrier.items()) or _inherited()
        except grpc.RpcError as error:
            code = status_of(error)
            span.set_attributes({"rpc.response.status_code": code, "error.type": code})
            span.set_status(trace.StatusCode.ERROR)
            raise
        span.set_attribute("rpc.response.status_code", "OK")


def status_of(error: grpc.RpcError) -> str:
    """Return the name of the status code that a call failed with."""
    failed: Any = error
    return str(failed.code().name)


def _inherited() -> Metadata:
    given = os.environ.get(VARIABLE, "")
    return ((HEADER, given),) if len(given) == LENGTH and given.isascii() else ()


def _method_of(request: Message) -> str:
    """Return the method that takes a request: each has a type of its own."""
    kind = request.DESCRIPTOR
    for service in kind.file.services_by_name.values():
        for method in service.methods:
            if method.input_type is kind:
                return f"{service.full_name}/{method.name}"
    return kind.full_name
