"""What a unary method is made of: parts that read its request, and ways to show its answer."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

from hexdesk.ports.control import Mutation, Page, Query
from hexdesk.ports.control_requests import Ids
from hexdesk_grpc.from_wire import time_ns
from hexdesk_grpc.names import (
    INSTRUMENTS,
    STRATEGIES,
    id_of,
    name_of,
    optional_id_of,
    position_name,
)

Part: TypeAlias = Callable[[Any], dict[str, Any]]
"""Reads some fields of a message into some fields of a request."""


class Method(NamedTuple):
    """One unary method: from message to request, from answer to message."""

    parse: Callable[[Any], Query[Any] | Mutation[Any]]
    show: Callable[[Any], Any]


def method(
    kind: type[Query[Any]] | type[Mutation[Any]], *parts: Part, show: Callable[[Any], Any]
) -> Method:
    """Return a method whose request is read part by part."""

    def parse(message: Any) -> Query[Any] | Mutation[Any]:  # noqa: ANN401 - the method's request
        fields: dict[str, Any] = {}
        for part in parts:
            fields |= part(message)
        return kind(**fields)

    return Method(parse, show)


# --- parts of requests ------------------------------------------------------------------------


def id_in(collection: str, field: str) -> Part:
    """Read the id in `name` into a field."""

    def part(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request about one resource
        return {field: id_of(collection, message.name)}

    return part


def strategy(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request with this filter
    """Read which strategy is meant, if any."""
    return {"strategy_id": optional_id_of(STRATEGIES, message.strategy, "strategy")}


def filters(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request with these filters
    """Read which strategy and instrument are meant, if any."""
    instrument_id = optional_id_of(INSTRUMENTS, message.instrument, "instrument")
    return {**strategy(message), "instrument_id": instrument_id}


def span(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request with these filters
    """Read from when to when."""
    return {
        "start_ns": time_ns(message.start_time, "start_time"),
        "end_ns": time_ns(message.end_time, "end_time"),
    }


# --- answers ----------------------------------------------------------------------------------


def names_of(collection: str, ids: Iterable[str]) -> list[str]:
    """Return the names of resources."""
    return [name_of(collection, each) for each in ids]


def position_names(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the names of positions, by strategy and instrument."""
    return [position_name(strategy_id, instrument_id) for strategy_id, instrument_id in pairs]


def named(response: Any, collection: str) -> Callable[[Ids], Any]:  # noqa: ANN401 - a message class
    """Show ids as the names in a field that is called as their collection."""

    def show(found: Ids) -> Any:  # noqa: ANN401 - a message
        return response(**{collection: names_of(collection, found.ids)})

    return show


def listed(response: Any, field: str, show: Callable[[Any], Any]) -> Callable[[Page[Any]], Any]:  # noqa: ANN401 - a message class
    """Show a page."""

    def answer(found: Page[Any]) -> Any:  # noqa: ANN401 - a message
        items = {field: [show(each) for each in found.items]}
        return response(**items, next_page_token=found.next_page_token)

    return answer
