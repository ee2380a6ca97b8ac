"""Reconciliation of one broker: what to ask it next, and what its answers mean for the desk.

The driver calls `tick` and `due` every half second or so, makes every query that `due` returns, and
gives each answer to `answered` or its failure to `failed`. It hands the actions that come back to
the desk before it calls again. All of that happens in the desk's own thread, between inputs.
"""

from collections.abc import Mapping, Sequence

from hexdesk.application.alerts import Alert
from hexdesk.application.reconciliation import patience
from hexdesk.application.reconciliation.actions import (
    Action,
    Resolution,
)
from hexdesk.application.reconciliation.books import (
    Books,
    Changes,
    DeskBooks,
    books_of,
    ledgers_of,
    orders_of,
)
from hexdesk.application.reconciliation.compare import NOTHING, Comparison, compare
from hexdesk.application.reconciliation.confirmations import Confirmations, Sighting
from hexdesk.application.reconciliation.doubts import Doubts
from hexdesk.application.reconciliation.execution_window import ExecutionWindow
from hexdesk.application.reconciliation.fills import by_venue_id
from hexdesk.application.reconciliation.findings import (
    ADOPT,
    CANCEL,
    FILL_KINDS,
    POSITION_KINDS,
    Finding,
    Mismatch,
    Policy,
)
from hexdesk.application.reconciliation.incidents import Incidents
from hexdesk.application.reconciliation.recall import earliest_ns
from hexdesk.application.reconciliation.reductions import DOUBT, RECON_STALE, Reason, Reductions
from hexdesk.application.reconciliation.schedule import ROUND, VERIFIED, Schedule
from hexdesk.application.reconciliation.settings import ReconciliationSettings, nanoseconds
from hexdesk.application.reconciliation.standing import Standing
from hexdesk.application.reconciliation.telling import told_together
from hexdesk.application.reconciliation.treatment import Treatment
from hexdesk.application.reconciliation.truth import Query, QueryKind, Truth
from hexdesk.domain.commands import NoteIncident
from hexdesk.domain.order import Order
from hexdesk.domain.values import NS_PER_MS, TimeNs
from hexdesk.ports.broker import Capabilities, VenueOrder

RECON_PAUSED = "RECON_PAUSED"
RECON_FRESH = "RECON_FRESH"


class Reconciler:
    """Reconciles one broker's books.

    Attributes:
        broker: Section of the broker.
        claims: Of its settings.
        incidents: Differences that wait for a person, and that were resolved.
        is_ready: Whether the first full round is through: the desk may trade what it explained.
    """

    def __init__(
        self,
        broker: str,
        desk: DeskBooks,
        capabilities: Capabilities,
        settings: ReconciliationSettings,
        *,
        modes: Mapping[str, str] | None = None,
        past: Sequence[NoteIncident] = (),
    ) -> None:
        """Make one; `modes` is what the account should be set to, `past` its incidents before."""
        self.broker = broker
        self.claims = settings.claims
        self.incidents = Incidents(broker)
        self.is_ready = False
        self._is_started = False
        self._desk = desk
        self._settings = settings
        self._visibility_ms = capabilities.visibility_delay_ms
        self._modes = modes or {}
        self._changes = Changes()
        self._doubts = Doubts(capabilities, settings)
        self._schedule = Schedule(settings, 0)
        self._window = ExecutionWindow(settings)
        self._confirmations = {kind: Confirmations() for kind in ROUND}
        self._reductions = Reductions()
        self._past = past
        self._standing = Standing(past, self.incidents, settings)
        self._treatment = Treatment(
            settings, self._standing, self.incidents, lambda: bool(desk.execution.halted)
        )
        self._unbooked = NOTHING
        self._orders: tuple[TimeNs, tuple[VenueOrder, ...]] | None = None
        self._lookups: set[str] = set()
        self._quiet_ns: TimeNs = 0
        self._scanned_ns: TimeNs = -1
        self._is_stale = False
        self._is_late = False

    # --- life ------------------------------------------------------------------------------

    def start(self, now_ns: TimeNs, *, quiet_since_ns: TimeNs = 0) -> None:
        """Begin with a full round, once everything since `quiet_since_ns` must be visible.

        `quiet_since_ns` is when the books changed last: the time of the journal's last record, 0
        for new books. Executions are asked for from some time before it.
        """
        self._is_started = True
        self._changes = Changes()
        self._books(now_ns)
        self._changes.date_back(quiet_since_ns)
        self._quiet_ns = quiet_since_ns + self._visibility_ms * NS_PER_MS
        since_ns = self._window.before(quiet_since_ns or now_ns)
        self._window.start(earliest_ns(self._past, since_ns))
        self._schedule = Schedule(self._settings, now_ns)
        self._reductions.take_over(self._desk.execution.reducing, self._instruments())

    def start_late(self) -> None:
        """Let nothing be opened until the first round is through: the desk trades without it."""
        self._is_late = True

    def disconnected(self) -> None:
        """Ask nothing until the connection is back."""
        self._schedule.lost()

    def reconnected(self, now_ns: TimeNs) -> None:
        """Ask everything at once: nobody told us what happened meanwhile."""
        self._schedule.restored(now_ns)
        self._doubts.reconnected(now_ns)

    # --- asking ----------------------------------------------------------------------------

    def due(self, now_ns: TimeNs) -> list[Query]:
        """Return the queries to make now; each must end in `answered` or `failed`."""
        if not self._is_started or now_ns < self._quiet_ns:
            return []
        room = self._settings.lookups_max - len(self._lookups)
        order_ids = self._doubts.due(now_ns, room) if room > 0 else []
        queries: list[Query] = []
        if self._doubts.has_lookup:
            self._lookups.update(order_ids)
            queries += [Query(QueryKind.ORDER, now_ns, order_id) for order_id in order_ids]
        elif order_ids:
            self._schedule.force(QueryKind.ORDERS, now_ns)
            orders = orders_of(self._desk, self.broker)
            sought = (orders[order_id] for order_id in order_ids if order_id in orders)
            self._want_fills(self._window.before_all(sought), now_ns)
        kinds = self._schedule.due(now_ns)
        if kinds:
            self._books(now_ns)  # notes how things are before the broker looks
        for kind in kinds:
            since_ns = self._window.since_ns if kind is QueryKind.FILLS else 0
            queries.append(Query(kind, now_ns, since_ns=since_ns))
        return queries

    def failed(self, query: Query, error: str, now_ns: TimeNs) -> list[Action]:
        """Take that a query had no answer."""
        if query.kind is QueryKind.ORDER:
            self._lookups.discard(query.client_order_id)
            self._doubts.failed(query.client_order_id, now_ns)
            return []
        if not self._schedule.failed(query.kind, now_ns):
            return []
        settings = self._settings
        what = f"{settings.failures_max} failures in a row, paused for {settings.pause_s:g} s"
        text = f"{query.kind}: {what}; the last: {error}"
        return [Alert(RECON_PAUSED, self.broker, text, now_ns)]

    # --- answers ---------------------------------------------------------------------------

    def answered(self, query: Query, truth: Truth, now_ns: TimeNs) -> list[Action]:
        """Take a query's answer; `truth` holds the field that its kind asked for."""
        if query.kind is QueryKind.ORDER:
            return self._looked_up(query, truth, now_ns)
        books = self._books(now_ns, truth)
        actions: list[Action] = []
        if query.kind is QueryKind.ORDERS:
            self._orders = (query.asked_ns, tuple(truth.orders or ()))
        elif query.kind is QueryKind.FILLS:
            actions += self._executed(books, query, truth, now_ns)
        comparison = compare(
            books,
            truth,
            self._settings,
            visibility_ms=self._visibility_ms,
            known=self._unbooked,
        )
        self._schedule.answered(query.kind, query.asked_ns, now_ns)
        actions += self._take(query, books, comparison, now_ns)
        self._changes.note_late(actions)
        return actions + self._reduce(now_ns)

    def tick(self, now_ns: TimeNs) -> list[Action]:
        """Do what time alone asks for: new doubts, old ones, books that nobody compared."""
        actions: list[Action] = []
        if not self._is_started:
            return actions
        if self._doubts or now_ns - self._scanned_ns >= nanoseconds(self._settings.in_flight_s):
            self._scanned_ns = now_ns
            actions += self._doubts.watch(orders_of(self._desk, self.broker), now_ns)
            self._see_whether_ready()
        is_stale = self._schedule.is_stale(now_ns) or (self._is_late and not self.is_ready)
        if is_stale is not self._is_stale:
            self._is_stale = is_stale
            age_s = self._schedule.age_ns(now_ns) // nanoseconds(1)
            code = RECON_STALE if is_stale else RECON_FRESH
            actions.append(Alert(code, self.broker, f"compared {age_s} s ago", now_ns))
        return actions + self._reduce(now_ns)

    # --- a person --------------------------------------------------------------------------

    def resolve(
        self,
        number: int,
        policy: Policy,
        *,
        by: str,
        why: str,
        now_ns: TimeNs,
        dry_run: bool = False,
    ) -> Resolution:
        """Carry out a person's decision about an incident, or only say what it would come to."""
        incident = self.incidents.find(number)
        problem = self.incidents.problem(incident, policy, by, why)
        if problem or incident is None:
            return Resolution(problem=problem or f"there is no incident {number}")
        done = self._treatment.decide(
            incident, policy, self._books(now_ns), is_seen=self._is_seen(incident.finding),
            by=by, why=why, now_ns=now_ns, dry_run=dry_run,
        )  # fmt: skip
        if dry_run or done.problem:
            return done
        return Resolution([*done.actions, *self._reduce(now_ns)])

    # --- looking ---------------------------------------------------------------------------

    @property
    def is_compared(self) -> bool:
        """Whether orders, executions and positions were, since the start or the last reconnect."""
        count = self._schedule.count
        return self.is_ready and all(count(kind) and self._is_looked_at(kind) for kind in VERIFIED)

    @property
    def doubt_count(self) -> int:
        """How many orders are being looked up."""
        return len(self._doubts)

    def policies_of(self, kind: Mismatch) -> tuple[Policy, ...]:
        """Return what the configuration does about a kind of difference."""
        return self._settings.policies_of(kind)

    def reducing(self) -> dict[str, dict[str, str]]:
        """Return texts by code of this broker's instruments that may only shrink."""
        codes = self._desk.execution.reducing
        return {each: dict(codes[each]) for each in sorted(self._instruments() & codes.keys())}

    def age_ns(self, now_ns: TimeNs) -> TimeNs:
        """Return how long orders, executions or positions have not been compared."""
        return self._schedule.age_ns(now_ns)

    # --- inside ----------------------------------------------------------------------------

    def _books(self, now_ns: TimeNs, truth: Truth | None = None) -> Books:
        named: list[tuple[str, str]] = []
        if truth is not None:
            named += [
                (order.intent.client_order_id, order.venue_order_id) for order in truth.orders or ()
            ]
            named += [(fill.client_order_id, fill.venue_order_id) for fill in truth.fills or ()]
        return books_of(
            self._desk, self.broker, self._changes, named=named, modes=self._modes, now_ns=now_ns
        )

    def _instruments(self) -> set[str]:
        return {ledger.instrument.id for ledger in ledgers_of(self._desk, self.broker)}

    def _looked_up(self, query: Query, truth: Truth, now_ns: TimeNs) -> list[Action]:
        order_id = query.client_order_id
        self._lookups.discard(order_id)
        orders = orders_of(self._desk, self.broker)
        order = orders.get(order_id)
        if order is None:
            return []
        actions = self._doubts.looked_up(order, truth.order, query.asked_ns, now_ns)
        self._changes.note_late(actions)
        since_ns = self._doubts.fills_wanted_since_ns(orders)
        if since_ns is not None:
            self._want_fills(since_ns, now_ns)
        return actions

    def _executed(self, books: Books, query: Query, truth: Truth, now_ns: TimeNs) -> list[Action]:
        """Give executions to the doubts that wait for them."""
        fills = truth.fills or ()
        self._window.answered(query)
        actions = self._doubts.executed(
            books.orders,
            by_venue_id(books.orders.values()),
            fills,
            asked_ns=query.asked_ns,
            since_ns=query.since_ns,
            now_ns=now_ns,
        )
        if not self._doubts.has_lookup and self._orders is not None:
            asked_ns, open_orders = self._orders
            actions += self._doubts.search(
                books.orders, open_orders, fills, asked_ns=asked_ns, now_ns=now_ns
            )
        return actions

    def _want_fills(self, since_ns: TimeNs, now_ns: TimeNs) -> None:
        self._window.want(since_ns, now_ns)
        self._schedule.force(QueryKind.FILLS, now_ns)

    def _take(
        self, query: Query, books: Books, comparison: Comparison, now_ns: TimeNs
    ) -> list[Action]:
        """Count findings, act on those that are confirmed, let go of those that are gone."""
        kind = query.kind
        findings = [each for each in comparison.findings if not self._standing.is_ignored(each)]
        actions = self._standing.clear(kind, comparison, books, now_ns)
        confirmations = self._confirmations[kind]
        if kind is QueryKind.FILLS:
            self._unbooked = comparison.unbooked
            self._window.move(query, findings)
        for sighting in confirmations.count(findings, query.asked_ns):
            if sighting.is_confirmed and self._is_searched(sighting):
                actions += self._act(sighting, query, books, now_ns)
            else:
                self._look_closer(sighting, books, now_ns)
                self._schedule.force(kind, now_ns + nanoseconds(self._settings.confirm_s))
        self._see_whether_ready()
        return told_together(actions, self.broker)

    def _is_searched(self, sighting: Sighting) -> bool:
        """Whether executions were listed that explain a position, if any do, however late."""
        visible_ns = sighting.since_ns + self._visibility_ms * NS_PER_MS
        return sighting.finding.kind not in POSITION_KINDS or self._window.was_searched_since(
            visible_ns
        )

    def _look_closer(self, sighting: Sighting, books: Books, now_ns: TimeNs) -> None:
        """Ask for the executions that may explain a difference."""
        finding = sighting.finding
        if finding.kind in POSITION_KINDS:
            self._window.want_all(now_ns)
            self._schedule.force(QueryKind.FILLS, now_ns)
        elif finding.kind in FILL_KINDS and not finding.fills:
            order = books.orders.get(finding.key)
            if order is not None:
                self._want_fills(self._window.before(order.intent.ts_init), now_ns)

    def _act(self, sighting: Sighting, query: Query, books: Books, now_ns: TimeNs) -> list[Action]:
        """Do what the policies say, and look soon whether it helped."""
        is_first = not sighting.acts
        actions = self._treatment.act(sighting, query, books, now_ns)
        finding = sighting.finding
        policies = self._settings.policies_of(finding.kind)
        if is_first and finding.kind in FILL_KINDS and ADOPT in policies:
            self._unbooked = NOTHING  # they are in the books now, or in dead letters
            self._look_closer(sighting, books, now_ns)
        if is_first and {ADOPT, CANCEL} & set(policies):
            self._schedule.force(query.kind, now_ns + nanoseconds(self._settings.confirm_s))
        return actions

    def _is_seen(self, finding: Finding) -> bool:
        """Whether a difference was there at the last look: what is gone is not adopted again."""
        sightings = (each.sightings.get(finding.subject) for each in self._confirmations.values())
        return any(each is not None and each.finding.is_same(finding) for each in sightings)

    def _see_whether_ready(self) -> None:
        """End the start once everything was asked, looked at twice where it differed, and known."""
        if self.is_ready:
            return
        schedule = self._schedule
        has_balances = schedule.count(QueryKind.BALANCES) or schedule.failures(QueryKind.BALANCES)
        if not has_balances or any(schedule.count(kind) == 0 for kind in VERIFIED):
            return
        if not all(map(self._is_looked_at, ROUND)) or self._doubts.is_searching():
            return
        self.is_ready = True
        self._doubts.mark_unexplained()
        for kind, confirmations in self._confirmations.items():
            for sighting in confirmations.sightings.values():
                finding = sighting.finding
                if finding.instrument_id and not sighting.acts:
                    self._standing.hold(finding, kind, reduces=True)

    def _is_looked_at(self, kind: QueryKind) -> bool:
        """Whether what differs was looked at twice, or often enough for a start."""
        count = self._schedule.count(kind)
        return self._confirmations[kind].is_settled or count >= patience.START_LOOKS_MAX

    def _reduce(self, now_ns: TimeNs) -> list[Action]:
        """Bring the reasons for which instruments may only shrink to what now holds."""
        wanted: dict[Reason, str] = {}
        instruments = self._instruments()
        if self._is_stale:
            text = "the broker's books could not be compared"
            wanted |= {(instrument_id, RECON_STALE): text for instrument_id in instruments}
        wanted |= self._standing.reasons(instruments)
        orders: Mapping[str, Order] = orders_of(self._desk, self.broker) if self._doubts else {}
        for instrument_id, text in self._doubts.reducing(orders, now_ns).items():
            wanted[instrument_id, DOUBT] = text
        held, is_ready = self._desk.execution.reducing, self.is_ready
        return [*self._reductions.bring_to(wanted, held, may_clear=is_ready, now_ns=now_ns)]
