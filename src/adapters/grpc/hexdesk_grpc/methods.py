"""Which request of the Control port each method is, and how its answer is shown."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from hexdesk.ports import control_requests as requests
from hexdesk.ports.control import Mutation, Page, Query
from hexdesk.ports.control_checks import RunChecks
from hexdesk.ports.control_markets import MarketInfo
from hexdesk.ports.control_views import ReportInfo
from hexdesk_api.v1 import (
    access_pb2,
    desk_pb2,
    history_pb2,
    market_data_pb2,
    orders_pb2,
    portfolio_pb2,
    reconciliation_pb2,
    risk_pb2,
    strategies_pb2,
)
from hexdesk_grpc import (
    configuration_methods,
    monitoring,
    risk_methods,
    strategy_methods,
    to_wire,
    to_wire_checks,
    to_wire_reconciliation,
)
from hexdesk_grpc.approval_methods import METHODS as APPROVALS
from hexdesk_grpc.from_wire import (
    mutation,
    page,
    policy,
    resolution,
    scopes,
    span_ns,
    statuses,
    terms,
    time_ns,
)
from hexdesk_grpc.names import (
    ACCOUNTS,
    INSTRUMENTS,
    MARKETS,
    ORDERS,
    RISK_LIMITS,
    STRATEGIES,
    TOKENS,
    id_of,
    incident_ids,
    name_of,
    optional_id_of,
    position_ids,
    position_name,
)

Part: TypeAlias = Callable[[Any], dict[str, Any]]
"""Reads some fields of a message into some fields of a request."""


class Method(NamedTuple):
    """One unary method: from message to request, from answer to message."""

    parse: Callable[[Any], Query[Any] | Mutation[Any]]
    show: Callable[[Any], Any]


def _method(
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


def _id(collection: str, field: str) -> Part:
    """Read the id in `name` into a field."""

    def part(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request about one resource
        return {field: id_of(collection, message.name)}

    return part


def _strategy(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request with this filter
    return {"strategy_id": optional_id_of(STRATEGIES, message.strategy, "strategy")}


def _filters(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request with these filters
    instrument_id = optional_id_of(INSTRUMENTS, message.instrument, "instrument")
    return {**_strategy(message), "instrument_id": instrument_id}


def _span(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request with these filters
    return {
        "start_ns": time_ns(message.start_time, "start_time"),
        "end_ns": time_ns(message.end_time, "end_time"),
    }


def _trading_day(message: desk_pb2.RollTradingDayRequest) -> dict[str, Any]:
    return {
        "trading_day": message.trading_day,
        "instrument_id": optional_id_of(INSTRUMENTS, message.instrument, "instrument"),
        "venue": message.venue,
    }


def _keep_orders(message: strategies_pb2.StopStrategyRequest) -> dict[str, Any]:
    return {"keep_orders": message.keep_orders}


def _terms(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request with an order
    return {"terms": terms(message.order)}


def _new_terms(message: orders_pb2.AmendOrderRequest) -> dict[str, Any]:
    return {
        "quantity": message.quantity,
        "price": message.price,
        "trigger_price": message.trigger_price,
    }


def _resolution(message: orders_pb2.ResolveOrderRequest) -> dict[str, Any]:
    return {"resolution": resolution(message.resolution), "price": message.price}


def _grant(message: desk_pb2.ArmLiveRequest) -> dict[str, Any]:
    return {
        "account_id": message.account_id,
        "stage_pct": message.stage_pct,
        "duration_ns": span_ns(message.duration, "duration"),
        "skips_clean_days": message.skip_clean_days,
    }


def _is_live(message: desk_pb2.RunChecksRequest) -> dict[str, Any]:
    return {"live": message.live}


def _order_filters(message: orders_pb2.ListOrdersRequest) -> dict[str, Any]:
    return {"statuses": statuses(message.statuses), "open_only": message.open_only}


def _fill_filters(message: history_pb2.ListFillsRequest) -> dict[str, Any]:
    return {"client_order_id": optional_id_of(ORDERS, message.order, "order")}


def _position(message: portfolio_pb2.GetPositionRequest) -> dict[str, Any]:
    strategy_id, instrument_id = position_ids(message.name)
    return {"strategy_id": strategy_id, "instrument_id": instrument_id}


def _include_flat(message: portfolio_pb2.ListPositionsRequest) -> dict[str, Any]:
    return {"include_flat": message.include_flat}


def _market(message: market_data_pb2.GetMarketRequest) -> dict[str, Any]:
    return {"instrument_ids": (id_of(MARKETS, message.name),)}


def _markets(message: market_data_pb2.BatchGetMarketsRequest) -> dict[str, Any]:
    return {"instrument_ids": tuple(id_of(MARKETS, name, "names") for name in message.names)}


def _new_token(message: access_pb2.CreateTokenRequest) -> dict[str, Any]:
    return {
        "name": message.token_id,
        "scopes": scopes(message.scopes),
        "ttl_ns": span_ns(message.ttl, "ttl"),
    }


def _incident_filters(message: reconciliation_pb2.ListIncidentsRequest) -> dict[str, Any]:
    account = optional_id_of(ACCOUNTS, message.account, "account")
    return {"account": account, "open_only": message.open_only}


def _decision(message: reconciliation_pb2.ResolveIncidentRequest) -> dict[str, Any]:
    account, number = incident_ids(message.name)
    return {"account": account, "number": number, "policy": policy(message.policy)}


_ORDER = _id(ORDERS, "client_order_id")
_STRATEGY = _id(STRATEGIES, "strategy_id")
_INSTRUMENT = _id(INSTRUMENTS, "instrument_id")


# --- answers ----------------------------------------------------------------------------------


def _names(collection: str, ids: tuple[str, ...]) -> list[str]:
    return [name_of(collection, each) for each in ids]


def _position_names(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [position_name(strategy_id, instrument_id) for strategy_id, instrument_id in pairs]


def _named(response: Any, collection: str) -> Callable[[requests.Ids], Any]:  # noqa: ANN401 - a message class
    """Show ids as the names in a field that is called as their collection."""

    def show(found: requests.Ids) -> Any:  # noqa: ANN401 - a message
        return response(**{collection: _names(collection, found.ids)})

    return show


def _listed(response: Any, field: str, show: Callable[[Any], Any]) -> Callable[[Page[Any]], Any]:  # noqa: ANN401 - a message class
    """Show a page."""

    def answer(found: Page[Any]) -> Any:  # noqa: ANN401 - a message
        items = {field: [show(each) for each in found.items]}
        return response(**items, next_page_token=found.next_page_token)

    return answer


def _flattened(done: requests.Flattened) -> desk_pb2.FlattenResponse:
    return desk_pb2.FlattenResponse(
        canceled_orders=_names(ORDERS, done.canceled_orders),
        closing_orders=_names(ORDERS, done.closing_orders),
        positions=_position_names(done.positions),
        queued=to_wire.queued(done.queued),
    )


def _canceled(done: requests.CanceledAll) -> orders_pb2.CancelAllOrdersResponse:
    return orders_pb2.CancelAllOrdersResponse(
        orders=_names(ORDERS, done.ids),
        queued=to_wire.queued(done.queued),
        called_off=to_wire.queued(done.called_off),
    )


def _left_behind(left: requests.LeftBehind) -> desk_pb2.ShutdownResponse:
    return desk_pb2.ShutdownResponse(
        open_orders=_names(ORDERS, left.open_orders), positions=_position_names(left.positions)
    )


def _rearmed(halt_reason: str) -> risk_pb2.RearmResponse:
    return risk_pb2.RearmResponse(halt_reason=halt_reason)


def _made_token(made: requests.NewToken) -> access_pb2.CreateTokenResponse:
    return access_pb2.CreateTokenResponse(token=to_wire.token(made.token), secret=made.secret)


def _first_market(found: tuple[MarketInfo, ...]) -> market_data_pb2.Market:
    return to_wire.market(found[0])


def _all_markets(found: tuple[MarketInfo, ...]) -> market_data_pb2.BatchGetMarketsResponse:
    return market_data_pb2.BatchGetMarketsResponse(markets=[to_wire.market(each) for each in found])


def _timeline(found: tuple[ReportInfo, ...]) -> history_pb2.GetOrderTimelineResponse:
    return history_pb2.GetOrderTimelineResponse(reports=[to_wire.report(each) for each in found])


def _methods() -> dict[str, Method]:
    order, strategy, desk = to_wire.order, to_wire.strategy, to_wire.desk
    return {
        # --- desk
        "DeskService.GetDesk": _method(requests.GetDesk, show=desk),
        "DeskService.StopEntries": _method(
            requests.StopEntries, _strategy, mutation,
            show=_named(desk_pb2.StopEntriesResponse, STRATEGIES),
        ),
        "DeskService.ResumeEntries": _method(
            requests.ResumeEntries, _strategy, mutation,
            show=_named(desk_pb2.ResumeEntriesResponse, STRATEGIES),
        ),
        "DeskService.RollTradingDay": _method(
            requests.RollTradingDay, _trading_day, mutation,
            show=_named(desk_pb2.RollTradingDayResponse, INSTRUMENTS),
        ),
        "DeskService.Flatten": _method(requests.Flatten, _strategy, mutation, show=_flattened),
        "DeskService.Halt": _method(requests.Halt, mutation, show=desk),
        "DeskService.ArmLive": _method(requests.ArmLive, _grant, mutation, show=desk),
        "DeskService.DisarmLive": _method(requests.DisarmLive, mutation, show=desk),
        "DeskService.Shutdown": _method(requests.Shutdown, mutation, show=_left_behind),
        "DeskService.RunChecks": _method(RunChecks, _is_live, show=to_wire_checks.checks),
        "DeskService.ListAlerts": _method(
            requests.ListAlerts, page,
            show=_listed(desk_pb2.ListAlertsResponse, "alerts", to_wire.alert),
        ),
        # --- strategies
        "StrategyService.GetStrategy": _method(requests.GetStrategy, _STRATEGY, show=strategy),
        "StrategyService.ListStrategies": _method(
            requests.ListStrategies, page,
            show=_listed(strategies_pb2.ListStrategiesResponse, "strategies", strategy),
        ),
        "StrategyService.StartStrategy": _method(
            requests.StartStrategy, _STRATEGY, mutation, show=strategy
        ),
        "StrategyService.StopStrategy": _method(
            requests.StopStrategy, _STRATEGY, mutation, _keep_orders, show=strategy
        ),
        "StrategyService.PauseStrategy": _method(
            requests.PauseStrategy, _STRATEGY, mutation, show=strategy
        ),
        "StrategyService.ResumeStrategy": _method(
            requests.ResumeStrategy, _STRATEGY, mutation, show=strategy
        ),
        # --- orders
        "OrderService.CreateOrder": _method(requests.CreateOrder, _terms, mutation, show=order),
        "OrderService.CheckOrder": _method(requests.CheckOrder, _terms, show=to_wire.verdict),
        "OrderService.AmendOrder": _method(
            requests.AmendOrder, _ORDER, _new_terms, mutation, show=order
        ),
        "OrderService.CancelOrder": _method(requests.CancelOrder, _ORDER, mutation, show=order),
        "OrderService.ResolveOrder": _method(
            requests.ResolveOrder, _ORDER, _resolution, mutation, show=order
        ),
        "OrderService.CancelAllOrders": _method(
            requests.CancelAllOrders, _filters, mutation, show=_canceled
        ),
        "OrderService.GetOrder": _method(requests.GetOrder, _ORDER, show=order),
        "OrderService.ListOrders": _method(
            requests.ListOrders, page, _filters, _span, _order_filters,
            show=_listed(orders_pb2.ListOrdersResponse, "orders", order),
        ),
        # --- positions and accounts
        "PortfolioService.GetPosition": _method(
            requests.GetPosition, _position, show=to_wire.position
        ),
        "PortfolioService.ListPositions": _method(
            requests.ListPositions, page, _filters, _include_flat,
            show=_listed(portfolio_pb2.ListPositionsResponse, "positions", to_wire.position),
        ),
        "PortfolioService.GetAccount": _method(
            requests.GetAccount, _id(ACCOUNTS, "name"), show=to_wire.account
        ),
        "PortfolioService.ListAccounts": _method(
            requests.ListAccounts, page,
            show=_listed(portfolio_pb2.ListAccountsResponse, "accounts", to_wire.account),
        ),
        # --- risk
        "RiskService.GetRiskLimits": _method(
            requests.GetRiskLimits, _id(RISK_LIMITS, "instrument_id"), show=to_wire.limits
        ),
        "RiskService.ListRiskLimits": _method(
            requests.ListRiskLimits, page,
            show=_listed(risk_pb2.ListRiskLimitsResponse, "risk_limits", to_wire.limits),
        ),
        "RiskService.ListDenials": _method(
            requests.ListDenials, page, _filters,
            show=_listed(risk_pb2.ListDenialsResponse, "denials", to_wire.denial),
        ),
        "RiskService.Rearm": _method(requests.Rearm, mutation, show=_rearmed),
        **{name: Method(*each) for name, each in risk_methods.METHODS.items()},
        **{name: Method(*each) for name, each in monitoring.METHODS.items()},
        **{name: Method(*each) for name, each in strategy_methods.METHODS.items()},
        **{name: Method(*each) for name, each in configuration_methods.METHODS.items()},
        # --- reconciliation
        "ReconciliationService.GetReconciliation": _method(
            requests.GetReconciliation, show=to_wire_reconciliation.reconciliation
        ),
        "ReconciliationService.ListIncidents": _method(
            requests.ListIncidents, page, _incident_filters,
            show=_listed(
                reconciliation_pb2.ListIncidentsResponse, "incidents",
                to_wire_reconciliation.incident,
            ),
        ),
        "ReconciliationService.ResolveIncident": _method(
            requests.ResolveIncident, _decision, mutation, show=to_wire_reconciliation.resolved
        ),
        # --- markets
        "MarketDataService.GetInstrument": _method(
            requests.GetInstrument, _INSTRUMENT, show=to_wire.instrument
        ),
        "MarketDataService.ListInstruments": _method(
            requests.ListInstruments, page,
            show=_listed(
                market_data_pb2.ListInstrumentsResponse, "instruments", to_wire.instrument
            ),
        ),
        "MarketDataService.GetMarket": _method(requests.GetMarkets, _market, show=_first_market),
        "MarketDataService.BatchGetMarkets": _method(
            requests.GetMarkets, _markets, show=_all_markets
        ),
        # --- access
        "AccessService.CreateToken": _method(
            requests.CreateToken, _new_token, mutation, show=_made_token
        ),
        "AccessService.RevokeToken": _method(
            requests.RevokeToken, _id(TOKENS, "name"), mutation, show=to_wire.token
        ),
        "AccessService.ListTokens": _method(
            requests.ListTokens, page,
            show=_listed(access_pb2.ListTokensResponse, "tokens", to_wire.token),
        ),
        **{name: Method(*each) for name, each in APPROVALS.items()},
        "AccessService.ListAuditEntries": _method(
            requests.ListAuditEntries, page,
            show=_listed(access_pb2.ListAuditEntriesResponse, "entries", to_wire.audit_entry),
        ),
        # --- history
        "HistoryService.ListFills": _method(
            requests.ListFills, page, _filters, _span, _fill_filters,
            show=_listed(history_pb2.ListFillsResponse, "fills", to_wire.fill),
        ),
        "HistoryService.GetOrderTimeline": _method(
            requests.GetOrderTimeline, _ORDER, show=_timeline
        ),
    }  # fmt: skip


METHODS = _methods()
"""By service and name; what is not here answers UNIMPLEMENTED."""
