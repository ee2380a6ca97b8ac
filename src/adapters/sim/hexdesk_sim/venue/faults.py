"""Faults on the wire: which request or message they strike; chance comes from a seed."""

from collections.abc import Sequence
from random import Random

from hexdesk_sim.venue.settings import (
    AnyWireFault,
    CloseStream,
    DelayAnswer,
    DropAnswer,
    HalfOpenStream,
    LoseOrder,
    OrderRequestKind,
    ReportFault,
    RequestFault,
    StreamFault,
)


class _Pending:
    """A fault and how many of its kind have passed."""

    __slots__ = ("_chance", "_count", "fault")

    def __init__(self, fault: AnyWireFault, chance: Random) -> None:
        self.fault = fault
        self._chance = chance
        self._count = 0

    def is_due(self) -> bool:
        """Count one more; whether it is the one."""
        self._count += 1
        if self.fault.rate:
            return self._chance.random() < self.fault.rate
        return self.fault.nth in {0, self._count}


class WireFaults:
    """Scripted faults of one server; counts what passes."""

    def __init__(self, faults: Sequence[AnyWireFault] = (), *, seed: int = 0) -> None:
        self._seed = seed
        self._pending: list[_Pending] = []
        self.replace(faults)

    def replace(self, faults: Sequence[AnyWireFault]) -> None:
        """Forget all faults and begin to count, and to draw, for others."""
        self._pending = [
            _Pending(fault, Random(f"{self._seed}:fault:{number}"))
            for number, fault in enumerate(faults)
        ]

    def of_request(self, kind: OrderRequestKind) -> list[RequestFault]:
        """Return what strikes an order request that has just arrived."""
        return [
            each.fault
            for each in self._pending
            if isinstance(each.fault, LoseOrder | DropAnswer | DelayAnswer)
            and each.fault.request in {"any", kind}
            and each.is_due()
        ]

    def of_message(self) -> StreamFault | None:
        """Return what strikes a stream in place of the message that it would send."""
        for each in self._pending:
            if isinstance(each.fault, CloseStream | HalfOpenStream) and each.is_due():
                return each.fault
        return None

    def of_reports(self) -> ReportFault | None:
        """Return what strikes a stream message with reports."""
        for each in self._pending:
            if isinstance(each.fault, ReportFault) and each.is_due():
                return each.fault
        return None
