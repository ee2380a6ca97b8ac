"""Conformance kit for journals: subclass `JournalKit`, say how to open one, run pytest.

Example::

    from hexdesk.testing.journal_kit import JournalKit

    class TestAcmeJournal(JournalKit):
        def open_journal(self, folder: Path) -> Journal:
            return AcmeJournal(folder)
"""

from pathlib import Path

import pytest

from hexdesk.domain.cash import CashKind, CashMoved
from hexdesk.domain.commands import (
    CancelAll,
    ClearReducing,
    Flatten,
    Halt,
    OpenBooks,
    OperatorAmend,
    OperatorCancel,
    OperatorSubmit,
    Rearm,
    ResumeEntries,
    RollTradingDay,
    SetReducing,
    StartStrategy,
    StopEntries,
    StopStrategy,
)
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.instruments import Instrument, InstrumentKind, TickBand
from hexdesk.domain.market import (
    Bar,
    BookLevel,
    BookUpdate,
    FundingRate,
    InstrumentStatus,
    Quote,
    Trade,
)
from hexdesk.domain.money import Money
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.plans import PlanChange, StrategyPlanned
from hexdesk.domain.records import (
    AccountBook,
    Deposited,
    LegNote,
    ListChanged,
    OrderReserved,
    RunEnded,
    RunStarted,
    StrategyBook,
    StrategySaved,
    Verb,
    VerbOwed,
)
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
from hexdesk.domain.risk import (
    REDUCING,
    AllocateCapital,
    CapitalPart,
    CapitalSet,
    ChangeRule,
    RearmRule,
    RiskChanged,
    RiskNoted,
    RiskStepped,
    SwitchGroup,
)
from hexdesk.domain.values import (
    BUY,
    CLOSE_TODAY,
    GTD,
    MAKER,
    SELL,
    STOP_LIMIT,
    Aggressor,
    Contingency,
    Operation,
    PositionMode,
    TradingStatus,
)
from hexdesk.ports.journal import Journal, JournalRecord, Snapshot
from hexdesk.testing.cases import case, check

HUGE = 2**62
"""Near the largest integer that records can hold."""

_INSTRUMENT = Instrument(
    id="X.Y", kind=InstrumentKind.PERPETUAL, base="X", quote="USDT", settle="USDT", price_scale=1,
    quantity_scale=3, ticks=(TickBand(0, 5), TickBand(1_000, 10)), lot=10,
)  # fmt: skip

SAMPLE_RECORDS: tuple[JournalRecord, ...] = (
    NewOrder("O1", "s", "acct", "X.Y", BUY, STOP_LIMIT, HUGE, 1, 2, 3),
    NewOrder(
        "O2", "s", "acct", "X.Y", SELL, STOP_LIMIT, 10, 1, 2, 3, 0, GTD, 9, False, True,  # noqa: FBT003 - in the order of fields
        CLOSE_TODAY, 5, Contingency.OCO, "L1", "O1", "订单 \N{GREEK SMALL LETTER ALPHA}", 7,
    ),
    AmendOrder("O1", 1, 20, 30, 40, 5),
    CancelOrder("O1", 2, 6),
    OrderSubmitted("O1", 1),
    OrderHeld("O2", 1),
    OrderDenied("O3", "RISK_RATE", "RISK_RATE: rate=11 limit=10", 1),
    OrderAccepted("O1", "V1", 2, 3),
    OrderTriggered("O1", 2, 3),
    OrderRejected("O4", "VENUE_FUNDS", 'said: "no"\n\x00', 2, 3),
    OrderCanceled("O1", "", 2, 3),
    OrderExpired("O1", 2, 3),
    OrderUpdated("O1", 1, 20, 30, 40, 2, 3),
    CancelRejected("O1", 2, "VENUE_OTHER", "", 2, 3),
    AmendRejected("O1", 3, "VENUE_OTHER", "", 2, 3),
    Fill("O1", "V1", "T1", "X.Y", BUY, 1, HUGE, MAKER, -5, "USDT", 2, 3),
    FillBusted("O1", "T1", None, 2, 3),
    FillBusted("O1", "T2", True, 2, 3),  # noqa: FBT003 - in the order of fields
    OutcomeUnknown("O1", Operation.CANCEL, 2, "timeout", 3),
    OrderAbandoned("O1", "NOT_FOUND_CONFIRMED", 3),
    StopEntries("s", "news", 4),
    ResumeEntries("", "over", 4),
    CancelAll("", "", 4),
    Flatten("s", "", 4),
    Halt("", 4),
    Rearm("checked", 4),
    StartStrategy("s", 4),
    StopStrategy("s", True, 4),  # noqa: FBT003 - in the order of fields
    TimerFired("s", "requote", 4, 5),
    StrategyFaulted("s", "ValueError('x')", 5),
    SetReducing("X.Y", "FEED_STALE", "", 5),
    ClearReducing("X.Y", "", "over", 5),
    RollTradingDay(20261123, "", "SHFE", "the calendar", 5),
    OpenBooks("operator", "sim", ("X.Y", "Z.Y"), 5),
    OperatorSubmit(NewOrder("", "operator", "acct", "X.Y", BUY, STOP_LIMIT, 1, 0), "hedge", 5),
    OperatorAmend("O1", 1, 0, -2, "", 5),
    OperatorCancel("O1", "", 5),
    RunStarted(
        run_id="R1", name="desk", mode="live", instruments=(_INSTRUMENT,),
        accounts=(AccountBook("sim", "acct", PositionMode.HEDGING),),
        strategies=(StrategyBook("s", "sim", ()),),
        continues=True, is_virtual=False, closed_orders_max=0, ts_init=5,
    ),
    RunEnded("R1", "00ff", 5),
    Deposited("sim", Money(-HUGE, "USDT"), "", 5),
    OrderReserved("O1", 0),
    ListChanged("L1", "", 1, (LegNote(("O1", "O2"), True, 0), LegNote((), False, 1))),  # noqa: FBT003 - in the order of fields
    StrategySaved("s", 1, bytes(range(256)), 5),
    StrategyPlanned(
        "s", PlanChange.LOADED, "ema_cross", "0.1.0", "sim", ("X.Y",), True, '{"quantity":"1"}', "",  # noqa: FBT003 - in the order of fields
        "me", "try it", 5,
    ),
    VerbOwed("s", "", Verb.FLATTEN, "cut off", 5),
    VerbOwed("s", "X.Y", None, "done", 5),
    RearmRule("desk", "link", "me", "", True, 5),  # noqa: FBT003 - in the order of fields
    ChangeRule("exposure", "gross_max", "2", "me", "calmer", "", 5),
    SwitchGroup("calm", "me", "", 5),
    RiskStepped("account:sim", "daily_loss", REDUCING, "RISK_DAILY_LOSS", "", "", "", 5),
    RiskNoted("account:sim", "peak.USDT", (HUGE, -HUGE), 5),
    RiskChanged("exposure", "gross_max", "2", "3", "me", "calmer", "", 5),
    AllocateCapital((CapitalPart("s", None),), "me", "calmer", "", 5),
    CapitalSet("t", Money(7, "USDT"), None, "me", "calmer", "you", 5),
    Quote("X.Y", -1, 0, HUGE, 1, 4, 5),
    Trade("X.Y", 1, 2, Aggressor.BUYER, "", 4, 5),
    BookUpdate("X.Y", (BookLevel(1, 2),), (), True, 4, 5),  # noqa: FBT003 - in the order of fields
    Bar("X.Y", 60, 1, 2, 0, 1, 9, 3, 4, 5),
    CashMoved("acct", "F1", CashKind.FUNDING, -HUGE, "USDT", "X.Y", 4, 5),
    CashMoved("acct", "D1", CashKind.DEPOSIT, 0, "", "", 4, 5),
    FundingRate("X.Y", -1, 4, 5),
    InstrumentStatus("X.Y", TradingStatus.HALTED, 4, 5),
    InstrumentStatus("X.Y", TradingStatus.CLOSED, 4, 5, 20261123),
)  # fmt: skip
"""One record of each type at the least, with awkward values."""


class JournalKit:
    """All cases of journals; override `open_journal`.

    Attributes:
        is_durable: Whether records outlive the object; False for journals in memory.
    """

    is_durable = True

    def open_journal(self, folder: Path) -> Journal:
        """Open the journal that is kept in a folder; the folder is there."""
        raise NotImplementedError("override open_journal")

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Return an empty folder for one journal."""
        return tmp_path

    @case("J01")
    def test_j01_empty(self, folder: Path) -> None:
        """A new journal has no records."""
        journal = self.open_journal(folder)
        check(not list(journal.records()), "there are no records")
        journal.close()

    @case("J02")
    @pytest.mark.parametrize("record", SAMPLE_RECORDS, ids=lambda record: type(record).__name__)
    def test_j02_every_type(self, folder: Path, record: JournalRecord) -> None:
        """A record of each type comes back equal, with its type."""
        journal = self.open_journal(folder)
        journal.append(record)
        journal.commit()
        found = list(journal.records())
        journal.close()
        check(found == [record], "the record comes back", found)
        check([type(item) for item in found] == [type(record)], "with its type", found)

    @case("J03")
    def test_j03_order(self, folder: Path) -> None:
        """Records come back in the order of appending, over many frames."""
        journal = self.open_journal(folder)
        written = _write(journal, rounds=20, close=self.is_durable)
        if self.is_durable:
            journal = self.open_journal(folder)
        check(list(journal.records()) == written, "in order")
        journal.close()

    @case("J04")
    def test_j04_reread(self, folder: Path) -> None:
        """Reading changes nothing: a second reading gives the same."""
        journal = self.open_journal(folder)
        written = _write(journal, rounds=2, close=False)
        check(list(journal.records()) == list(journal.records()) == written, "both are equal")
        journal.close()

    @case("J05")
    def test_j05_reopen(self, folder: Path) -> None:
        """A journal opened again goes on behind what it holds."""
        if not self.is_durable:
            pytest.skip("J05: is_durable is False")
        written: list[JournalRecord] = []
        for _ in range(3):
            written += _write(self.open_journal(folder), rounds=2)
        journal = self.open_journal(folder)
        check(list(journal.records()) == written, "nothing is lost or repeated")
        journal.close()

    @case("J06")
    def test_j06_close_commits(self, folder: Path) -> None:
        """`close` commits what was appended; closing twice does no harm."""
        journal = self.open_journal(folder)
        journal.append(SAMPLE_RECORDS[0])
        journal.close()
        journal.close()
        if self.is_durable:
            journal = self.open_journal(folder)
            check(list(journal.records()) == [SAMPLE_RECORDS[0]], "the record is there")
            journal.close()

    @case("J07")
    def test_j07_empty_commit(self, folder: Path) -> None:
        """Commits without records add nothing."""
        journal = self.open_journal(folder)
        for _ in range(5):
            journal.commit()
        written = _write(journal, rounds=1, close=False)
        journal.commit()
        check(list(journal.records()) == written, "only what was appended")
        journal.close()

    @case("J08")
    def test_j08_large_frame(self, folder: Path) -> None:
        """Ten thousand records in one frame come back."""
        journal = self.open_journal(folder)
        written = [CancelOrder(f"O{number}", 1, number) for number in range(10_000)]
        for record in written:
            journal.append(record)
        journal.commit()
        check(list(journal.records()) == written, "all of them")
        journal.close()

    @case("J09")
    def test_j09_records_after(self, folder: Path) -> None:
        """`records(after)` yields what is numbered above, and `sequence` is the last number."""
        journal = self.open_journal(folder)
        check(journal.sequence == 0, "an empty journal has no number", journal.sequence)
        written = _write(journal, rounds=3, close=self.is_durable)
        if self.is_durable:
            journal = self.open_journal(folder)
        check(journal.sequence == len(written), "numbers count records", journal.sequence)
        for after in (0, 1, len(SAMPLE_RECORDS), len(written) - 1, len(written), len(written) + 9):
            check(list(journal.records(after)) == written[after:], "those above", after)
        journal.close()

    @case("J10")
    def test_j10_follow(self, folder: Path) -> None:
        """Sinks hear of each commit that wrote something, with the number of its first record."""
        journal = self.open_journal(folder)
        before = _write(journal, rounds=1, close=False)
        heard: list[tuple[int, JournalRecord]] = []
        firsts: list[int] = []
        journal.follow(lambda first, records: heard.extend(enumerate(records, first)))
        journal.follow(lambda first, _records: firsts.append(first))
        journal.commit()
        check(not heard, "what was written before is not told", heard)
        rounds = 3
        written = _write(journal, rounds=rounds)
        check(heard == list(enumerate(written, len(before) + 1)), "each record with its number")
        check(len(firsts) == rounds, "each sink once a commit", firsts)

    @case("J11")
    def test_j11_sink_that_raises(self, folder: Path) -> None:
        """A sink that raises is dropped; the commit and the other sinks do not notice."""
        journal = self.open_journal(folder)
        calls: list[int] = []
        heard: list[int] = []

        def failing(first: int, _records: object) -> None:
            calls.append(first)
            raise ValueError("a follower's bug")

        journal.follow(failing)
        journal.follow(lambda first, _records: heard.append(first))
        rounds = 2
        written = _write(journal, rounds=rounds, close=False)
        check(calls == [1], "it is told once", calls)
        check(len(heard) == rounds, "the other is told each time", heard)
        check(list(journal.records()) == written, "all is committed")
        journal.close()

    @case("J12")
    def test_j12_snapshot(self, folder: Path) -> None:
        """The latest snapshot comes back with the number of the last record before it."""
        journal = self.open_journal(folder)
        check(journal.snapshot() is None, "there is none at first")
        journal.save_snapshot(b"")
        check(journal.snapshot() == Snapshot(0, b""), "one before the first record")
        _write(journal, rounds=1, close=False)
        journal.save_snapshot(b"older")
        sequence = journal.sequence
        _write(journal, rounds=1, close=False)
        check(journal.snapshot() == Snapshot(sequence, b"older"), "it keeps its number")
        state = bytes(range(256)) * 1_000
        journal.save_snapshot(state)
        expected = Snapshot(journal.sequence, state)
        tail = _write(journal, rounds=1, close=self.is_durable)
        if self.is_durable:
            journal = self.open_journal(folder)
        check(journal.snapshot() == expected, "the latest one")
        check(list(journal.records(expected.sequence)) == tail, "and the records behind it")
        journal.close()


def _write(journal: Journal, *, rounds: int, close: bool = True) -> list[JournalRecord]:
    written: list[JournalRecord] = []
    for number in range(rounds):
        for record in SAMPLE_RECORDS[number % 3 :]:
            journal.append(record)
            written.append(record)
        journal.commit()
    if close:
        journal.close()
    return written
