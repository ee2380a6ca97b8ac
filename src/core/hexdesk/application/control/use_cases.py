"""The use cases of the Control port by the request that each carries out.

What holds for all of them, as scopes and repeated requests, is `control`'s.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from hexdesk.application.control.approvals import Approvals
from hexdesk.application.control.arming import Arming
from hexdesk.application.control.audit import Audit
from hexdesk.application.control.capital import Capitals
from hexdesk.application.control.checks import Checks
from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.configuring import Configuring
from hexdesk.application.control.errors import host_of
from hexdesk.application.control.monitoring import Monitoring
from hexdesk.application.control.orders import Orders
from hexdesk.application.control.past import Past
from hexdesk.application.control.past_orders import PastOrders
from hexdesk.application.control.planning import Handle, Planning
from hexdesk.application.control.portfolio import Portfolio
from hexdesk.application.control.probation import Probation
from hexdesk.application.control.reconciling import Incidents
from hexdesk.application.control.risk import Risks
from hexdesk.application.control.safety import Safety
from hexdesk.application.control.sight import Sight
from hexdesk.application.control.tokens import Tokens
from hexdesk.application.desk import Desk
from hexdesk.application.risk.office import RiskOffice
from hexdesk.domain.values import TimeNs
from hexdesk.ports import control_capital, control_history, control_risk
from hexdesk.ports import control_configuration as configuration
from hexdesk.ports import control_requests as requests
from hexdesk.ports import control_strategies as strategies
from hexdesk.ports.control import Pause
from hexdesk.ports.control_approvals import ApproveCall, DenyCall, ListApprovals
from hexdesk.ports.control_checks import RunChecks
from hexdesk.ports.control_state import StageDayStore
from hexdesk.ports.control_views import OrderVerdict, StrategyInfo, TokenInfo
from hexdesk.ports.runtime import Runtime


class UseCases:
    """Every use case of one desk, each as a bound method.

    Attributes:
        queries: What answers at once.
        lists: What reads through much, with pauses.
        slow_queries: What answers in its own time.
        mutations: What changes something, at a time.
        preparations: What makes a change ready in its own time, and returns what carries it out.
    """

    def __init__(
        self,
        desk: Desk,
        runtime: Runtime,
        risk: RiskOffice,
        *,
        sight: Sight,
        chronicle: Chronicle,
        audit: Audit,
        tokens: Tokens,
        approvals: Approvals,
        stage_days: StageDayStore,
        now_ns: Callable[[], TimeNs],
        wall_ns: Callable[[], TimeNs],
    ) -> None:
        """Make them; `now_ns` is the desk's time and `wall_ns` real time."""
        self._desk = desk
        self._sight = sight
        self._chronicle = chronicle
        self._audit = audit
        self._tokens = tokens
        self._approvals = approvals
        self._now_ns = now_ns
        self._wall_ns = wall_ns
        self._orders = Orders(desk, sight, chronicle)
        self._safety = Safety(desk, sight, chronicle, runtime)
        self._portfolio = Portfolio(desk, sight, chronicle)
        self._incidents = Incidents(runtime)
        self._checks = Checks(desk, runtime)
        probation = Probation(desk, chronicle, runtime, risk.engine.plan.days, stage_days)
        chronicle.on_news = probation.take
        self._arming = Arming(desk, sight, chronicle, self._checks, probation)
        self._monitoring = Monitoring(runtime, wall_ns)
        self._risks = Risks(desk, chronicle, self._portfolio, approvals, risk)
        self._capitals = Capitals(desk, chronicle, approvals, risk)
        self._planning = Planning(desk, sight, chronicle, runtime, self._safety.check_version)
        self._configuring = Configuring(runtime, self._planning, self._risks)
        self._past = Past(desk.run_id, chronicle, runtime)
        self._past_orders = PastOrders(desk, sight, chronicle, runtime)
        self.queries = self._make_queries()
        self.lists = self._make_lists()
        self.slow_queries = self._make_slow_queries()
        self.mutations = self._make_mutations()
        self.preparations = self._make_preparations()

    def _make_queries(self) -> dict[type, Callable[[Any], Any]]:
        return {
            **self._monitoring.queries,
            requests.GetDesk: self._sight.desk_info,
            RunChecks: self._checks.run,
            ListApprovals: self._approvals.page,
            requests.ListAlerts: self._portfolio.list_alerts,
            requests.CheckOrder: self._check_order,
            requests.GetPosition: self._portfolio.get_position,
            requests.ListPositions: self._portfolio.list_positions,
            requests.GetAccount: self._portfolio.get_account,
            requests.ListAccounts: self._portfolio.list_accounts,
            requests.GetRiskLimits: self._portfolio.get_limits,
            requests.ListRiskLimits: self._portfolio.list_limits,
            control_risk.GetRiskReport: self._risk_report,
            control_capital.GetCapital: self._capitals.get,
            requests.GetInstrument: self._portfolio.get_instrument,
            requests.ListInstruments: self._portfolio.list_instruments,
            requests.GetMarkets: self._portfolio.get_markets,
            requests.ListTokens: self._tokens.page,
            requests.GetReconciliation: self._incidents.accounts,
            requests.ListIncidents: self._incidents.page,
            requests.GetStrategy: self._strategy,
            requests.ListStrategies: self._safety.list_strategies,
            strategies.ListSettingsRevisions: self._planning.revisions,
            configuration.GetConfiguration: self._configuring.get,
            configuration.ListConfigurationRevisions: self._configuring.revisions,
        }

    def _make_lists(self) -> dict[type, Callable[[Any, Pause], Awaitable[Any]]]:
        return {
            requests.GetOrder: self._past_orders.get_order,
            requests.ListOrders: self._past_orders.list_orders,
            requests.ListFills: self._past_orders.list_fills,
            requests.GetOrderTimeline: self._past_orders.timeline,
            requests.ListDenials: self._portfolio.list_denials,
            requests.ListAuditEntries: self._audit.page,
            control_history.ListEvents: self._past.list_events,
        }

    def _make_slow_queries(self) -> dict[type, Callable[[Any], Awaitable[Any]]]:
        return {
            **self._configuring.queries,
            control_history.ListEquityPoints: self._past.list_equity_points,
        }

    def _make_mutations(self) -> dict[type, Callable[[Any, TimeNs], Any]]:
        return {
            **self._monitoring.mutations,
            requests.StopEntries: self._safety.stop_entries,
            requests.ResumeEntries: self._safety.resume_entries,
            requests.RollTradingDay: self._safety.roll_trading_day,
            requests.Flatten: self._safety.flatten,
            requests.Halt: self._safety.halt,
            requests.Rearm: self._safety.rearm,
            control_risk.RearmRule: self._risks.rearm,
            control_risk.ChangeRule: self._risks.change,
            control_risk.SwitchGroup: self._risks.switch,
            control_capital.SetCapital: self._capitals.set,
            control_capital.MoveCapital: self._capitals.move,
            requests.ArmLive: self._arming.arm,
            requests.DisarmLive: self._arming.disarm,
            requests.Shutdown: self._safety.shutdown,
            requests.ResolveIncident: self._incidents.resolve,
            requests.CreateOrder: self._orders.create,
            requests.AmendOrder: self._orders.amend,
            requests.CancelOrder: self._orders.cancel,
            requests.ResolveOrder: self._orders.resolve,
            requests.CancelAllOrders: self._orders.cancel_all,
            requests.CreateToken: self._create_token,
            requests.RevokeToken: self._revoke_token,
            ApproveCall: self._approvals.approve,
            DenyCall: self._approvals.deny,
            requests.InitStrategy: self._safety.change_strategy,
            requests.StartStrategy: self._safety.change_strategy,
            requests.StopStrategy: self._safety.change_strategy,
            requests.PauseStrategy: self._safety.change_strategy,
            requests.ResumeStrategy: self._safety.change_strategy,
            strategies.UnloadStrategy: self._planning.unload,
            strategies.SaveState: self._planning.save,
        }

    def _make_preparations(self) -> dict[type, Callable[[Any], Awaitable[Handle]]]:
        return {
            **self._planning.preparations,
            configuration.ReloadConfiguration: self._configuring.reload,
            configuration.RollbackConfiguration: self._configuring.roll_back,
        }

    # --- what needs the time, or more than one part ---------------------------------------------

    def _strategy(self, query: requests.GetStrategy) -> StrategyInfo:
        return self._sight.strategy(host_of(self._desk, query.strategy_id))

    def _check_order(self, query: requests.CheckOrder) -> OrderVerdict:
        return self._orders.check(query, self._now_ns())

    def _risk_report(self, query: control_risk.GetRiskReport) -> control_risk.RiskReport:
        return self._risks.report(query, self._now_ns())

    def _create_token(self, request: requests.CreateToken, _now_ns: TimeNs) -> requests.NewToken:
        return self._tokens.create(request, self._wall_ns())

    def _revoke_token(self, request: requests.RevokeToken, _now_ns: TimeNs) -> TokenInfo:
        """End a token, and let the streams that it opened notice."""
        info = self._tokens.revoke(request, self._wall_ns())
        self._chronicle.ring.wake()
        return info
