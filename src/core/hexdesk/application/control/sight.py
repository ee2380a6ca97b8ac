"""Shows the resources of a desk by their ids."""

from collections import Counter
from collections.abc import Iterable

from hexdesk.application.control.views import (
    account_info,
    equity_of,
    fill_info,
    order_info,
    position_info,
    sums_of,
)
from hexdesk.application.desk import Desk
from hexdesk.application.ledgers.margins import liquidations
from hexdesk.application.operating.operator import CUT_OFF
from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.domain.accounts import Account
from hexdesk.domain.liquidation import Liquidation
from hexdesk.domain.money import format_raw, pow10
from hexdesk.domain.order import Order
from hexdesk.domain.records import Verb, VerbOwed
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control_views import (
    AccountInfo,
    Amount,
    DeskInfo,
    DeskState,
    FillInfo,
    GrantInfo,
    OrderInfo,
    PositionInfo,
    QueuedVerb,
    StrategyInfo,
)
from hexdesk.ports.runtime import Runtime

SLACK = 10_000
MANUAL = "manual@"
"""Owners of operators' own orders are named so, followed by the account."""


class Sight:
    """Looks at one desk; what it shows is immutable.

    Attributes:
        grant: The latest leave to trade live that was given since the start.
        event_sequence: Number of the latest event; set by whoever counts them.
    """

    def __init__(self, desk: Desk, runtime: Runtime, *, start_ns: TimeNs) -> None:
        self.grant: GrantInfo | None = None
        self.event_sequence = 0
        self._desk = desk
        self._runtime = runtime
        self._start_ns = start_ns
        self._seen_at = -1
        self._positions: dict[tuple[str, str], PositionInfo | None] = {}
        self._accounts: dict[str, AccountInfo | None] = {}
        self._liquidations: dict[str, dict[str, Liquidation]] = {}
        self._account_names: dict[Account, str] = {}
        self._order_versions: Counter[str] = Counter()
        self._strategy_versions: Counter[str] = Counter()

    # --- versions ------------------------------------------------------------------------------

    def touch(self, client_order_id: str) -> None:
        """Count one more thing known of an order."""
        self._order_versions[client_order_id] += 1

    def version_of(self, client_order_id: str) -> int:
        """Return how many things became known of an order."""
        return self._order_versions.get(client_order_id, 0)

    def forget_orders(self) -> None:
        """Drop the versions of orders that the desk does not know any more, now and then."""
        execution = self._desk.execution
        versions = self._order_versions
        if len(versions) > 2 * (len(execution.open) + len(execution.closed)) + SLACK:
            for each in [each for each in versions if execution.order(each) is None]:
                del versions[each]

    def touch_strategy(self, strategy_id: str) -> None:
        """Count one more change of a strategy's life."""
        self._strategy_versions[strategy_id] += 1

    # --- resources -----------------------------------------------------------------------------

    def order(self, order: Order) -> OrderInfo:
        """Return an order."""
        intent = order.intent
        host = self._desk.hosts[intent.strategy_id]
        account = self._account_name(host.account)
        ledger = host.ledgers[intent.instrument_id]
        return order_info(order, ledger, account, self.version_of(intent.client_order_id))

    def order_by_id(self, client_order_id: str) -> OrderInfo | None:
        """Return an order; None if it is not known any more."""
        order = self._desk.execution.order(client_order_id)
        return None if order is None else self.order(order)

    def fill(self, client_order_id: str, fill: Fill) -> FillInfo | None:
        """Return a fill; None if its order is not known any more."""
        order = self._desk.execution.order(client_order_id)
        if order is None:
            return None
        instrument = self._desk.markets.by_id[order.intent.instrument_id].instrument
        return fill_info(fill, order, instrument, self.account_name(order.intent.strategy_id))

    def account_name(self, strategy_id: str) -> str:
        """Return the section name of the broker that a strategy trades through."""
        return self._account_name(self._desk.hosts[strategy_id].account)

    def _account_name(self, account: Account) -> str:
        name = self._account_names.get(account)
        if name is None:  # a broker that came since
            self._account_names = {each: name for name, each in self._desk.accounts.items()}
            name = self._account_names[account]
        return name

    def position_by_key(self, key: tuple[str, str]) -> PositionInfo | None:
        """Return the position of a (strategy id, instrument id)."""
        self._look_again()
        if key not in self._positions:
            self._positions[key] = self._position(*key)
        return self._positions[key]

    def positions(self, host: StrategyHost) -> list[PositionInfo]:
        """Return a strategy's positions by instrument, flat ones included."""
        account = self._account_name(host.account)
        return [position_info(ledger, account) for _, ledger in sorted(host.ledgers.items())]

    def liquidation_of(self, position: PositionInfo) -> Liquidation | None:
        """Return where what an account holds of an instrument would be liquidated, if anywhere."""
        self._look_again()
        name = position.account
        if name not in self._liquidations:
            account = self._desk.accounts[name]
            hosts = self._desk.hosts.values()
            ledgers = [
                each for host in hosts if host.account is account for each in host.ledgers.values()
            ]
            self._liquidations[name] = liquidations(account, ledgers)
        return self._liquidations[name].get(position.instrument_id)

    def account_by_name(self, name: str) -> AccountInfo | None:
        """Return an account by its broker's section name."""
        self._look_again()
        if name not in self._accounts:
            account = self._desk.accounts.get(name)
            hosts = self._desk.hosts.values()
            self._accounts[name] = None if account is None else account_info(name, account, hosts)
        return self._accounts[name]

    def strategy_by_id(self, strategy_id: str) -> StrategyInfo | None:
        """Return a strategy, or the owner of operators' orders."""
        host = self._desk.hosts.get(strategy_id)
        return None if host is None else self.strategy(host)

    def strategy(self, host: StrategyHost) -> StrategyInfo:
        """Return a strategy."""
        facts = self._runtime.strategy_facts(host.strategy_id)
        sums = sums_of(host.ledgers.values()).values()
        plan = self._desk.plans.get(host.strategy_id)
        is_running = host.state is HostState.RUNNING
        return StrategyInfo(
            strategy_id=host.strategy_id,
            plugin=facts.plugin or (plan.latest.plugin if plan is not None else ""),
            plugin_version=facts.version,
            account=self._account_name(host.account),
            instrument_ids=tuple(host.ledgers),
            state=host.state.value,
            fault=host.fault,
            entries_allowed=host.entries_allowed,
            open_order_count=host.open_count,
            fill_count=sum(ledger.fill_count for ledger in host.ledgers.values()),
            realised=tuple(realised for realised, _, _, _ in sums),
            unrealised=tuple(unrealised for _, unrealised, _, _ in sums),
            fees=tuple(fees for _, _, fees, _ in sums),
            funding=tuple(funding for _, _, _, funding in sums),
            settings=facts.settings,
            version=self._strategy_versions[host.strategy_id] + 1,
            is_initialised=is_running,
            is_trading=is_running and host.entries_allowed,
            settings_revision=0 if plan is None else plan.revision,
        )

    def desk_info(self, _subject: object = None) -> DeskInfo:
        """Return the desk as a whole."""
        desk, runtime, counts = self._desk, self._runtime, self._desk.counts
        execution = desk.execution
        states = Counter(host.state for host in desk.hosts.values() if host.strategy is not None)
        return DeskInfo(
            display_name=runtime.name,
            mode=runtime.mode,
            state=self.state(),
            halt_reason=execution.halted,
            entries_allowed=any(host.entries_allowed for host in desk.hosts.values()),
            live_grant=self.live_grant(),
            run_id=desk.run_id,
            version_text=runtime.version,
            start_ns=self._start_ns,
            desk_ns=desk.pulse.now_ns,
            input_count=desk.pulse.seq,
            equity=self._equity(),
            running_strategy_count=states[HostState.RUNNING],
            faulted_strategy_count=states[HostState.FAULTED],
            open_order_count=len(execution.open),
            doubtful_order_count=sum(each.doubt is not None for each in execution.open.values()),
            orders=counts.orders,
            fills=counts.fills,
            cancels=counts.cancels,
            amends=counts.amends,
            denials=dict(sorted(counts.denials.items())),
            rejects=dict(sorted(counts.rejects.items())),
            dead_letters=counts.dead_letters,
            alert_count=desk.alerts.count,
            queue_depth=runtime.queue_depth,
            event_sequence=self.event_sequence,
            queued=self.queued(),
        )

    def is_being_canceled(self, client_order_id: str) -> bool:
        """Whether an order is closed, or its cancel was asked."""
        order = self._desk.execution.order(client_order_id)
        return order is None or order.is_closed or bool(order.pending_cancels)

    def queued(self, strategy_id: str = "") -> tuple[QueuedVerb, ...]:
        """Return the verbs that wait for a broker, of one strategy or all."""
        owed = self._desk.owed.describe()
        return self.shown(each for each in owed if strategy_id in ("", each.strategy_id))

    def to_be_queued(
        self, hosts: Iterable[StrategyHost], instrument_id: str, verb: Verb
    ) -> tuple[QueuedVerb, ...]:
        """Return what would wait if a verb were asked for now."""
        desk = self._desk
        return self.shown(
            VerbOwed(host.strategy_id, instrument_id, verb, CUT_OFF, desk.pulse.now_ns)
            for host in hosts
            if desk.owed.is_cut_off(host)
        )

    def shown(self, verbs: Iterable[VerbOwed]) -> tuple[QueuedVerb, ...]:
        """Return verbs that wait, each with its account; none of strategies that are gone."""
        desk = self._desk
        return tuple(
            _queued(each, desk.owners.broker_name(desk.hosts[each.strategy_id]))
            for each in verbs
            if each.strategy_id in desk.hosts
        )

    def live_grant(self) -> GrantInfo | None:
        """Return the leave to trade live that holds; of an earlier run only its end is known."""
        desk = self._desk
        standing, grant = desk.execution.standing, self.grant
        until_ns = standing.armed_until_ns
        if not standing.needs_arming or desk.pulse.now_ns >= until_ns:
            return None
        if grant is not None and grant.expire_ns == until_ns:
            return grant
        names = ",".join(sorted(desk.accounts))
        stage_pct = desk.limits.stage_pct
        return GrantInfo(
            account=names, stage_pct=stage_pct, expire_ns=until_ns, granted_by="", reason=""
        )

    def state(self) -> DeskState:
        """Return whether requests leave."""
        if self._runtime.is_stopping:
            return DeskState.STOPPING
        return DeskState.HALTED if self._desk.execution.halted else DeskState.RUNNING

    def _look_again(self) -> None:
        """Forget what was seen before the latest input; until the next one it stays as it is."""
        number = self._desk.pulse.seq
        if number != self._seen_at:
            self._seen_at = number
            self._positions.clear()
            self._accounts.clear()
            self._liquidations.clear()

    def _position(self, strategy_id: str, instrument_id: str) -> PositionInfo | None:
        host = self._desk.hosts.get(strategy_id)
        ledger = host.ledgers.get(instrument_id) if host else None
        return None if ledger is None else position_info(ledger, self.account_name(strategy_id))

    def _equity(self) -> tuple[Amount, ...]:
        desk = self._desk
        sums: dict[str, tuple[int, int]] = {}
        for account in desk.accounts.values():
            ledgers = [
                ledger
                for host in desk.hosts.values()
                if host.account is account
                for ledger in host.ledgers.values()
            ]
            for currency, balance in account.balances.items():
                before, scale = sums.get(currency, (0, balance.scale))
                finest = max(scale, balance.scale)
                sums[currency] = (
                    before * pow10(finest - scale)
                    + equity_of(balance, ledgers) * pow10(finest - balance.scale),
                    finest,
                )
        return tuple(
            Amount(format_raw(raw, scale), currency)
            for currency, (raw, scale) in sorted(sums.items())
        )


def _queued(owed: VerbOwed, broker: str) -> QueuedVerb:
    return QueuedVerb(
        verb=owed.verb or "",
        strategy_id=owed.strategy_id,
        instrument_id=owed.instrument_id,
        account=broker,
        reason=owed.why,
        create_ns=owed.ts_init,
    )
