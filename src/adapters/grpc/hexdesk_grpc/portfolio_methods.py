"""Positions and accounts on the wire: which request each method is, and how its answer looks."""

from typing import Any

from hexdesk.ports import control_requests as requests
from hexdesk_api.v1 import portfolio_pb2
from hexdesk_grpc import to_wire
from hexdesk_grpc.from_wire import page
from hexdesk_grpc.method import Method, filters, id_in, listed, method
from hexdesk_grpc.names import ACCOUNTS, position_ids


def _position(message: portfolio_pb2.GetPositionRequest) -> dict[str, Any]:
    strategy_id, instrument_id = position_ids(message.name)
    return {"strategy_id": strategy_id, "instrument_id": instrument_id}


def _include_flat(message: portfolio_pb2.ListPositionsRequest) -> dict[str, Any]:
    return {"include_flat": message.include_flat}


METHODS: dict[str, Method] = {
    "PortfolioService.GetPosition": method(
        requests.GetPosition, _position, show=to_wire.position
    ),
    "PortfolioService.ListPositions": method(
        requests.ListPositions, page, filters, _include_flat,
        show=listed(portfolio_pb2.ListPositionsResponse, "positions", to_wire.position),
    ),
    "PortfolioService.GetAccount": method(
        requests.GetAccount, id_in(ACCOUNTS, "name"), show=to_wire.account
    ),
    "PortfolioService.ListAccounts": method(
        requests.ListAccounts, page,
        show=listed(portfolio_pb2.ListAccountsResponse, "accounts", to_wire.account),
    ),
}  # fmt: skip
"""By service and name."""
