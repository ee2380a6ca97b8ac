"""How reconciliation looks on the wire."""

from hexdesk.ports import control_views as views
from hexdesk_api.v1 import (
    reconciliation_pb2,
)
from hexdesk_grpc.names import (
    ACCOUNTS,
    INSTRUMENTS,
    incident_name,
    name_of,
)
from hexdesk_grpc.to_wire import duration, timestamp

_POLICIES = {
    "": reconciliation_pb2.Incident.POLICY_UNSPECIFIED,
    "adopt": reconciliation_pb2.Incident.POLICY_ADOPT,
    "cancel": reconciliation_pb2.Incident.POLICY_CANCEL,
    "flatten": reconciliation_pb2.Incident.POLICY_FLATTEN,
    "ignore": reconciliation_pb2.Incident.POLICY_IGNORE,
    "reduce": reconciliation_pb2.Incident.POLICY_REDUCE,
    "halt": reconciliation_pb2.Incident.POLICY_HALT,
    "ask": reconciliation_pb2.Incident.POLICY_ASK,
}


def reconciliation(
    found: tuple[views.ReconciliationInfo, ...],
) -> reconciliation_pb2.Reconciliation:
    """Return how the books of every account compare."""
    return reconciliation_pb2.Reconciliation(accounts=[_compared(each) for each in found])


def _compared(info: views.ReconciliationInfo) -> reconciliation_pb2.AccountReconciliation:
    return reconciliation_pb2.AccountReconciliation(
        account=name_of(ACCOUNTS, info.account),
        ready=info.ready,
        age=duration(info.age_ns),
        doubtful_order_count=info.doubtful_order_count,
        open_incident_count=info.open_incident_count,
        reducing=[
            reconciliation_pb2.ReducingInstrument(
                instrument=name_of(INSTRUMENTS, each.instrument_id), code=each.code, text=each.text
            )
            for each in info.reducing
        ],
        link_state=info.link_state,
        link_error=info.link_error,
    )


def incident(info: views.IncidentInfo) -> reconciliation_pb2.Incident:
    """Return a difference that is for a person."""
    kind = reconciliation_pb2.Incident
    return kind(
        name=incident_name(info.account, info.number),
        kind=info.kind,
        key=info.key,
        ours=info.ours,
        theirs=info.theirs,
        evidence=info.evidence,
        instrument=name_of(INSTRUMENTS, info.instrument_id),
        configured_policies=[_POLICIES[each] for each in info.configured_policies],
        possible_policies=[_POLICIES[each] for each in info.possible_policies],
        state=kind.STATE_OPEN if info.is_open else kind.STATE_RESOLVED,
        create_time=timestamp(info.create_ns),
        resolve_time=timestamp(info.resolve_ns),
        resolved_by=info.resolved_by,
        reason=info.reason,
        policy=_POLICIES[info.policy],
    )


def resolved(info: views.ResolvedInfo) -> reconciliation_pb2.ResolveIncidentResponse:
    """Return what became of a decision."""
    return reconciliation_pb2.ResolveIncidentResponse(
        incident=incident(info.incident), actions=info.actions
    )
