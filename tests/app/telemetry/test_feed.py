import logging
from collections.abc import Sequence
from typing import Any

from hexdesk.application.durability.memory_journal import MemoryJournal
from hexdesk.domain.market import Quote
from hexdesk.domain.metrics import Distribution
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import OrderAccepted, OrderCanceled
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.ports.telemetry import CALL, CallLog
from hexdesk.testing.telemetry import FakeTelemetry
from hexdesk_app.telemetry.feed import TimelineFeed
from hexdesk_app.telemetry.source import ReadSource, ToldSource

LOGGER = logging.getLogger("test")
ID = "X-PERP.SIM"
CALLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
QUOTE = Quote(ID, 100, 5, 101, 5, 900, 1_000)


def intent(name: str) -> NewOrder:
    return NewOrder(name, "mm", "acc", ID, BUY, LIMIT, 10, 1_000, 100)


def commit(journal: MemoryJournal, records: Sequence[Any]) -> None:
    for record in records:
        journal.append(record)
    journal.commit()


def make_feed(telemetry: FakeTelemetry, **options: Any) -> tuple[MemoryJournal, TimelineFeed]:
    journal = MemoryJournal()
    return journal, TimelineFeed(journal, {}, telemetry, LOGGER, **options)


def test_orders_become_timelines_and_histograms() -> None:
    telemetry = FakeTelemetry()
    times = iter([1_070, 2_000, 3_000])
    journal, feed = make_feed(telemetry, wall_ns=lambda: next(times))
    feed.start()
    token = CALL.set("00-1-1-01")
    commit(journal, [intent("a1"), QUOTE])
    CALL.reset(token)
    commit(journal, [OrderAccepted("a1", "v", 1_500, 1_900)])
    commit(journal, [OrderCanceled("a1", "", 2_500, 2_900)])
    feed.close()
    (timeline,) = telemetry.orders
    assert timeline.origin == "00-1-1-01"
    assert timeline.tick_to_order_ns == 70
    readings = {(each.metric, each.labels): each.value for each in feed.readings()}
    acks = readings["hexdesk.order.order_to_ack", ("mm", ID)]
    assert isinstance(acks, Distribution)
    assert (acks.count, acks.total) == (1, 830)
    assert acks.exemplar is not None
    assert acks.exemplar.ts_ns > 10**18, "measured now, whatever the desk's time is"
    assert readings["hexdesk.order.ended", ("mm", "canceled")] == 1
    assert readings["hexdesk.order.fill_ratio", ("mm",)] == 0.0


def test_what_finds_no_room_is_dropped_and_counted() -> None:
    journal = MemoryJournal()
    source = ToldSource(journal, None, commits_max=2)
    source.start()
    for number in range(5):
        commit(journal, [intent(f"a{number}")])
    assert source.dropped == 3
    assert [records[0] for _, _, records in source.take()] == [intent("a0"), intent("a1")]
    assert not source.has_more


def test_a_journal_in_memory_is_read_and_nothing_follows_it() -> None:
    telemetry, calls = FakeTelemetry(), CallLog()
    journal, feed = make_feed(telemetry, wall_ns=None, calls=calls)
    commit(journal, [intent("before")])
    feed.start()
    commit(journal, [intent("a1"), QUOTE])
    token = CALL.set(CALLED)
    with calls.answering(lambda: journal.sequence):
        commit(journal, [intent("a2"), OrderCanceled("a2", "", 1, 2)])
    CALL.reset(token)
    with calls.answering(lambda: journal.sequence):
        commit(journal, [OrderCanceled("a1", "", 1, 2)])
    feed.close()
    found = {each.intent.client_order_id: each for each in telemetry.orders}
    assert {name: each.origin for name, each in found.items()} == {"a1": "", "a2": CALLED}
    assert found["a1"].cause.kind == "quote"


def test_a_reader_that_is_far_behind_leaves_out_the_oldest() -> None:
    journal = MemoryJournal()
    source = ReadSource(journal, CallLog(), records_max=10)
    source.start()
    for number in range(25):
        commit(journal, [intent(f"a{number}")])
    ((_, _, records),) = source.take()
    assert source.dropped == 20
    assert records == [intent(f"a{number}") for number in range(20, 25)]
    assert not source.has_more
    assert source.take() == []


def test_an_exporter_that_raises_harms_nobody() -> None:
    class Broken(FakeTelemetry):
        def order(self, timeline: object) -> bool:
            raise OSError("no")

    journal, feed = make_feed(Broken(), wall_ns=None)
    feed.start()
    commit(journal, [intent("a1"), OrderCanceled("a1", "", 1, 2)])
    feed.close()
    commit(journal, [intent("a2")])
    assert journal.sequence == 3


def test_open_orders_are_told_at_the_end() -> None:
    telemetry = FakeTelemetry()
    journal, feed = make_feed(telemetry, wall_ns=None)
    feed.start()
    commit(journal, [intent("a1")])
    feed.close()
    assert [each.state for each in telemetry.orders] == ["open"]
