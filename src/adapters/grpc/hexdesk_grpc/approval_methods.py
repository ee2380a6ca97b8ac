"""Approvals over the wire: from message to request, from record to message; pure."""

from collections.abc import Callable
from typing import Any

from hexdesk.ports.control import Mutation, Page, Query
from hexdesk.ports.control_approvals import ApproveCall, DenyCall, ListApprovals
from hexdesk.ports.control_state import ApprovalRecord, ApprovalState
from hexdesk_api.v1 import access_pb2
from hexdesk_grpc.from_wire import invalid, mutation, page
from hexdesk_grpc.names import NUMBER_DIGITS_MAX, id_of, name_of
from hexdesk_grpc.to_wire import timestamp

APPROVALS = "approvals"
_STATES = {
    ApprovalState.PENDING: access_pb2.Approval.STATE_PENDING,
    ApprovalState.APPROVED: access_pb2.Approval.STATE_APPROVED,
    ApprovalState.USED: access_pb2.Approval.STATE_USED,
    ApprovalState.EXPIRED: access_pb2.Approval.STATE_EXPIRED,
    ApprovalState.DENIED: access_pb2.Approval.STATE_DENIED,
}


def _list(message: access_pb2.ListApprovalsRequest) -> ListApprovals:
    return ListApprovals(**page(message))


def _approve(message: access_pb2.ApproveCallRequest) -> ApproveCall:
    return ApproveCall(number=_number(message.name), **mutation(message))


def _deny(message: access_pb2.DenyCallRequest) -> DenyCall:
    return DenyCall(number=_number(message.name), **mutation(message))


def _number(name: str) -> int:
    number = id_of(APPROVALS, name)
    if not (number.isascii() and number.isdigit() and len(number) <= NUMBER_DIGITS_MAX):
        raise invalid("name", f"expected {APPROVALS}/NUMBER, was {name[:100]!r}")
    return int(number)


def _listed(found: Page[ApprovalRecord]) -> access_pb2.ListApprovalsResponse:
    return access_pb2.ListApprovalsResponse(
        approvals=map(_approval, found.items), next_page_token=found.next_page_token
    )


def _approval(record: ApprovalRecord) -> access_pb2.Approval:
    return access_pb2.Approval(
        name=name_of(APPROVALS, str(record.number)),
        state=_STATES[record.state],
        method=record.method,
        request=record.request,
        requested_by=record.requested_by,
        approved_by=record.approved_by,
        create_time=timestamp(record.create_ns),
        expire_time=timestamp(record.expire_ns),
    )


METHODS: dict[str, tuple[Callable[[Any], Query[Any] | Mutation[Any]], Callable[[Any], Any]]] = {
    "AccessService.ListApprovals": (_list, _listed),
    "AccessService.ApproveCall": (_approve, _approval),
    "AccessService.DenyCall": (_deny, _approval),
}
"""How each is read, and how its answer is shown."""
