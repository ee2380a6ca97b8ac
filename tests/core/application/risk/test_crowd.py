"""Every rule about orders fires at its limit and not below, while many orders are open.

Several strategies submit, fill, part-fill, cancel and lose answers; before each order the rule's
own question is answered from orders and fills alone, and the desk has to say the same.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from hexdesk.application.risk.catalog import KINDS
from hexdesk.domain.money import pow10
from hexdesk.domain.values import BUY, SELL, SUBMITTED
from tests.core.application.books import check_books
from tests.core.application.risk.crowd import CAPITAL, NAMES, SECOND_NS, Crowd, Step, value
from tests.core.application.risk.desks import ID

STEPS = st.lists(
    st.builds(
        Step,
        name=st.sampled_from(NAMES),
        side=st.sampled_from([BUY, BUY, SELL]),
        lots=st.integers(1, 3),
        then=st.sampled_from(["wait", "accept", "fill", "fill", "part", "doubt", "cancel"]),
        seconds=st.sampled_from([0, 0, 0, 1, 5, 30]),
        stop=st.sampled_from([0, 50, 100, 200]),
        target=st.sampled_from([0, 50, 100, 200, 400]),
    ),
    min_size=1,
    max_size=12,
)
TENTHS = st.integers(1, 40).map(lambda tenths: f"{tenths / 10}")
FEW = st.integers(0, 4).map(str)


Question = Callable[[Crowd, dict[str, str]], bool]


class Asked(msgspec.Struct, frozen=True):
    """A rule as a question.

    Attributes:
        passes: Whether the order may leave, by settings and what is so.
        draws: Makes settings.
        brackets: Whether orders have stops and targets.
        is_quiet: Whether time stands still.
        is_of_closes: Whether it is asked about what reduces, and about nothing else.
    """

    passes: Question
    draws: dict[str, st.SearchStrategy[str]] = {}
    brackets: bool = False
    is_quiet: bool = False
    is_of_closes: bool = False


def _share(part: Callable[[Crowd], Fraction], key: str, whole: int = 1) -> Question:
    def passes(crowd: Crowd, wanted: dict[str, str]) -> bool:
        return part(crowd) * whole <= Fraction(wanted[key]) * crowd.equity

    return passes


def _leverage(crowd: Crowd, wanted: dict[str, str]) -> bool:
    name = crowd.step.name
    fees = crowd.rig.host(name).ledgers[ID].fees
    balance = crowd.rig.account.balance("USDT")
    own = CAPITAL - Fraction(fees, pow10(balance.scale)) if name == "a" else crowd.equity
    return crowd.gross([name]) <= Fraction(wanted["max"]) * own


def _allocation(crowd: Crowd, _wanted: dict[str, str]) -> bool:
    if crowd.step.name != "a":
        return True
    ledger = crowd.rig.host("a").ledgers[ID]
    working = sum(order.reserved for order in crowd.rig.desk.execution.open.values()
                  if order.intent.strategy_id == "a")  # fmt: skip
    capital = CAPITAL * pow10(ledger.balance.scale)
    return _binds(crowd) <= max(capital + ledger.booked - working - ledger.bound, 0)


def _binds(crowd: Crowd) -> int:
    """Margin and fee of the order, at the rates of the instrument."""
    ledger = crowd.rig.host(crowd.step.name).ledgers[ID]
    scale = pow10(ledger.balance.scale)
    worth = value(crowd.quantity) * scale
    rates = Fraction(ledger.instrument.margin + ledger.instrument.taker_fee, 10**9)
    return -(-worth * rates // 1)


def _equal(crowd: Crowd, wanted: dict[str, str]) -> bool:
    step = crowd.step
    equal = [
        order
        for order in crowd.open(step.name)
        if (order.intent.side, order.quantity) == (step.side, crowd.quantity)
    ]
    return len(equal) <= int(wanted["open_max"])


def _apart(crowd: Crowd, wanted: dict[str, str]) -> bool:
    latest = crowd.entered_ns.get(crowd.step.name)
    gap = int(wanted["seconds_min"]) * SECOND_NS
    return latest is None or crowd.rig.clock.now_ns() + 1_000 - latest >= gap


def _is_answered(crowd: Crowd, wanted: dict[str, str]) -> bool:
    now, step = crowd.rig.clock.now_ns() + 1_000, crowd.step
    return not any(
        now - order.intent.ts_init < int(wanted["seconds_max"]) * SECOND_NS
        for order in crowd.open(step.name)
        if order.life is SUBMITTED and order.intent.side is step.side
    )


def _promises(crowd: Crowd, wanted: dict[str, str]) -> bool:
    step = crowd.step
    if not (step.stop and step.target):
        return True
    return Fraction(step.target, step.stop) >= Fraction(wanted["ratio_min"])


def _risks(crowd: Crowd) -> Fraction:
    return value(crowd.quantity) * crowd.step.stop * 5 / 100_000


QUESTIONS = {
    "exposure": Asked(_share(Crowd.gross, "gross_max"), {"gross_max": TENTHS}),
    "desk_exposure": Asked(_share(Crowd.gross, "gross_max"), {"gross_max": TENTHS}),
    "leverage": Asked(_leverage, {"max": TENTHS}),
    "concentration": Asked(
        _share(lambda crowd: value(crowd.together), "pct_max", 100),
        {"pct_max": st.integers(1, 200).map(str)},
    ),
    "global_position": Asked(
        lambda crowd, wanted: Fraction(crowd.together, 1_000) <= Fraction(wanted["quantity_max"]),
        {"quantity_max": TENTHS},
    ),
    "position_count": Asked(
        lambda crowd, wanted: sum(map(bool, map(crowd.gross, zip(NAMES)))) <= int(wanted["max"]),
        {"max": st.integers(0, 2).map(str)},
    ),
    "order_margin": Asked(
        lambda crowd, wanted: Fraction(
            _binds(crowd) * 100, pow10(crowd.rig.account.balance("USDT").scale)
        )
        <= Fraction(wanted["pct_max"]) * crowd.equity,
        {"pct_max": TENTHS},
    ),
    "allocation": Asked(_allocation),
    "duplicate": Asked(_equal, {"open_max": FEW}),
    "self_trade": Asked(
        lambda crowd, _wanted: all(
            order.intent.side is crowd.step.side for order in crowd.open()
        )
    ),
    "message_budget": Asked(
        lambda crowd, wanted: crowd.sends + 1 <= int(wanted["per_minute_max"]) * 8 // 10,
        {"per_minute_max": st.integers(1, 15).map(str)},
        is_quiet=True,
    ),
    "entry_interval": Asked(_apart, {"seconds_min": st.sampled_from(["1", "5", "30"])}),
    "market_data": Asked(
        lambda crowd, wanted: crowd.rig.clock.now_ns() + 1_000 - crowd.quoted_ns
        <= int(wanted["age_ms_max"]) * 10**6,
        {"age_ms_max": st.sampled_from(["0", "999", "1000", "5000", "29000"])},
    ),
    "close_lock": Asked(
        _is_answered, {"seconds_max": st.sampled_from(["1", "5", "10"])}, is_of_closes=True
    ),
    "valve": Asked(
        lambda crowd, wanted: Fraction(abs(crowd.held(crowd.step.name)), 1_000)
        <= Fraction(wanted["quantity_max"]),
        {"quantity_max": st.sampled_from(["0", "0.049", "0.05", "0.1", "0.2"])},
    ),
    "stop_required": Asked(lambda crowd, _wanted: bool(crowd.step.stop), brackets=True),
    "per_trade": Asked(
        _share(_risks, "pct_max", 100), {"pct_max": st.sampled_from(["0.01", "0.02", "0.03", "1"])},
        brackets=True,
    ),
    "reward": Asked(_promises, {"ratio_min": TENTHS}, brackets=True),
}  # fmt: skip
ABOUT_ORDERS = [kind for kind in KINDS if not kind.watches]


def test_no_rule_about_orders_is_without_its_question() -> None:
    assert {kind.name for kind in ABOUT_ORDERS} == QUESTIONS.keys()


@pytest.mark.parametrize("kind", ABOUT_ORDERS, ids=lambda kind: kind.name)
@given(data=st.data(), steps=STEPS)
@settings(max_examples=25, deadline=None)
def test_a_rule_says_of_each_order_what_its_question_says(
    kind: Any, data: st.DataObject, steps: list[Step]
) -> None:
    asked = QUESTIONS[kind.name]
    wanted = {key: data.draw(draw, key) for key, draw in asked.draws.items()}
    crowd = Crowd(kind.name, wanted)
    for each in steps:
        step = each
        if not asked.brackets:
            step = msgspec.structs.replace(step, stop=0, target=0)
        elif step.then in ("fill", "part"):  # exits would close what the next order closes
            step = msgspec.structs.replace(step, then="accept")
        if not asked.is_quiet:
            crowd.rig.clock.advance_by(step.seconds * SECOND_NS)
        crowd.step = step
        grows = not crowd.reduces
        passes = grows is asked.is_of_closes or asked.passes(crowd, wanted)
        denied = len(crowd.rig.codes(step.name))
        sent = crowd.send(step)
        codes = crowd.rig.codes(step.name)[denied:]
        assert (sent is not None) is passes, (wanted, step, codes)
        assert set(codes) <= {kind.code}
        if sent is not None and grows:
            crowd.entered_ns[step.name] = sent.ts_init
        crowd.follow(step, sent)
    check_books(crowd.rig)
