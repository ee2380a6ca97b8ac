"""A desk with its control plane, at a venue that says what a test says."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from hexdesk.application.control.control import ControlStores, DeskControl
from hexdesk.application.control.reconciling import DeskReconciling
from hexdesk.application.reconciliation.reconciler import Reconciler
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.office import RiskOffice
from hexdesk.application.risk.plan import RiskPlan
from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import OrderType, Side
from hexdesk.ports.control import ALL_SCOPES, Caller, Mutation, Query, Scope
from hexdesk.ports.control_requests import CreateOrder
from hexdesk.ports.control_views import OrderInfo, OrderTerms
from hexdesk.testing.archive import FakeArchive
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.configuration import FakeKeeper
from hexdesk.testing.control_monitoring import FakeAlarms, FakeMonitor
from hexdesk.testing.control_state import (
    FakeAnswerStore,
    FakeApprovalStore,
    FakeAuditStore,
    FakeStageDayStore,
    FakeTokenStore,
)
from hexdesk.testing.runtime import FakeRuntime
from hexdesk.testing.strategy import WIDE_LIMITS
from hexdesk.testing.workshop import FakeWorkshop
from tests.core.application.rig import ALL_CAPABILITIES, Puppet, Rig

A = TypeVar("A")
ADMIN = Caller(subject="ann", scopes=ALL_SCOPES, peer="127.0.0.1:1")
READER = Caller(subject="bob", scopes=frozenset({Scope.READ}))


class ControlRig(Rig):
    """Drives a desk through its Control port."""

    def __init__(
        self,
        *names: str,
        limits: RiskLimits = WIDE_LIMITS,
        events_max: int = 1_000,
        mode: str = "backtest",
        plan: RiskPlan | None = None,
    ) -> None:
        super().__init__(*names, limits=limits, mode=mode)
        engine = RiskEngine(self.desk, plan or RiskPlan(rules={}, limits=limits)).attach()
        self.office = RiskOffice(self.desk, engine)
        self.runtime = FakeRuntime()
        self.runtime.workshop = FakeWorkshop(puppet=lambda context, _settings: Puppet(context))
        self.runtime.configuration = FakeKeeper()
        self.runtime.archive = FakeArchive()
        self.reconciler = Reconciler("venue", self.desk, ALL_CAPABILITIES, ReconciliationSettings())
        self.runtime.reconciliation = DeskReconciling(
            self.desk, {"venue": self.reconciler}, self.clock.now_ns
        )
        self.runtime.monitor = FakeMonitor(FakeAlarms())
        self.answers = FakeAnswerStore()
        self.audit = FakeAuditStore()
        self.tokens = FakeTokenStore()
        self.approvals = FakeApprovalStore()
        self.stage_days = FakeStageDayStore()
        self.secrets = 0
        self.idle: list[Callable[[], None]] = []
        self.events_max = events_max
        self.control = self.make_control()

    def make_control(self) -> DeskControl:
        """Make the control plane, as at a start, from what the stores hold."""
        control = DeskControl(
            self.desk,
            self.clock,
            self.runtime,
            self.office,
            wall_ns=self.clock.now_ns,
            later=self.idle.append,
            stores=ControlStores(
                self.answers, self.audit, self.tokens, self.approvals, self.stage_days
            ),
            make_secret=self.make_secret,
            events_max=self.events_max,
        )
        control.open()
        return control

    def make_secret(self) -> str:
        """Make a secret that a test can guess."""
        self.secrets += 1
        return f"secret{self.secrets}"

    def ask(self, query: Query[A], caller: Caller = ADMIN) -> A:
        """Ask and wait."""
        return asyncio.run(self.control.ask(caller, query))

    def tell(self, mutation: Mutation[A], caller: Caller = ADMIN) -> A:
        """Tell and wait."""
        self.now()
        return asyncio.run(self.control.tell(caller, mutation))

    def rest(self) -> None:
        """Let the desk's thread be free."""
        while self.idle:
            self.idle.pop(0)()

    def buy(self, quantity: str = "1", price: str = "", **fields: object) -> OrderInfo:
        """Submit an operator's own order to buy."""
        return self.tell(CreateOrder(terms=terms(quantity=quantity, price=price), **fields))  # type: ignore[arg-type]


def terms(
    side: Side = Side.BUY, quantity: str = "1", price: str = "", **fields: object
) -> OrderTerms:
    """Terms of a limit order, or of a market order without a price."""
    return OrderTerms(
        instrument_id=INSTRUMENT.id,
        side=side,
        order_type=OrderType.LIMIT if price else OrderType.MARKET,
        quantity=quantity,
        price=price,
        **fields,  # type: ignore[arg-type]
    )
