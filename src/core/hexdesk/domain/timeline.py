"""The life of an order with its times, folded from journal records. Pure, and off the path.

Whoever follows the journal hands over each commit with the time at which it was written. Inside
one input the desk reads no clock: decision, risk verdict and intent share the input's time, and
the commit's time is when they were in the journal and about to leave.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Any, TypeAlias, get_args

import msgspec

from hexdesk.domain.commands import (
    OpenBooks,
    OperatorAmend,
    OperatorCancel,
    OperatorSubmit,
    StrategyCommand,
)
from hexdesk.domain.inputs import TimerFired
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.market import (
    Bar,
    BookUpdate,
    FundingRate,
    InstrumentStatus,
    MarketEvent,
    Quote,
    Trade,
)
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    FillBusted,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderHeld,
    OrderRejected,
    OrderSubmitted,
    OrderTriggered,
    OrderUpdated,
    OutcomeUnknown,
)
from hexdesk.domain.values import BUY, LIMIT, PriceRaw, QtyRaw, TimeNs

OPEN_MAX = 10_000
"""Orders followed at once; beyond it the oldest is given up, and counted."""
MARKS_MAX = 64
"""Marks kept of one order; later ones are counted."""


class Stage(IntEnum):
    """What happened to an order."""

    SUBMITTED = 1
    HELD = 2
    DENIED = 3
    ACCEPTED = 4
    TRIGGERED = 5
    FILLED = 6
    CANCEL_ASKED = 7
    AMEND_ASKED = 8
    UPDATED = 9
    CANCELED = 10
    EXPIRED = 11
    REJECTED = 12
    REQUEST_REJECTED = 13
    IN_DOUBT = 14
    ABANDONED = 15
    BUSTED = 16


TROUBLE = frozenset(
    {Stage.DENIED, Stage.REJECTED, Stage.IN_DOUBT, Stage.ABANDONED, Stage.BUSTED,
     Stage.REQUEST_REJECTED}
)  # fmt: skip
"""Stages of which one is enough for an order to be kept whatever the sampling."""


class Mark(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One moment in an order's life.

    `ts_ns` is when the desk knew, `ts_event` when the venue says it happened (0: it does not say).
    `text` is a code or a trade id; quantity and price are those of a fill, raw; `position` is what
    the strategy held after it, None where that is not known.
    """

    stage: Stage
    ts_ns: TimeNs
    ts_event: TimeNs = 0
    text: str = ""
    quantity: QtyRaw = 0
    price: PriceRaw = 0
    position: QtyRaw | None = None


Positions: TypeAlias = dict[tuple[str, str], QtyRaw]
"""Signed quantities by strategy and instrument."""


class Cause(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The input that an order was decided in.

    `kind` is quote, trade, book, bar, status, timer, operator, report or unknown; `name` is the
    instrument, the timer or the order that it was about.
    """

    kind: str = "unknown"
    name: str = ""
    ts_event: TimeNs = 0
    ts_init: TimeNs = 0
    seq: int = 0


class OrderTimeline(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of an order's way, when it has ended.

    Attributes:
        intent: What was decided.
        instrument: What it trades; None where nobody said.
        cause: Why.
        origin: W3C `traceparent` of the call that asked for it; empty for none.
        decided_ns: The desk's time of the decision.
        written_ns: When its intent was in the journal, by the same clock; 0 in virtual time.
        marks: In the order in which the desk knew.
        state: How it ended: filled, canceled, expired, rejected, denied, abandoned; open if it did
            not.
        code: Why, where somebody said.
        filled: Quantity, raw.
        marks_dropped: Marks beyond the limit.
    """

    intent: NewOrder
    instrument: Instrument | None
    cause: Cause
    origin: str
    decided_ns: TimeNs
    written_ns: TimeNs
    marks: tuple[Mark, ...]
    state: str
    code: str
    filled: QtyRaw
    marks_dropped: int = 0

    @property
    def left_ns(self) -> TimeNs:
        """When it left the desk."""
        return self.written_ns or self.decided_ns

    @property
    def end_ns(self) -> TimeNs:
        """When the last thing happened."""
        last = self.marks[-1].ts_ns if self.marks else 0
        return max(last, self.left_ns)

    @property
    def has_trouble(self) -> bool:
        """Whether anything went otherwise than it should."""
        return any(mark.stage in TROUBLE for mark in self.marks)

    def first(self, stage: Stage) -> Mark | None:
        """Return the first mark of a stage."""
        return next((mark for mark in self.marks if mark.stage is stage), None)

    @property
    def order_to_ack_ns(self) -> int | None:
        """From leaving to acceptance; None without one."""
        accepted = self.first(Stage.ACCEPTED)
        return None if accepted is None else max(accepted.ts_ns - self.left_ns, 0)

    @property
    def ack_to_fill_ns(self) -> int | None:
        """From acceptance to the first fill; None without both."""
        accepted, fill = self.first(Stage.ACCEPTED), self.first(Stage.FILLED)
        if accepted is None or fill is None:
            return None
        return max(fill.ts_ns - accepted.ts_ns, 0)

    @property
    def tick_to_signal_ns(self) -> int | None:
        """From the venue's time of a market event to the decision; None for other causes."""
        event_ns = self.cause.ts_event
        return max(self.decided_ns - event_ns, 0) if event_ns else None

    @property
    def tick_to_order_ns(self) -> int | None:
        """From receipt of a market event to the intent in the journal; None for other causes."""
        if not self.written_ns or not self.cause.ts_event:
            return None
        return max(self.written_ns - self.cause.ts_init, 0)


class _Draft:
    """An order that is followed."""

    __slots__ = (
        "cause", "code", "dropped", "filled", "intent", "marks", "origin", "quantity", "touch",
        "written_ns",
    )  # fmt: skip

    def __init__(self, intent: NewOrder, cause: Cause, origin: str, written_ns: TimeNs) -> None:
        self.intent = intent
        self.cause = cause
        self.origin = origin
        self.written_ns = written_ns
        self.marks: list[Mark] = []
        self.quantity = intent.quantity
        self.filled = 0
        self.code = ""
        self.dropped = 0
        self.touch: PriceRaw = 0


class EndedOrder(msgspec.Struct, frozen=True):
    """A timeline with what only the fold knows.

    `slippage_ppm` is how much worse than the touch of its cause it was filled, in millionths; None
    where there was no touch, it did not take, or nothing was filled.
    """

    timeline: OrderTimeline
    slippage_ppm: int | None


class TimelineFold:
    """Follows orders from intent to end.

    Attributes:
        given_up: Orders forgotten because too many were open.
        unmatched: Reports of orders that it does not follow.
    """

    def __init__(self, instruments: Mapping[str, Instrument], *, open_max: int = OPEN_MAX) -> None:
        self._instruments = instruments
        self._open_max = open_max
        self._open: dict[str, _Draft] = {}
        self._ended: list[EndedOrder] = []
        self._cause = Cause()
        self._fresh: list[_Draft] = []
        self._written_ns: TimeNs = 0
        self._origin = ""
        self._positions: dict[tuple[str, str], QtyRaw | None] = {}
        self._has_gaps = False
        self._handlers: dict[type, Callable[[Any], None]] = {
            NewOrder: self._new,
            AmendOrder: self._request,
            CancelOrder: self._request,
            TimerFired: self._timer,
            **dict.fromkeys(_NAMES, self._market),
            **dict.fromkeys(_STAGES, self._report),
            **dict.fromkeys(_ASKED, self._command),
            OpenBooks: self._books,
        }
        self.given_up = 0
        self.unmatched = 0

    def __len__(self) -> int:
        """Return how many orders are followed."""
        return len(self._open)

    def hold(self, positions: Positions) -> None:
        """Begin with what is held."""
        self._positions = dict(positions)

    def forget_positions(self) -> None:
        """Say no more what is held: some fills were not seen."""
        self._has_gaps = True
        self._positions.clear()

    def add(self, records: Iterable[object], *, written_ns: TimeNs = 0, origin: str = "") -> None:
        """Take a commit: `written_ns` by the desk's clock, 0 where its time is virtual."""
        self._written_ns, self._origin = written_ns, origin
        handlers = self._handlers
        for record in records:
            handler = handlers.get(type(record))
            if handler is not None:
                handler(record)

    def take(self) -> list[EndedOrder]:
        """Return the orders that have ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def give_up(self) -> list[EndedOrder]:
        """Return the orders that have not ended, and follow none any more."""
        for draft in list(self._open.values()):
            self._end(draft, "open")
        return self.take()

    # --- records ---------------------------------------------------------------------------------

    def _new(self, intent: NewOrder) -> None:
        cause = self._cause
        if cause.ts_init != intent.ts_init:
            cause = Cause(ts_init=intent.ts_init, seq=intent.causation_id)
        draft = _Draft(intent, cause, self._origin, self._written_ns)
        if len(self._open) >= self._open_max:
            del self._open[next(iter(self._open))]
            self.given_up += 1
        self._open[intent.client_order_id] = draft
        if self._fresh and self._fresh[-1].intent.ts_init != intent.ts_init:
            self._fresh.clear()
        self._fresh.append(draft)

    def _market(self, event: MarketEvent) -> None:
        """Take the market event that the decisions before it in this commit followed from."""
        name = event.instrument_id
        cause = Cause(_NAMES[type(event)], name, event.ts_event, event.ts_init)
        for draft in self._fresh:
            intent = draft.intent
            if intent.ts_init == event.ts_init and draft.cause.kind == "unknown":
                draft.cause = cause
                if isinstance(event, Quote) and intent.instrument_id == name:
                    draft.touch = event.ask_price if intent.side is BUY else event.bid_price

    def _timer(self, fired: TimerFired) -> None:
        self._cause = Cause("timer", fired.name, 0, fired.ts_init)

    def _command(self, command: Any) -> None:  # noqa: ANN401 - any of the operator's
        self._cause = Cause("operator", type(command).__name__, 0, command.ts_init)

    def _report(self, report: Any) -> None:  # noqa: ANN401 - any that tells an order
        self._cause = Cause("report", report.client_order_id, 0, report.ts_init)
        draft = self._open.get(report.client_order_id)
        if draft is None:
            self.unmatched += 1
            if isinstance(report, Fill):
                self._forget(report.instrument_id)
            return
        stage, state = _STAGES[type(report)]
        text = getattr(report, "code", "") or getattr(report, "trade_id", "")
        draft.code = getattr(report, "code", "") or draft.code
        if isinstance(report, Fill):
            draft.filled += report.quantity
            mark = Mark(
                stage, report.ts_init, report.ts_event, text, report.quantity, report.price,
                self._move(draft.intent, report.quantity),
            )  # fmt: skip
            if draft.filled >= draft.quantity:
                state = "filled"
        else:
            mark = Mark(stage, report.ts_init, getattr(report, "ts_event", 0), text)
            if isinstance(report, OrderUpdated):
                draft.quantity = report.quantity
            elif isinstance(report, FillBusted):
                self._forget(draft.intent.instrument_id)
        self._mark(draft, mark)
        if state:
            self._end(draft, state)

    def _move(self, intent: NewOrder, quantity: QtyRaw) -> QtyRaw | None:
        """Return what is held after a fill."""
        key = (intent.strategy_id, intent.instrument_id)
        held = self._positions.get(key)
        if held is None:
            return None
        held += quantity if intent.side is BUY else -quantity
        self._positions[key] = held
        return held

    def _forget(self, instrument_id: str) -> None:
        """Say no more what is held of an instrument: whose fill it was is not known here."""
        for key in self._positions:
            if key[1] == instrument_id:
                self._positions[key] = None

    def _books(self, opened: OpenBooks) -> None:
        """Begin to count what is held of instruments that nobody held before."""
        if not self._has_gaps:
            for instrument_id in opened.instrument_ids:
                self._positions.setdefault((opened.strategy_id, instrument_id), 0)
        self._command(opened)

    def _request(self, request: AmendOrder | CancelOrder) -> None:
        draft = self._open.get(request.client_order_id)
        if draft is not None:
            asks = type(request) is CancelOrder
            stage = Stage.CANCEL_ASKED if asks else Stage.AMEND_ASKED
            self._mark(draft, Mark(stage, self._written_ns or request.ts_init))

    def _mark(self, draft: _Draft, mark: Mark) -> None:
        if len(draft.marks) < MARKS_MAX:
            draft.marks.append(mark)
        else:
            draft.dropped += 1

    def _end(self, draft: _Draft, state: str) -> None:
        intent = draft.intent
        self._open.pop(intent.client_order_id, None)
        timeline = OrderTimeline(
            intent=intent,
            instrument=self._instruments.get(intent.instrument_id),
            cause=draft.cause,
            origin=draft.origin,
            decided_ns=intent.ts_init,
            written_ns=draft.written_ns,
            marks=tuple(draft.marks),
            state=state,
            code=draft.code,
            filled=draft.filled,
            marks_dropped=draft.dropped,
        )
        self._ended.append(EndedOrder(timeline, _slippage_ppm(draft)))


def _slippage_ppm(draft: _Draft) -> int | None:
    touch, intent = draft.touch, draft.intent
    if not touch or not draft.filled:
        return None
    side = 1 if intent.side is BUY else -1
    if intent.order_type is LIMIT and (intent.price - touch) * side < 0:
        return None  # it rested: its price says nothing about how well it took
    worse = value = 0
    for mark in draft.marks:
        if mark.stage is Stage.FILLED:
            worse += (mark.price - touch) * side * mark.quantity
            value += touch * mark.quantity
    return max(worse * 1_000_000 // value, 0) if value > 0 else None


_STAGES: dict[type, tuple[Stage, str]] = {
    OrderSubmitted: (Stage.SUBMITTED, ""),
    OrderHeld: (Stage.HELD, ""),
    OrderDenied: (Stage.DENIED, "denied"),
    OrderAccepted: (Stage.ACCEPTED, ""),
    OrderTriggered: (Stage.TRIGGERED, ""),
    Fill: (Stage.FILLED, ""),
    FillBusted: (Stage.BUSTED, ""),
    OrderUpdated: (Stage.UPDATED, ""),
    OrderCanceled: (Stage.CANCELED, "canceled"),
    OrderExpired: (Stage.EXPIRED, "expired"),
    OrderRejected: (Stage.REJECTED, "rejected"),
    CancelRejected: (Stage.REQUEST_REJECTED, ""),
    AmendRejected: (Stage.REQUEST_REJECTED, ""),
    OutcomeUnknown: (Stage.IN_DOUBT, ""),
    OrderAbandoned: (Stage.ABANDONED, "abandoned"),
}
"""What a report is, and how an order ended if it ends it."""

_NAMES: dict[type, str] = {
    Quote: "quote",
    Trade: "trade",
    BookUpdate: "book",
    Bar: "bar",
    InstrumentStatus: "status",
    FundingRate: "funding",
}
_ASKED = (OperatorSubmit, OperatorAmend, OperatorCancel, *get_args(StrategyCommand))
