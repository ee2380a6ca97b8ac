"""From messages to what the Control port takes; pure. What is malformed is refused by field."""

from collections.abc import Iterable
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from hexdesk.domain.values import (
    NS_PER_SECOND,
    OrderType,
    PositionEffect,
    ReportedStatus,
    Side,
    TimeInForce,
    TimeNs,
)
from hexdesk.ports.control import ControlError, FieldFault, Reason, Scope
from hexdesk.ports.control_events import EventKind
from hexdesk.ports.control_views import OrderTerms
from hexdesk_api.v1 import common_pb2, orders_pb2, reconciliation_pb2
from hexdesk_grpc.names import (
    ACCOUNTS,
    INSTRUMENTS,
    STRATEGIES,
    id_of,
    optional_id_of,
)

E = TypeVar("E")
_SIDES = {int(common_pb2.SIDE_BUY): Side.BUY, int(common_pb2.SIDE_SELL): Side.SELL}
_ORDER_TYPES = {int(each): each for each in OrderType}
_TIMES_IN_FORCE = {0: TimeInForce.GTC} | {int(each): each for each in TimeInForce}
_POSITION_EFFECTS = {0: PositionEffect.AUTO} | {int(each) + 1: each for each in PositionEffect}
_STATUSES = {int(each): each for each in ReportedStatus}
_SCOPES = dict(enumerate((Scope.READ, Scope.TRADE, Scope.RISK, Scope.ADMIN), 1))
_EVENT_KINDS = {int(each): each for each in EventKind}
_POLICIES = {
    value.number: value.name.removeprefix("POLICY_").lower()
    for value in reconciliation_pb2.Incident.Policy.DESCRIPTOR.values
    if value.number
}
_RESOLUTIONS = {
    value.number: value.name.removeprefix("RESOLUTION_").lower()
    for value in orders_pb2.ResolveOrderRequest.Resolution.DESCRIPTOR.values
    if value.number
}
SECONDS_MAX = 253_402_300_799
"""The last second of the year 9999, where Timestamp ends."""


def invalid(field: str, text: str) -> ControlError:
    """Return the refusal of one field."""
    return ControlError(Reason.FIELD_INVALID, f"{field}: {text}", faults=[FieldFault(field, text)])


def member(members: dict[int, E], number: int, field: str) -> E:
    """Return the member that a number stands for, or refuse."""
    found = members.get(number)
    if found is None:
        raise invalid(field, f"expected one of its values, was {number}")
    return found


def time_ns(time: Timestamp, field: str) -> TimeNs:
    """Return a time; 0 for an unset one, or refuse what is none."""
    if not 0 <= time.seconds <= SECONDS_MAX or not 0 <= time.nanos < NS_PER_SECOND:
        raise invalid(field, "expected a time after 1970")
    return time.seconds * NS_PER_SECOND + time.nanos


def mutation(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request that changes something
    """Return what every mutation says, by field of the port's request."""
    found = {
        "request_id": message.request_id,
        "dry_run": message.dry_run,
        "reason": message.reason,
    }
    for name in ("expected_version", "account_id"):
        if name in message.DESCRIPTOR.fields_by_name:
            found[name] = getattr(message, name)
    return found


def page(message: Any) -> dict[str, Any]:  # noqa: ANN401 - any request for a list
    """Return what every request for a list says."""
    return {"page_size": message.page_size, "page_token": message.page_token}


def terms(order: orders_pb2.Order) -> OrderTerms:
    """Return what a person asks for."""
    if order.name:
        raise invalid("order.name", "expected none: the desk names orders")
    return OrderTerms(
        instrument_id=id_of(INSTRUMENTS, order.instrument, "order.instrument"),
        side=member(_SIDES, order.side, "order.side"),
        order_type=member(_ORDER_TYPES, order.order_type, "order.order_type"),
        quantity=order.quantity,
        strategy_id=optional_id_of(STRATEGIES, order.strategy, "order.strategy"),
        account=optional_id_of(ACCOUNTS, order.account, "order.account"),
        price=order.price,
        trigger_price=order.trigger_price,
        trailing_offset=order.trailing_offset,
        time_in_force=member(_TIMES_IN_FORCE, order.time_in_force, "order.time_in_force"),
        expire_ns=time_ns(order.expire_time, "order.expire_time"),
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        position_effect=member(_POSITION_EFFECTS, order.position_effect, "order.position_effect"),
        display_quantity=order.display_quantity,
        tag=order.tag,
    )


def scopes(numbers: Iterable[int]) -> frozenset[Scope]:
    """Return the scopes that a token is to have."""
    return frozenset(member(_SCOPES, each, "scopes") for each in numbers)


def span_ns(span: Duration, field: str) -> int:
    """Return a span of time, 0 for an unset one; or refuse what is negative or no span."""
    if not 0 <= span.seconds <= SECONDS_MAX or not 0 <= span.nanos < NS_PER_SECOND:
        raise invalid(field, "expected a span above 0")
    return span.seconds * NS_PER_SECOND + span.nanos


def statuses(numbers: Iterable[int]) -> frozenset[ReportedStatus]:
    """Return the statuses that a query wants."""
    return frozenset(member(_STATUSES, each, "statuses") for each in numbers)


def event_kinds(numbers: Iterable[int]) -> frozenset[EventKind]:
    """Return the kinds that a reader wants."""
    return frozenset(member(_EVENT_KINDS, each, "kinds") for each in numbers)


def policy(number: int) -> str:
    """Return what a person decided about an incident."""
    return member(_POLICIES, number, "policy")


def resolution(number: int) -> str:
    """Return what a person found out about an order."""
    return member(_RESOLUTIONS, number, "resolution")
