"""Cancels and amendments say in the journal who asked for them."""

from hexdesk.domain.commands import CancelAll, OperatorCancel
from hexdesk.domain.orders import AmendOrder, CancelOrder
from hexdesk.domain.values import BUY, LIMIT, Authority
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.rig import Rig


def asked(rig: Rig) -> list[Authority]:
    """Return who asked for each cancel and amendment, in order."""
    return [
        record.authority for record in rig.records if isinstance(record, CancelOrder | AmendOrder)
    ]


def resting(rig: Rig) -> str:
    order_id = rig.act(lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID))
    rig.accept(order_id)
    return order_id


def test_a_strategy_asks() -> None:
    rig = Rig().start()
    order_id = resting(rig)
    rig.act(lambda context: context.amend(order_id, price=BID - 5))
    rig.confirm(rig.amends[-1])
    rig.act(lambda context: context.cancel(order_id))
    assert asked(rig) == [Authority.STRATEGY, Authority.STRATEGY]


def test_a_person_asks() -> None:
    rig = Rig().start()
    rig.desk.command(OperatorCancel(resting(rig), "", rig.now()))
    resting(rig)
    rig.desk.command(CancelAll("", "", rig.now()))
    assert asked(rig) == [Authority.OPERATOR, Authority.OPERATOR]


def test_the_desk_asks_for_exits_that_follow_their_entry() -> None:
    rig = Rig().start()
    entry = rig.act(
        lambda context: (
            context.submit_bracket(
                INSTRUMENT.id, BUY, 2 * LOT, entry_price=ASK, stop_price=BID - 500
            ).entry
        )
    )
    rig.fill(entry, LOT)
    rig.accept(rig.sent[-1].client_order_id)
    rig.fill(entry, LOT)
    assert asked(rig) == [Authority.PROTECTION]
