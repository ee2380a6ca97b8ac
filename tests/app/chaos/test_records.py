"""What must never be in a journal is seen; the rest is counted."""

import msgspec
import pytest

from hexdesk.domain.commands import AdoptOrder
from hexdesk.domain.inputs import StrategyFaulted
from hexdesk.domain.money import parse_money
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.records import Deposited, RunEnded, StrategySaved
from hexdesk.domain.reports import OrderAbandoned, OutcomeUnknown
from hexdesk.domain.values import BUY, MARKET, Operation
from hexdesk.ports.journal import JournalRecord
from hexdesk_app.chaos.disorder import Saved
from hexdesk_app.chaos.records import Records

ORDER = NewOrder("K1", "s", "a", "X.Y", BUY, MARKET, 1, 1)
TEN = parse_money("10 USDT")


def read(*records: JournalRecord) -> Records:
    found = Records()
    found.read(enumerate(records, 1))
    return found


def saved(count: int) -> StrategySaved:
    return StrategySaved("s", 1, msgspec.msgpack.encode(Saved(count, 0, "")), 1)


def test_orders_are_counted_once_though_they_were_held_before() -> None:
    found = read(ORDER, ORDER)
    assert found.counts["orders"] == 1
    assert found.take_fresh() == {"K1": ORDER}
    assert not found.take_fresh()


def test_doubts_are_counted_with_what_settled_them() -> None:
    unknown = OutcomeUnknown("K1", Operation.SUBMIT, 0, "", 1)
    found = read(ORDER, unknown, OrderAbandoned("K1", "X", 2), OrderAbandoned("K1", "X", 3))
    assert found.doubts == {"submit": 1}
    assert found.resolved == {"abandoned": 1}


@pytest.mark.parametrize(
    "record",
    [
        AdoptOrder(ORDER, "found", 1),
        Deposited("a", TEN, "CASH: drift", 1),
        StrategyFaulted("s", "broken", 1),
    ],
)
def test_what_must_not_be_there_is_seen(record: JournalRecord) -> None:
    assert len(read(record).wrong) == 1


def test_a_strategy_never_goes_back() -> None:
    assert not read(saved(1), saved(1), saved(5), Deposited("a", TEN, "start", 1)).wrong
    assert "from 5 to 4" in read(saved(5), saved(4)).wrong[0]


def test_the_hash_counts_only_where_a_run_ended_last() -> None:
    assert read(RunEnded("r", "h", 1)).state_hash == "h"
    assert not read(RunEnded("r", "h", 1), ORDER).state_hash
