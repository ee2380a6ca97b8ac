"""The desk on the wire: which request each method is, and how its answer looks."""

from typing import Any

from hexdesk.ports import control_requests as requests
from hexdesk.ports.control_checks import RunChecks
from hexdesk_api.v1 import desk_pb2
from hexdesk_grpc import to_wire, to_wire_checks
from hexdesk_grpc.from_wire import mutation, page, span_ns
from hexdesk_grpc.method import Method, listed, method, named, names_of, position_names, strategy
from hexdesk_grpc.names import INSTRUMENTS, ORDERS, STRATEGIES, optional_id_of


def _trading_day(message: desk_pb2.RollTradingDayRequest) -> dict[str, Any]:
    return {
        "trading_day": message.trading_day,
        "instrument_id": optional_id_of(INSTRUMENTS, message.instrument, "instrument"),
        "venue": message.venue,
    }


def _grant(message: desk_pb2.ArmLiveRequest) -> dict[str, Any]:
    return {
        "account_id": message.account_id,
        "stage_pct": message.stage_pct,
        "duration_ns": span_ns(message.duration, "duration"),
        "skips_clean_days": message.skip_clean_days,
    }


def _is_live(message: desk_pb2.RunChecksRequest) -> dict[str, Any]:
    return {"live": message.live}


def _flattened(done: requests.Flattened) -> desk_pb2.FlattenResponse:
    return desk_pb2.FlattenResponse(
        canceled_orders=names_of(ORDERS, done.canceled_orders),
        closing_orders=names_of(ORDERS, done.closing_orders),
        positions=position_names(done.positions),
        queued=to_wire.queued(done.queued),
    )


def _left_behind(left: requests.LeftBehind) -> desk_pb2.ShutdownResponse:
    return desk_pb2.ShutdownResponse(
        open_orders=names_of(ORDERS, left.open_orders), positions=position_names(left.positions)
    )


METHODS: dict[str, Method] = {
    "DeskService.GetDesk": method(requests.GetDesk, show=to_wire.desk),
    "DeskService.StopEntries": method(
        requests.StopEntries, strategy, mutation,
        show=named(desk_pb2.StopEntriesResponse, STRATEGIES),
    ),
    "DeskService.ResumeEntries": method(
        requests.ResumeEntries, strategy, mutation,
        show=named(desk_pb2.ResumeEntriesResponse, STRATEGIES),
    ),
    "DeskService.RollTradingDay": method(
        requests.RollTradingDay, _trading_day, mutation,
        show=named(desk_pb2.RollTradingDayResponse, INSTRUMENTS),
    ),
    "DeskService.Flatten": method(requests.Flatten, strategy, mutation, show=_flattened),
    "DeskService.Halt": method(requests.Halt, mutation, show=to_wire.desk),
    "DeskService.ArmLive": method(requests.ArmLive, _grant, mutation, show=to_wire.desk),
    "DeskService.DisarmLive": method(requests.DisarmLive, mutation, show=to_wire.desk),
    "DeskService.Shutdown": method(requests.Shutdown, mutation, show=_left_behind),
    "DeskService.RunChecks": method(RunChecks, _is_live, show=to_wire_checks.checks),
    "DeskService.ListAlerts": method(
        requests.ListAlerts, page,
        show=listed(desk_pb2.ListAlertsResponse, "alerts", to_wire.alert),
    ),
}  # fmt: skip
"""By service and name."""
