"""The same order once more under its own id: when, how often, and what a refusal of it means.

Seeds: A23.
"""

import pytest
from msgspec.structs import replace

from hexdesk.application.orders.answers import ANSWER_TIMEOUT_NS
from hexdesk.application.orders.resends import Resends
from hexdesk.application.reconciliation.settings import ReconciliationSettings
from hexdesk.domain.commands import Halt, ResendOrder
from hexdesk.domain.links import LINK_DOWN
from hexdesk.domain.order import Order
from hexdesk.domain.reports import OrderAccepted, OrderRejected, OutcomeUnknown, VenueReport
from hexdesk.domain.values import (
    BUY,
    GTD,
    LIMIT,
    NS_PER_SECOND,
    REJECTED,
    SELL,
    STOP_MARKET,
    SUBMITTED,
    Operation,
    ReportedStatus,
)
from hexdesk.ports.broker import Capabilities
from hexdesk.testing.broker_bench import ASK, BID, INSTRUMENT, LOT
from tests.core.application.replayed import assert_replayed
from tests.core.application.rig import ALL_CAPABILITIES, Rig

DEDUPING = replace(ALL_CAPABILITIES, dedupes_client_id=True)
SETTINGS = ReconciliationSettings()
HALF = NS_PER_SECOND // 2


class Site:
    """A desk, its retries, and a broker whose reports come through them."""

    def __init__(
        self,
        capabilities: Capabilities = DEDUPING,
        settings: ReconciliationSettings = SETTINGS,
        *,
        starts: bool = True,
    ) -> None:
        self.rig = Rig(capabilities=capabilities).start()
        self.resends = Resends(self.rig.desk, "venue", settings)
        if starts:
            self.resends.begin(capabilities, self.rig.now())

    def order(self, **terms: object) -> Order:
        order_id = self.rig.act(
            lambda context: context.submit(INSTRUMENT.id, BUY, LOT, LIMIT, BID, **terms)  # type: ignore[arg-type]
        )
        return self.rig.order(order_id)

    def report(self, report: VenueReport) -> None:
        self.rig.report(self.resends.filtered(report))

    def unknown(self, order: Order, operation: Operation = Operation.SUBMIT) -> None:
        order_id, now = order.intent.client_order_id, self.rig.now()
        request_id = 0 if operation is Operation.SUBMIT else 1
        self.report(OutcomeUnknown(order_id, operation, request_id, "connection lost", now))

    def unsent(self, order: Order, code: str = LINK_DOWN) -> None:
        now = self.rig.now()
        self.report(OrderRejected(order.intent.client_order_id, code, "unsent", now, now))

    def wait(self, seconds: float = 0.5) -> None:
        self.rig.clock.advance_by(round(seconds * NS_PER_SECOND))
        self.resends.step(self.rig.clock.now_ns())

    def sends(self, order: Order) -> int:
        return sum(request == order.intent for request in self.rig.requests)

    def codes(self) -> list[str]:
        events = self.rig.puppets["a"].of("on_order")
        return [event.code for event in events if isinstance(event, OrderRejected)]


def test_a_lost_order_is_sent_again_three_times_half_a_second_apart_under_its_id() -> None:
    site = Site()
    order = site.order()
    for count in (1, 2, 3):
        site.unknown(order)
        site.wait(0.4)
        assert site.sends(order) == count
        site.wait(0.1)
        assert site.sends(order) == count + 1
        assert order.doubt is not None
    site.unknown(order)
    for _ in range(5):
        site.wait()
    assert site.sends(order) == 4
    assert order.doubt is not None
    assert len(site.rig.sent) == 4
    assert len({each.client_order_id for each in site.rig.sent}) == 1
    assert not site.rig.broker.early


def test_each_retry_is_in_the_journal_before_it_leaves_and_replays() -> None:
    site = Site()
    order = site.order()
    site.unknown(order)
    site.wait()
    (retry,) = [each for each in site.rig.records if isinstance(each, ResendOrder)]
    assert (retry.client_order_id, retry.attempt) == (order.intent.client_order_id, 1)
    assert order.doubt is not None
    assert order.doubt.since_ns == retry.ts_init
    site.rig.accept(order.intent.client_order_id)
    assert order.reported_status is ReportedStatus.ACCEPTED
    assert_replayed(site.rig, len(site.rig.records) // 2)


def test_a_retry_waits_for_the_word_on_the_one_before() -> None:
    site = Site()
    order = site.order()
    site.unknown(order)
    for _ in range(10):
        site.wait()
    assert site.sends(order) == 2
    site.wait(ANSWER_TIMEOUT_NS / NS_PER_SECOND)
    assert site.sends(order) == 3


def test_a_broker_that_never_answers_is_found_by_the_desk_itself() -> None:
    site = Site()
    order = site.order()
    for _ in range(40):
        site.wait()
    assert order.doubt is not None
    assert site.sends(order) > 1


def test_where_the_venue_may_make_two_it_is_not_sent_again() -> None:
    site = Site(ALL_CAPABILITIES)
    order = site.order()
    site.unknown(order)
    for _ in range(5):
        site.wait()
    assert site.sends(order) == 1
    assert order.doubt is not None


def test_what_provably_never_left_is_sent_again_anywhere() -> None:
    site = Site(ALL_CAPABILITIES)
    order = site.order()
    site.unsent(order)
    assert (order.life, site.codes()) == (SUBMITTED, [])
    assert order.doubt is not None
    site.wait()
    assert site.sends(order) == 2
    site.report(OrderAccepted(order.intent.client_order_id, "V1", site.rig.now(), site.rig.now()))
    assert order.reported_status is ReportedStatus.ACCEPTED


def test_it_is_rejected_when_no_retry_left_either() -> None:
    site = Site(ALL_CAPABILITIES)
    order = site.order()
    for _ in range(4):
        site.unsent(order)
        site.wait()
    assert site.sends(order) == 4
    assert (order.life, order.code) == (REJECTED, LINK_DOWN)
    assert site.codes() == [LINK_DOWN]
    assert_replayed(site.rig, len(site.rig.records) // 2)


def test_a_retry_that_never_left_proves_nothing_of_the_first_send() -> None:
    site = Site()
    order = site.order()
    site.unknown(order)
    for _ in range(6):
        site.wait()
        site.unsent(order)
    assert order.life is SUBMITTED
    assert order.doubt is not None
    assert site.sends(order) == 4


def test_a_retry_whose_outcome_is_unknown_is_not_repeated_where_that_could_make_two() -> None:
    site = Site(ALL_CAPABILITIES)
    order = site.order()
    site.unsent(order)
    site.wait()
    site.unknown(order)
    for _ in range(5):
        site.wait()
    assert site.sends(order) == 2
    site.unsent(order)
    assert order.life is SUBMITTED


@pytest.mark.parametrize("code", ["VENUE_FUNDS", "VENUE_RATE"])
def test_another_refusal_ends_it_at_once(code: str) -> None:
    site = Site()
    order = site.order()
    site.unsent(order, code)
    assert (order.life, site.codes()) == (REJECTED, [code])


def test_a_refusal_of_an_order_in_doubt_that_was_sent_once_is_proof() -> None:
    site = Site()
    order = site.order()
    site.rig.report(
        OutcomeUnknown(order.intent.client_order_id, Operation.SUBMIT, 0, "", site.rig.now())
    )
    site.unsent(order)
    assert order.life is REJECTED


def test_not_after_a_cancel_was_asked_for() -> None:
    site = Site()
    order = site.order()
    site.unknown(order)
    site.rig.act(lambda context: context.cancel(order.intent.client_order_id))
    for _ in range(5):
        site.wait()
    assert site.sends(order) == 1


def test_an_unsent_order_ends_when_its_cancel_is_asked_for() -> None:
    site = Site()
    order = site.order()
    site.unsent(order)
    site.rig.act(lambda context: context.cancel(order.intent.client_order_id))
    site.wait(0.1)
    assert (order.life, site.sends(order)) == (REJECTED, 1)


def test_not_while_the_desk_is_halted_and_what_never_left_has_ended() -> None:
    site = Site()
    lost, unsent = site.order(), site.order()
    site.unknown(lost)
    site.unsent(unsent)
    site.rig.desk.command(Halt("a test", site.rig.now()))
    site.wait()
    assert (site.sends(lost), site.sends(unsent)) == (1, 1)
    assert lost.doubt is not None
    assert unsent.life is REJECTED
    assert "RISK_HALTED" in unsent.text


def test_a_protective_stop_is_sent_again_while_only_reductions_may_leave() -> None:
    site = Site()
    entry = site.order()
    site.rig.fill(entry.intent.client_order_id)
    order_id = site.rig.act(
        lambda context: context.submit(
            INSTRUMENT.id, SELL, LOT, STOP_MARKET, trigger_price=BID - 500, reduce_only=True
        )
    )
    stop = site.rig.order(order_id)
    site.unknown(stop)
    site.rig.desk.execution.reduce(INSTRUMENT.id, "TEST", "a test")
    site.wait()
    assert site.sends(stop) == 2


def test_not_once_it_is_old_or_expired() -> None:
    site = Site(settings=ReconciliationSettings(resend_age_s=1.0))
    order = site.order()
    site.rig.clock.advance_by(2 * NS_PER_SECOND)
    site.unknown(order)
    site.wait()
    assert site.sends(order) == 1
    site = Site()
    until = site.rig.clock.now_ns() + HALF
    order = site.order(time_in_force=GTD, expire_ns=until)
    site.unknown(order)
    site.wait()
    assert site.sends(order) == 1


@pytest.mark.parametrize("settings", [ReconciliationSettings(resends_max=0), None])
def test_off_it_changes_nothing(settings: ReconciliationSettings | None) -> None:
    site = Site(settings=settings or SETTINGS, starts=settings is not None)
    lost, unsent = site.order(), site.order()
    site.unknown(lost)
    site.unsent(unsent)
    site.wait()
    assert (site.sends(lost), site.sends(unsent)) == (1, 1)
    assert (lost.doubt is not None, unsent.life) == (True, REJECTED)


def test_an_order_of_the_run_before_is_only_looked_up() -> None:
    site = Site(starts=False)
    order = site.order()
    site.rig.report(
        OutcomeUnknown(order.intent.client_order_id, Operation.SUBMIT, 0, "", site.rig.now())
    )
    site.resends.begin(DEDUPING, site.rig.now())
    for _ in range(10):
        site.wait()
    assert site.sends(order) == 1


def test_at_the_end_what_never_left_is_rejected() -> None:
    site = Site()
    lost, unsent = site.order(), site.order()
    site.unknown(lost)
    site.unsent(unsent)
    site.resends.stop(site.rig.now())
    assert (lost.life, unsent.life) == (SUBMITTED, REJECTED)
    later = site.order()
    site.unsent(later)
    assert later.life is REJECTED


def test_a_command_for_what_is_not_waiting_is_refused() -> None:
    site = Site()
    order = site.order()
    site.rig.accept(order.intent.client_order_id)
    for order_id in (order.intent.client_order_id, "NONE"):
        done = site.rig.desk.command(ResendOrder(order_id, 1, "", site.rig.now()))
        assert done.refusal.startswith("ORDER_NOT_OPEN")
    assert site.sends(order) == 1


def test_an_ask_price_order_counts_at_its_worst_meanwhile() -> None:
    """Risk: what is sent again is one order, not two (L12)."""
    site = Site()
    order = site.order()
    reserved = order.reserved
    site.unknown(order)
    site.wait()
    ledger = site.rig.host().ledgers[INSTRUMENT.id]
    assert (order.reserved, ledger.open_count) == (reserved, 1)
    site.rig.fill(order.intent.client_order_id, price=ASK)
    assert (site.rig.held(), ledger.open_count) == (LOT, 0)
