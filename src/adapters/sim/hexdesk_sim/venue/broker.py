"""One account at a venue that runs as a process of its own.

Requests leave over HTTP, several orders at a time, those of one order in their order. What became
of them comes twice, as the answer and over the stream, in either order; reports are numbered, so
each is told once. A request whose outcome nobody knows is reported so and never sent again.
"""

from collections.abc import Mapping, Sequence
from random import Random

import msgspec

from hexdesk.connection import Connection, SequenceGuard
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.links import LINK_DOWN, LinkState, LinkStatus
from hexdesk.domain.money import Money
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import Fill, OutcomeUnknown, VenueReport
from hexdesk.domain.values import Operation, TimeNs
from hexdesk.errors import VenuePermanentError
from hexdesk.plugin import BrokerContext
from hexdesk.ports.broker import Capabilities, VenueOrder, VenuePosition
from hexdesk.ports.telemetry import CALL
from hexdesk_sim.checks import VENUE_DUPLICATE_ID, VENUE_OTHER, VENUE_RATE
from hexdesk_sim.venue.capabilities import CAPABILITIES
from hexdesk_sim.venue.lanes import Lanes
from hexdesk_sim.venue.rest import NotExecutedError, Rest, UnknownOutcomeError
from hexdesk_sim.venue.settings import VenueBrokerSettings
from hexdesk_sim.venue.stream import Stream
from hexdesk_sim.venue.translate import answers, doubt, facts, refusal
from hexdesk_sim.venue.wire import (
    FROM_NOW,
    Answer,
    Heartbeat,
    Hello,
    OrderRequest,
    Reports,
    Resume,
    ServerMessage,
    Welcome,
)
from hexdesk_sim.venue.working import Seen, WorkingOrders

MS_PER_S = 1_000
SCALES = ("price_scale", "quantity_scale", "multiplier_scale", "settle", "inverse")
"""Of an instrument: what integers on the wire mean."""


class Sent:
    """A request on its way; `is_told` once the desk knows what is known of it.

    `call` is the trace context of the call that asked for an order; empty where none did.
    """

    __slots__ = ("call", "is_told", "request")

    def __init__(self, request: OrderRequest, call: str) -> None:
        self.request = request
        self.call = call
        self.is_told = False


class VenueBroker:
    """The account at the venue; `chance` spreads reconnections, by default from the seed.

    Attributes:
        is_open: Whether requests are taken.
    """

    def __init__(
        self,
        context: BrokerContext,
        settings: VenueBrokerSettings,
        *,
        chance: Random | None = None,
    ) -> None:
        self._context = context
        self._settings = settings
        self._account_id = context.account_id
        self._clock = context.clock
        self._rest = Rest(context.account_id, context.clock, settings, context.tracer)
        self._lanes: Lanes[Sent] = Lanes(
            self._perform, workers=settings.connections, capacity=settings.requests_max
        )
        self._stream = Stream(
            settings,
            greet=self._greet,
            on_welcome=self._on_welcome,
            refill=self._refill,
            take=self._take,
        )
        self._connection = Connection(
            context.name,
            self._stream,
            settings.limits(),
            random=chance or Random(f"{context.seed}:{context.name}:reconnect"),
            now_ns=context.clock.now_ns,
            logger=context.logger,
            on_link=self._on_link,
        )
        self.is_open = False
        self._is_down = True
        self._epoch = ""
        self._numbers = SequenceGuard()
        self._under_way: dict[str, Sent] = {}  # lanes let one request of an order leave at a time
        self._seen = Seen()
        self._working = WorkingOrders()

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; constant."""
        return CAPABILITIES

    @property
    def link(self) -> LinkStatus:
        """How the connection is now."""
        return self._connection.status

    @property
    def sequence(self) -> int:
        """Number of the last report up to which none is missing."""
        return self._seen.upto

    @property
    def is_idle(self) -> bool:
        """Whether every request has been answered or given up."""
        return self._lanes.is_idle

    # --- requests ----------------------------------------------------------------------------

    def submit(self, order: NewOrder) -> None:
        """Send an order."""
        self._working.add(order)
        self._enqueue(order, CALL.get())

    def amend(self, request: AmendOrder) -> None:
        """Ask to replace terms of an open order."""
        self._enqueue(request)

    def cancel(self, request: CancelOrder) -> None:
        """Ask to cancel an open order."""
        self._enqueue(request)

    def _enqueue(self, request: OrderRequest, call: str = "") -> None:
        if not self.is_open:
            self._refuse(request, LINK_DOWN, "unsent: not connected")
        elif self._is_down:
            self._refuse(request, LINK_DOWN, self._why_down())
        elif not self._lanes.put(request.client_order_id, Sent(request, call)):
            limit = self._settings.requests_max
            self._refuse(request, VENUE_RATE, f"unsent: requests_waiting={limit} expected=fewer")

    def _why_down(self) -> str:
        status = self._connection.status
        return f"unsent: link={status.state.name} error={status.error!r}"

    async def _perform(self, sent: Sent) -> None:
        request = sent.request
        if self._is_down:  # it was lost while the request waited
            self._refuse(request, LINK_DOWN, self._why_down())
            return
        self._under_way[request.client_order_id] = sent
        try:
            answer = await self._rest.send(request, sent.call)
        except NotExecutedError as error:
            self._refuse(request, error.code, str(error))
        except UnknownOutcomeError as error:
            self._doubt(sent, str(error))
        except BaseException:  # canceled by `close`, or a bug: bytes may have left
            self._doubt(sent, "given up")
            raise
        else:
            self._on_answer(request, answer)
        finally:
            del self._under_way[request.client_order_id]

    def _doubt(self, sent: Sent, text: str) -> None:
        """Report once that nobody knows what became of a request, unless the stream has told."""
        if not sent.is_told:
            sent.is_told = True
            self._deliver(doubt(sent.request, text, self._clock.now_ns()))

    def _on_answer(self, request: OrderRequest, answer: Answer) -> None:
        if answer.report is not None:
            if answer.epoch != self._epoch or self._seen.is_new(answer.sequence):
                self._deliver(answer.report)  # of a venue restarted meanwhile: counted anew
        elif answer.order is not None and answer.order.intent == request:
            for report in facts(answer.order, VENUE_OTHER):  # it had arrived before
                self._deliver(report)
        elif answer.order is not None:
            text = f"client_order_id={request.client_order_id} expected=unused"
            self._deliver(refusal(request, VENUE_DUPLICATE_ID, text, self._clock.now_ns()))
        else:
            self._deliver(doubt(request, "an answer without a report", self._clock.now_ns()))

    def _refuse(self, request: OrderRequest, code: str, text: str) -> None:
        """Report that a request was not executed; what it says of a second send is no proof."""
        now = self._clock.now_ns()
        if isinstance(request, NewOrder) and self._working.may_have_left(request.client_order_id):
            self._deliver(doubt(request, text, now))
        else:
            self._deliver(refusal(request, code, text, now))

    def _deliver(self, report: VenueReport) -> None:
        sent = self._under_way.get(report.client_order_id)
        if sent is not None and answers(sent.request, report):
            sent.is_told = True
        if self._working.note(report):
            now = self._clock.now_ns()
            self._context.reports(msgspec.structs.replace(report, ts_init=now))

    # --- life --------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Check that venue and desk mean the same, then listen to reports.

        Raises:
            VenueError: It cannot be reached now, refuses, or counts otherwise than this desk.
            ConfigError: The token is not set.
        """
        await self._rest.open()
        try:
            await self._check_venue()
            await self._connection.open()
        except BaseException:
            await self._rest.close()
            raise
        self._lanes.start()
        self.is_open = True

    async def close(self) -> None:
        """Send what is queued, but not for ever, and free everything; idempotent.

        What could not be sent in time is rejected, what was under way is in doubt.
        """
        self.is_open = False
        timeout_s = self._settings.close_timeout_ms / MS_PER_S
        for sent in await self._lanes.close(timeout_s):
            self._refuse(sent.request, LINK_DOWN, "unsent: closed")
        await self._connection.close()
        await self._rest.close()

    async def _check_venue(self) -> None:
        time = await self._rest.time()
        mode = self.capabilities.position_mode.name.lower()
        if time.position_mode != mode:
            raise VenuePermanentError(
                f"{self._settings.url}: the venue is {time.position_mode}, this broker {mode}",
                remedy=f'start the venue with position_mode = "{mode}"',
            )
        for theirs in await self._rest.instruments():
            ours = self._context.instruments.get(theirs.id)
            for name in SCALES if ours is not None else ():
                if getattr(ours, name) != getattr(theirs, name):
                    raise VenuePermanentError(
                        f"{theirs.id}: {name} is {getattr(theirs, name)} at the venue,"
                        f" {getattr(ours, name)} here",
                        remedy=f'delete [instruments."{theirs.id}"] here, or make both equal',
                    )

    # --- reports -----------------------------------------------------------------------------

    def _on_link(self, status: LinkStatus) -> None:
        """Doubt what is under way when the link is lost; a late answer still counts as evidence."""
        if status.state in {LinkState.BACKING_OFF, LinkState.CLOSED}:
            self._is_down = True
            for sent in list(self._under_way.values()):
                self._doubt(sent, f"the link was lost before an answer: {status.error}")
        elif status.is_live:
            self._is_down = False
        self._context.on_link(status)

    def _greet(self) -> Hello:
        token = self._settings.token
        return Hello(
            account=self._account_id,
            token=token.reveal() if token is not None else "",
            epoch=self._epoch,
            after=self._seen.upto if self._epoch else FROM_NOW,
        )

    async def _on_welcome(self, welcome: Welcome) -> None:
        """Take up the count; ask for what the stream cannot tell."""
        self._numbers.begin(welcome.sequence + 1)
        if welcome.is_complete and self._epoch:
            return
        if self._epoch:
            same = welcome.epoch == self._epoch
            why = "the venue kept too few reports" if same else "the venue was restarted"
            self._connection.note_gap(f"{why}: asking for orders and executions")
            await self._resync()
        self._epoch = welcome.epoch
        self._seen.begin(welcome.sequence)

    async def _refill(self) -> None:
        """Ask for the reports after the last one known, on the stream as it is."""
        await self._stream.send(Resume(epoch=self._epoch, after=self._seen.upto))
        await self._on_welcome(await self._stream.welcome())

    async def _resync(self) -> None:
        """Report executions since the last known one, and what every working order is now."""
        fills = await self._rest.fills(self._working.fills_since_ns)
        orders = [(order_id, await self._rest.order(order_id)) for order_id in self._working.ids()]
        for fill in fills:
            self._deliver(fill)
        for order_id, order in orders:
            if order is None:
                text = "the venue does not know the order"
                now = self._clock.now_ns()
                self._deliver(OutcomeUnknown(order_id, Operation.STATUS, 0, text, now))
            else:
                for report in facts(order, VENUE_OTHER):
                    self._deliver(report)

    def _take(self, message: ServerMessage) -> None:
        if isinstance(message, Reports):
            known = self._numbers.known(message.sequence, len(message.reports))
            for number, report in enumerate(message.reports[known:], message.sequence + known):
                if self._seen.is_new(number):
                    self._deliver(report)
        elif isinstance(message, Heartbeat):  # what it names was sent before it
            self._numbers.expect(message.sequence)

    # --- queries -----------------------------------------------------------------------------

    async def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that the venue lists; as all queries it raises `VenueError`."""
        return await self._rest.instruments()

    async def query_order(self, client_order_id: str) -> VenueOrder | None:
        """Return one order; None if it never arrived."""
        return await self._rest.order(client_order_id)

    async def query_open_orders(self) -> Sequence[VenueOrder]:
        """Return every open order by arrival."""
        return await self._rest.open_orders()

    async def query_fills(self, since_ns: TimeNs) -> Sequence[Fill]:
        """Return executions at or after a time, oldest first."""
        return await self._rest.fills(since_ns)

    async def query_positions(self) -> Sequence[VenuePosition]:
        """Return net positions that are not flat."""
        return await self._rest.positions()

    async def query_modes(self) -> Mapping[str, str]:
        """Return how the venue is set up now: it may have been restarted otherwise."""
        return {"position_mode": (await self._rest.time()).position_mode}

    async def query_balances(self) -> Sequence[Money]:
        """Return cash by currency."""
        return await self._rest.balances()
