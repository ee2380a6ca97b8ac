"""Conformance kit for read models: subclass `ReadModelKit`, say how to open one, run pytest.

Example::

    from hexdesk.testing.read_model_kit import ReadModelKit

    class TestAcmeReadModel(ReadModelKit):
        def open_read_model(self, folder: Path) -> ReadModel:
            return AcmeReadModel(folder)
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from hexdesk.domain.commands import AdoptOrder, Halt
from hexdesk.domain.history import Category, EquityRow
from hexdesk.domain.inputs import StrategyFaulted, TimerFired
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.records import AccountBook, RunStarted
from hexdesk.domain.reports import (
    Fill,
    FillBusted,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OutcomeUnknown,
)
from hexdesk.domain.values import BUY, LIMIT, MAKER, NETTING, SELL, Life, Operation, Side
from hexdesk.errors import ConfigError, InvariantError
from hexdesk.ports.journal import JournalRecord
from hexdesk.ports.read_model import (
    EquityQuery,
    EventQuery,
    FillQuery,
    Head,
    OrderQuery,
    ReadModel,
    record_digest,
)
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.cases import case, check
from hexdesk.testing.journal_kit import SAMPLE_RECORDS

HUGE = 10**30
"""Beyond what 64 bits hold."""
RUN = RunStarted(
    run_id="KIT",
    name="kit",
    mode="paper",
    instruments=(INSTRUMENT,),
    accounts=(AccountBook("sim", "acct", NETTING),),
    strategies=(),
    continues=True,
    is_virtual=False,
    closed_orders_max=1_000,
    ts_init=1,
)


def new(number: int, side: Side = BUY, quantity: int = 10, strategy: str = "s") -> NewOrder:
    """Return an order decided at a time of its own."""
    return NewOrder(
        f"O{number}", strategy, "acct", INSTRUMENT.id, side, LIMIT, quantity, number, 100
    )


def fill(number: int, order: NewOrder, quantity: int = 10, price: int = 100) -> Fill:
    """Return a fill of an order."""
    return Fill(
        order.client_order_id, "V1", f"T{number}", order.instrument_id, order.side, quantity, price,
        MAKER, 7, INSTRUMENT.settle, number, number,
    )  # fmt: skip


class ReadModelKit:
    """All cases of read models; override `open_read_model`.

    Attributes:
        is_durable: Whether rows outlive the object; False for read models in memory.
    """

    is_durable = True

    def open_read_model(self, folder: Path) -> ReadModel:
        """Open the read model that is kept in a folder, for writing; the folder is there."""
        raise NotImplementedError("override open_read_model")

    def open_read_only(self, folder: Path) -> ReadModel:
        """Open the read model that is kept in a folder, for questions; durable ones only."""
        raise NotImplementedError("override open_read_only, or set is_durable = False")

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Return an empty folder for one read model."""
        return tmp_path

    @case("H01")
    def test_h01_empty(self, folder: Path) -> None:
        """A new read model has no head and no rows."""
        model = self.open_read_model(folder)
        check(model.open() == Head(), "the head is empty")
        check(not model.orders(OrderQuery()).rows, "there are no orders")
        check(not model.fills(FillQuery()).rows, "there are no fills")
        check(not model.positions(), "there are no positions")
        check(not model.equity(EquityQuery()).rows, "there are no samples")
        check(not model.events(EventQuery()).rows, "there are no events")
        check(model.order("O1") is None, "there is no order")
        model.close()

    @case("H02")
    def test_h02_order(self, folder: Path) -> None:
        """An order comes back as it stands, with its records and fills in order."""
        order = new(1)
        records: list[JournalRecord] = [
            RUN, order, OrderAccepted("O1", "V1", 2, 3), fill(4, order, 4),
            CancelOrder("O1", 1, 5), OrderCanceled("O1", "", 6, 7),
        ]  # fmt: skip
        model = self._written(folder, records)
        found = model.order("O1")
        check(found is not None, "the order is found")
        if found is not None:
            row = found.order
            facts = (row.number, row.life, row.cum_qty, row.leaves_qty, row.venue_order_id)
            check(facts == (2, Life.CANCELED, 4, 0, "V1"), "it stands as its records say", row)
            kinds = [each.kind for each in found.events]
            check(kinds == ["new", "accepted", "fill", "cancel", "canceled"], "all records", kinds)
            check([each.number for each in found.fills] == [4], "its fill", found.fills)
            check(row.price_scale == INSTRUMENT.price_scale, "with the instrument's scale", row)
        model.close()

    @case("H03")
    def test_h03_repeated(self, folder: Path) -> None:
        """Records that it holds are skipped, whether all of a batch or its first."""
        records = _trades(5)
        model = self._written(folder, records)
        before = _everything(model)
        check(model.write(1, records) == 0, "nothing is new")
        check(model.write(3, records[2:]) == 0, "nothing of a part is new")
        check(_everything(model) == before, "rows stay")
        more = [*records[-2:], Halt("enough", 99)]
        check(model.write(len(records) - 1, more) == 1, "only the last is new")
        model.close()

    @case("H04")
    def test_h04_gap(self, folder: Path) -> None:
        """Records with a gap before them are refused, and nothing changes."""
        model = self._written(folder, [RUN])
        with pytest.raises(InvariantError):
            model.write(3, [Halt("late", 3)])
        check(len(model.events(EventQuery()).rows) == 1, "nothing was added")
        model.close()

    @case("H05")
    def test_h05_head(self, folder: Path) -> None:
        """The head names the last record; opened again, it is where it was."""
        records = _trades(3)
        self._written(folder, records).close()
        if not self.is_durable:
            pytest.skip("H05: is_durable is False")
        model = self.open_read_model(folder)
        expected = Head(len(records), record_digest(records[-1]))
        check(model.open() == expected, "the head is kept")
        model.close()

    @case("H06")
    def test_h06_any_split(self, folder: Path) -> None:
        """However records are split into batches, with or without opening again, rows are equal."""
        records: list[JournalRecord] = [
            RUN,
            *SAMPLE_RECORDS,
            *_trades(6)[1:],
            FillBusted("O3", "T3", None, 90, 91),
        ]
        whole = self._written(folder / "whole", records)
        single = self._opened(folder / "single")
        for number, record in enumerate(records, start=1):
            if number % 7 == 0 and self.is_durable:
                single.close()
                single = self._opened(folder / "single")
            single.write(number, [record])
        check(_everything(single) == _everything(whole), "both have the same rows")
        whole.close()
        single.close()

    @case("H07")
    def test_h07_rebuild(self, folder: Path) -> None:
        """Rebuilt from the journal, it has the same rows, and its equity samples too."""
        records: list[JournalRecord] = [RUN, *SAMPLE_RECORDS, *_trades(6)[1:]]
        model = self._written(folder, records)
        model.write(len(records) + 1, (), [_sample(1), _sample(2)])
        before = _everything(model)
        check(model.rebuild(iter(records)) == len(records), "all were read")
        check(_everything(model) == before, "rows are equal")
        check(model.write(len(records) + 1, [Halt("", 99)]) == 1, "it goes on from there")
        model.close()

    @case("H08")
    def test_h08_rebuild_fails(self, folder: Path) -> None:
        """If reading the journal fails, the old rows stay."""
        records = _trades(3)
        model = self._written(folder, records)
        before = _everything(model)

        def broken() -> Sequence[JournalRecord]:
            raise OSError("the journal cannot be read")

        with pytest.raises(OSError, match="cannot be read"):
            model.rebuild(record for part in (records[:2], None) for record in part or broken())
        check(_everything(model) == before, "rows stay")
        model.close()

    @case("H09")
    def test_h09_position(self, folder: Path) -> None:
        """Positions are what fills add up to: quantity, cost, result and fees, exactly."""
        buy, sell = new(1), new(2, SELL, 4)
        records: list[JournalRecord] = [
            RUN,
            buy,
            fill(3, buy, 10, 100),
            sell,
            fill(4, sell, 4, 130),
        ]
        model = self._written(folder, records)
        (row,) = model.positions(strategy_id="s")
        unit = INSTRUMENT.multiplier
        facts = (row.quantity, row.cost, row.realised, row.fees, row.fill_count)
        check(facts == (6, 600 * unit, 120 * unit, 14, 2), "all is exact", row)
        check(not model.positions(strategy_id="other"), "another strategy has none")
        model.close()

    @case("H10")
    def test_h10_bust(self, folder: Path) -> None:
        """A broken trade leaves position and fees, and its fill says so."""
        order = new(1)
        records: list[JournalRecord] = [
            RUN,
            order,
            fill(2, order),
            FillBusted("O1", "T2", True, 3, 4),  # noqa: FBT003 - in the order of fields
        ]
        model = self._written(folder, records)
        (row,) = model.positions()
        check((row.quantity, row.cost, row.fees, row.fill_count) == (0, 0, 0, 0), "flat", row)
        (shown,) = model.fills(FillQuery()).rows
        check(shown.busted_number == len(records), "the fill names what broke it", shown)
        model.close()

    @case("H11")
    def test_h11_duplicates(self, folder: Path) -> None:
        """A trade that is reported twice counts once."""
        order = new(1)
        model = self._written(folder, [RUN, order, fill(2, order), fill(2, order)])
        (row,) = model.positions()
        check(row.quantity == 10, "it is booked once", row)  # noqa: PLR2004 - the order's quantity
        check(len(model.fills(FillQuery()).rows) == 1, "there is one fill")
        model.close()

    @case("H12")
    def test_h12_huge(self, folder: Path) -> None:
        """Integers beyond 64 bits come back exactly."""
        order = new(1, quantity=HUGE)
        model = self._written(folder, [RUN, order, fill(2, order, HUGE, HUGE)])
        (row,) = model.orders(OrderQuery()).rows
        check((row.quantity, row.cum_value) == (HUGE, HUGE * HUGE), "of orders", row)
        (position,) = model.positions()
        cost = HUGE * HUGE * INSTRUMENT.multiplier
        check((position.quantity, position.cost) == (HUGE, cost), "of positions", position)
        (shown,) = model.fills(FillQuery()).rows
        check(shown.price == HUGE, "of fills", shown)
        if self.is_durable:
            model.close()
            model = self._opened(folder)
            model.write(4, [fill(3, new(1, quantity=HUGE), 1, 1)])
            (position,) = model.positions()
            check(position.quantity == HUGE + 1, "and go on so when opened again", position)
        model.close()

    @case("H13")
    def test_h13_states(self, folder: Path) -> None:
        """Orders are found by state: open, closed, in doubt."""
        doubtful = OutcomeUnknown("O2", Operation.SUBMIT, 0, "timeout", 5)
        denied = OrderDenied("O3", "RISK_RATE", "RISK_RATE: rate=11 limit=10", 6)
        records: list[JournalRecord] = [RUN, new(1), new(2), doubtful, new(3), denied]
        model = self._written(folder, records)

        def ids(state: str) -> list[str]:
            page = model.orders(OrderQuery(state=state))  # type: ignore[arg-type]
            return [row.client_order_id for row in page.rows]

        found = [ids(state) for state in ("any", "open", "closed", "in_doubt")]
        expected = [["O1", "O2", "O3"], ["O1", "O2"], ["O3"], ["O2"]]
        check(found == expected, "each state has its orders", found)
        model.close()

    @case("H14")
    def test_h14_filters(self, folder: Path) -> None:
        """Filters of strategy, instrument and time hold: from a time on, and before a time."""
        records: list[JournalRecord] = [
            RUN,
            *(new(number, strategy="ab"[number % 2]) for number in range(1, 9)),
        ]
        model = self._written(folder, records)

        def numbers(query: OrderQuery) -> list[int]:
            return [row.ts_init for row in model.orders(query).rows]

        check(numbers(OrderQuery(strategy_id="a")) == [2, 4, 6, 8], "strategy")
        check(numbers(OrderQuery(instrument_id=INSTRUMENT.id, since_ns=7)) == [7, 8], "from")
        check(numbers(OrderQuery(since_ns=3, until_ns=5)) == [3, 4], "from and before")
        check(not numbers(OrderQuery(instrument_id="other")), "another instrument")
        model.close()

    @case("H15")
    def test_h15_pages(self, folder: Path) -> None:
        """Pages are stable: rows that come in between neither repeat nor hide others."""
        model = self._written(folder, [RUN, *(new(number) for number in range(1, 8))])
        next_number = 9
        for newest_first in (False, True):
            seen: list[str] = []
            token = ""
            while True:
                page = model.orders(
                    OrderQuery(newest_first=newest_first, limit=2, page_token=token, until_ns=8)
                )
                seen += [row.client_order_id for row in page.rows]
                token = page.next_page_token
                if not token:
                    break
                model.write(next_number, [new(next_number)])
                next_number += 1
            expected = [f"O{number}" for number in range(1, 8)]
            check(seen == (expected[::-1] if newest_first else expected), "each once", seen)
        model.close()

    @case("H16")
    def test_h16_tokens(self, folder: Path) -> None:
        """A page token that is none, or of another query, is refused."""
        model = self._written(folder, [RUN, new(1), new(2)])
        token = model.orders(OrderQuery(limit=1)).next_page_token
        check(bool(token), "there is a second page")
        for query in (
            OrderQuery(page_token="nonsense"),  # noqa: S106 - no password
            OrderQuery(page_token=token, newest_first=True),
            OrderQuery(page_token=token, state="open"),
        ):
            with pytest.raises(ConfigError):
                model.orders(query)
        with pytest.raises(ConfigError):
            model.fills(FillQuery(page_token=token))
        model.close()

    @case("H17")
    def test_h17_events(self, folder: Path) -> None:
        """Commands, quarantines, runs and what a person should know of are events."""
        records: list[JournalRecord] = [
            RUN, Halt("news", 2), StrategyFaulted("s", "ValueError", 3), TimerFired("s", "t", 4, 4),
            OrderAccepted("nobody", "V", 5, 5), AmendOrder("nobody", 1, 1, 1, 1, 6),
        ]  # fmt: skip
        model = self._written(folder, records)
        rows = model.events(EventQuery()).rows
        found = [(row.number, row.category, row.kind) for row in rows]
        expected = [
            (1, Category.RUN, "run"), (2, Category.COMMAND, "halt"), (3, Category.FAULT, "faulted"),
            (5, Category.ALERT, "DEAD_LETTER"), (6, Category.ALERT, "DEAD_LETTER"),
        ]  # fmt: skip
        check(found == expected, "each is there, timers are not", found)
        (fault,) = model.events(EventQuery(category="fault")).rows
        check((fault.strategy_id, fault.text) == ("s", "ValueError"), "with whose and why", fault)
        model.close()

    @case("H18")
    def test_h18_equity(self, folder: Path) -> None:
        """Equity samples are kept by time; the same time again replaces; steps thin them out."""
        model = self._written(folder, [RUN], [_sample(ts_ns) for ts_ns in range(10)])
        model.write(2, (), [_sample(9, 5)])
        rows = model.equity(EquityQuery()).rows
        found = [(row.ts_ns, row.equity) for row in rows]
        check(found == [(ts, HUGE + ts) for ts in range(9)] + [(9, 5)], "the last counts", found)
        thin = model.equity(EquityQuery(step_ns=4, currency="USDT")).rows
        check([row.ts_ns for row in thin] == [3, 7, 9], "the last of each stretch", thin)
        first = model.equity(EquityQuery(limit=6, newest_first=True))
        rest = model.equity(
            EquityQuery(limit=6, newest_first=True, page_token=first.next_page_token)
        )
        times = [row.ts_ns for row in (*first.rows, *rest.rows)]
        check(times == list(range(9, -1, -1)), "in pages too", times)
        model.close()

    @case("H19")
    def test_h19_backup(self, folder: Path) -> None:
        """A backup can be taken while it is written, and leaves no half file behind."""
        model = self._written(folder, _trades(3))
        file = folder / "backup"
        model.backup(file)
        check(file.stat().st_size > 0, "there is a file")
        model.write(len(_trades(3)) + 1, [Halt("", 99)])
        model.close()

    @case("H20")
    def test_h20_empty_books(self, folder: Path) -> None:
        """A run that does not continue the one before begins without positions and open orders."""
        order = new(1)
        again = msgspec.structs.replace(RUN, continues=False, ts_init=5)
        model = self._written(folder, [RUN, order, fill(2, order, 4)])
        model.write(4, [again, fill(6, order, 6)])
        (row,) = model.orders(OrderQuery()).rows
        check((row.is_open, row.cum_qty) == (False, 4), "the order is history", row)
        check(not model.positions(), "there are no positions")
        (letter,) = model.events(EventQuery(category="alert")).rows
        check(letter.kind == "DEAD_LETTER", "a late report fits no order", letter)
        model.close()

    @case("H21")
    def test_h21_adopted(self, folder: Path) -> None:
        """An order that others sent and the desk adopted is an order like any other."""
        order = new(1)
        model = self._written(folder, [RUN, AdoptOrder(order, "found", 2), fill(3, order)])
        found = model.order("O1")
        check(found is not None and found.order.life is Life.FILLED, "it is filled", found)
        check([row.quantity for row in model.positions()] == [order.quantity], "and booked")
        (event,) = model.events(EventQuery(kind="adopt")).rows
        check((event.client_order_id, event.text) == ("O1", "found"), "with the reason", event)
        model.close()

    @case("H22")
    def test_h22_close(self, folder: Path) -> None:
        """Closing twice does no harm."""
        model = self._written(folder, [RUN])
        model.close()
        model.close()

    @case("H23")
    def test_h23_read_only(self, folder: Path) -> None:
        """One for questions answers beside the one that writes, and sees what that one adds."""
        if not self.is_durable:
            pytest.skip("H23: is_durable is False")
        records = _trades(4)
        model = self._written(folder, records[:3])
        asked = self.open_read_only(folder)
        check(_everything(asked) == _everything(model), "both answer alike")
        model.write(4, records[3:])
        check(_everything(asked) == _everything(model), "and after more was written")
        model.rebuild(records[:3])
        check(_everything(asked) == _everything(model), "and when all was made again")
        rows = _everything(model)
        model.close()
        check(_everything(asked) == rows, "and when nobody writes any more")
        asked.close()

    # --- helpers -----------------------------------------------------------------------------

    def _opened(self, folder: Path) -> ReadModel:
        folder.mkdir(exist_ok=True)
        model = self.open_read_model(folder)
        model.open()
        return model

    def _written(
        self, folder: Path, records: Sequence[JournalRecord], equity: Sequence[EquityRow] = ()
    ) -> ReadModel:
        model = self._opened(folder)
        check(model.write(1, records, equity) == len(records), "all records are new")
        return model


def _sample(ts_ns: int, equity: int | None = None) -> EquityRow:
    value = HUGE + ts_ns if equity is None else equity
    return EquityRow(
        ts_ns=ts_ns, account_id="", currency="USDT", scale=8, equity=value, cash=-value
    )


def _trades(count: int) -> list[JournalRecord]:
    """Return a run, then orders that are filled in turn."""
    records: list[JournalRecord] = [RUN]
    for number in range(1, count + 1):
        order = new(number, (BUY, SELL)[number % 2])
        records += [order, OrderAccepted(f"O{number}", "", number, number), fill(number, order)]
    return records


def _everything(model: ReadModel) -> list[object]:
    """Return every row, with every order's history."""
    orders = model.orders(OrderQuery(limit=10_000)).rows
    found: list[object] = [model.order(row.client_order_id) for row in orders]
    fills = model.fills(FillQuery(limit=10_000)).rows
    events = model.events(EventQuery(limit=10_000)).rows
    equity = model.equity(EquityQuery(limit=10_000)).rows
    return [*found, orders, fills, events, equity, list(model.positions())]
