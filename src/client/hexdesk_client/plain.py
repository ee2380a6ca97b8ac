"""The API in plain dictionaries: what the command line and quick scripts use.

Names of methods and fields are the contract's, as `OrderService.ListOrders` and `page_size`; the
values are those of protobuf's JSON.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

from hexdesk_api.v1 import events_pb2
from hexdesk_client.client import Client
from hexdesk_client.errors import ApiError

Plain = dict[str, Any]
_FILES = (
    "access", "configuration", "desk", "events", "history", "market_data", "monitoring",
    "orders", "plugins", "portfolio", "reconciliation", "risk", "strategies",
)  # fmt: skip
_STUBS = {
    "AccessService": "access",
    "ConfigurationService": "configuration",
    "DeskService": "desk",
    "HistoryService": "history",
    "MarketDataService": "markets",
    "MonitoringService": "monitoring",
    "OrderService": "orders",
    "PluginService": "plugins",
    "PortfolioService": "portfolio",
    "ReconciliationService": "reconciliation",
    "RiskService": "risk",
    "StrategyService": "strategies",
}


class PlainClient(Client):
    """A client whose requests and answers are dictionaries."""

    def ask(self, method: str, fields: Mapping[str, Any] | None = None) -> Plain:
        """Call a method by name and return its answer.

        Raises:
            ApiError: It was refused, cannot be reached, or a field does not exist.
        """
        return _plain(self.call(self.method(method), make_request(method, fields)))

    def method(self, method: str) -> Any:  # noqa: ANN401 - of any method
        """Return what carries a method out, for `call`."""
        service, _, name = method.partition(".")
        return getattr(getattr(self, _STUBS[service]), name)

    def all(self, method: str, items: str, fields: Mapping[str, Any] | None = None) -> list[Plain]:
        """Return every item of a list, page by page."""
        found: list[Plain] = []
        token = ""
        while True:
            page = self.ask(method, {**(fields or {}), "page_token": token})
            found += page.get(items, [])
            token = page.get("next_page_token", "")
            if not token:
                return found

    def watch(self, fields: Mapping[str, Any] | None = None) -> Iterator[Plain]:
        """Yield responses of the event stream; see `Client.follow`."""
        request = events_pb2.StreamEventsRequest()
        ParseDict(dict(fields or {}), request)
        for response in self.follow(request):
            yield _plain(response)


def make_request(method: str, fields: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - the method's message
    """Return the request of a method, as `OrderService.GetOrder`, made of plain fields.

    Raises:
        ApiError: A field does not exist, or its value is of another kind.
    """
    service, _, name = method.partition(".")
    request = _request(service, name)
    try:
        ParseDict(dict(fields or {}), request)
    except ParseError as error:
        raise ApiError(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", str(error)) from error
    return request


def _plain(message: Message) -> Plain:
    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _request(service: str, name: str) -> Message:
    for file in _FILES:
        found = import_module(f"hexdesk_api.v1.{file}_pb2").DESCRIPTOR.services_by_name
        if service in found:
            return GetMessageClass(found[service].methods_by_name[name].input_type)()
    raise KeyError(service)
