"""Alert channels: how a person hears of something. The fake is `hexdesk.testing.alerts`."""

from enum import IntEnum, StrEnum
from typing import Protocol

import msgspec

from hexdesk.domain.values import TimeNs

TEXT_LENGTH_MAX = 1_000
"""Characters of an alert's text that leave; the log has all of it."""


class AlertLevel(IntEnum):
    """How urgent it is."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3
    EMERGENCY = 4


class AlertMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel delivers; it never holds a secret.

    Attributes:
        number: Of the incident; repetitions and the recovery carry the same.
        desk: Name of the desk.
        mode: Its mode.
        level: How urgent, after escalation.
        code: The rule, as `HALTED` or `drawdown`.
        scope: What it is about: a strategy, order, instrument, link; empty for the desk.
        text: What happened, with value and limit where there are some.
        remedy: What to do.
        count: How often it happened so far.
        is_recovery: Whether it says that all is well again.
        trace_id: Trace of the order concerned, 32 hexadecimal digits; empty for none.
        ts_ns: When it happened last.
    """

    number: int
    desk: str
    mode: str
    level: AlertLevel
    code: str
    scope: str
    text: str
    remedy: str = ""
    count: int = 1
    is_recovery: bool = False
    trace_id: str = ""
    ts_ns: TimeNs = 0

    @property
    def title(self) -> str:
        """One line: `[CRITICAL] HALTED desk (live demo) x3`."""
        word = "RECOVERED" if self.is_recovery else self.level.name
        times = f" x{self.count}" if self.count > 1 else ""
        about = f" {self.scope}" if self.scope else ""
        return f"[{word}] {self.code}{about} ({self.mode} {self.desk}){times}"

    @property
    def body(self) -> str:
        """What, remedy and trace, a line each."""
        lines = [self.text[:TEXT_LENGTH_MAX]]
        if self.remedy:
            lines.append(f"-> {self.remedy}")
        if self.trace_id:
            lines.append(f"trace {self.trace_id}")
        return "\n".join(lines)


class Outcome(StrEnum):
    """What became of an attempt to deliver."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """Worth another attempt."""
    REFUSED = "refused"
    """The receiver said no, and would say so again: a wrong token, an unknown chat."""


class Delivery(msgspec.Struct, frozen=True):
    """An attempt's outcome; `text` says why it failed and never holds a secret.

    `retry_after_s` is what the receiver asks for; 0 where it asks for nothing.
    """

    outcome: Outcome
    text: str = ""
    retry_after_s: float = 0.0


class AlertChannel(Protocol):
    """One way to a person. Used on one loop that is not the desk's."""

    async def send(self, message: AlertMessage, /) -> Delivery:
        """Try once to deliver; the caller limits the time, and tries again."""
        ...

    async def close(self) -> None:
        """Free connections; idempotent."""
        ...
