"""Reconciliation on the wire: which request each method is, and how its answer looks."""

from typing import Any

from hexdesk.ports import control_requests as requests
from hexdesk_api.v1 import reconciliation_pb2
from hexdesk_grpc import to_wire_reconciliation
from hexdesk_grpc.from_wire import mutation, page, policy
from hexdesk_grpc.method import Method, listed, method
from hexdesk_grpc.names import ACCOUNTS, incident_ids, optional_id_of


def _incident_filters(message: reconciliation_pb2.ListIncidentsRequest) -> dict[str, Any]:
    account = optional_id_of(ACCOUNTS, message.account, "account")
    return {"account": account, "open_only": message.open_only}


def _decision(message: reconciliation_pb2.ResolveIncidentRequest) -> dict[str, Any]:
    account, number = incident_ids(message.name)
    return {"account": account, "number": number, "policy": policy(message.policy)}


METHODS: dict[str, Method] = {
    "ReconciliationService.GetReconciliation": method(
        requests.GetReconciliation, show=to_wire_reconciliation.reconciliation
    ),
    "ReconciliationService.ListIncidents": method(
        requests.ListIncidents, page, _incident_filters,
        show=listed(
            reconciliation_pb2.ListIncidentsResponse, "incidents",
            to_wire_reconciliation.incident,
        ),
    ),
    "ReconciliationService.ResolveIncident": method(
        requests.ResolveIncident, _decision, mutation, show=to_wire_reconciliation.resolved
    ),
}  # fmt: skip
"""By service and name."""
