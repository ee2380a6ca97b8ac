"""A real OTLP receiver, over gRPC and over HTTP; it keeps what it is sent, or misbehaves."""

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from opentelemetry.proto.collector.logs.v1 import (  # pyright: ignore[reportMissingTypeStubs]
    logs_service_pb2,
    logs_service_pb2_grpc,
)
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


class Received:
    """What arrived, flattened."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.metrics: list[Any] = []
        self.logs: list[Any] = []
        self.resources: list[dict[str, str]] = []
        self.release = threading.Event()
        self.is_hanging = False
        self.is_refusing = False

    def take(self, request: Any, kind: str) -> None:
        if self.is_hanging:
            self.release.wait(10)
        for resource in getattr(request, f"resource_{kind}"):
            found = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.resources.append(found)
            for scope in getattr(resource, f"scope_{kind}"):
                item = {"spans": "spans", "metrics": "metrics", "logs": "log_records"}[kind]
                getattr(self, kind).extend(getattr(scope, item))

    def answer(self, request: Any, kind: str, context: Any) -> None:
        if self.is_refusing:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "no")
        self.take(request, kind)

    def wait(self, kind: str, number: int = 1, timeout_s: float = 5.0) -> list[Any]:
        deadline = time.monotonic() + timeout_s
        while len(getattr(self, kind)) < number and time.monotonic() < deadline:
            time.sleep(0.01)
        found: list[Any] = getattr(self, kind)
        return found


class _Traces(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, received: Received) -> None:
        self._received = received

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        self._received.answer(request, "spans", context)
        return trace_service_pb2.ExportTraceServiceResponse()


class _Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def __init__(self, received: Received) -> None:
        self._received = received

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        self._received.answer(request, "metrics", context)
        return metrics_service_pb2.ExportMetricsServiceResponse()


class _Logs(logs_service_pb2_grpc.LogsServiceServicer):
    def __init__(self, received: Received) -> None:
        self._received = received

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        self._received.answer(request, "logs", context)
        return logs_service_pb2.ExportLogsServiceResponse()


SERVICES: list[tuple[Any, type[Any]]] = [
    (getattr(trace_service_pb2_grpc, "add_TraceServiceServicer_to_server"), _Traces),  # noqa: B009 - untyped
    (getattr(metrics_service_pb2_grpc, "add_MetricsServiceServicer_to_server"), _Metrics),  # noqa: B009
    (getattr(logs_service_pb2_grpc, "add_LogsServiceServicer_to_server"), _Logs),  # noqa: B009
]


@contextmanager
def grpc_receiver(received: Received, port: int = 0) -> Generator[int]:
    """Listen until the end of the block; yields the port."""
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    add: Callable[[Any, Any], None]
    for add, servicer in SERVICES:
        add(servicer(received), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield bound
    finally:
        received.release.set()
        server.stop(0).wait(5)


@contextmanager
def http_receiver(received: Received) -> Generator[int]:
    """The same over HTTP with protobuf bodies."""
    kinds: dict[str, tuple[str, Any]] = {
        "/v1/traces": ("spans", trace_service_pb2.ExportTraceServiceRequest),
        "/v1/metrics": ("metrics", metrics_service_pb2.ExportMetricsServiceRequest),
        "/v1/logs": ("logs", logs_service_pb2.ExportLogsServiceRequest),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kind, message = kinds[self.path]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not received.is_refusing:
                received.take(message.FromString(body), kind)
            self.send_response(403 if received.is_refusing else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
