"""The desk's sense of time: set by inputs, read by everything that runs inside one."""

from hexdesk.domain.values import TimeNs


class Pulse:
    """Time and number of the input being handled.

    Attributes:
        now_ns: Largest `ts_init` of all inputs so far; never goes backwards.
        seq: Number of the input, from 1; what later events name as their cause.
        is_owed: Whether requests, reports or events wait for the end of this input.
    """

    __slots__ = ("is_owed", "now_ns", "seq")

    def __init__(self) -> None:
        self.now_ns: TimeNs = 0
        self.seq = 0
        self.is_owed = False

    def beat(self, ts_init: TimeNs) -> None:
        """Begin an input."""
        self.seq += 1
        self.now_ns = max(self.now_ns, ts_init)
