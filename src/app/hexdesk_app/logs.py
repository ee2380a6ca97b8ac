"""Logs go to stderr, as text or as one JSON object a line; stdout belongs to results."""

import logging
import sys
import time
from datetime import UTC, datetime, tzinfo
from typing import Literal, TextIO

import msgspec

from hexdesk.plugin.redaction import redact
from hexdesk.ports.telemetry import CALL, ORDER_KEY, order_trace_id, parse_traceparent


class JsonFormatter(logging.Formatter):
    """One JSON object a line; times in UTC, the order and the trace that a line is about."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        order_id = str(getattr(record, ORDER_KEY, ""))
        if order_id:
            line["order_id"] = order_id
        call = parse_traceparent(CALL.get())
        if call is not None:
            line["trace_id"], line["span_id"] = f"{call.trace_id:032x}", f"{call.span_id:016x}"
        elif order_id:
            line["trace_id"] = f"{order_trace_id(order_id):032x}"
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info))
        return msgspec.json.encode(line).decode()


class TextFormatter(logging.Formatter):
    """For people; times in the zone that they chose."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        super().__init__(
            "%(asctime)s.%(msecs)03d %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S"
        )
        self._zone = zone

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text, without secrets."""
        return redact(super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """Return when something was said."""
        return datetime.fromtimestamp(record.created, self._zone).strftime(datefmt or "%H:%M:%S")


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what stderr is now: a live table takes its place while it is shown."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self.stream = sys.stderr
        super().emit(record)


def configure_logging(
    level: str,
    layout: Literal["text", "json"] = "text",
    zone: tzinfo = UTC,
    *,
    stderr_level: int = logging.NOTSET,
) -> None:
    """Send what all loggers say at a level or above to stderr; replaces an earlier call's.

    `stderr_level` holds back more from stderr alone, where the lines go elsewhere as well.
    """
    handler = StderrHandler(stderr_level)
    handler.setFormatter(JsonFormatter() if layout == "json" else TextFormatter(zone))
    handler.set_name("hexdesk")
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.get_name() == "hexdesk"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
