"""Asks the brokers of a live desk what they know, and lets the desk repair its books.

One reconciler a broker decides what to ask and what the answers mean; this only asks. Every query
has a time limit, and there are never more on their way than the reconciler asked for.
"""

import asyncio
import logging
from collections.abc import Mapping

from hexdesk.application.control.reconciling import DeskReconciling
from hexdesk.application.desk import Desk
from hexdesk.application.orders.resends import Resends
from hexdesk.application.reconciliation.actions import Action
from hexdesk.application.reconciliation.reconciler import Reconciler
from hexdesk.application.reconciliation.repairs import Repairs
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.application.reconciliation.truth import Query, QueryKind, Truth
from hexdesk.domain.links import LinkStatus
from hexdesk.domain.values import TimeNs
from hexdesk.ports.broker import Broker, ModalBroker
from hexdesk.ports.clock import Clock

STEP_S = 0.25
logger = logging.getLogger("hexdesk.reconcile")


class Watchman:
    """Reconciles one broker.

    Attributes:
        reconciler: What decides.
    """

    def __init__(
        self,
        name: str,
        broker: Broker,
        desk: Desk,
        clock: Clock,
        settings: ReconciliationSettings,
        *,
        resends: Resends | None = None,
    ) -> None:
        past = desk.operator.incidents.of(name)
        modes = {"position_mode": desk.accounts[name].position_mode.name.lower()}
        self.reconciler = Reconciler(
            name, desk, broker.capabilities, settings, modes=modes, past=past
        )
        self._broker = broker
        self._clock = clock
        self._timeout_s = settings.query_timeout_s
        self._repairs = Repairs(desk, name, settings.claims)
        self._resends = resends or Resends(desk, name, settings)
        self._tasks: set[asyncio.Task[None]] = set()
        self._was_live = True
        self._owes_exits = True
        self._desk = desk

    def start(self, quiet_since_ns: TimeNs) -> None:
        """Begin with a full round; see `Reconciler.start`."""
        now_ns = self._clock.now_ns()
        self.reconciler.start(now_ns, quiet_since_ns=quiet_since_ns)
        if not self._was_live:
            self.reconciler.disconnected()
        self._resends.begin(self._broker.capabilities, now_ns)

    def on_link(self, status: LinkStatus) -> None:
        """Ask nothing while the link is down, and everything once it is back."""
        if status.is_up:
            self._desk.owed.unreachable.discard(self.reconciler.broker)
        else:
            self._desk.owed.unreachable.add(self.reconciler.broker)
        if status.is_live and not self._was_live:
            self.reconciler.reconnected(self._clock.now_ns())
            self._owes_exits = True
        elif not status.is_live and self._was_live:
            self.reconciler.disconnected()
        self._was_live = status.is_live

    def step(self) -> None:
        """Do what time asks for, and send the queries that are due.

        Once the books were compared exits may leave that had no way out, and what operators' verbs
        still owe: not before, for what is known of them and of what they close may be old.
        """
        now_ns = self._clock.now_ns()
        self._resends.step(now_ns)
        self._do(self.reconciler.tick(now_ns))
        if self._owes_exits and self.reconciler.is_compared:
            self._owes_exits = False
            self._desk.follow_lists(now_ns)
        if self._desk.owed.of(self.reconciler.broker) and self.reconciler.is_compared:
            self._desk.pay_owed(self.reconciler.broker, now_ns)
        for query in self.reconciler.due(now_ns):
            task = asyncio.create_task(self._ask(query))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Send nothing again any more: the desk stops."""
        self._resends.stop(self._clock.now_ns())

    async def close(self) -> None:
        """Give up what is on its way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, query: Query) -> None:
        try:
            truth = await asyncio.wait_for(self._query(query), self._timeout_s)
        except Exception as error:  # noqa: BLE001 - an adapter may raise anything; it is counted
            text = f"{type(error).__name__}: {error}"
            logger.debug("%s: %s: %s", self.reconciler.broker, query.kind, text)
            self._do(self.reconciler.failed(query, text, self._clock.now_ns()))
        else:
            self._do(self.reconciler.answered(query, truth, self._clock.now_ns()))
            self._do(self.reconciler.tick(self._clock.now_ns()))  # what was reduced for it ends

    async def _query(self, query: Query) -> Truth:
        broker, asked_ns = self._broker, query.asked_ns
        match query.kind:
            case QueryKind.ORDER:
                order = await broker.query_order(query.client_order_id)
                return Truth(asked_ns=asked_ns, order=order)
            case QueryKind.ORDERS:
                return Truth(asked_ns=asked_ns, orders=await broker.query_open_orders())
            case QueryKind.FILLS:
                fills = await broker.query_fills(query.since_ns)
                return Truth(asked_ns=asked_ns, since_ns=query.since_ns, fills=fills)
            case QueryKind.POSITIONS:
                modes: Mapping[str, str] = {}
                if isinstance(broker, ModalBroker):
                    modes = await broker.query_modes()
                positions = await broker.query_positions()
                return Truth(asked_ns=asked_ns, positions=positions, modes=modes)
            case QueryKind.BALANCES:
                return Truth(asked_ns=asked_ns, balances=await broker.query_balances())

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            self._repairs.do(action, self._clock.now_ns())


class Reconciliation:
    """Reconciles all brokers of a live desk.

    Attributes:
        watchmen: By broker.
        shown: What the control plane sees of it; None if it is off.
    """

    def __init__(
        self,
        desk: Desk,
        brokers: Mapping[str, Broker],
        clock: Clock,
        settings: ReconciliationSettings,
        resends: Mapping[str, Resends] | None = None,
    ) -> None:
        known = resends or {}
        self.watchmen = {
            name: Watchman(name, broker, desk, clock, settings, resends=known.get(name))
            for name, broker in brokers.items()
        }
        self._is_on = settings.enabled
        self._desk = desk
        self._clock = clock
        reconcilers = {name: each.reconciler for name, each in self.watchmen.items()}
        self._links: dict[str, LinkStatus] = {}
        shown = DeskReconciling(desk, reconcilers, clock.now_ns, self._links)
        self.shown = shown if self._is_on else None
        self._task: asyncio.Task[None] | None = None

    def start(self, quiet_since_ns: TimeNs) -> None:
        """Begin with a full round at every broker that can be reached."""
        if not self._is_on:
            logger.warning("reconciliation is off: nobody compares the books with the brokers'")
            self._follow_lists()
            return
        for watchman in self.watchmen.values():
            watchman.start(quiet_since_ns)
        self._task = asyncio.create_task(self._run())

    @property
    def missing(self) -> list[str]:
        """Brokers whose first round is not through; until it is nothing is opened there."""
        if not self._is_on:
            return []
        return [name for name, each in self.watchmen.items() if not each.reconciler.is_ready]

    def start_without(self) -> None:
        """Let the desk trade where books were compared, and open nothing elsewhere."""
        for name in self.missing:
            self.watchmen[name].reconciler.start_late()
            self.watchmen[name].step()

    def on_link(self, broker: str, status: LinkStatus) -> None:
        """Take a change of a broker's link."""
        self._links[broker] = status
        watchman = self.watchmen.get(broker)
        if watchman is not None:
            watchman.on_link(status)
        if status.is_live and not self._is_on:  # not from within what told of the link
            asyncio.get_running_loop().call_soon(self._follow_lists)

    def stop(self) -> None:
        """Send nothing again any more: the desk stops."""
        for watchman in self.watchmen.values():
            watchman.stop()

    async def close(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for watchman in self.watchmen.values():
            await watchman.close()

    def _follow_lists(self) -> None:
        self._desk.follow_lists(self._clock.now_ns())
        for broker in self.watchmen:
            self._desk.pay_owed(broker, self._clock.now_ns())

    async def _run(self) -> None:
        while True:
            for watchman in self.watchmen.values():
                watchman.step()
            await asyncio.sleep(STEP_S)
