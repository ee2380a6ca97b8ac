"""Use cases of safety and of strategies' lives: the verbs that a desk has commands for."""

from datetime import UTC, date, datetime

from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import (
    host_of,
    hosts_of,
    invalid,
    refuse_unwritten,
    refuse_while_halted,
    unknown,
    wrong_state,
)
from hexdesk.application.control.paging import page_of
from hexdesk.application.control.sight import Sight
from hexdesk.application.desk import Desk
from hexdesk.application.ledgers.trading_days import is_new_day
from hexdesk.application.strategies.host import HostState, StrategyHost
from hexdesk.domain import commands
from hexdesk.domain.commands import Command
from hexdesk.domain.positions import HedgedPosition
from hexdesk.domain.records import Verb
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.ports.control import ControlError, Page, Reason
from hexdesk.ports.control_requests import (
    Flatten,
    Flattened,
    Halt,
    Ids,
    LeftBehind,
    ListStrategies,
    Rearm,
    ResumeEntries,
    RollTradingDay,
    Shutdown,
    StopEntries,
    StopStrategy,
    StrategyMutation,
    StrategyVerb,
)
from hexdesk.ports.control_views import DeskInfo, StrategyInfo
from hexdesk.ports.runtime import Runtime

HALTED_BY = "by the operator"
DAYS_AWAY_MAX = 31
INITIALISED = "initialised, not trading"


class Safety:
    """What operators do with a whole desk, or with one strategy."""

    def __init__(self, desk: Desk, sight: Sight, chronicle: Chronicle, runtime: Runtime) -> None:
        self._desk = desk
        self._sight = sight
        self._chronicle = chronicle
        self._runtime = runtime
        self._initialised: set[str] = set()

    def stop_entries(self, request: StopEntries, now_ns: TimeNs) -> Ids:
        """Open nothing more."""
        hosts = hosts_of(self._desk, request.strategy_id)
        concerned = [host.strategy_id for host in hosts if host.entries_allowed]
        if not request.dry_run:
            self._command(commands.StopEntries(request.strategy_id, request.reason, now_ns))
            self._initialised.difference_update(host.strategy_id for host in hosts)
        return Ids(tuple(concerned))

    def resume_entries(self, request: ResumeEntries, now_ns: TimeNs) -> Ids:
        """Allow entries again."""
        hosts = hosts_of(self._desk, request.strategy_id)
        refuse_while_halted(self._desk)
        concerned = [host.strategy_id for host in hosts if not host.entries_allowed]
        if not request.dry_run:
            self._command(commands.ResumeEntries(request.strategy_id, request.reason, now_ns))
        return Ids(tuple(concerned))

    def flatten(self, request: Flatten, now_ns: TimeNs) -> Flattened:
        """Cancel and close."""
        refuse_unwritten(self._desk)
        hosts = hosts_of(self._desk, request.strategy_id)
        positions = [pair for host in hosts for pair in _held(host)]
        before = self._open_ids(hosts)
        canceled = [each for each in before if not self._sight.is_being_canceled(each)]
        if request.dry_run:
            concerned = {each for each, _ in positions}
            busy = [host for host in hosts if host.open_count or host.strategy_id in concerned]
            return Flattened(
                canceled_orders=tuple(canceled),
                closing_orders=(),
                positions=tuple(positions),
                queued=self._sight.to_be_queued(busy, "", Verb.FLATTEN),
            )
        count = self._chronicle.orders.count
        self._command(commands.Flatten(request.strategy_id, request.reason, now_ns))
        made = self._chronicle.orders.count - count
        latest = self._chronicle.orders.down_from(self._chronicle.orders.count)
        closing = [
            each
            for (_, each), _ in zip(latest, range(made), strict=False)
            if not self._was_refused(each)
        ]
        return Flattened(
            canceled_orders=tuple(each for each in canceled if self._sight.is_being_canceled(each)),
            closing_orders=tuple(reversed(closing)),
            positions=tuple(positions),
            queued=self._sight.queued(request.strategy_id),
        )

    def roll_trading_day(self, request: RollTradingDay, now_ns: TimeNs) -> Ids:
        """Begin a trading day."""
        markets = self._desk.markets.by_id
        if request.instrument_id and request.instrument_id not in markets:
            remedy = "hexdesk positions shows those that are held"
            raise unknown("instrument", request.instrument_id, remedy)
        _check_day(request.trading_day, now_ns)
        command = commands.RollTradingDay(
            request.trading_day, request.instrument_id, request.venue, request.reason, now_ns
        )
        concerned = [each for each in sorted(markets) if is_new_day(command, markets[each])]
        if not request.dry_run:
            self._command(command)
        return Ids(tuple(concerned))

    def halt(self, request: Halt, now_ns: TimeNs) -> DeskInfo:
        """Send nothing."""
        if not request.dry_run:
            self._command(commands.Halt(request.reason or HALTED_BY, now_ns))
        return self._sight.desk_info()

    def rearm(self, request: Rearm, now_ns: TimeNs) -> str:
        """End a halt."""
        refuse_unwritten(self._desk)
        halted = self._desk.execution.halted
        if not request.dry_run:
            self._command(commands.Rearm(request.reason, now_ns))
        return halted

    def shutdown(self, request: Shutdown, now_ns: TimeNs) -> LeftBehind:
        """End the process in good order, after this answer."""
        hosts = list(self._desk.hosts.values())
        left = LeftBehind(
            open_orders=tuple(self._open_ids(hosts)),
            positions=tuple(pair for host in hosts for pair in _held(host)),
        )
        if not request.dry_run:
            self._runtime.shutdown(request.reason or "by the operator")
        return left

    # --- strategies ----------------------------------------------------------------------------

    def change_strategy(self, request: StrategyMutation, now_ns: TimeNs) -> StrategyInfo:
        """Start, stop, pause or resume one strategy."""
        host = host_of(self._desk, request.strategy_id)
        self.check_version(host, request.expected_version)
        told = self._strategy_commands(host, request, now_ns)
        if told and not request.dry_run:
            self._note(request)
            for command in told:
                self._command(command)
        return self._sight.strategy(host)

    def list_strategies(self, query: ListStrategies) -> Page[StrategyInfo]:
        """Return all strategies, by id."""
        return page_of(query, sorted(self._desk.hosts.items()), self._sight.strategy)

    def _strategy_commands(
        self, host: StrategyHost, request: StrategyMutation, now_ns: TimeNs
    ) -> tuple[Command, ...]:
        """Return what to tell the desk; nothing if it is so already."""
        strategy_id, reason = host.strategy_id, request.reason
        match request.verb:
            case StrategyVerb.PAUSE:
                return (commands.StopEntries(strategy_id, reason, now_ns),)
            case StrategyVerb.RESUME:
                refuse_while_halted(self._desk)
                return (commands.ResumeEntries(strategy_id, reason, now_ns),)
            case StrategyVerb.INIT:
                self._refuse_to_start(host)
                if host.state is HostState.RUNNING:
                    return ()
                return (
                    commands.StopEntries(strategy_id, reason or INITIALISED, now_ns),
                    commands.StartStrategy(strategy_id, now_ns),
                )
            case StrategyVerb.START:
                return self._start(host, request, now_ns)
            case StrategyVerb.STOP:
                keep = isinstance(request, StopStrategy) and request.keep_orders
                return (commands.StopStrategy(strategy_id, keep, now_ns),)

    def _start(
        self, host: StrategyHost, request: StrategyMutation, now_ns: TimeNs
    ) -> tuple[Command, ...]:
        """Let a strategy run; one that was only initialised trades from now on."""
        self._refuse_to_start(host)
        strategy_id = host.strategy_id
        if strategy_id in self._initialised and not host.entries_allowed:
            refuse_while_halted(self._desk)
            return (commands.ResumeEntries(strategy_id, request.reason, now_ns),)
        if host.state is HostState.RUNNING:
            return ()
        return (commands.StartStrategy(strategy_id, now_ns),)

    def _note(self, request: StrategyMutation) -> None:
        """Remember who was initialised and not told anything since."""
        if request.verb is StrategyVerb.INIT:
            self._initialised.add(request.strategy_id)
        else:
            self._initialised.discard(request.strategy_id)

    # --- inside --------------------------------------------------------------------------------

    def _command(self, command: Command) -> None:
        self._desk.command(command)
        self._chronicle.catch_up()

    def check_version(self, host: StrategyHost, expected: int) -> None:
        """Refuse an edit of a strategy that changed meanwhile.

        Raises:
            ControlError: It has another version.
        """
        version = self._sight.strategy(host).version
        if expected and expected != version:
            raise ControlError(
                Reason.VERSION_CONFLICT,
                f"strategy {host.strategy_id}: expected version {expected}, was {version}",
                remedy="read the strategy again and decide anew",
                facts={"version": str(version)},
            )

    @staticmethod
    def _refuse_to_start(host: StrategyHost) -> None:
        if host.strategy is None:
            raise wrong_state(host, "started", "hexdesk strategy load makes one")
        if host.state is HostState.FAULTED:
            remedy = f"hexdesk strategy reload {host.strategy_id} makes it anew"
            raise wrong_state(host, "started", remedy)

    def _was_refused(self, client_order_id: str) -> bool:
        """Whether an order that may not be known (any more) was refused."""
        order = self._desk.execution.order(client_order_id)
        return order is not None and order.is_refused

    def _open_ids(self, hosts: list[StrategyHost]) -> list[str]:
        return [
            order.intent.client_order_id
            for host in hosts
            for order in self._desk.open_orders(host, "")
        ]


def _check_day(trading_day: int, now_ns: TimeNs) -> None:
    """Refuse what is no day, or one so far away that the days to come would never be new."""
    try:
        day = date(trading_day // 10_000, trading_day // 100 % 100, trading_day % 100)
    except ValueError as error:
        raise invalid("trading_day", f"expected a day as 20261123: {error}") from error
    today = datetime.fromtimestamp(now_ns // NS_PER_SECOND, UTC).date()
    if abs((day - today).days) > DAYS_AWAY_MAX:
        text = f"expected a day within {DAYS_AWAY_MAX} of {today:%Y%m%d}, was {trading_day}"
        raise invalid("trading_day", text)


def _held(host: StrategyHost) -> list[tuple[str, str]]:
    """Return the positions of a strategy that are not flat."""
    held: list[tuple[str, str]] = []
    for instrument_id, ledger in sorted(host.ledgers.items()):
        position = ledger.position
        if isinstance(position, HedgedPosition):
            is_held = bool(position.long.quantity or position.short.quantity)
        else:
            is_held = bool(position.quantity)
        if is_held:
            held.append((host.strategy_id, instrument_id))
    return held
