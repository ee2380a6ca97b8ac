"""How many closed orders a desk keeps."""

from hexdesk.application.orders.order_store import SLACK_PART
from hexdesk.domain.values import BUY, LIMIT
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.replayed import assert_replayed
from tests.core.application.rig import Rig

KEPT = 5


def test_only_the_latest_closed_orders_are_kept() -> None:
    rig = Rig(closed_orders_max=KEPT).start()
    ids = [
        rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID))
        for _ in range(2 * KEPT)
    ]
    for order_id in ids:
        rig.canceled(order_id)
    assert list(rig.desk.execution.closed) == ids[KEPT:]
    assert_replayed(rig, 2)


def test_they_are_let_go_many_at_a_time() -> None:
    """One at a time a dict would walk over all that were let go before, at each order's end."""
    most = 2 * SLACK_PART
    rig = Rig(closed_orders_max=most).start()
    counts: set[int] = set()
    for _ in range(2 * most):
        rig.canceled(rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID)))
        counts.add(len(rig.desk.execution.closed))
    assert max(counts) == most + most // SLACK_PART
    assert_replayed(rig, 2)
    assert_replayed(rig, len(rig.records) // 2)


def test_a_report_on_one_that_is_gone_is_a_dead_letter() -> None:
    rig = Rig(closed_orders_max=1).start()
    first, second = (
        rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID))
        for _ in range(2)
    )
    rig.canceled(first)
    rig.canceled(second)
    rig.canceled(first)
    assert rig.desk.counts.dead_letters == 1


def test_orders_of_a_list_stay_while_it_is_at_work() -> None:
    rig = Rig(closed_orders_max=2).start()
    bracket = rig.act(
        lambda context: context.submit_bracket(
            INSTRUMENT.id, BUY, LOT, stop_price=BID - 500, target_price=ASK + 500
        )
    )
    rig.fill(bracket.entry)
    for _ in range(2 * KEPT):
        rig.canceled(rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID)))
    assert bracket.entry in rig.desk.execution.closed
    rig.fill(bracket.stop)
    rig.canceled(bracket.target)
    for _ in range(2 * KEPT):
        rig.canceled(rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID)))
    assert not rig.desk.execution.lists.describe()
    assert_replayed(rig, 2)
