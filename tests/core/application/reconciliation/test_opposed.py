"""A strategy's position that somebody closed by hand: told, never closed again, netted by a person.

Seeds: C31.
"""

import pytest
from msgspec.structs import replace

from hexdesk.application.reconciliation.actions import AdjustPosition, AdoptExternal
from hexdesk.application.reconciliation.findings import Mismatch, Policy
from hexdesk.application.reconciliation.repairs import Repairs
from hexdesk.domain.commands import Flatten, OpenBooks
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import Fill
from hexdesk.domain.values import BUY, CLOSE, HEDGING, MAKER, OPEN, SELL, PositionEffect, Side
from hexdesk.ports.broker import Capabilities
from hexdesk.ports.strategy import StrategyContext
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.books import check_books
from tests.core.application.reconciliation.session import PROVING, Session

ID = INSTRUMENT.id
NOBODY = "external:venue"
HEDGED = replace(PROVING, position_mode=HEDGING)


def hold(
    session: Session, name: str, side: Side, lots: int, effect: PositionEffect | None = None
) -> None:
    def send(context: StrategyContext) -> str:
        terms = {} if effect is None else {"position_effect": effect}
        return context.submit(ID, side, lots * LOT, **terms)  # type: ignore[arg-type]

    order_id = session.rig.act(send, name)
    session.rig.accept(order_id)
    session.rig.fill(order_id, price=BID)
    session.agree()


def trade_by_hand(session: Session, side: Side, lots: int, price: int = ASK) -> None:
    """Trade at the broker's own site; the desk finds it and books it as nobody's."""
    now = session.rig.now()
    fill = Fill(
        "", f"W{now}", f"TW{now}", ID, side, lots * LOT, price, MAKER, 0, "USDT", now, now
    )  # fmt: skip
    session.fills.append(fill)
    session.positions[ID] = session.positions.get(ID, 0) + side * lots * LOT
    let(session, 40)


def let(session: Session, seconds: float) -> None:
    """Let time pass, and all be done that reconciliation asks for."""
    repairs = Repairs(session.desk, "venue")
    for _ in range(round(seconds * 2)):
        for action in session.wait(0.5):
            if isinstance(action, AdoptExternal | AdjustPosition):
                repairs.do(action, session.rig.now())


def decide(session: Session, key: str, policy: Policy) -> list[AdjustPosition]:
    """Let a person decide about the incident of a strategy; return what was booked for it."""
    incident = next(each for each in session.reconciler.incidents.open if each.finding.key == key)
    resolution = session.reconciler.resolve(
        incident.id, policy, by="ann", why="closed by hand", now_ns=session.rig.now()
    )
    assert resolution.problem == ""
    repairs = Repairs(session.desk, "venue")
    for action in resolution.actions:
        repairs.do(action, session.rig.now())
    return [each for each in resolution.actions if isinstance(each, AdjustPosition)]


def held(session: Session) -> dict[str, int]:
    hosts = session.desk.hosts.items()
    return {
        name: host.ledgers[ID].position.quantity // LOT
        for name, host in hosts
        if ID in host.ledgers and any(host.ledgers[ID].position.legs)
    }


def opposed(session: Session) -> list[str]:
    incidents = session.reconciler.incidents.open
    assert all(each.finding.kind is Mismatch.POSITION_OPPOSED for each in incidents)
    return [each.finding.key for each in incidents]


def test_a_position_closed_by_hand_is_told_and_netted_by_a_person() -> None:
    session = Session()
    hold(session, "a", BUY, 3)
    trade_by_hand(session, SELL, 3)
    assert held(session) == {"a": 3, NOBODY: -3}
    assert opposed(session) == [f"a/{ID}"]
    assert "POSITION_OPPOSED" in session.reducing[ID]
    incident = session.reconciler.incidents.open[0].finding
    assert incident.evidence.startswith(f"a holds 0.3 {ID} and nobody's books -0.3")
    before = session.rig.account.balance("USDT").total
    ledgers = [host.ledgers[ID] for host in session.desk.hosts.values()]
    results = sum(each.open_result + each.booked for each in ledgers)

    booked = decide(session, f"a/{ID}", Policy.ADOPT)

    assert [(each.strategy_id, each.quantity) for each in booked] == [
        ("", 3 * LOT),
        ("a", -3 * LOT),
    ]
    assert held(session) == {}
    won = INSTRUMENT.value(ASK, 3 * LOT) - INSTRUMENT.value(BID, 3 * LOT)
    assert session.desk.hosts["a"].ledgers[ID].position.realised == won
    assert session.desk.hosts[NOBODY].ledgers[ID].position.realised == 0
    assert sum(each.booked for each in ledgers) == results, "nothing came or went"
    gain = session.rig.account.balance("USDT").total - before
    assert gain > 0, "what the hand's price made of it is realised, as at the broker"
    let(session, 40)
    assert (opposed(session), dict(session.reducing)) == ([], {})
    check_books(session.rig)


def test_of_several_strategies_a_person_says_whose_was_closed() -> None:
    session = Session()
    hold(session, "a", BUY, 3)
    hold(session, "b", BUY, 2)
    trade_by_hand(session, SELL, 2)
    assert opposed(session) == [f"a/{ID}", f"b/{ID}"]
    decide(session, f"b/{ID}", Policy.ADOPT)
    assert held(session) == {"a": 3}
    let(session, 40)
    assert opposed(session) == []


def test_what_was_netted_for_one_strategy_is_not_netted_again_for_another() -> None:
    session = Session()
    hold(session, "a", BUY, 3)
    hold(session, "b", BUY, 2)
    trade_by_hand(session, SELL, 4)
    decide(session, f"a/{ID}", Policy.ADOPT)
    assert len(decide(session, f"b/{ID}", Policy.ADOPT)) == 2
    assert held(session) == {"b": 1}
    let(session, 40)
    assert opposed(session) == []


def test_what_a_person_ignores_stays_ignored_however_much_either_holds() -> None:
    session = Session()
    hold(session, "a", BUY, 1)
    trade_by_hand(session, SELL, 3)
    decide(session, f"a/{ID}", Policy.IGNORE)
    hold(session, "a", BUY, 1)
    let(session, 40)
    assert opposed(session) == []
    assert ID not in session.reducing
    assert held(session) == {"a": 2, NOBODY: -3}


def test_strategies_that_hold_against_each_other_are_nobodys_business() -> None:
    session = Session()
    hold(session, "a", BUY, 1)
    hold(session, "b", SELL, 1)
    trade_by_hand(session, BUY, 1)
    assert opposed(session) == [f"b/{ID}"]


def test_legs_that_are_kept_apart_are_netted_apart() -> None:
    session = Session(capabilities=HEDGED)
    hold(session, "a", BUY, 2, OPEN)
    hold(session, "a", SELL, 1, OPEN)
    session.desk.command(OpenBooks(NOBODY, "venue", (ID,), session.rig.now()))
    nobody = session.desk.hosts[NOBODY]
    nobody.ledgers[ID].position.book(SELL, 2 * LOT, ASK, CLOSE)
    session.positions[ID] = -LOT
    let(session, 40)
    assert opposed(session) == [f"a/{ID}"]
    decide(session, f"a/{ID}", Policy.ADOPT)
    assert session.desk.hosts["a"].ledgers[ID].position.legs == (0, -LOT)
    assert nobody.ledgers[ID].position.legs == (0, 0)


# --------------------------------------------------------------------------------------------------
# Flatten


def closes(session: Session) -> list[tuple[str, Side, int]]:
    """Flatten, let all be filled, and return what was ordered."""
    sent = len(session.rig.requests)
    for _ in range(2):
        session.desk.command(Flatten("", "out", session.rig.now()))
    orders = [each for each in session.rig.requests[sent:] if isinstance(each, NewOrder)]
    for order in orders:
        session.rig.fill(order.client_order_id)
    return [(each.strategy_id, each.side, each.quantity // LOT) for each in orders]


@pytest.mark.parametrize(
    "capabilities", [PROVING, replace(PROVING, position_effects=False, reduce_only=False)]
)
@pytest.mark.parametrize(
    ("holding", "by_hand", "wanted"),
    [
        ({"a": 2}, -2, []),
        ({"a": 3}, -2, [("a", SELL, 1)]),
        ({"a": 1}, -3, [(NOBODY, BUY, 2)]),
        ({"a": 2, "b": 2}, -2, [("a", SELL, 2)]),
        ({"a": 1, "b": 2}, -2, [("a", SELL, 1)]),
        ({"a": 2, "b": -2}, -2, [("b", BUY, 2)]),
        ({"a": -2, "b": 1}, 1, [("a", BUY, 1), ("b", SELL, 1)]),
        ({"a": 2}, 2, [("a", SELL, 2), (NOBODY, SELL, 2)]),
    ],
)
def test_flatten_closes_what_the_broker_has_and_opens_nothing(
    capabilities: Capabilities,
    holding: dict[str, int],
    by_hand: int,
    wanted: list[tuple[str, Side, int]],
) -> None:
    session = Session(capabilities=capabilities)
    for name, lots in holding.items():
        hold(session, name, BUY if lots > 0 else SELL, abs(lots))
    trade_by_hand(session, BUY if by_hand > 0 else SELL, abs(by_hand))
    assert closes(session) == wanted
    assert sum(held(session).values()) == 0, "the broker has nothing left"
    is_opposed = any(lots * by_hand < 0 for lots in holding.values())
    assert ("FLATTEN_OPPOSED" in session.rig.alerts) is is_opposed
    assert closes(session) == []
