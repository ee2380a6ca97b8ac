"""Every rule that watches reaches its level at its threshold and not before, with orders open.

Two strategies trade at the market, their orders are filled in parts, refused, lost and canceled,
prices move. What each rule measures is worked out from orders, fills and prices alone.
"""

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from statistics import median_high
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hexdesk.application.risk.catalog import KINDS
from hexdesk.application.risk.ladders import MIN_HISTORY, LadderRule, Volatility
from hexdesk.application.risk.movement import Movement
from hexdesk.domain.money import RATE_SCALE, pow10
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.reports import OutcomeUnknown
from hexdesk.domain.values import BUY, SELL, Operation, Side
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT
from tests.core.application.books import check_books
from tests.core.application.risk.desks import ACCOUNT, ID, LOT, RiskRig, activate, plan

NAMES = ("a", "b")
DEPOSIT, CAPITAL = 4_000, 1_500
START = 100_000
KEPT_PCT = 2
"""Maintenance margin."""
ONE = pow10(RATE_SCALE)
SECOND_NS = 10**9
WINDOW = 3


class Move(msgspec.Struct, frozen=True):
    """Prices move, then somebody sends an order and the venue says something."""

    ticks: int
    seconds: int
    name: str
    side: Side
    lots: int
    then: str
    slip: int


MOVES = st.lists(
    st.builds(
        Move,
        ticks=st.integers(-400, 400),
        seconds=st.sampled_from([0, 1, 20, 40]),
        name=st.sampled_from(NAMES),
        side=st.sampled_from([BUY, SELL]),
        lots=st.integers(1, 3),
        then=st.sampled_from(["fill", "fill", "fill", "part", "wait", "reject", "doubt", "cancel"]),
        slip=st.sampled_from([-40, 0, 0, 20, 39, 40, 41, 80]),
    ),
    min_size=1,
    max_size=14,
)


class Trader:
    """One strategy's fills, folded without the desk's help."""

    def __init__(self) -> None:
        self.held = 0
        self.average = Fraction(0)
        self.realised = Fraction(0)
        self.losses = 0
        self.slips: deque[bool] = deque(maxlen=10)
        self.ends: deque[bool] = deque(maxlen=WINDOW)

    def fill(self, side: Side, quantity: int, price: int) -> None:
        """Take a fill; money in USDT."""
        closing = min(quantity, abs(self.held)) if self.held * side < 0 else 0
        gain = (Fraction(price) - self.average) * closing * -side / 10_000
        self.realised += gain
        if closing and gain:
            self.losses = self.losses + 1 if gain < 0 else 0
        left = quantity - closing
        kept = abs(self.held) - closing
        if left:
            self.average = (self.average * kept + price * left) / (kept + left)
        self.held += quantity * side

    def result(self, mark: Fraction) -> Fraction:
        """Realised and open result in USDT, fees not counted."""
        return self.realised + (mark - self.average) * self.held / 10_000


class Market:
    """A desk with one watching rule that has one threshold, and what is known beside it."""

    def __init__(self, rule: str, wanted: dict[str, Any]) -> None:
        rules: dict[str, Any] = {rule: wanted}
        self.rig = RiskRig(
            plan(capital={"a": f"{CAPITAL} USDT"}, **rules), *NAMES, deposit=f"{DEPOSIT} USDT",
            instruments=(replace(INSTRUMENT, maintenance_margin=ONE * KEPT_PCT // 100),),
        )  # fmt: skip
        self.traders = {name: Trader() for name in NAMES}
        self.price = START
        self.rig.quote(START, START)
        self.peak = Fraction(0)
        self.rejects: list[int] = []
        self.failures = 0
        self.touches: dict[str, int] = {}

    # --- doing ---------------------------------------------------------------------------------

    def play(self, move: Move) -> None:
        """Let prices move, and take notes of what a mark shows."""
        self.rig.clock.advance_by(move.seconds * SECOND_NS)
        self.price += move.ticks * 5
        self.rig.quote(self.price, self.price)
        self.peak = max(self.peak, self.result)

    def order(self, move: Move) -> None:
        """Send an order and let the venue say something of it."""
        before = len(self.rig.sent)
        self.rig.send(move.side, move.lots, name=move.name)
        if len(self.rig.sent) == before:
            return
        sent = self.rig.sent[-1]
        self.touches[sent.client_order_id] = self.price
        self._answer(sent, move)

    def _answer(self, sent: NewOrder, move: Move) -> None:
        rig, order_id, trader = self.rig, sent.client_order_id, self.traders[sent.strategy_id]
        match move.then:
            case "fill":
                self._fill(sent, sent.quantity, move.slip)
                trader.ends.append(False)
            case "part":
                self._fill(sent, LOT // 2, move.slip)
            case "reject":
                rig.rejected(order_id)
                self.rejects.append(rig.clock.now_ns())
                self.failures += 1
                trader.ends.append(True)
            case "doubt":
                rig.report(OutcomeUnknown(order_id, Operation.SUBMIT, 0, "", rig.now()))
                self.failures += 1
            case "cancel":
                rig.canceled(order_id)
                self.failures = 0
                trader.ends.append(True)
            case _:
                pass

    def _fill(self, sent: NewOrder, quantity: int, slip: int) -> None:
        price = self.price + slip * 5 * sent.side
        self.rig.fill(sent.client_order_id, quantity, price)
        trader = self.traders[sent.strategy_id]
        trader.fill(sent.side, quantity, price)
        worse = (price - self.price) * sent.side
        trader.slips.append(worse * 500 > self.price)
        self.failures = 0

    # --- what is so ----------------------------------------------------------------------------

    def fees(self, name: str) -> Fraction:
        """Paid so far, in USDT."""
        ledger = self.rig.host(name).ledgers[ID]
        return Fraction(ledger.fees, pow10(ledger.balance.scale))

    def own(self, name: str) -> Fraction:
        """A strategy's result at the latest price."""
        return self.traders[name].result(Fraction(self.price)) - self.fees(name)

    @property
    def result(self) -> Fraction:
        """Of all strategies."""
        return sum(map(self.own, NAMES), Fraction(0))

    @property
    def exposed(self) -> Fraction:
        """Worse outcome of each strategy, with all that works, in USDT."""
        total = 0
        for name in NAMES:
            up = down = self.traders[name].held
            for order in self.rig.desk.execution.open_orders(self.rig.host(name), ID):
                up += order.leaves_qty if order.intent.side is BUY else 0
                down -= order.leaves_qty if order.intent.side is SELL else 0
            total += max(up, -down, 0)
        return Fraction(total * self.price, 10_000)

    def latest_rejects(self) -> int:
        """Refusals within a minute."""
        now = self.rig.clock.now_ns()
        return sum(each > now - 60 * SECOND_NS for each in self.rejects)

    def unfilled_pct(self, name: str) -> Fraction:
        """Part of the latest orders that ended without a fill, once there are enough."""
        ends = self.traders[name].ends
        return Fraction(100 * sum(ends), WINDOW) if len(ends) == WINDOW else Fraction(0)


class Watched(msgspec.Struct, frozen=True):
    """What a rule measures, and whose.

    Attributes:
        measure: Worked out anew, in the unit of its thresholds.
        scope: Where its level is.
        draws: Thresholds.
        more: Other settings.
        on_marks: Whether it is measured when prices are shown; else with each report.
        is_quiet: Whether time stands still: nobody waits too long for an answer.
        falls: Whether less of it is worse.
    """

    measure: Callable[[Market], Fraction | int]
    draws: st.SearchStrategy[str]
    scope: str = ACCOUNT
    more: dict[str, Any] = {}
    on_marks: bool = True
    is_quiet: bool = False
    falls: bool = False

    def is_there(self, market: "Market", threshold: str) -> bool:
        """Whether a level begins."""
        measured = self.measure(market)
        limit = Fraction(threshold)
        return measured <= limit if self.falls else measured >= limit


PARTS = st.integers(1, 300).map(lambda tenths: f"{tenths / 10}")
FEW = st.integers(1, 4).map(str)


def _loss(market: Market) -> Fraction:
    return -100 * market.result / DEPOSIT


def _drawdown(market: Market) -> Fraction:
    return 100 * (market.peak - market.result) / (DEPOSIT + market.peak)


def _distance(market: Market) -> Fraction:
    """How far the price is from where equity is no more than maintenance, in percent."""
    net = sum(trader.held for trader in market.traders.values())
    value = Fraction(abs(net) * market.price, 10_000)
    kept = Fraction(KEPT_PCT, 100)
    slack = DEPOSIT + market.result - value * kept
    lost = value * (1 - kept if net > 0 else 1 + kept)
    if not net or (net > 0 and slack >= lost):
        return Fraction(10**9)
    return max(100 * slack / lost, Fraction(0))


WATCHED = {
    "daily_loss": Watched(_loss, PARTS),
    "desk_loss": Watched(_loss, PARTS, scope="desk"),
    "drawdown": Watched(_drawdown, PARTS),
    "desk_drawdown": Watched(_drawdown, PARTS, scope="desk"),
    "strategy_loss": Watched(
        lambda market: -100 * market.own("a") / CAPITAL, PARTS, scope="strategy:a"
    ),
    "gross_watch": Watched(
        lambda market: market.exposed / (DEPOSIT + market.result),
        st.integers(1, 40).map(lambda tenths: f"{tenths / 10}"),
    ),
    "liquidation": Watched(
        _distance, st.integers(1, 999).map(lambda tenths: f"{tenths / 10}"), falls=True
    ),
    "streak": Watched(
        lambda market: market.traders["a"].losses, FEW, scope="strategy:a", on_marks=False
    ),
    "slippage": Watched(
        lambda market: sum(market.traders["a"].slips), FEW, scope="strategy:a",
        more={"throttle": "off"}, on_marks=False,
    ),
    "fill_ratio": Watched(
        lambda market: market.unfilled_pct("a"), st.sampled_from(["33", "34", "66", "67", "100"]),
        scope="strategy:a", more={"window": WINDOW}, on_marks=False,
    ),
    "rejects": Watched(Market.latest_rejects, FEW, on_marks=False),
    "link": Watched(
        lambda market: market.failures, FEW, more={"throttle": "off"}, on_marks=False,
        is_quiet=True,
    ),
}  # fmt: skip
WATCHING = [kind for kind in KINDS if kind.watches and kind.name != "volatility"]


def test_no_rule_that_watches_is_without_its_measure() -> None:
    assert {kind.name for kind in WATCHING} == WATCHED.keys()


@pytest.mark.parametrize("kind", WATCHING, ids=lambda kind: kind.name)
@given(data=st.data(), moves=MOVES)
@settings(max_examples=30, deadline=None)
def test_a_level_begins_when_its_measure_is_there_and_not_before(
    kind: Any, data: st.DataObject, moves: list[Move]
) -> None:
    watched = WATCHED[kind.name]
    threshold = data.draw(watched.draws, "threshold")
    wanted = {"warn": "off", "latched": True, **watched.more, "reduce": threshold}
    market = Market(kind.name, wanted)
    for move in moves:
        market.play(msgspec.structs.replace(move, seconds=0) if watched.is_quiet else move)
        if not watched.on_marks:
            market.order(move)
        is_there = watched.is_there(market, threshold)
        found = market.rig.levels().get((watched.scope, kind.name), "NORMAL")
        assert found == ("REDUCING" if is_there else "NORMAL"), move
        if is_there:
            break
        if watched.on_marks:
            market.order(move)
    check_books(market.rig)


class Kept:
    """What movements write down, and what they say."""

    def __init__(self) -> None:
        self.notes: dict[str, tuple[int, ...]] = {}
        self.seen: list[int] = []

    def movement(self, times: str = "3", history: int = 288, window_s: int = 4) -> Movement:
        """Begin, or go on with what was written down."""
        more = {"window_s": window_s, "reduce": times, "history": history}
        active = activate("volatility", more)
        (rule,) = active.made
        assert isinstance(rule, LadderRule)
        assert isinstance(active.settings, Volatility)

        def report(_scope: str, _rule: LadderRule, measured: int) -> None:
            self.seen.append(measured)

        def note(_scope: str, name: str, values: tuple[int, ...]) -> None:
            self.notes[name] = values

        def recall(_scope: str, name: str) -> tuple[int, ...]:
            return self.notes.get(name, ())

        return Movement("instrument:X", rule, active.settings, report, note, recall)


@given(
    prices=st.lists(st.integers(1_000, 1_100), min_size=4 * MIN_HISTORY, max_size=120),
    times=st.decimals("1.1", "5", places=1),
    restart=st.integers(0, 29),
    history=st.integers(MIN_HISTORY, 20),
)
def test_movement_is_unusual_from_its_threshold_on_and_over_a_restart(
    prices: list[int], times: Any, restart: int, history: int
) -> None:
    """One price a second, windows of four seconds; a restart between two windows."""
    kept = Kept()
    movement = kept.movement(str(times), history)
    expected: list[int] = []
    windows = [prices[at : at + 4] for at in range(0, len(prices), 4)]
    ranges = [(max(each) - min(each)) * ONE // min(each) for each in windows]
    for number, window in enumerate(windows):
        before = ranges[max(0, number - history) : number]
        usual = median_high(before) if number >= MIN_HISTORY else 0
        for count in range(1, len(window) + 1):
            if usual:
                shown = window[:count]
                moved = (max(shown) - min(shown)) * ONE // min(shown)
                expected.append(-(-moved * ONE // usual))
    for second, price in enumerate(prices):
        movement.take(price, second * SECOND_NS)
        if second == restart * 4:  # the window before it is written down when the first price comes
            told = len(kept.seen)
            movement = kept.movement(str(times), history)
            movement.take(price, second * SECOND_NS)
            del kept.seen[told:]
    assert kept.seen == expected


@pytest.mark.parametrize(("window_s", "told"), [(4, 1), (5, 0)])
def test_windows_of_another_length_are_not_usual(window_s: int, told: int) -> None:
    kept = Kept()
    movement = kept.movement()
    for second in range(4 * MIN_HISTORY + 1):
        movement.take(1_000 + second % 2, second * SECOND_NS)
    kept.seen.clear()
    kept.movement(window_s=window_s).take(1_000, 1_000 * SECOND_NS)
    assert len(kept.seen) == told


def test_what_is_held_is_marked_once_in_a_while_by_quotes_and_trades_alike() -> None:
    rig = RiskRig(plan(mark_every_ns=10 * SECOND_NS, daily_loss={}))
    rig.hold(1)
    rig.later(20)
    account = rig.engine.purses[ACCOUNT, "USDT"]
    marked = account.worth
    rig.quote(BID - 100, ASK - 100)
    assert account.worth == marked  # too soon
    rig.clock.advance_by(10 * SECOND_NS)
    rig.trade()
    assert account.worth < marked
    marked = account.worth
    rig.quote(BID - 200, ASK - 200)
    assert account.worth == marked  # the trade was looked at just now
    rig.later(10)
    assert account.worth < marked
