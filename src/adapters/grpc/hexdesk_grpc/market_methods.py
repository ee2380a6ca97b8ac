"""Instruments and markets on the wire: which request each method is, and how its answer looks."""

from typing import Any

from hexdesk.ports import control_requests as requests
from hexdesk.ports.control_markets import MarketInfo
from hexdesk_api.v1 import market_data_pb2
from hexdesk_grpc import to_wire
from hexdesk_grpc.from_wire import page
from hexdesk_grpc.method import Method, id_in, listed, method
from hexdesk_grpc.names import INSTRUMENTS, MARKETS, id_of


def _market(message: market_data_pb2.GetMarketRequest) -> dict[str, Any]:
    return {"instrument_ids": (id_of(MARKETS, message.name),)}


def _markets(message: market_data_pb2.BatchGetMarketsRequest) -> dict[str, Any]:
    return {"instrument_ids": tuple(id_of(MARKETS, name, "names") for name in message.names)}


def _first_market(found: tuple[MarketInfo, ...]) -> market_data_pb2.Market:
    return to_wire.market(found[0])


def _all_markets(found: tuple[MarketInfo, ...]) -> market_data_pb2.BatchGetMarketsResponse:
    return market_data_pb2.BatchGetMarketsResponse(markets=[to_wire.market(each) for each in found])


METHODS: dict[str, Method] = {
    "MarketDataService.GetInstrument": method(
        requests.GetInstrument, id_in(INSTRUMENTS, "instrument_id"), show=to_wire.instrument
    ),
    "MarketDataService.ListInstruments": method(
        requests.ListInstruments, page,
        show=listed(
            market_data_pb2.ListInstrumentsResponse, "instruments", to_wire.instrument
        ),
    ),
    "MarketDataService.GetMarket": method(requests.GetMarkets, _market, show=_first_market),
    "MarketDataService.BatchGetMarkets": method(
        requests.GetMarkets, _markets, show=_all_markets
    ),
}  # fmt: skip
"""By service and name."""
