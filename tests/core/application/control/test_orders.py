"""Operators' orders, through the Control port."""

import pytest

from hexdesk.domain.risk import RiskLimits
from hexdesk.domain.values import Life, OrderType, ReportedStatus, Side
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_requests import (
    AmendOrder,
    CancelAllOrders,
    CancelOrder,
    CheckOrder,
    CreateOrder,
    GetOrder,
    GetOrderTimeline,
    GetPosition,
    ListDenials,
    ListFills,
    ListOrders,
    ListPositions,
)
from hexdesk.ports.control_views import OrderTerms, ReportKind
from hexdesk.testing.broker_bench import INSTRUMENT
from tests.core.application.control.rig import ControlRig, terms

MANUAL = "manual@venue"


def price(raw: int) -> str:
    return INSTRUMENT.format_price(raw)


def refused(rig: ControlRig, mutation: object) -> ControlError:
    with pytest.raises(ControlError) as caught:
        rig.tell(mutation)  # type: ignore[arg-type]
    return caught.value


def test_an_order_of_a_person_leaves_is_filled_and_is_its_own_position(rig: ControlRig) -> None:
    made = rig.tell(CreateOrder(terms=terms(tag="by hand")))
    assert made.strategy_id == MANUAL
    assert made.account == "venue"
    assert (made.status, made.quantity, made.tag) == (ReportedStatus.SUBMITTED, "1", "by hand")
    assert [order.client_order_id for order in rig.sent] == [made.client_order_id]
    rig.accept(made.client_order_id)
    rig.fill(made.client_order_id)
    now = rig.ask(GetOrder(client_order_id=made.client_order_id))
    assert (now.life, now.leaves_qty, now.fill_count) == (Life.FILLED, "0", 1)
    assert now.version > made.version
    position = rig.ask(GetPosition(strategy_id=MANUAL, instrument_id=INSTRUMENT.id))
    assert position.quantity == "1"
    assert [each.strategy_id for each in rig.ask(ListPositions()).items] == [MANUAL]
    fills = rig.ask(ListFills()).items
    assert [(each.client_order_id, each.last_qty) for each in fills] == [
        (made.client_order_id, "1")
    ]
    assert not rig.puppets["a"].of("on_fill")


def test_an_order_for_a_strategy_is_its_own_business(rig: ControlRig) -> None:
    made = rig.tell(CreateOrder(terms=terms(strategy_id="a")))
    rig.accept(made.client_order_id)
    rig.fill(made.client_order_id)
    assert len(rig.puppets["a"].of("on_fill")) == 1


def test_a_dry_run_changes_nothing_and_says_what_would_be(rig: ControlRig) -> None:
    before = len(rig.records)
    made = rig.tell(CreateOrder(terms=terms(), dry_run=True))
    assert (made.client_order_id, made.life) == ("", Life.INITIALIZED)
    denied = rig.tell(CreateOrder(terms=terms(quantity="1", price=price(1)), dry_run=True))
    assert denied.life in {Life.INITIALIZED, Life.DENIED}
    assert len(rig.records) == before
    assert rig.sent == []
    assert rig.ask(ListOrders()).items == ()
    assert rig.audit.entries == []


def test_a_denied_order_is_an_answer() -> None:
    rig = ControlRig("a", limits=RiskLimits(order_quantity_max="0.5"))
    rig.start()
    made = rig.buy("1")
    assert made.life is Life.DENIED
    assert made.code == "ORDER_SIZE"
    assert [each.code for each in rig.ask(ListDenials()).items] == ["ORDER_SIZE"]
    verdict = rig.ask(CheckOrder(terms=terms()))
    assert (verdict.allowed, verdict.code) == (False, "ORDER_SIZE")
    assert rig.ask(CheckOrder(terms=terms(quantity="0.5"))).allowed


def test_checking_an_order_does_not_use_up_the_rate() -> None:
    rig = ControlRig("a", limits=RiskLimits(orders_per_second_max="1"))
    rig.start()
    for _ in range(5):
        assert rig.ask(CheckOrder(terms=terms(strategy_id="a"))).allowed
    assert rig.tell(CreateOrder(terms=terms(strategy_id="a"))).life is not Life.DENIED


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (terms(quantity=""), "quantity"),
        (terms(quantity="0"), "quantity"),
        (terms(quantity="-1"), "quantity"),
        (terms(quantity="nan"), "quantity"),
        (terms(quantity="1e400"), "quantity"),
        (terms(price="0.000000000000001"), "price"),
        (terms(tag="x" * 65), "tag"),
        (terms(strategy_id="a", account="elsewhere"), "account"),
    ],
)
def test_a_wrong_value_is_refused_and_named(rig: ControlRig, wrong: OrderTerms, field: str) -> None:
    error = refused(rig, CreateOrder(terms=wrong))
    assert error.reason is Reason.FIELD_INVALID
    assert [fault.field for fault in error.faults] == [field]
    assert rig.ask(ListOrders()).items == ()


@pytest.mark.parametrize(
    "wrong",
    [
        OrderTerms(instrument_id="X.Y", side=Side.BUY, order_type=OrderType.MARKET, quantity="1"),
        terms(strategy_id="nobody"),
        terms(account="nowhere"),
    ],
)
def test_a_name_that_nothing_has_is_refused(rig: ControlRig, wrong: OrderTerms) -> None:
    assert refused(rig, CreateOrder(terms=wrong)).reason is Reason.RESOURCE_UNKNOWN


def test_amending_asks_the_venue_and_shows_it_pending(rig: ControlRig) -> None:
    made = rig.buy("1", price(100_000))
    rig.accept(made.client_order_id)
    asked = rig.tell(AmendOrder(client_order_id=made.client_order_id, quantity="2"))
    assert asked.status is ReportedStatus.PENDING_REPLACE
    rig.confirm(rig.amends[0])
    assert rig.ask(GetOrder(client_order_id=made.client_order_id)).quantity == "2"


def test_a_stale_version_is_refused(rig: ControlRig) -> None:
    made = rig.buy("1", price(100_000))
    rig.accept(made.client_order_id)
    error = refused(
        rig,
        AmendOrder(
            client_order_id=made.client_order_id, quantity="2", expected_version=made.version
        ),
    )
    assert error.reason is Reason.VERSION_CONFLICT
    assert rig.amends == []
    version = int(error.facts["version"])
    rig.tell(CancelOrder(client_order_id=made.client_order_id, expected_version=version))
    assert rig.cancels == [made.client_order_id]


def test_a_closed_order_cannot_be_amended_and_need_not_be_canceled(rig: ControlRig) -> None:
    made = rig.buy("1")
    rig.accept(made.client_order_id)
    rig.fill(made.client_order_id)
    wanted = AmendOrder(client_order_id=made.client_order_id, quantity="2")
    assert refused(rig, wanted).reason is Reason.STATE_WRONG
    assert rig.tell(CancelOrder(client_order_id=made.client_order_id)).life is Life.FILLED
    assert rig.cancels == []


def test_risk_refuses_an_amendment_with_its_code() -> None:
    rig = ControlRig("a", limits=RiskLimits(order_quantity_max="1"))
    rig.start()
    made = rig.buy("1", price(100_000))
    rig.accept(made.client_order_id)
    error = refused(rig, AmendOrder(client_order_id=made.client_order_id, quantity="2"))
    assert error.facts["code"] == "ORDER_SIZE"


def test_cancel_all_says_what_it_concerned(rig: ControlRig) -> None:
    mine = [rig.buy("1", price(99_000 - 5 * each)).client_order_id for each in range(3)]
    theirs = rig.tell(CreateOrder(terms=terms(strategy_id="a", price=price(98_000))))
    for each in (*mine, theirs.client_order_id):
        rig.accept(each)
    assert rig.tell(CancelAllOrders(strategy_id=MANUAL, dry_run=True)).ids == tuple(mine)
    assert rig.cancels == []
    assert rig.tell(CancelAllOrders(strategy_id=MANUAL)).ids == tuple(mine)
    assert rig.cancels == mine
    assert rig.tell(CancelAllOrders()).ids == (theirs.client_order_id,)
    assert rig.tell(CancelAllOrders()).ids == ()


def test_pages_show_every_order_once_newest_first(rig: ControlRig) -> None:
    made = [rig.buy("1", price(90_000 + 5 * each)).client_order_id for each in range(7)]
    seen: list[str] = []
    token = ""
    while True:
        page = rig.ask(ListOrders(page_size=3, page_token=token))
        seen += [each.client_order_id for each in page.items]
        token = page.next_page_token
        if not token:
            break
        rig.buy("1")  # newer orders do not move the pages
    assert seen == made[::-1]
    with pytest.raises(ControlError, match="same filters"):
        rig.ask(ListOrders(page_size=3, page_token="x.1"))  # noqa: S106 - no secret
    with pytest.raises(ControlError, match="page_size"):
        rig.ask(ListOrders(page_size=1_001))


def test_filters_hold_all_together(rig: ControlRig) -> None:
    open_one = rig.buy("1", price(90_000)).client_order_id
    done = rig.buy("1").client_order_id
    rig.accept(done)
    rig.fill(done)

    def ids(**fields: object) -> list[str]:
        page = rig.ask(ListOrders(**fields))  # type: ignore[arg-type]
        return [each.client_order_id for each in page.items]

    assert ids(open_only=True) == [open_one]
    assert ids(statuses=frozenset({ReportedStatus.FILLED})) == [done]
    assert ids(strategy_id="a") == []
    assert ids(strategy_id=MANUAL, instrument_id=INSTRUMENT.id) == [done, open_one]
    first = rig.ask(GetOrder(client_order_id=open_one)).create_ns
    assert ids(start_ns=first + 1) == [done]
    assert ids(end_ns=first + 1) == [open_one]


def test_the_timeline_tells_an_orders_life(rig: ControlRig) -> None:
    made = rig.buy("1")
    rig.accept(made.client_order_id)
    rig.fill(made.client_order_id)
    told = rig.ask(GetOrderTimeline(client_order_id=made.client_order_id))
    assert [each.kind for each in told] == [ReportKind.NEW, ReportKind.ACCEPTED, ReportKind.FILL]
    assert told[-1].last_px == price(100_010)
