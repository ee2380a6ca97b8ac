"""A position says where it would be liquidated, wherever it is asked for; events leave that out."""

from hexdesk.application.control.sight import Sight
from hexdesk.domain.money import parse_money
from hexdesk.domain.values import BUY, MARKET, SELL
from hexdesk.ports.control_requests import GetInstrument, GetPosition, ListPositions
from hexdesk.ports.control_views import PositionInfo
from hexdesk.testing.broker_bench import ASK, INSTRUMENT, LOT
from tests.core.application.control.rig import ControlRig

ID = INSTRUMENT.id


def holding() -> ControlRig:
    """Return a desk with 4,000 USDT behind 10,001 of `a`, and a tenth of that short of `b`."""
    rig = ControlRig("a", "b")
    rig.deposit_more(parse_money("-9996000 USDT"))
    rig.start()
    rig.fill(rig.act(lambda context: context.submit(ID, BUY, 10 * LOT, MARKET)), price=ASK)
    rig.fill(rig.act(lambda context: context.submit(ID, SELL, LOT, MARKET), "b"), price=ASK)
    rig.quote(ASK, ASK)
    return rig


def shown(position: PositionInfo) -> tuple[str, str]:
    return position.liquidation_price, position.liquidation_pct


def test_positions_say_where_the_account_would_lose_them() -> None:
    """4,000 of the 9,000.9 that both are together at a venue that nets: 44.4 % away."""
    rig = holding()
    found = rig.ask(ListPositions()).items
    assert [shown(each) for each in found] == [("5556.6", "44.4400005")] * 2
    one = rig.ask(GetPosition(strategy_id="a", instrument_id=ID))
    assert shown(one) == ("5556.6", "44.4400005")
    rig.deposit_more(parse_money("6000 USDT"))
    assert shown(rig.ask(GetPosition(strategy_id="a", instrument_id=ID))) == ("", ""), "enough"


def test_flat_positions_and_events_leave_it_out() -> None:
    rig = holding()
    told = Sight(rig.desk, rig.runtime, start_ns=0).position_by_key(("a", ID))
    assert told is not None
    assert shown(told) == ("", "")
    rig.fill(rig.act(lambda context: context.submit(ID, SELL, 10 * LOT, MARKET)), price=ASK)
    assert shown(rig.ask(GetPosition(strategy_id="a", instrument_id=ID))) == ("", "")


def test_an_instrument_says_what_is_asked_of_it() -> None:
    rig = holding()
    found = rig.ask(GetInstrument(instrument_id=ID))
    assert (found.margin, found.maintenance_margin, found.is_isolated) == ("0.1", "0", False)
