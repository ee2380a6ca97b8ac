"""Whose books a desk has: brokers with their accounts, and owners of orders and positions there."""

from collections.abc import Callable, Iterable, Mapping

from hexdesk.application.gate.gate_limits import GateLimits
from hexdesk.application.gate.risk_gate import RiskGate
from hexdesk.application.ledgers.ledger import Ledger
from hexdesk.application.market.markets import Market
from hexdesk.application.orders.order_store import OrderStore
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.accounts import Account
from hexdesk.domain.commands import OpenBooks
from hexdesk.domain.records import AccountBook, StrategyBook
from hexdesk.errors import require
from hexdesk.ports.broker import Broker


class Owners:
    """Opens books. An owner is a strategy's name; whether a strategy moves it is another matter.

    Attributes:
        on_put: Told of every owner whose books are opened from now on.
    """

    def __init__(
        self, store: OrderStore, markets: Mapping[str, Market], limits: dict[str, GateLimits]
    ) -> None:
        self.on_put: Callable[[StrategyHost], None] | None = None
        self._store = store
        self._hosts = store.hosts
        self._accounts = store.accounts
        self._brokers: dict[str, Broker] = {}
        self._markets = markets
        self._limits = limits
        self._is_written = False

    def add_broker(self, name: str, broker: Broker, account: Account) -> None:
        """Make a broker and its account known; before owners that use it."""
        require(name not in self._brokers, f"broker {name!r} is attached twice")
        self._brokers[name] = broker
        self._accounts[name] = account

    def broker_name(self, host: StrategyHost) -> str:
        """Return the section name of the broker that an owner trades through."""
        return next(name for name, account in self._accounts.items() if account is host.account)

    def begin(self) -> tuple[tuple[AccountBook, ...], tuple[StrategyBook, ...]]:
        """Return the books of accounts and owners, to be written down at the start of a run.

        Those that `take` opens from now on are written down at once.
        """
        self._is_written = True
        accounts = tuple(
            AccountBook(broker, account.id, account.position_mode)
            for broker, account in self._accounts.items()
        )
        owners = tuple(
            StrategyBook(host.strategy_id, self.broker_name(host), tuple(host.ledgers))
            for host in self._hosts.values()
        )
        return accounts, owners

    def take(self, strategy_id: str, broker: str, instrument_ids: Iterable[str]) -> StrategyHost:
        """Return the owner that a new strategy is to move; books restored for it are its own.

        Raises:
            InvariantError: A strategy moves it already, or its books are at another broker.
        """
        known = self._hosts.get(strategy_id)
        if known is not None:
            require(known.strategy is None, f"strategy {strategy_id!r} is added twice")
            where = self.broker_name(known)
            require(
                where == broker, f"the books of {strategy_id!r} are at {where!r}, not {broker!r}"
            )
        host = self.open(strategy_id, broker, instrument_ids)
        if known is None and self._is_written:
            now_ns = self._store.pulse.now_ns
            self._store.record(OpenBooks(strategy_id, broker, tuple(host.ledgers), now_ns))
        return host

    def open(self, strategy_id: str, broker: str, instrument_ids: Iterable[str]) -> StrategyHost:
        """Return an owner with books of these instruments, opened if they were not; idempotent."""
        host = self._hosts.get(strategy_id)
        if host is None:
            host = self.make(strategy_id, broker, instrument_ids)
            self.put(host)
        else:
            for each in instrument_ids:
                if each not in host.ledgers:
                    host.ledgers[each] = Ledger(strategy_id, self._markets[each], host.account)
        return host

    def make(self, strategy_id: str, broker: str, instrument_ids: Iterable[str]) -> StrategyHost:
        """Return an owner whose books nobody knows yet, for `put`."""
        account, venue = self._accounts[broker], self._brokers[broker]
        return StrategyHost(
            strategy_id,
            broker=venue,
            account=account,
            ledgers={
                each: Ledger(strategy_id, self._markets[each], account) for each in instrument_ids
            },
            gate=RiskGate(venue.capabilities, self._limits, self._store.open),
        )

    def put(self, host: StrategyHost) -> None:
        """Open the books of an owner that was made."""
        self._hosts[host.strategy_id] = host
        if self.on_put is not None:
            self.on_put(host)
