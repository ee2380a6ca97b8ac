"""Refusals as gRPC tells them: a code, and google.rpc.Status details for programs."""

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import (  # pyright: ignore[reportMissingTypeStubs] - they lie beside the code
    error_details_pb2,
    status_pb2,
)

from hexdesk.ports.control import ControlError, Reason

DOMAIN = "hexdesk.dev"
DETAILS_KEY = "grpc-status-details-bin"
TEXT_LENGTH_MAX = 1_000
"""Headers are small: a longer message is cut."""
CODES = {
    Reason.FIELD_INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Reason.RESOURCE_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.STATE_WRONG: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.VERSION_CONFLICT: grpc.StatusCode.ABORTED,
    Reason.REQUEST_ID_REUSED: grpc.StatusCode.ALREADY_EXISTS,
    Reason.REQUEST_IN_FLIGHT: grpc.StatusCode.UNAVAILABLE,
    Reason.OUTCOME_UNKNOWN: grpc.StatusCode.ABORTED,
    Reason.TOKEN_INVALID: grpc.StatusCode.UNAUTHENTICATED,
    Reason.SCOPE_MISSING: grpc.StatusCode.PERMISSION_DENIED,
    Reason.LIVE_NOT_ARMED: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.APPROVAL_REQUIRED: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.DESK_HALTED: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.LIMIT_REACHED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Reason.NOT_OFFERED: grpc.StatusCode.UNIMPLEMENTED,
    Reason.DESK_STOPPING: grpc.StatusCode.UNAVAILABLE,
    Reason.CONFIG_INVALID: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.PLUGIN_FAILED: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.STORE_UNWRITABLE: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.EVENTS_NOT_KEPT: grpc.StatusCode.OUT_OF_RANGE,
}


def status_of(error: ControlError) -> status_pb2.Status:
    """Return a refusal with its details."""
    info = error_details_pb2.ErrorInfo(
        reason=error.reason.value, domain=DOMAIN, metadata=error.facts
    )
    details = [_packed(info)]
    if error.faults:
        request = error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(
                    field=fault.field, description=fault.text[:TEXT_LENGTH_MAX]
                )
                for fault in error.faults
            ]
        )
        details.append(_packed(request))
    if error.remedy:
        remedy = error_details_pb2.LocalizedMessage(
            locale="en", message=error.remedy[:TEXT_LENGTH_MAX]
        )
        details.append(_packed(remedy))
    code: int = CODES[error.reason].value[0]
    return status_pb2.Status(code=code, message=error.message[:TEXT_LENGTH_MAX], details=details)


def late_status(text: str) -> status_pb2.Status:
    """Return what is told where no answer came in time."""
    return status_pb2.Status(code=grpc.StatusCode.DEADLINE_EXCEEDED.value[0], message=text)


def bug_status(incident: str) -> status_pb2.Status:
    """Return what is told of a bug: nothing but where the log says more."""
    info = error_details_pb2.ErrorInfo(reason="BUG", domain=DOMAIN, metadata={"incident": incident})
    return status_pb2.Status(
        code=grpc.StatusCode.INTERNAL.value[0],
        message=f"a bug of hexdesk; the log tells more under {incident}",
        details=[_packed(info)],
    )


def _packed(message: Message) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
