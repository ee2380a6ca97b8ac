"""Tells all that a journal knows of one order, beside a replay of the books that it moved."""

from collections.abc import Callable

import msgspec

from hexdesk.application.durability.rebuild import Rebuild
from hexdesk.application.durability.state import decode_state
from hexdesk.domain.commands import AdoptOrder, NoteIncident
from hexdesk.domain.instruments import Instrument
from hexdesk.domain.order import Doubt, Order
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.positions import Position
from hexdesk.domain.records import OrderReserved, RunStarted
from hexdesk.domain.reports import Fill, FillBusted, OrderCanceled, OrderDenied, OrderHeld
from hexdesk.domain.values import (
    DENIED,
    HELD,
    SUBMITTED,
    Life,
    PriceRaw,
    QtyRaw,
    TimeNs,
    ValueRaw,
)
from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalReader, JournalRecord, Snapshot
from hexdesk_app.why.causes import Cause, Causes
from hexdesk_app.why.find import Found

_DECISIONS = frozenset({NewOrder, AmendOrder, CancelOrder})
_VERDICTS: dict[type, Life] = {OrderDenied: DENIED, OrderHeld: HELD}


class Books(msgspec.Struct, frozen=True):
    """The position that an order's fills go to, behind a record."""

    quantity: QtyRaw
    cost: ValueRaw
    realised: ValueRaw
    avg_px: float


class Step(msgspec.Struct, kw_only=True):
    """A record of the order, and what it did.

    Attributes:
        number: Of the record.
        ts_ns: When it was made.
        record: The record itself.
        cause: Input that the decision followed from; None where that is the record itself.
        reserve_price: Price that risk valued the order at; None where it was not written.
        status: Of the order behind it; empty before it has one.
        before: Position before it; None where it cannot have changed.
        after: Position behind it.
        doubt: A doubt that it settled.
    """

    number: int
    ts_ns: TimeNs
    record: JournalRecord
    cause: Cause | None = None
    reserve_price: PriceRaw | None = None
    status: str = ""
    before: Books | None = None
    after: Books | None = None
    doubt: Doubt | None = None


class Linked(msgspec.Struct, frozen=True):
    """An order of the same list.

    Attributes:
        intent: What was decided of it last.
        status: Where it is now; empty if the desk let go of it.
    """

    intent: NewOrder
    status: str


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """All of an order.

    Attributes:
        found: Where it is in the journal.
        order: As it is at the end.
        instrument: What it trades.
        steps: Its records, oldest first.
        linked: Orders of its list.
        last_number: Of the last record read.
    """

    found: Found
    order: Order
    instrument: Instrument
    steps: tuple[Step, ...]
    linked: tuple[Linked, ...]
    last_number: int


class _Teller:
    """The state of one telling."""

    def __init__(self, client_order_id: str, rebuild: Rebuild) -> None:
        self.steps: list[Step] = []
        self.order: Order | None = None
        self.last_number = 0
        self._id = client_order_id
        self._rebuild = rebuild
        self._causes = Causes()
        self._lists: dict[str, dict[str, NewOrder]] = {}
        self._undecided: Step | None = None
        if rebuild.desk is not None:
            self._look()
            execution = rebuild.desk.execution
            for order in (*execution.open.values(), *execution.closed.values()):
                self._note_list(order.intent)

    def take(self, number: int, record: JournalRecord) -> bool:
        """Read the next record; False behind the end of the order's life: new books were begun."""
        if type(record) is RunStarted and not record.continues and self.steps:
            return False
        is_mine = self._is_mine(record)
        before = self._books() if is_mine else None
        doubt = self.order.doubt if self.order is not None else None
        self._causes.take(number, record, is_own=self._is_own(record))
        self._rebuild.take(record)
        self.last_number = number
        self._note_list(record)
        if not is_mine:
            self._settle_verdict()
            return True
        self._look()
        if type(record) is OrderReserved:
            if self._undecided is not None:
                self._undecided.reserve_price = record.price
            return True
        step = Step(number=number, ts_ns=getattr(record, "ts_init", 0), record=record)
        self._settle_verdict(record)
        self.steps.append(step)
        if type(record) in _DECISIONS:
            self._causes.ask(step.ts_ns, _teller_of(step))
        if type(record) is NewOrder:
            self._undecided = step  # what becomes of it, the next record says
            return True
        self._note(step, before, doubt)
        return True

    def finish(self) -> None:
        """Take what waited for a record behind it."""
        self._rebuild.finish()
        self._settle_verdict()
        self._causes.finish()

    def linked(self) -> tuple[Linked, ...]:
        """Return the other orders of its list."""
        desk = self._rebuild.desk
        list_id = self.order.intent.list_id if self.order is not None else ""
        found: list[Linked] = []
        for client_order_id, intent in self._lists.get(list_id, {}).items():
            order = None if desk is None else desk.execution.order(client_order_id)
            if client_order_id != self._id:
                found.append(Linked(intent, order.reported_status.name if order else ""))
        return tuple(found)

    def _is_mine(self, record: JournalRecord) -> bool:
        if isinstance(record, AdoptOrder):
            return record.intent.client_order_id == self._id
        if isinstance(record, NoteIncident):
            return record.key == self._id
        return getattr(record, "client_order_id", "") == self._id

    def _is_own(self, record: JournalRecord) -> bool:
        """Whether a venue's word was the desk's own: the end of an order that had not left."""
        if not isinstance(record, OrderCanceled) or self._rebuild.desk is None:
            return False
        order = self._rebuild.desk.execution.open.get(record.client_order_id)
        return order is not None and order.life is HELD

    def _note(self, step: Step, before: Books | None, doubt: Doubt | None) -> None:
        order = self.order
        if order is None:
            return
        step.status = order.reported_status.name
        if isinstance(step.record, Fill | FillBusted):
            step.before, step.after = before, self._books()
        if doubt is not None and order.doubt is None:
            step.doubt = doubt

    def _settle_verdict(self, record: JournalRecord | None = None) -> None:
        """Say how an order stood behind its intent: it left, if its next record says nothing else.

        That record may be an answer already, and has been read.
        """
        step, self._undecided = self._undecided, None
        if step is not None:
            self._look()
            step.status = _VERDICTS.get(type(record), SUBMITTED).name

    def _look(self) -> None:
        """Keep the order: the desk lets go of closed ones."""
        desk = self._rebuild.desk
        self.order = (desk.execution.order(self._id) if desk is not None else None) or self.order

    def _note_list(self, record: JournalRecord) -> None:
        """Keep the orders of every list: those of this order's may come before it."""
        intent = record.intent if type(record) is AdoptOrder else record
        if type(intent) is NewOrder and intent.list_id:
            self._lists.setdefault(intent.list_id, {})[intent.client_order_id] = intent

    def _books(self) -> Books | None:
        """Return the leg that the order's fills go to."""
        desk, order = self._rebuild.desk, self.order
        if desk is None or order is None:
            return None
        intent = order.intent
        ledger = desk.hosts[intent.strategy_id].ledgers[intent.instrument_id]
        leg: Position = ledger.position.leg(intent.side, intent.position_effect)
        return Books(leg.quantity, leg.cost, leg.realised, leg.avg_px)


def tell(reader: JournalReader, found: Found) -> Story:
    """Read a journal from before an order to its end, and return the order's story.

    Raises:
        DataError: The journal is damaged, or contradicts itself.
    """
    snapshot = _snapshot_before(reader, found)
    rebuild = Rebuild(None if snapshot is None else decode_state(snapshot.state))
    teller = _Teller(found.client_order_id, rebuild)
    for number, record in reader.records(0 if snapshot is None else snapshot.sequence):
        if not teller.take(number, record):
            break
    teller.finish()
    order, desk = teller.order, rebuild.desk
    if order is None or desk is None:
        raise DataError(
            f"the beginning of order {found.client_order_id} is no longer kept",
            remedy="ask a backup of the journal, or hexdesk history order",
        )
    return Story(
        found=found,
        order=order,
        instrument=desk.markets.by_id[order.intent.instrument_id].instrument,
        steps=tuple(teller.steps),
        linked=teller.linked(),
        last_number=teller.last_number,
    )


def _snapshot_before(reader: JournalReader, found: Found) -> Snapshot | None:
    """Return the latest snapshot before an order, or the oldest if its beginning is given up."""
    if found.number is not None:
        return reader.snapshot(found.number - 1)
    oldest = reader.snapshot()
    while oldest is not None and oldest.sequence >= reader.first_sequence:
        older = reader.snapshot(oldest.sequence - 1)
        if older is None:
            break
        oldest = older
    return oldest


def _teller_of(step: Step) -> Callable[[Cause | None], None]:
    def tell_cause(cause: Cause | None) -> None:
        step.cause = cause

    return tell_cause
