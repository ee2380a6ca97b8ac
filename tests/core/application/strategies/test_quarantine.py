"""A strategy that fails is set apart; the others never notice."""

import logging
from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from hexdesk.application.orders.execution import BURST_MAX
from hexdesk.application.strategies.budget import STRIKES_MAX
from hexdesk.application.strategies.host import HostState
from hexdesk.domain.commands import StopStrategy
from hexdesk.domain.inputs import StrategyFaulted
from hexdesk.domain.market import Bar, BookUpdate, InstrumentStatus
from hexdesk.domain.reports import VenueReport
from hexdesk.domain.risk import UNLIMITED
from hexdesk.domain.values import BUY, LIMIT, Life, TradingStatus
from hexdesk.ports.strategy import Strategy, StrategyContext
from hexdesk.testing.broker_bench import BID, INSTRUMENT, LOT
from hexdesk.testing.strategy import WIDE_LIMITS
from tests.core.application.books import check_books
from tests.core.application.rig import Request, Rig, agreeable, refusal

ID = INSTRUMENT.id


def buy(context: StrategyContext) -> str:
    return context.submit(ID, BUY, LOT, LIMIT, BID)


def fail(_event: object) -> None:
    raise RuntimeError("broken")


def bar(rig: Rig) -> None:
    now = rig.now()
    rig.desk.handle(Bar(ID, 60, BID, BID, BID, BID, 1, now - 60, now, now))


def book(rig: Rig) -> None:
    now = rig.now()
    rig.desk.handle(BookUpdate(ID, (), (), snapshot=True, ts_event=now, ts_init=now))


def status(rig: Rig) -> None:
    now = rig.now()
    rig.desk.handle(InstrumentStatus(ID, TradingStatus.TRADING, now, now))


def timer(rig: Rig) -> None:
    for puppet in rig.puppets.values():
        puppet.context.set_timer("t", rig.now() + 10)
    rig.clock.advance_by(20)


def accept_all(rig: Rig) -> None:
    for order in rig.sent:
        rig.accept(order.client_order_id)


def fill_all(rig: Rig) -> None:
    for order in rig.sent:
        rig.fill(order.client_order_id)


INPUTS: dict[str, Callable[[Rig], object]] = {
    "on_quote": lambda rig: rig.quote(),
    "on_trade": lambda rig: rig.trade(),
    "on_book": book,
    "on_bar": bar,
    "on_status": status,
    "on_timer": timer,
    "on_order": accept_all,
    "on_fill": fill_all,
    "on_stop": lambda rig: rig.desk.command(StopStrategy("", True, rig.now())),  # noqa: FBT003
}


@pytest.mark.parametrize("callback", INPUTS)
@pytest.mark.parametrize("cancel", [True, False])
def test_who_raises_is_set_apart_and_the_others_see_everything_once(
    *, callback: str, cancel: bool
) -> None:
    rig = Rig("a", "b", "c", cancel_on_fault=cancel).start()
    for name in "abc":
        rig.act(buy, name)
    standing = rig.act(buy, "b")
    rig.puppets["b"].hooks[callback] = fail
    before = {name: len(rig.puppets[name].of(callback)) for name in "abc"}
    INPUTS[callback](rig)
    assert rig.host("b").state is HostState.FAULTED
    assert rig.host("b").fault.startswith("RuntimeError: broken (test_quarantine.py:")
    assert [rig.host(name).fault for name in "ac"] == ["", ""]
    for name in "ac":
        assert len(rig.puppets[name].of(callback)) == before[name] + 1
    assert len(rig.puppets["b"].of(callback)) == before["b"] + 1
    assert rig.alerts.count("STRATEGY_FAULTED") == 1
    assert [type(record) for record in rig.records].count(StrategyFaulted) == 1
    if callback != "on_fill":
        assert (standing in rig.cancels) is cancel
    seen = len(rig.puppets["b"].seen)
    for show in (rig.quote, rig.trade):
        show()
    assert len(rig.puppets["b"].seen) == seen
    assert rig.puppets["a"].of("on_quote")[-1] is rig.puppets["c"].of("on_quote")[-1]
    check_books(rig)


def test_a_failing_start_is_a_fault_and_its_fills_are_still_booked() -> None:
    rig = Rig("a", "b", cancel_on_fault=False)

    def buy_and_fail(_none: object) -> None:
        buy(rig.puppets["a"].context)
        raise RuntimeError("broken")

    rig.puppets["a"].hooks["on_start"] = buy_and_fail
    rig.start(0, 0)
    assert rig.host("a").state is HostState.FAULTED
    assert rig.host("b").state is HostState.RUNNING
    rig.fill(rig.sent[0].client_order_id)
    assert rig.held("a") == LOT
    assert rig.held("b") == 0
    assert not rig.puppets["a"].of("on_fill")
    check_books(rig)


def test_two_failures_in_one_event_are_two_faults() -> None:
    rig = Rig("a", "b", "c", "d").start()
    for name in "ac":
        rig.puppets[name].hooks["on_quote"] = fail
    rig.quote()
    assert [bool(rig.host(name).fault) for name in "abcd"] == [True, False, True, False]
    assert [len(rig.puppets[name].of("on_quote")) for name in "abcd"] == [2] * 4


class _UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (_UnspeakableError(), "its text cannot be shown"),
        (ValueError("\ud800"), "\\ud800"),
        (ValueError("x" * 10_000), "xxx"),
        (RecursionError("deep"), "deep"),
    ],
)
def test_whatever_is_raised_is_taken(
    error: BaseException, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "hexdesk.incident")  # pytest keeps and sends raw texts
    rig = Rig("a", "b").start()

    def explode(_event: object) -> None:
        raise error

    rig.puppets["a"].hooks["on_quote"] = explode
    rig.quote()
    assert text in rig.host("a").fault
    assert len(rig.host("a").fault) < 600
    assert rig.host("a").fault.encode()
    assert not rig.host("b").fault


def test_an_interrupt_is_the_users() -> None:
    rig = Rig().start()

    def interrupt(_event: object) -> None:
        raise KeyboardInterrupt

    rig.puppets["a"].hooks["on_quote"] = interrupt
    with pytest.raises(KeyboardInterrupt):
        rig.quote()
    assert not rig.host().fault


def test_a_factory_may_ask_and_may_fail() -> None:
    rig = Rig()

    def factory(context: StrategyContext) -> Strategy:
        buy(context)
        context.submit_bracket(ID, BUY, LOT, stop_price=BID - 500)
        context.set_timer("t", rig.clock.now_ns() + 5)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        rig.desk.add_strategy("bad", factory, broker="venue", instrument_ids=[ID])
    assert set(rig.desk.hosts) == {"a"}
    rig.start()
    assert not rig.requests


def test_resubmitting_on_every_denial_is_stopped() -> None:
    rig = Rig("a", "b").start()
    puppet = rig.puppets["a"]
    puppet.hooks["on_order"] = lambda _event: puppet.context.submit(ID, BUY, 7)
    rig.act(lambda context: context.submit(ID, BUY, 7))
    assert rig.host("a").fault == f"more than {BURST_MAX} requests within one input"
    assert rig.desk.counts.denials.total() <= BURST_MAX + 1
    assert not rig.host("b").fault


@pytest.mark.parametrize("request_of", ["amend", "denied amend", "cancel"])
def test_asking_again_on_every_refusal_is_stopped(request_of: str) -> None:
    rig = Rig().start()

    def answer(request: Request) -> Sequence[VenueReport]:
        if request_of != "denied amend" and hasattr(request, "request_id"):
            return [refusal(request, request.ts_init)]  # type: ignore[arg-type]
        return agreeable(request)

    rig.broker.answer = answer
    order_id = rig.act(buy)
    puppet = rig.puppets["a"]
    price = BID - (1 if request_of == "denied amend" else 5)

    def ask(_event: object) -> None:
        if request_of == "cancel":
            puppet.context.cancel(order_id)
        else:
            puppet.context.amend(order_id, price=price)

    puppet.hooks["on_order"] = ask
    rig.act(lambda _context: ask(None))
    assert rig.host().fault
    assert len(rig.requests) < BURST_MAX + 10


def test_a_timer_that_sets_itself_for_now_is_stopped() -> None:
    rig = Rig("a", "b").start()
    puppet = rig.puppets["a"]
    puppet.hooks["on_timer"] = lambda _timer: puppet.context.set_timer("t", 0)
    puppet.context.set_timer("t", rig.clock.now_ns() + 5)
    rig.clock.advance_by(10)
    assert rig.host("a").fault == f"more than {BURST_MAX} timers at one moment"
    assert not rig.host("b").fault


def test_many_requests_spread_over_inputs_are_no_burst() -> None:
    rig = Rig().start()
    for _ in range(3):
        rig.act(lambda context: [context.submit(ID, BUY, 7) for _ in range(BURST_MAX // 2)])
    assert not rig.host().fault


def test_canceling_very_many_orders_at_once_is_no_burst() -> None:
    rig = Rig(
        limits=replace(WIDE_LIMITS, open_orders_max=UNLIMITED, orders_per_second_max=UNLIMITED)
    ).start()
    for _ in range(3):
        rig.act(lambda context: [buy(context) for _ in range(BURST_MAX // 2)])
    assert rig.act(lambda context: context.cancel_all()) == 3 * (BURST_MAX // 2)
    assert not rig.host().fault


class _Watch:
    """A stopwatch that a test sets; each look costs what it says."""

    def __init__(self) -> None:
        self.now = 0
        self.cost = 0

    def __call__(self) -> int:
        self.now += self.cost
        return self.now


@pytest.mark.parametrize("callback", ["on_quote", "on_order", "on_timer"])
def test_over_budget_is_reported_then_ends_in_quarantine(callback: str) -> None:
    watch = _Watch()
    rig = Rig("a", "b", stopwatch=watch, budget_ns=100).start()
    slow = rig.puppets["a"]

    def dawdle(_event: object) -> None:
        watch.now += 200

    slow.hooks[callback] = dawdle
    for number in range(STRIKES_MAX):
        assert rig.host("a").state is HostState.RUNNING
        if callback == "on_quote":
            rig.quote()
        elif callback == "on_timer":
            slow.context.set_timer("t", rig.clock.now_ns() + 5)
            rig.clock.advance_by(10)
        else:
            rig.accept(rig.act(buy))
        assert rig.alerts.count("OVER_BUDGET") == min(number + 1, STRIKES_MAX - 1)
    assert rig.host("a").state is HostState.FAULTED
    assert rig.host("a").fault.startswith("OVER_BUDGET: took 200 ns, budget 100 ns")
    assert rig.host("b").state is HostState.RUNNING


@pytest.mark.parametrize("callback", ["on_start", "on_stop"])
def test_a_slow_start_or_stop_is_told(callback: str) -> None:
    watch = _Watch()
    rig = Rig("a", "b", stopwatch=watch, budget_ns=100)

    def dawdle(_none: object) -> None:
        watch.now += 200

    rig.puppets["a"].hooks[callback] = dawdle
    rig.start()
    rig.desk.command(StopStrategy("", True, rig.now()))  # noqa: FBT003
    alerts = [alert for alert in rig.desk.alerts.recent if alert.code == "OVER_BUDGET"]
    assert [alert.scope for alert in alerts] == ["a"]
    assert rig.host("a").state is HostState.STOPPED


def test_an_overrun_now_and_then_is_forgiven() -> None:
    watch = _Watch()
    rig = Rig(stopwatch=watch, budget_ns=100).start()
    for number in range(4 * STRIKES_MAX):
        watch.cost = 200 if number % STRIKES_MAX else 0
        rig.quote()
    assert rig.host().state is HostState.RUNNING


def test_a_faulted_strategy_does_not_start_again() -> None:
    rig = Rig().start()
    rig.puppets["a"].hooks["on_quote"] = fail
    rig.quote()
    order = rig.desk.execution
    rig.start()
    assert rig.host().state is HostState.FAULTED
    assert not order.open


def test_a_fill_reaches_its_owner_alone() -> None:
    rig = Rig("a", "b", "c").start()
    ids = {name: rig.act(buy, name) for name in "abc"}
    for name, order_id in ids.items():
        rig.accept(order_id)
        rig.fill(order_id, LOT // 2)
        rig.fill(order_id)
        assert [len(rig.puppets[each].of("on_fill")) for each in "abc"] == [
            2 if each <= name else 0 for each in "abc"
        ]
    assert [rig.held(name) for name in "abc"] == [LOT] * 3
    assert all(rig.order(order_id).life is Life.FILLED for order_id in ids.values())
    check_books(rig)
