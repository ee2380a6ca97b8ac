"""Orders that others send may be a strategy's: `claims` says whose.

Seeds: C31.
"""

from msgspec.structs import replace

from hexdesk.application.reconciliation.actions import AdjustPosition, AdoptExternal
from hexdesk.application.reconciliation.repairs import Repairs
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import BUY, LIMIT, MAKER, SELL, Side
from hexdesk.ports.broker import VenueOrder
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.reconciliation.session import Session
from tests.core.application.reconciliation.test_opposed import held, hold, opposed
from tests.core.application.replayed import assert_replayed

ID = INSTRUMENT.id
CLAIMS = {ID: "a"}


def traded(session: Session, side: Side, lots: int) -> None:
    """Have an execution at the broker that is not ours."""
    now = session.rig.now()
    session.fills.append(
        Fill("", f"W{now}", f"T{now}", ID, side, lots * LOT, ASK, MAKER, 0, "USDT", now, now)
    )
    session.positions[ID] = session.positions.get(ID, 0) + side * lots * LOT


def let(session: Session, claims: dict[str, str]) -> None:
    """Let time pass, and all be done that reconciliation asks for."""
    repairs = Repairs(session.desk, "venue", claims)
    for _ in range(80):
        for action in session.wait(0.5):
            if isinstance(action, AdoptExternal | AdjustPosition):
                repairs.do(action, session.rig.now())


def test_a_position_closed_by_hand_is_closed_for_the_strategy_that_claims_it() -> None:
    session = Session()
    hold(session, "a", BUY, 3)
    known = len(session.rig.puppets["a"].of("on_fill"))
    traded(session, SELL, 3)
    let(session, CLAIMS)
    assert held(session) == {}
    assert opposed(session) == []
    assert not session.reducing.get(ID)
    heard = session.rig.puppets["a"].of("on_fill")[known:]
    assert [(fill.side, fill.quantity) for fill in heard] == [(SELL, 3 * LOT)]
    won = INSTRUMENT.value(ASK, 3 * LOT) - INSTRUMENT.value(BID, 3 * LOT)
    assert session.desk.hosts["a"].ledgers[ID].position.realised == won
    check_books(session.rig)
    assert_replayed(session.rig, len(session.rig.records) // 2)


def test_an_open_order_is_the_strategys_that_claims_it_and_may_be_canceled_by_it() -> None:
    session = Session()
    order_id = session.rig.act(lambda context: context.submit(ID, BUY, LOT, LIMIT, BID))
    session.rig.accept(order_id)
    mine = session.desk.execution.open[order_id]
    session.agree()
    stranger = replace(mine.intent, client_order_id="WEB", strategy_id="")
    session.orders["WEB"] = VenueOrder(stranger, "V7", mine.life, LOT, BID, 0, 0, 1)
    let(session, CLAIMS)
    found = session.desk.execution.open["WEB"]
    assert found.intent.strategy_id == "a"
    session.rig.act(lambda context: context.cancel("WEB"))
    assert session.rig.cancels[-1] == "WEB"


def test_a_claim_of_a_strategy_that_is_not_there_leaves_it_nobodys() -> None:
    for claims in ({ID: "gone"}, {"OTHER-PERP.ACME": "a"}, {}):
        session = Session()
        traded(session, BUY, 2)
        let(session, claims)
        assert held(session) == {"external:venue": 2}
