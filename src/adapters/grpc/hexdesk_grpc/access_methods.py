"""Tokens and the audit log on the wire: which request each method is, and how its answer looks."""

from typing import Any

from hexdesk.ports import control_requests as requests
from hexdesk_api.v1 import access_pb2
from hexdesk_grpc import to_wire
from hexdesk_grpc.from_wire import mutation, page, scopes, span_ns
from hexdesk_grpc.method import Method, id_in, listed, method
from hexdesk_grpc.names import TOKENS


def _new_token(message: access_pb2.CreateTokenRequest) -> dict[str, Any]:
    return {
        "name": message.token_id,
        "scopes": scopes(message.scopes),
        "ttl_ns": span_ns(message.ttl, "ttl"),
    }


def _made_token(made: requests.NewToken) -> access_pb2.CreateTokenResponse:
    return access_pb2.CreateTokenResponse(token=to_wire.token(made.token), secret=made.secret)


METHODS: dict[str, Method] = {
    "AccessService.CreateToken": method(
        requests.CreateToken, _new_token, mutation, show=_made_token
    ),
    "AccessService.RevokeToken": method(
        requests.RevokeToken, id_in(TOKENS, "name"), mutation, show=to_wire.token
    ),
    "AccessService.ListTokens": method(
        requests.ListTokens, page,
        show=listed(access_pb2.ListTokensResponse, "tokens", to_wire.token),
    ),
    "AccessService.ListAuditEntries": method(
        requests.ListAuditEntries, page,
        show=listed(access_pb2.ListAuditEntriesResponse, "entries", to_wire.audit_entry),
    ),
}  # fmt: skip
"""By service and name."""
