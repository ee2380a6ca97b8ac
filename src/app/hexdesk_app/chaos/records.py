"""What a journal's records tell beside the state that they amount to: read once, as they come."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from hexdesk.domain.commands import AdoptOrder, OperatorCancel, ResendOrder, SetReducing
from hexdesk.domain.inputs import StrategyFaulted
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.records import Deposited, RunEnded, StrategySaved
from hexdesk.domain.reports import (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderRejected,
    OrderUpdated,
    OutcomeUnknown,
)
from hexdesk.ports.journal import JournalRecord
from hexdesk_app.chaos import disorder

START = "start"
"""Reason of the deposits that a paper desk begins with."""
EVIDENCE = (
    AmendRejected,
    CancelRejected,
    Fill,
    OrderAbandoned,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderUpdated,
)


class Records:
    """Counts, and what must never be in a journal whose account nobody else uses.

    Attributes:
        last: Number of the last record read.
        counts: Of orders, amendments, cancels, retries, executions and orderly ends.
        denials: Orders that we refused ourselves, by code.
        doubts: Outcomes that were unknown, by operation.
        resolved: What settled them, by kind of record.
        repairs: What reconciliation did to the books, by kind.
        wrong: What should not be there, in words.
        fresh: Orders sent since `take_fresh`.
        state_hash: That the last run left, if it ended in good order after everything else.
    """

    def __init__(self) -> None:
        self.last = 0
        self.counts: Counter[str] = Counter()
        self.denials: Counter[str] = Counter()
        self.doubts: Counter[str] = Counter()
        self.resolved: Counter[str] = Counter()
        self.repairs: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.fresh: dict[str, NewOrder] = {}
        self.state_hash = ""
        self.order_ids: set[str] = set()
        self._trades: set[tuple[str, str]] = set()
        self._doubtful: set[str] = set()
        self._progress: dict[str, int] = defaultdict(int)

    def read(self, records: Iterable[tuple[int, JournalRecord]]) -> None:
        """Take the records after the last one."""
        for number, record in records:
            self.last = number
            self.state_hash = record.state_hash if isinstance(record, RunEnded) else ""
            self._take(number, record)

    def take_fresh(self) -> dict[str, NewOrder]:
        """Return the orders sent since the last time, by client order id."""
        fresh, self.fresh = self.fresh, {}
        return fresh

    def _take(self, number: int, record: JournalRecord) -> None:
        self._settle(record)
        match record:
            case NewOrder():
                self._intend(record)
            case AmendOrder():
                self.counts["amends"] += 1
            case CancelOrder():
                self.counts["cancels"] += 1
            case ResendOrder():
                self.counts["retries"] += 1
            case Fill():
                self._trades.add((record.client_order_id, record.trade_id))
                self.counts["fills"] = len(self._trades)
            case OrderDenied():
                self.denials[record.code] += 1
            case OutcomeUnknown():
                self.doubts[record.operation.name.lower()] += 1
                self._doubtful.add(record.client_order_id)
            case SetReducing():
                self.repairs[f"reduced: {record.code}"] += 1
            case OperatorCancel():
                self.repairs[f"canceled: {record.reason.partition(':')[0]}"] += 1
            case RunEnded():
                self.counts["orderly_ends"] += 1
            case StrategySaved():
                self._check_progress(number, record)
            case AdoptOrder():
                order_id = record.intent.client_order_id
                self.wrong.append(f"record {number}: {order_id} was adopted: {record.reason}")
            case Deposited() if record.reason != START:
                self.wrong.append(f"record {number}: {record.money} was booked: {record.reason}")
            case StrategyFaulted():
                self.wrong.append(f"record {number}: {record.strategy_id} failed: {record.reason}")
            case _:
                pass

    def _intend(self, order: NewOrder) -> None:
        order_id = order.client_order_id
        if order_id not in self.order_ids:
            self.order_ids.add(order_id)
            self.counts["orders"] += 1
        self.fresh[order_id] = order

    def _settle(self, record: JournalRecord) -> None:
        order_id = getattr(record, "client_order_id", "")
        if order_id in self._doubtful and isinstance(record, EVIDENCE):
            self._doubtful.discard(order_id)
            self.resolved[str(record.__struct_config__.tag)] += 1

    def _check_progress(self, number: int, record: StrategySaved) -> None:
        """A strategy's own state goes on where it was: it never begins anew, nor goes back."""
        if record.version != disorder.Disorder.state_version:
            return
        try:
            saved = msgspec.msgpack.decode(record.state, type=disorder.Saved)
        except msgspec.DecodeError:
            return  # another strategy's
        before = self._progress[record.strategy_id]
        if saved.count < before:
            text = f"record {number}: {record.strategy_id} went back from {before} to {saved.count}"
            self.wrong.append(text)
        self._progress[record.strategy_id] = saved.count
