"""What a desk answers when it refuses, and what a connection that fails comes to."""

from typing import Any

import grpc
from google.rpc import (  # pyright: ignore[reportMissingTypeStubs] - they lie beside the code
    error_details_pb2,
    status_pb2,
)

DETAILS_KEY = "grpc-status-details-bin"
UNREACHABLE = "UNREACHABLE"
TIMED_OUT = "TIMED_OUT"


class ApiError(Exception):
    """A call was refused or failed.

    Attributes:
        code: Of gRPC.
        reason: Stable word for programs, as `SCOPE_MISSING` (`ErrorReason` of the API); also
            `UNREACHABLE` and `TIMED_OUT`.
        message: For people.
        remedy: What to do about it; may be empty.
        facts: Further facts by name.
        fields: What is wrong with which field.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: str,
        message: str,
        *,
        remedy: str = "",
        facts: dict[str, str] | None = None,
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message
        self.remedy = remedy
        self.facts = facts or {}
        self.fields = fields or {}


def api_error(error: grpc.RpcError) -> ApiError:
    """Return what an error of gRPC means."""
    given: Any = error
    code: grpc.StatusCode = given.code()
    message = str(given.details() or "")
    trailing: dict[str, Any] = dict(given.trailing_metadata() or ())
    details = trailing.get(DETAILS_KEY)
    if details is None:
        return ApiError(code, _plain_reason(code), message)
    status = status_pb2.Status.FromString(details)
    info = error_details_pb2.ErrorInfo()
    request = error_details_pb2.BadRequest()
    remedy = error_details_pb2.LocalizedMessage()
    for detail in status.details:
        for kind in (info, request, remedy):
            detail.Unpack(kind)
    return ApiError(
        code,
        info.reason,
        status.message,
        remedy=remedy.message,
        facts=dict(info.metadata),
        fields={each.field: each.description for each in request.field_violations},
    )


def _plain_reason(code: grpc.StatusCode) -> str:
    if code is grpc.StatusCode.UNAVAILABLE:
        return UNREACHABLE
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return TIMED_OUT
    return code.name
