"""Checks of a desk itself; those of its process and machine are the runtime's."""

from hexdesk.application.control.errors import halt_remedy
from hexdesk.application.desk import Desk
from hexdesk.application.strategies.host import HostState
from hexdesk.domain.risk import UNLIMITED
from hexdesk.ports.control_checks import CheckInfo, CheckOutcome, RunChecks
from hexdesk.ports.runtime import Runtime

PASSED, WARNED, FAILED = CheckOutcome.PASSED, CheckOutcome.WARNED, CheckOutcome.FAILED


class Checks:
    """Looks at a desk and asks its runtime."""

    def __init__(self, desk: Desk, runtime: Runtime) -> None:
        self._desk = desk
        self._runtime = runtime

    def run(self, query: RunChecks) -> tuple[CheckInfo, ...]:
        """Return every check: of the desk, then of what is around it."""
        found = [self._halt(), self._strategies(), self._doubts(), *self._reconciliation()]
        if query.live:
            found += [self._limits(), self._self_test()]
        return (*found, *self._runtime.run_checks(live=query.live))

    def _halt(self) -> CheckInfo:
        halted = self._desk.execution.halted
        return CheckInfo(
            code="DESK_HALTED",
            title="Orders may leave",
            outcome=FAILED if halted else PASSED,
            text=halted,
            remedy=halt_remedy(halted) if halted else "",
        )

    def _strategies(self) -> CheckInfo:
        hosts = self._desk.hosts.items()
        faulted = [name for name, host in hosts if host.state is HostState.FAULTED]
        return CheckInfo(
            code="STRATEGY_FAULTED",
            title="No strategy is quarantined",
            outcome=FAILED if faulted else PASSED,
            text=", ".join(faulted),
            remedy="hexdesk strategy list says why; mend it and start the desk anew"
            if faulted
            else "",
        )

    def _doubts(self) -> CheckInfo:
        doubtful = [
            each.intent.client_order_id for each in self._desk.execution.open.values() if each.doubt
        ]
        return CheckInfo(
            code="ORDER_DOUBTFUL",
            title="The outcome of every order is known",
            outcome=FAILED if doubtful else PASSED,
            text=", ".join(doubtful[:10]),
            remedy="hexdesk orders resolve ORDER --as ... --reason ..." if doubtful else "",
        )

    def _reconciliation(self) -> list[CheckInfo]:
        """Say whether positions, cash, margin modes and leverage are as the brokers' books say."""
        reconciling = self._runtime.reconciliation
        if reconciling is None:
            return []
        waiting = [
            f"{each.account}: not compared yet" for each in reconciling.accounts() if not each.ready
        ]
        waiting += [
            f"{each.account} {each.number}: {each.kind} {each.key}"
            for each in reconciling.incidents()
            if each.is_open
        ]
        return [
            CheckInfo(
                code="RECONCILIATION",
                title="Books, modes and leverage are as the brokers say",
                outcome=FAILED if waiting else PASSED,
                text="; ".join(waiting[:10]),
                remedy="hexdesk reconcile shows what to do" if waiting else "",
            )
        ]

    def _limits(self) -> CheckInfo:
        """Say whether every instrument that is traded has a limit of order and position."""
        traded = {each for host in self._desk.hosts.values() for each in host.ledgers}
        missing: list[str] = []
        for instrument_id in sorted(traded):
            limits = self._desk.limits.of(instrument_id)
            for what in ("order", "position"):
                sizes = (getattr(limits, f"{what}_{each}_max") for each in ("quantity", "notional"))
                if all(size == UNLIMITED for size in sizes):
                    missing.append(f"{instrument_id}: {what}")
        return CheckInfo(
            code="LIMITS_SET",
            title="Orders and positions have a limit of size",
            outcome=FAILED if missing else PASSED,
            text="; ".join(missing[:10]),
            remedy="set order_notional_max and position_notional_max in [risk]" if missing else "",
        )

    def _self_test(self) -> CheckInfo:
        return CheckInfo(
            code="RISK_SELFTEST",
            title="Every limit and rule was tried",
            outcome=PASSED,
            text="each fired at the start of the desk, or it would not run",
        )
