"""Faults on the wire: which request or message they strike."""

from typing import TypeVar

from hexdesk_sim.venue.settings import (
    AnyWireFault,
    CloseStream,
    DelayAnswer,
    DropAnswer,
    HalfOpenStream,
    LoseOrder,
    OrderRequestKind,
)

STREAM_FAULTS = (CloseStream, HalfOpenStream)
F = TypeVar("F", bound=AnyWireFault)


class _Pending:
    """A fault and how many of its kind have passed."""

    __slots__ = ("count", "fault")

    def __init__(self, fault: AnyWireFault) -> None:
        self.fault = fault
        self.count = 0

    def is_due(self) -> bool:
        """Count one more; whether it is the one."""
        self.count += 1
        return self.fault.nth in {0, self.count}


class WireFaults:
    """Scripted faults of one server; counts what passes."""

    def __init__(self, faults: tuple[AnyWireFault, ...] = ()) -> None:
        self._pending = [_Pending(fault) for fault in faults]

    def replace(self, faults: list[AnyWireFault]) -> None:
        """Forget all faults and begin to count for others."""
        self._pending = [_Pending(fault) for fault in faults]

    def of_request(self, kind: OrderRequestKind) -> list[LoseOrder | DropAnswer | DelayAnswer]:
        """Return what strikes an order request that has just arrived."""
        return [
            each.fault
            for each in self._pending
            if not isinstance(each.fault, STREAM_FAULTS)
            and each.fault.request in {"any", kind}
            and each.is_due()
        ]

    def of_message(self) -> CloseStream | HalfOpenStream | None:
        """Return what strikes a stream in place of the message that it would send."""
        for each in self._pending:
            if isinstance(each.fault, STREAM_FAULTS) and each.is_due():
                return each.fault
        return None
