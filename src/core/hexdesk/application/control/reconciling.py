"""Reconciliation as the control plane shows it: how books compare, and what waits for a person."""

from collections.abc import Callable, Mapping

from hexdesk.application.control.errors import invalid, unknown
from hexdesk.application.control.paging import page_of
from hexdesk.application.desk import Desk
from hexdesk.application.reconciliation.actions import (
    Action,
    AdjustCash,
    AdjustPosition,
    AdoptExternal,
    CancelLeftover,
    FeedReport,
    FlattenInstrument,
)
from hexdesk.application.reconciliation.findings import ASK, POLICIES_POSSIBLE, Policy
from hexdesk.application.reconciliation.incidents import Incident
from hexdesk.application.reconciliation.reconciler import Reconciler
from hexdesk.application.reconciliation.repairs import Repairs
from hexdesk.domain.commands import Halt
from hexdesk.domain.links import LinkStatus
from hexdesk.domain.reports import (
    Fill,
    FillBusted,
    OrderAbandoned,
    OrderUpdated,
    OutcomeUnknown,
    VenueReport,
)
from hexdesk.domain.values import QtyRaw, TimeNs
from hexdesk.ports.control import ControlError, Page, Reason
from hexdesk.ports.control_requests import GetReconciliation, ListIncidents, ResolveIncident
from hexdesk.ports.control_views import (
    IncidentInfo,
    ReconciliationInfo,
    ReducingInfo,
    ResolvedInfo,
)
from hexdesk.ports.runtime import Reconciling, Runtime

NO_LINKS: Mapping[str, LinkStatus] = {}
TIME_MAX_NS = 2**63 - 1
NUMBER_MAX = 10**9
_KEPT = {
    Policy.IGNORE: "nothing is done about the difference as it is",
    Policy.REDUCE: "the instrument may only shrink until the difference is gone",
}
"""What decisions mean that ask nothing of the desk at once."""


class Incidents:
    """Use cases of reconciliation."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def accounts(self, _query: GetReconciliation) -> tuple[ReconciliationInfo, ...]:
        """Return how each account's books compare."""
        return self._reconciling().accounts()

    def page(self, query: ListIncidents) -> Page[IncidentInfo]:
        """Return incidents, newest first."""
        reconciling = self._reconciling()
        names = {each.account for each in reconciling.accounts()}
        if query.account and query.account not in names:
            raise unknown("account", query.account, "hexdesk reconcile shows those that are there")
        wanted = [
            (_place(each), each)
            for each in reconciling.incidents()
            if query.account in ("", each.account) and (each.is_open or not query.open_only)
        ]
        return page_of(query, sorted(wanted, key=_by_place), _as_it_is)

    def resolve(self, request: ResolveIncident, _now_ns: TimeNs) -> ResolvedInfo:
        """Carry a person's decision out."""
        return self._reconciling().resolve(
            request.account,
            request.number,
            request.policy,
            by=request.author,
            why=request.reason,
            dry_run=request.dry_run,
        )

    def _reconciling(self) -> Reconciling:
        found = self._runtime.reconciliation
        if found is None:
            raise ControlError(
                Reason.NOT_OFFERED,
                "nothing is compared: the desk plays recordings, or reconciliation is off",
                remedy="run a desk on live feeds with [reconciliation] enabled = true",
            )
        return found


class DeskReconciling:
    """Implements `Reconciling` over the reconcilers of a desk; call it between inputs."""

    def __init__(
        self,
        desk: Desk,
        reconcilers: Mapping[str, Reconciler],
        now: Callable[[], TimeNs],
        links: Mapping[str, LinkStatus] = NO_LINKS,
    ) -> None:
        """Make it; `links` are the latest that brokers told, by name."""
        self._links = links
        self._desk = desk
        self._reconcilers = dict(sorted(reconcilers.items()))
        self._now = now

    def accounts(self) -> tuple[ReconciliationInfo, ...]:
        """Return how each account's books compare, by name."""
        return tuple(
            ReconciliationInfo(
                link_state=self._links[name].state.name if name in self._links else "",
                link_error=self._links[name].error if name in self._links else "",
                account=name,
                ready=each.is_ready,
                age_ns=max(each.age_ns(self._now()), 0),
                doubtful_order_count=each.doubt_count,
                open_incident_count=len(each.incidents.open),
                reducing=tuple(
                    ReducingInfo(instrument_id, code, text)
                    for instrument_id, codes in each.reducing().items()
                    for code, text in codes.items()
                ),
            )
            for name, each in self._reconcilers.items()
        )

    def incidents(self) -> tuple[IncidentInfo, ...]:
        """Return all incidents that are kept, oldest first of each account."""
        return tuple(
            incident_info(incident, reconciler)
            for reconciler in self._reconcilers.values()
            for incident in reconciler.incidents
        )

    def resolve(
        self, account: str, number: int, policy: str, *, by: str, why: str, dry_run: bool
    ) -> ResolvedInfo:
        """Carry a person's decision out, or say what it would come to."""
        reconciler = self._reconcilers.get(account)
        incident = None if reconciler is None else reconciler.incidents.find(number)
        if reconciler is None or incident is None:
            remedy = "hexdesk reconcile --all shows those that are there"
            raise unknown("incident", f"{account}/{number}", remedy)
        chosen = _policy(policy, incident)
        now_ns = max(self._now(), self._desk.pulse.now_ns)
        resolution = reconciler.resolve(
            number, chosen, by=by, why=why, now_ns=now_ns, dry_run=dry_run
        )
        if resolution.problem:
            raise ControlError(
                Reason.STATE_WRONG,
                f"incident {number} of {account}: {resolution.problem}",
                remedy="look at it again: hexdesk reconcile --all",
            )
        if not dry_run:
            repairs = Repairs(self._desk, account, reconciler.claims)
            for action in resolution.actions:
                repairs.do(action, now_ns)
        sentences = [_KEPT[chosen]] if chosen in _KEPT else []
        sentences += filter(None, (self._sentence(each) for each in resolution.actions))
        if not sentences:
            sentences = ["nothing: the difference was gone at the last look"]
        latest = reconciler.incidents.find(number) or incident
        return ResolvedInfo(incident=incident_info(latest, reconciler), actions=tuple(sentences))

    def _sentence(self, action: Action) -> str:
        """Return what an action does, for a person; empty for notes."""
        match action:
            case FeedReport(report=report):
                return self._said(report)
            case CancelLeftover():
                return f"order {action.client_order_id} is canceled"
            case AdoptExternal(order=order, fills=fills):
                venue_id = order.venue_order_id if order is not None else fills[0].venue_order_id
                end = " and canceled" if action.is_canceled else ""
                return f"order {venue_id} of the broker is taken into the books{end}"
            case AdjustPosition():
                owner = action.strategy_id or "what no strategy owns"
                quantity = self._quantity(action.instrument_id, action.quantity)
                return f"{quantity} {action.instrument_id} is booked for {owner} as an adjustment"
            case AdjustCash(money=money):
                return f"{money} is booked as an adjustment"
            case FlattenInstrument():
                quantity = self._quantity(action.instrument_id, -action.quantity)
                return f"{quantity} {action.instrument_id} is ordered at the market"
            case Halt():
                return "the desk is halted"
            case _:
                return ""

    def _said(self, report: VenueReport | OrderAbandoned) -> str:
        """Return what a report that is taken for lost means."""
        order_id = report.client_order_id
        match report:
            case Fill():
                quantity = self._quantity(report.instrument_id, report.quantity)
                return f"{quantity} of order {order_id} is booked as filled, {report.trade_id}"
            case FillBusted():
                return f"trade {report.trade_id} of order {order_id} is taken out of the books"
            case OutcomeUnknown():
                return f"order {order_id} is in doubt until a look-up says how it ended"
            case OrderUpdated():
                return f"the broker's terms of order {order_id} are taken over"
            case _:
                return f"the broker's word about order {order_id} is taken over"

    def _quantity(self, instrument_id: str, raw: QtyRaw) -> str:
        market = self._desk.markets.by_id.get(instrument_id)
        return str(raw) if market is None else market.instrument.format_quantity(raw)


def incident_info(incident: Incident, reconciler: Reconciler) -> IncidentInfo:
    """Return an incident as the control plane shows it."""
    finding = incident.finding
    return IncidentInfo(
        account=incident.broker,
        number=incident.id,
        kind=finding.kind.value,
        key=finding.key,
        ours=finding.ours,
        theirs=finding.theirs,
        evidence=finding.evidence,
        instrument_id=finding.instrument_id,
        configured_policies=tuple(each.value for each in reconciler.policies_of(finding.kind)),
        possible_policies=tuple(sorted(_possible(incident))),
        is_open=incident.is_open,
        create_ns=incident.opened_ns,
        resolve_ns=incident.resolved_ns,
        resolved_by=incident.by,
        reason=incident.why,
        policy=incident.policy.value if incident.policy is not None else "",
    )


def _possible(incident: Incident) -> frozenset[Policy]:
    return POLICIES_POSSIBLE[incident.finding.kind] - {ASK}


def _policy(text: str, incident: Incident) -> Policy:
    possible = _possible(incident)
    found = next((each for each in possible if each.value == text), None)
    if found is None:
        raise invalid("policy", f"expected one of {', '.join(sorted(possible))}, was {text!r}")
    return found


def _place(info: IncidentInfo) -> str:
    """Return a text that sorts the newest first, and does not change."""
    return f"{TIME_MAX_NS - info.create_ns:019}/{info.account}/{NUMBER_MAX - info.number:010}"


def _by_place(item: tuple[str, IncidentInfo]) -> str:
    return item[0]


def _as_it_is(info: IncidentInfo) -> IncidentInfo:
    return info
