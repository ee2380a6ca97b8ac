"""Faults on purpose: which request or report they strike, and what becomes of it."""

from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import NS_PER_MS, Operation, TimeNs
from hexdesk_sim.settings import (
    AnyFault,
    BustTrade,
    DelayReport,
    DropReport,
    DuplicateReport,
    LoseAnswer,
    LoseRequest,
    RequestKind,
    SimSettings,
)

_OPERATIONS: dict[str, Operation] = {
    "submit": Operation.SUBMIT,
    "amend": Operation.REPLACE,
    "cancel": Operation.CANCEL,
}
_ANSWERS: dict[Operation, tuple[type[VenueReport], ...]] = {
    Operation.SUBMIT: (OrderAccepted, OrderRejected),
    Operation.REPLACE: (OrderUpdated, AmendRejected),
    Operation.CANCEL: (OrderCanceled, CancelRejected),
}


class Faults:
    """The scripted faults of one connection; counts what passes."""

    def __init__(self, settings: SimSettings) -> None:
        self._faults = settings.faults
        self._counts = [0] * len(settings.faults)
        self._lost: dict[str, OutcomeUnknown] = {}

    def __bool__(self) -> bool:
        return bool(self._faults)

    def lose(
        self, kind: RequestKind, client_order_id: str, request_id: int, now_ns: TimeNs
    ) -> OutcomeUnknown | None:
        """Return what is heard of a request that never arrives; None if it does arrive.

        A request whose answer alone is to be lost is remembered for `strike`.
        """
        unknown = OutcomeUnknown(
            client_order_id, _OPERATIONS[kind], request_id, "lost on purpose", now_ns
        )
        is_lost = False
        for index, fault in enumerate(self._faults):
            if isinstance(fault, LoseRequest | LoseAnswer) and fault.request == kind:
                if not self._is_due(index, fault):
                    continue
                if isinstance(fault, LoseRequest):
                    is_lost = True
                else:
                    self._lost[client_order_id] = unknown
        return unknown if is_lost else None

    def busts(self) -> list[BustTrade]:
        """Return the faults that break the execution just reported."""
        return [
            fault
            for index, fault in enumerate(self._faults)
            if isinstance(fault, BustTrade) and self._is_due(index, fault)
        ]

    def strike(self, report: VenueReport) -> list[tuple[VenueReport, TimeNs]]:
        """Return what arrives in place of a report, each with its extra delay."""
        lost = self._lost.get(report.client_order_id)
        if lost is not None and isinstance(report, _ANSWERS[lost.operation]):
            del self._lost[report.client_order_id]
            return [(lost, 0)]
        kind = type(report).__struct_config__.tag
        copies, delay_ns = 1, 0
        for index, fault in enumerate(self._faults):
            if not isinstance(fault, DropReport | DuplicateReport | DelayReport):
                continue
            if fault.report != kind or not self._is_due(index, fault):
                continue
            if isinstance(fault, DropReport):
                return []
            if isinstance(fault, DuplicateReport):
                copies += 1
            else:
                delay_ns += round(fault.delay_ms * NS_PER_MS)
        return [(report, delay_ns)] * copies

    def _is_due(self, index: int, fault: AnyFault) -> bool:
        self._counts[index] += 1
        return fault.nth in (0, self._counts[index])
