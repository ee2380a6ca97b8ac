"""Approvals over the wire: from message to request, from record to message; pure."""

from hexdesk.ports.control_approvals import ApproveCall, DenyCall, ListApprovals
from hexdesk.ports.control_state import ApprovalRecord, ApprovalState
from hexdesk_api.v1 import access_pb2
from hexdesk_grpc.from_wire import mutation, page
from hexdesk_grpc.method import Method, listed
from hexdesk_grpc.names import name_of, number_of
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
    return ApproveCall(number=number_of(APPROVALS, message.name), **mutation(message))


def _deny(message: access_pb2.DenyCallRequest) -> DenyCall:
    return DenyCall(number=number_of(APPROVALS, message.name), **mutation(message))


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


METHODS: dict[str, Method] = {
    "AccessService.ListApprovals": Method(
        _list, listed(access_pb2.ListApprovalsResponse, "approvals", _approval)
    ),
    "AccessService.ApproveCall": Method(_approve, _approval),
    "AccessService.DenyCall": Method(_deny, _approval),
}
"""How each is read, and how its answer is shown."""
